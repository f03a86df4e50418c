"""A process that is watched from within: what it opens, connects to and runs."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from pathlib import Path

from tests.process import ROOT

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


@dataclass
class Audit:
    """What a process did, as its own interpreter told it. `file`: where that was written."""

    file: Path

    @property
    def settings(self) -> dict[str, str]:
        """The environment that makes a process tell."""
        return {
            "AUDIT_FILE": str(self.file),
            "PYTHONPATH": os.pathsep.join((str(Path(__file__).parent), str(ROOT))),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def events(self, *names: str) -> list[tuple[object, ...]]:
        """Return the arguments of these events, oldest first."""
        lines = [line.partition("\t") for line in self.file.read_text().splitlines()]
        return [ast.literal_eval(told) for name, _, told in lines if name in names]

    def opened(self, *, writing: bool = False) -> list[str]:
        """Return the paths that were opened, or of them those that were opened to write."""
        found = [event for event in self.events("open") if isinstance(event[0], str | bytes)]
        found = [event for event in found if not writing or (isinstance(event[2], int) and event[2] & WRITING)]
        return [os.fsdecode(path) for path, *_ in found]  # type: ignore[arg-type]
