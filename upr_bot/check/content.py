"""What every rule looks at: the files with their lines, and the library made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from upr_bot.content import Library
from upr_bot.content.loader import UNSHOWN, Parsed, Source
from upr_bot.content.reader import Data, Path
from upr_bot.dialog import Knowledge
from upr_bot.errors import Problem


@dataclass(frozen=True)
class Content:
    """The files under examination, as far as they can be read."""

    source: Source
    parsed: Parsed

    def problem(self, file: str, path: Path, message: str) -> Problem:
        """Return a mistake at a place in a file."""
        document = self.parsed.documents.get(file)
        return Problem(file, document.line(path) if document else 1, message)

    def texts(self) -> Iterator[tuple[str, Path, str]]:
        """Yield every piece of text that readers may see, with its place."""
        for file, document in self.parsed.documents.items():
            if file.rpartition("/")[2] not in UNSHOWN:
                yield from ((file, path, text) for path, text in _leaves(document.data, ()))


@dataclass(frozen=True)
class Whole(Content):
    """Content that fits together."""

    library: Library

    @cached_property
    def knowledge(self) -> Knowledge:
        """The guide that speaks from this content; made once for all rules."""
        return Knowledge(self.library)

    def at(self, kind: str, language: str, id_: str, message: str) -> Problem:
        """Return a mistake at the text of something: `kind` is an attribute of `Book`."""
        place = self.library.places.get((kind, language, id_))
        return Problem(place.file, place.line, message) if place else Problem(f"dialogs/{language}", 1, message)


def _leaves(data: Data, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, list):
        for number, item in enumerate(data):
            yield from _leaves(item, (*path, number))
    else:
        for key, value in data.items():
            yield from _leaves(value, (*path, key))
