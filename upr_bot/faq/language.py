"""The language of typed words: from the words, then from what the client says, then the first language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from upr_bot.content import Book, Library
from upr_bot.faq.normalise import tokens

LEAD: Final = 1.0
"""A language must explain this many words more than the one that was expected: one word that only it has, or two that it shares."""


class Languages:
    """Which words belong to which language, read off the content itself. Remembers nothing that was typed."""

    def __init__(self, library: Library) -> None:
        self._first = library.first.language
        self._of_word: dict[str, frozenset[str]] = {}
        if len(library.books) < 2:
            return
        for code, book in library.books.items():
            for word in {word for text in _texts(book) for word in tokens(text)}:
                self._of_word[word] = self._of_word.get(word, frozenset()) | {code}

    def of(self, text: str, expected: str, mend: Callable[[str], str] = lambda word: word) -> str:
        """Return the language that most of the words speak for, or the expected one when none clearly leads.

        `mend` puts the slip in a word right that no language knows.
        """
        scores: dict[str, float] = {}
        for token in tokens(text) if self._of_word else ():
            codes = self._of_word.get(token) or self._of_word.get(mend(token), frozenset())
            for code in codes:
                scores[code] = scores.get(code, 0) + 1 / len(codes)
        best = max(scores, key=lambda code: (scores[code], code == expected), default=expected)
        return best if scores.get(best, 0) >= scores.get(expected, 0) + LEAD else expected


def _texts(book: Book) -> Iterable[str]:
    """Yield what is written in a book's own language; what it borrowed from another is not its language."""
    yield from _strings(book.phrases.model_dump(exclude={"language_names", "greetings"}))
    yield from book.phrases.greetings
    for kind in (book.stages, book.tips, book.videos, book.themes, book.terms):
        for thing in kind.values():
            if thing.language == book.language:
                yield from (
                    value for name in ("title", "text", "about", "what_happens", "when") if (value := getattr(thing, name, None))
                )
    for entry in book.entries.values():
        if entry.language == book.language:
            yield from (entry.question, *entry.also_asked, entry.answer)


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
