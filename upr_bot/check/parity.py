"""Parity: a further language says all that the first one says, in its own words, with the same numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from upr_bot.check.content import Whole
from upr_bot.content import Book
from upr_bot.content.loader import TODO
from upr_bot.content.reader import Path
from upr_bot.errors import Problem
from upr_bot.journey import plurals

KINDS: Final = ("stages", "tips", "videos", "themes", "terms", "entries", "categories", "windows", "helpers")
WORDS: Final = 12
"""Numbers up to this one may be written as words."""
SAME: Final = 25
"""Characters from which a text that is the same in two languages has not been translated: below, names and terms are."""
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f\u2009 ](?=\d{3}(?!\d))\d{3})*(?:[.,]\d+)?")
_ENGLISH: Final = frozenset({
    "the", "of", "and", "to", "your", "you", "with", "is", "are", "for", "this", "that", "by", "from", "can", "will", "not", "have",
})  # fmt: skip
_SPOKEN = re.compile(r"[^\W\d_]+")
_ENGLISH_SHARE: Final = 0.25
"""Share of English function words from which a text counts as English: in French and Spanish texts it stays below a tenth."""


def rules(content: Whole) -> Iterator[Problem]:
    """Yield what a further language lacks, or says otherwise than the first."""
    first = content.library.first
    for language, book in content.library.books.items():
        if book is first:
            continue
        yield from _missing(book)
        yield from _unfinished(content, language)
        yield from _plurals(content, book)
        yield from _numbers(content, first, book)
    yield from _calendar(content)


def _missing(book: Book) -> Iterator[Problem]:
    for kind in KINDS:
        for id_, item in getattr(book, kind).items():
            if item.language != book.language:
                yield Problem(f"dialogs/{book.language}", 1, f"the text of '{id_}' ({kind}) is missing; write it in {book.name}")


def _unfinished(content: Whole, language: str) -> Iterator[Problem]:
    """Yield texts that were left to be written, or are still English."""
    for file, path, text in content.texts():
        # What people type is theirs, and a film keeps its name.
        if file.split("/")[1] != language or file.count("/") < 2 or {"also asked", "also"} & {*path} or _is_film(file, path):
            continue
        if text.startswith(TODO):
            yield content.problem(file, path, "is still to be written; put the text in the place of TODO")
            continue
        words = [word.lower() for word in _SPOKEN.findall(text)]
        if len(words) >= 6 and sum(word in _ENGLISH for word in words) >= _ENGLISH_SHARE * len(words):
            yield content.problem(file, path, f"'{text[:40]}…' is English; translate it")
        elif len(text) >= SAME and text == _twin(content, file, path):
            yield content.problem(file, path, f"'{text[:40]}…' is the same as in the first language; translate it")


def _is_film(file: str, path: Path) -> bool:
    return file.endswith("/videos.yaml") and path[-1] == "title"


def _twin(content: Whole, file: str, path: Path) -> str | None:
    """Return the text at the same place of the first language's file; of lists of entries the places differ."""
    room, _, name = file.split("/")
    document = content.parsed.documents.get(f"{room}/{content.library.first.language}/{name}")
    found: Any = document.data if document and room == "dialogs" else None
    for part in path:
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            return None
    return found if isinstance(found, str) else None


def _plurals(content: Whole, book: Book) -> Iterator[Problem]:
    """Yield counted things that lack a form which the language uses for numbers up to a thousand."""
    needed = plurals(book.language)
    file = f"dialogs/{book.language}/_phrases.yaml"
    for name, value in book.phrases:
        if isinstance(value, Mapping) and "other" in value:
            for form in sorted(needed - value.keys()):
                yield content.problem(file, (name,), f"lacks the plural form '{form}', which {book.name} uses; add it")


def _numbers(content: Whole, first: Book, book: Book) -> Iterator[Problem]:
    """Yield texts whose numbers differ from those of the first language: dates, limits and counts are facts."""
    for kind in KINDS:
        for id_, item in getattr(book, kind).items():
            original = getattr(first, kind)[id_]
            if item.language != book.language:
                continue
            for field in ("text", "answer", "about", "read_instead", "what_happens", "who_can_act", "when", "title", "question"):
                mine, theirs = numbers(getattr(item, field, "")), numbers(getattr(original, field, ""))
                for missing in sorted(theirs - mine):
                    yield content.at(
                        kind, book.language, id_, f"'{missing}' stands in the first language and not here; is the fact the same?"
                    )
                for more in sorted(mine - theirs):
                    yield content.at(
                        kind, book.language, id_, f"'{more}' stands here and not in the first language; is the fact the same?"
                    )


def numbers(text: object) -> frozenset[str]:
    """Return the numbers of a text that a translation must hold too, without separators; small ones may be words."""
    if not isinstance(text, str):
        return frozenset()
    found = {re.sub(r"[.,\u00a0\u202f\u2009 ]", "", number) for number in _NUMBER.findall(text)}
    return frozenset(number for number in found if len(number) > 2 or int(number) > WORDS)


def _calendar(content: Whole) -> Iterator[Problem]:
    """Yield what the calendar says of single States in some languages only."""
    calendar = content.library.calendar
    for language, book in content.library.books.items():
        for (code, cycle), special in calendar.special.items():
            if language not in special.text:
                yield Problem(
                    "dialogs/sessions.yaml", 1, f"what is special about {code} in cycle {cycle} is not said in {book.name}; add it"
                )
        for country in calendar.countries.values():
            if language not in country.names:
                yield Problem("dialogs/countries.yaml", 1, f"{country.code} has no name in {book.name}; add it under names")
