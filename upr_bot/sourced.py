"""Texts that tell who says so: lines with their sources, and the sources below, numbered in the order in which they are named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from upr_bot.content.phrases import fill
from upr_bot.journey import Telling
from upr_bot.replies import Run, Text, host_of, lines, paragraphs

MARK: Final = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Where the number of its source goes in a line."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A line of a card, with one `MARK` in it where its source's number goes. `source`: an address, or words."""

    text: Text
    source: str
    checked: dt.date
    host: str = field(init=False)
    size: int = field(init=False)
    """Characters, without the number."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", host_of(self.source) if self.source.startswith("https://") else self.source)
        object.__setattr__(self, "size", _size(self.text) - len(MARK))


Line = Text | Cited


class Sourced:
    """Paragraphs of lines, and below them `last` and the sources, those checked on one day in one line.

    `by_host`: the pages of one host share a number, for want of room. Several then stand there without a link, since none of them
    says it all; the card of the dates links each. Its size is known before its text is put together.
    """

    def __init__(
        self, parts: Sequence[Sequence[Line]], last: str, checked: str, telling: Telling, *, by_host: bool = False
    ) -> None:
        self._parts = [part for part in parts if part]
        self._by_host = by_host
        self._numbers: dict[tuple[str, dt.date], int] = {}
        pages: list[list[str]] = []
        size = 0
        for part in self._parts:
            size += len(part) + 1
            for line in part:
                if not isinstance(line, Cited):
                    size += _size(line)
                    continue
                key = (line.host, line.checked) if by_host else (line.source, line.checked)
                if (number := self._numbers.get(key)) is None:
                    number = self._numbers[key] = len(self._numbers) + 1
                    pages.append([line.source])
                elif line.source not in pages[number - 1]:
                    pages[number - 1].append(line.source)
                size += line.size + len(f"[{number}]")
        self._last = lines((last, *self._rows(pages, checked, telling)))
        self.size = size + _size(self._last)
        """Characters."""

    def text(self) -> Text:
        """Return all of it."""
        return paragraphs((*(lines(self._cite(line) for line in part) for part in self._parts), self._last))

    def _cite(self, line: Line) -> Text:
        if not isinstance(line, Cited):
            return line
        mark = f"[{self._numbers[line.host if self._by_host else line.source, line.checked]}]"
        return tuple([Run(run.text.replace(MARK, mark), run.bold, run.url) if MARK in run.text else run for run in line.text])

    def _rows(self, pages: Sequence[Sequence[str]], checked: str, telling: Telling) -> Iterator[Text]:
        rows: dict[dt.date, list[Run]] = {}
        for (name, day), number in self._numbers.items():
            row = rows.setdefault(day, [])
            row.append(Run(f", [{number}] " if row else f"[{number}] "))
            row.append(_named(pages[number - 1][0]) if len(pages[number - 1]) == 1 else Run(name))
        for day, row in rows.items():
            row.append(Run(", " + fill(checked, date=telling.day(day))))
            yield tuple(row)


def _size(text: Text) -> int:
    return sum([len(run.text) for run in text])


@lru_cache(maxsize=1024)  # the sources of the content, some on every card
def _named(source: str) -> Run:
    return Run(host_of(source), url=source) if source.startswith("https://") else Run(source)
