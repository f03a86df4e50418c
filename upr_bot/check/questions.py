"""Questions: enough wordings, each claimed once, and every entry tried by an asking that its writer did not see."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import Final

from upr_bot.cards import RELATED_SHOWN
from upr_bot.check.content import Whole
from upr_bot.content import Book
from upr_bot.content.loader import ELSEWHERE, Source
from upr_bot.content.reader import Data, Document, Path, read
from upr_bot.errors import ContentError, Problem
from upr_bot.faq import gist, is_stale, key

WORDINGS: Final = (20, 8)
"""Further wordings an entry needs at least, in the first language and in the others: they move accuracy more than any algorithm."""
NEARLY: Final = 0.75
"""Two texts ask nearly the same when they share this part of their stems; below four stems only when they share all."""


def rules(content: Whole) -> Iterator[Problem]:
    """Yield entries that cannot be found well, and an index that no longer fits them."""
    for book in content.library.books.values():
        wordings = _Wordings(book)
        yield from _wordings(content, book, wordings)
        yield from _elsewhere(content, book, wordings)
        yield from _askings(content, book, wordings)
        yield from _pairs(content, book, wordings)
        yield from _names(content, book)
    if is_stale(own := content.source.compiled[-1], content.library):
        yield Problem(f"faq/{own.name}", 1, "was learnt from other questions; run `upr-bot index`")


class _Wordings:
    """The wordings of a language, found by what they ask."""

    def __init__(self, book: Book) -> None:
        self.language = book.language
        self.gist: dict[str, frozenset[str]] = {}
        """Wording → what it asks."""
        self.exact: dict[frozenset[str], tuple[str, str]] = {}
        self._of_stem: dict[str, list[frozenset[str]]] = {}
        for entry in book.entries.values():
            for wording in (entry.question, *entry.also_asked) if entry.language == book.language else ():
                words = self.gist[wording] = gist(wording, book.language)
                if self.exact.setdefault(words, (entry.id, wording)) == (entry.id, wording):
                    for stem in words:
                        self._of_stem.setdefault(stem, []).append(words)

    def near(self, text: str) -> tuple[str, str] | None:
        """Return (id, wording) of a wording that asks the same as a text, or nearly the same, or None."""
        asked = gist(text, self.language)
        if not asked or asked in self.exact:
            return self.exact.get(asked)
        if len(asked) < 4:
            return None
        # Texts that share enough share one of the rarest stems: the rest need not be looked up.
        by_rarity = sorted(asked, key=lambda stem: (len(self._of_stem.get(stem, ())), stem))
        for stem in by_rarity[: len(asked) - math.ceil(NEARLY * len(asked)) + 1]:
            for words in self._of_stem.get(stem, ()):
                if len(words) >= 4 and len(words & asked) >= NEARLY * len(words | asked):
                    return self.exact[words]
        return None


def _wordings(content: Whole, book: Book, wordings: _Wordings) -> Iterator[Problem]:
    """Two entries that claim nearly the same question make every answer to it a guess."""
    needed = WORDINGS[book is not content.library.first]
    for entry in book.entries.values():
        if entry.language != book.language:
            continue
        if len(entry.also_asked) < needed:
            message = f"'{entry.id}' has {len(entry.also_asked)} wordings under 'also asked'; it needs {needed}"
            yield content.at("entries", book.language, entry.id, message)
        for twin in entry.twins:
            if twin not in entry.related[:RELATED_SHOWN]:
                message = (
                    f"'{twin}' is a twin of '{entry.id}'; put it among the first {RELATED_SHOWN} under 'related', which get buttons"
                )
                yield content.at("entries", book.language, entry.id, message)
        own: set[str] = set()
        for wording in (entry.question, *entry.also_asked):
            if (same_as := key(wording)) in own:
                yield content.at("entries", book.language, entry.id, f"'{wording}' stands twice in '{entry.id}'; keep one")
            own.add(same_as)
            words = wordings.gist[wording]
            other, same = wordings.exact[words]
            if words and other != entry.id:
                message = f"'{wording}' of '{entry.id}' is nearly '{same}' of '{other}'; keep it where it fits better"
                yield content.at("entries", book.language, entry.id, message)


def _elsewhere(content: Whole, book: Book, wordings: _Wordings) -> Iterator[Problem]:
    """What teaches the matcher to say no must not be what an entry answers."""
    file = f"faq/{book.language}/{ELSEWHERE}"
    for kind, texts in book.elsewhere.items():
        for number, text in enumerate(texts):
            if found := wordings.near(text):
                message = f"'{text}' is a wording of '{found[0]}' too; take it out of one of them"
                yield content.problem(file, ("elsewhere", kind, number), message)


def _askings(content: Whole, book: Book, wordings: _Wordings) -> Iterator[Problem]:
    """The askings stand beside the content in a checkout, the sealed ones apart; a package is shipped without them."""
    tested: set[str] = set()
    files = [f"tests/faq/{book.language}{sealed}.yaml" for sealed in ("", ".sealed")]
    found = [file for file in files if (content.source.base / file).is_file()]
    for file in found:
        document = yield from _read(content, file)
        asked = _under("askings", document.data)
        for id_, askings in asked.items() if isinstance(asked, dict) else ():
            tested.add(id_)
            yield from _tried(document, ("askings", id_), id_, askings, book, wordings)
    for entry in book.entries.values() if found else ():
        if entry.language == book.language and entry.id not in tested:
            yield content.at("entries", book.language, entry.id, f"no asking tests '{entry.id}'; add one to {files[0]}")


def _pairs(content: Whole, book: Book, wordings: _Wordings) -> Iterator[Problem]:
    """Neighbours that are easily confused are tried from both sides."""
    document = yield from _read(content, f"tests/faq/{book.language}.pairs.yaml")
    pairs = _under("pairs", document.data)
    for number, pair in enumerate(pairs if isinstance(pairs, list) else ()):
        between, askings = _under("between", pair), _under("askings", pair)
        if not isinstance(between, list) or not isinstance(askings, dict) or sorted(map(str, between)) != sorted(askings):
            message = "a pair needs two ids under 'between' and askings for each of them"
            yield Problem(document.file, document.line(("pairs", number)), message)
            continue
        for id_, asked in askings.items():
            yield from _tried(document, ("pairs", number, "askings", id_), id_, asked, book, wordings)


def known_pairs(source: Source, language: str) -> Iterator[frozenset[str]]:
    """Yield the pairs of entries that are known to be confusable, where the file stands beside the content."""
    path = source.base / f"tests/faq/{language}.pairs.yaml"
    pairs = _under("pairs", read(path.name, path.read_bytes()).data) if path.is_file() else None
    for pair in pairs if isinstance(pairs, list) else ():
        between = _under("between", pair)
        if isinstance(between, list):
            yield frozenset(map(str, between))


def _under(name: str, data: Data) -> Data | None:
    return data.get(name) if isinstance(data, dict) else None


def _read(content: Whole, file: str) -> Generator[Problem, None, Document]:
    """Return a file beside the content; one that is not there, or is broken, holds nothing."""
    path = content.source.base / file
    try:
        return read(file, path.read_bytes()) if path.is_file() else Document(file, {})
    except ContentError as error:
        yield from error.problems
        return Document(file, {})


def _tried(document: Document, at: Path, id_: str, askings: object, book: Book, wordings: _Wordings) -> Iterator[Problem]:
    """An asking that is a wording too tests nothing. The message does not quote it: whoever writes wordings must not read it."""
    if id_ not in book.entries:
        yield Problem(document.file, document.line(at), f"askings for '{id_}', which is no entry; use the id of its successor")
    for number, asking in enumerate(askings if isinstance(askings, list) else ()):
        if isinstance(asking, str) and (near := wordings.near(asking)):
            message = f"this asking is nearly a wording of '{near[0]}' and tests nothing; take it out of one of them"
            yield Problem(document.file, document.line((*at, number)), message)


def _names(content: Whole, book: Book) -> Iterator[Problem]:
    """A word typed alone must mean one term, and a label one entry."""
    terms: dict[str, str] = {}
    for term in book.terms.values():
        for word in (term.term, *term.also):
            other = terms.setdefault(key(word), term.id)
            if other != term.id:
                yield content.at("terms", book.language, term.id, f"'{word}' stands under '{other}' too; keep it under one term")
    labels: dict[str, str] = {}
    for entry in book.entries.values():
        other = labels.setdefault(entry.label.casefold(), entry.id)
        if other != entry.id:
            yield content.at(
                "entries", book.language, entry.id, f"label '{entry.label}' is that of '{other}' too; make them differ"
            )
