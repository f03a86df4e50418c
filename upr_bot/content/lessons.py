"""What the alarm for danger learns from: thousands of messages that a running guide has no use for.

So a start only names their files' bytes, to see whether the question index is fresh; they are read when it must be learnt, and by
`check`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from upr_bot.content.model import DangerFile
from upr_bot.content.reader import read
from upr_bot.errors import ContentError, Problem


@dataclass(frozen=True, slots=True)
class Lessons:
    """The files of all languages. `digest`: names their bytes."""

    files: tuple[tuple[str, Path], ...] = ()
    """(Path in the content, file)."""
    digest: str = ""

    def read(self) -> tuple[Sequence[str], Sequence[str]]:
        """Return the messages of people in danger, and the harmless ones. Raises `ContentError`; `check` tells the lines."""
        danger: list[str] = []
        harmless: list[str] = []
        for path, file in self.files:
            try:
                shaped = DangerFile.model_validate(read(path, file.read_bytes()).data)
            except (OSError, ValidationError):
                raise ContentError([Problem(path, 1, "cannot be learnt from; run `upr-bot check` and mend it")]) from None
            danger += shaped.danger
            harmless += shaped.harmless
        return danger, harmless
