"""Questions: enough wordings, each claimed once, and every entry tried by an asking that its writer did not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from upr_bot.check.content import Content
from upr_bot.content import Book
from upr_bot.content.reader import read
from upr_bot.errors import ContentError, Problem
from upr_bot.faq import gist, key

WORDINGS: Final = 8
"""Further wordings an entry needs at least: from 5 to 10, public measurements gained 6 to 11 points."""


def rules(content: Content) -> Iterator[Problem]:
    """Yield entries that cannot be found well."""
    for book in content.library.books.values():
        yield from _wordings(content, book)
        yield from _askings(content, book)
        yield from _names(content, book)


def _wordings(content: Content, book: Book) -> Iterator[Problem]:
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


def _askings(content: Content, book: Book) -> Iterator[Problem]:
    """The sealed askings stand beside the content in a checkout; a package is shipped without them."""
    file = f"tests/faq/{book.language}.yaml"
    path = content.source.base / file
    if not path.is_file():
        return
    try:
        data = read(file, path.read_bytes()).data
    except ContentError as error:
        yield from error.problems
        return
    asked = data.get("askings", {}) if isinstance(data, dict) else {}
    known = asked if isinstance(asked, dict) else {}
    for entry in book.entries.values():
        if entry.language == book.language and not known.get(entry.id):
            yield content.at("entries", book.language, entry.id, f"no asking tests '{entry.id}'; add one to {file}")
    for id_ in known:
        if id_ not in book.entries:
            yield Problem(file, 1, f"askings for '{id_}', which is no entry; use the id of its successor")


def _names(content: Content, book: Book) -> Iterator[Problem]:
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
