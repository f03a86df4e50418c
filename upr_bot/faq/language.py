"""The language of typed words: from the words, then from what the client says, then the first language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from upr_bot.content import Book, Library
from upr_bot.faq.normalise import tokens

LEAD: Final = 0.9
"""A language must explain this many words more than the one that was expected: one word that is nearly all its own, or two."""


class Languages:
    """How much each word belongs to which language, read off the content itself. Remembers nothing that was typed.

    People mix: `deadline` and `report` stand in French texts too, only more rarely than in English ones, and are shared out so.
    """

    def __init__(self, library: Library) -> None:
        self._of_word: dict[str, dict[str, float]] = {}
        if len(library.books) < 2:
            return
        for code, book in library.books.items():
            counts = Counter(word for text in _texts(book) for word in tokens(text))
            whole = counts.total()
            for word, count in counts.items():
                self._of_word.setdefault(word, {})[code] = count / whole
        for word, shares in self._of_word.items():
            together = sum(shares.values())
            self._of_word[word] = {code: share / together for code, share in shares.items()}

    def of(self, text: str, expected: str, mend: Callable[[str], str] = lambda word: word) -> str:
        """Return the language that most of the words speak for, or the expected one when none clearly leads.

        `mend` puts the slip in a word right that no language knows.
        """
        scores: dict[str, float] = {}
        for token in tokens(text) if self._of_word else ():
            for code, share in (self._of_word.get(token) or self._of_word.get(mend(token), {})).items():
                scores[code] = scores.get(code, 0) + share
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
