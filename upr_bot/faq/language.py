"""The language of typed words: from the words, then from what the client says, then the first language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from upr_bot.content import Book, Library
from upr_bot.faq.normalise import tokens

LEAD: Final = 0.9
"""A language must explain this many words more than the one that was expected: one word that is nearly all its own, or two."""


class Languages:
    """How much each word belongs to which language, read off the content itself. Remembers nothing that was typed.

    People mix: `deadline` and `report` stand in French texts too, only more rarely than in English ones, and are shared out so.
    """

    def __init__(self, library: Library) -> None:
        self._codes = list(library.books)
        self._row_of: dict[str, int] = {}
        self._shares = np.zeros((0, len(self._codes)), dtype=np.float32)
        """Of each word, which part belongs to which language."""
        if len(self._codes) < 2:
            return
        counted = [Counter(word for text in _texts(book) for word in tokens(text)) for book in library.books.values()]
        self._row_of = {word: row for row, word in enumerate(dict.fromkeys(word for counts in counted for word in counts))}
        shares = np.array([[counts[word] for counts in counted] for word in self._row_of], dtype=np.float32)
        shares /= shares.sum(axis=0)
        self._shares = shares / shares.sum(axis=1, keepdims=True)

    def of(self, text: str, expected: str, mend: Callable[[str], str] = lambda word: word) -> str:
        """Return the language that most of the words speak for, or the expected one when none clearly leads.

        `mend` puts the slip in a word right that no language knows.
        """
        row_of = self._row_of
        found = [token if token in row_of else mend(token) for token in tokens(text)] if row_of else []
        rows = [row_of[word] for word in found if word in row_of]
        scores = dict(zip(self._codes, self._shares[rows].sum(axis=0).tolist(), strict=True))
        best = max(scores, key=lambda code: (scores[code], code == expected))
        return best if scores[best] >= scores.get(expected, 0) + LEAD else expected


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
