"""Hatch's build hook: the wheel brings the question index, so that a server learns nothing and writes nothing at its start."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class IndexHook(BuildHookInterface[Any]):
    """Compiles the index of the content that goes into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the signature is hatch's
        """Learn the index unless a fresh one is there; the wheel takes the folder of the questions with all that is in it."""
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from upr_bot.content import load, packaged
        from upr_bot.faq import compiled

        source = packaged()
        compiled(load(source), source.compiled, lambda sentence: self.app.display_info(str(sentence)))
