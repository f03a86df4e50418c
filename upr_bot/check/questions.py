"""Questions: enough wordings, each claimed once, and every entry tried by an asking that its writer did not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from upr_bot.check.content import Whole
from upr_bot.content import Book
from upr_bot.content.reader import read
from upr_bot.errors import ContentError, Problem
from upr_bot.faq import gist, key

WORDINGS: Final = 8
"""Further wordings an entry needs at least; more of them moves accuracy more than any algorithm does."""


def rules(content: Whole) -> Iterator[Problem]:
    """Yield entries that cannot be found well."""
    for book in content.library.books.values():
        yield from _wordings(content, book)
        yield from _askings(content, book)
        yield from _names(content, book)


def _wordings(content: Whole, book: Book) -> Iterator[Problem]:
    """Two entries that claim nearly the same question make every answer to it a guess."""
    claimed: dict[frozenset[str], tuple[str, str]] = {}
    for entry in book.entries.values():
        if entry.language != book.language:
            continue
        if len(entry.also_asked) < WORDINGS:
            message = f"'{entry.id}' has {len(entry.also_asked)} wordings under 'also asked'; it needs {WORDINGS}"
            yield content.at("entries", book.language, entry.id, message)
        own: set[str] = set()
        for wording in (entry.question, *entry.also_asked):
            if key(wording) in own:
                yield content.at("entries", book.language, entry.id, f"'{wording}' stands twice in '{entry.id}'; keep one")
            own.add(key(wording))
            words = gist(wording, book.language)
            other, same = claimed.setdefault(words, (entry.id, wording))
            if words and other != entry.id:
                message = f"'{wording}' of '{entry.id}' is nearly '{same}' of '{other}'; keep it where it fits better"
                yield content.at("entries", book.language, entry.id, message)


def _askings(content: Whole, book: Book) -> Iterator[Problem]:
    """The askings stand beside the content in a checkout, the sealed ones apart; a package is shipped without them."""
    tested: set[str] = set()
    wordings = {gist(wording, book.language): e.id for e in book.entries.values() for wording in (e.question, *e.also_asked)}
    files = [f"tests/faq/{book.language}{sealed}.yaml" for sealed in ("", ".sealed")]
    found = [file for file in files if (content.source.base / file).is_file()]
    for file in found:
        try:
            document = read(file, (content.source.base / file).read_bytes())
        except ContentError as error:
            yield from error.problems
            continue
        asked = document.data.get("askings") if isinstance(document.data, dict) else None
        for id_, askings in asked.items() if isinstance(asked, dict) else ():
            tested.add(id_)
            if id_ not in book.entries:
                message = f"askings for '{id_}', which is no entry; use the id of its successor"
                yield Problem(file, document.line(("askings", id_)), message)
            for number, asking in enumerate(askings if isinstance(askings, list) else ()):
                if isinstance(asking, str) and wordings.get(gist(asking, book.language)) == id_:
                    message = f"this asking is a wording of '{id_}' too and tests nothing; take it out of one of them"
                    yield Problem(file, document.line(("askings", id_, number)), message)
    for entry in book.entries.values() if found else ():
        if entry.language == book.language and entry.id not in tested:
            yield content.at("entries", book.language, entry.id, f"no asking tests '{entry.id}'; add one to {files[0]}")


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
