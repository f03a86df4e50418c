"""What a discreet reminder says, and may say: not a word that gives away what it is about, in any of our languages. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from upr_bot import actions as a
from upr_bot.content import Library
from upr_bot.content.phrases import Phrases, fill
from upr_bot.folding import folded
from upr_bot.journey import Names
from upr_bot.replies import Button, Reply, Run
from upr_bot.wish import OWN_WORDS, Wish

LATE: Final = 60
"""Minutes after which a reminder says that it is late."""

_LINK = re.compile(r"(?i)\b(?:https?|www|t\.me)\b|[\w-]\.(?:org|com|net|int|ch|me|info|io)\b|@\w|/\w{3}")
_BETWEEN = re.compile(r"[\s.\-_*·•|]+")
_WORD = re.compile(r"\w+")
_SHORT = 4
"""Letters up to which a word gives itself away only as a whole: `onu` is in many words, `geneva` in none."""


class Discretion:
    """The words that give a reminder away: those of the content in every language, and the names of every State."""

    def __init__(self, words: Sequence[str], names: Names, countries: Mapping[str, Sequence[str]]) -> None:
        """Take the give-away words, what finds a State's name in a text, and the names of each State by its code."""
        self._names = names
        self._countries: dict[str, list[str]] = {code: list(given) for code, given in countries.items()}
        self._capitals = {word for word in words if word.isupper() and len(word) <= 2}
        others: set[str] = {folded(word) for word in words if word not in self._capitals}
        self._whole = {word for word in others if len(word) <= _SHORT}
        self._inside = sorted(others - self._whole)
        self._states = sorted({folded(name) for names_ in countries.values() for name in names_ if len(folded(name)) > _SHORT})

    def gives_away(self, text: str) -> str | None:
        """Return the word that gives a text away, as it was typed where that is clear, or None when it may be said."""
        plain = folded(text)
        typed: list[str] = [word.strip("_0123456789") or word for word in _WORD.findall(text)]
        # U.P.R., u p r and U-N are read as people read them.
        typed += "".join(word.upper() if len(word) == 1 else f" {word} " for word in typed).split()
        for word in typed:
            if folded(word) in self._whole or word in self._capitals:
                return word
        spaced = f"{_BETWEEN.sub(' ', plain)} {folded(' '.join(typed))}"
        for sign in self._inside:
            if re.search(rf"\b{re.escape(sign)}", spaced):
                return sign
        if mentioned := self._names.mentioned(text)[0]:
            return self._said(mentioned[0], text)
        return next((name for name in self._states if name in plain), None)

    def _said(self, code: str, text: str) -> str:
        """Return the name of a State as it stands in a text, else its first name."""
        plain = folded(text)
        found = [name for name in self._countries[code] if folded(name) in plain]
        return max(found, key=len) if found else self._countries[code][0]


def fault(text: str) -> str | None:
    """Return what is wrong with the form of one's own words: `empty`, `long`, `link` or `lines`; None when they are well-formed."""
    if not text.strip():
        return "empty"
    if len(text) > OWN_WORDS or len(text.encode()) > 4 * OWN_WORDS:
        return "long"
    if "\n" in text or not text.isprintable():
        return "lines"
    return "link" if _LINK.search(text) else None


# --- what it says ----------------------------------------------------------------------------------------------------------------


def wording(wish: Wish, phrases: Phrases) -> str:
    """Return the words that a wish chose; a shipped one that is gone gives the first."""
    if wish.wording < 0:
        return wish.own
    return phrases.reminder_words[min(wish.wording, len(phrases.reminder_words) - 1)]


def message(wish: Wish, why: str, late: int, library: Library) -> Reply:
    """Return the message. `why`: `due`, `moved` or `published`; `late`: minutes since it fell due."""
    book = library.book(wish.language)
    p = book.phrases
    said = wording(wish, p)
    if why in p.reminder_marks:
        said = fill(p.reminder_marks[why], words=said)
    elif late >= LATE:
        said = fill(p.reminder_marks["late"], words=said)
    return sealed_up(said, wish.target, book.language, p)


def sealed_up(said: str, target: str, language: str, phrases: Phrases) -> Reply:
    """Return a reminder that shows nothing but its words."""

    def to(label: str, action: a.Action) -> Button:
        return Button(label, a.Step(action, language))

    buttons = (
        to(phrases.open, a.OpenReminder(target)),
        to(phrases.hide, a.HideReminder(target)),
        to(phrases.stop, a.StopReminder(target)),
    )
    return Reply((Run(said),), (buttons,))
