"""Transcripts: what somebody does, and what the guide says, as files that people can read and write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "transcripts"
"""Talks that go the same on any day."""
CALENDAR = Path(__file__).parent / "calendar"
"""Talks about countries, on the day of the journeys; why each says what it says stands on top."""
JOURNEYS = Path(__file__).parent / "journeys"
"""Talks about made-up countries, with their own calendar."""


@dataclass
class Line:
    """One step of a talk: what was done, and what came back."""

    did: str
    said: str


def files(*folders: Path) -> list[Path]:
    """Return the transcripts of some folders, or those that go the same on any day."""
    return sorted(file for folder in folders or (FOLDER,) for file in folder.rglob("*.txt"))


def read(file: Path) -> tuple[str, list[Line]]:
    """Return the comment on top and the lines of a transcript."""
    head, *steps = ("\n" + file.read_text(encoding="utf-8")).split("\n> ")
    return head.strip("\n"), [Line(*_parted(step)) for step in steps]


def _parted(step: str) -> tuple[str, str]:
    did, _, said = step.partition("\n")
    return did, said.strip("\n")


def write(file: Path, head: str, lines: Iterator[Line] | list[Line]) -> None:
    """Write a transcript."""
    body = "\n\n".join(f"> {line.did}\n{line.said}" for line in lines)
    file.write_text(f"{head}\n\n{body}\n" if head else f"{body}\n", encoding="utf-8")
