"""What somebody typed → the State that is meant, an honest "which one?", or none. Never a silent guess between neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from upr_bot.content import Calendar
from upr_bot.folding import folded

LONGEST: Final = 300
"""Characters that are read."""
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_INITIALS: Final = re.compile(r"(?<=\b\w)\.(?=\w\b|\s|$)")
_WORD: Final = re.compile(r"[^\W_]+")
_SOFT: Final = re.compile(r"(.)\1+")
_SHORTEST: Final = 4
"""Letters from which a slip can be told from another word."""
_TWO_SLIPS: Final = 8
"""Letters from which two slips are taken for one name: `alfaland` is Alphaland."""
_APART: Final = 1.0
"""By so many slips the next State must be farther off than the nearest."""
_FILLERS: Final = frozenset({
    "the", "in", "of", "for", "my", "our", "country", "is", "are", "we", "i", "am", "from", "state", "a", "an", "please", "and",
    "now", "what", "can", "do", "about",
    "le", "la", "les", "l", "de", "du", "des", "d", "en", "au", "aux", "pour", "mon", "notre", "pays", "est", "nous", "je", "suis",
    "et", "el", "los", "las", "del", "para", "mi", "nuestro", "pais", "es", "somos", "soy", "y",
})  # fmt: skip
"""Words around a name that change nothing."""
MOST_OFFERED: Final = 6


@dataclass(frozen=True, slots=True)
class Named:
    """One State, named exactly."""

    code: str


@dataclass(frozen=True, slots=True)
class Guessed:
    """One State whose name was misspelt: named in the answer, asked first in a chat."""

    code: str


@dataclass(frozen=True, slots=True)
class Several:
    """States that all answer to what was typed. `together`: each was named, and one message takes one."""

    codes: tuple[str, ...]
    together: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A place without a review of its own; `code`: the State in whose review it is looked at, if any."""

    code: str | None


Found = Named | Guessed | Several | Place | None


def name_key(text: str) -> str:
    """Return a name as one comparable string: folded, `&` as and, initials joined, anything else a space."""
    return " ".join(_WORD.findall(_INITIALS.sub("", folded(text.replace("&", " and ")).replace("\u2019", "'"))))


def flags(text: str) -> list[str]:
    """Return the alpha-2 codes of the flags in a text."""
    return ["".join(chr(ord(c) - 0x1F1E6 + ord("A")) for c in pair) for pair in _FLAG.findall(text)]


class Names:
    """Every name, alias and code of the calendar's States. Remembers nothing that was typed."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._alpha2 = {c.alpha2: c.code for c in calendar.countries.values()}
        self._asked = {name_key(word): codes for words, codes in calendar.ask_back for word in words if codes}
        self._places = {name_key(word): code for words, code in calendar.elsewhere for word in words}
        self._capitals = {name_key(word): word for word in calendar.capitals}
        self._exact: dict[str, str] = {}
        for country in calendar.countries.values():
            for name in (*country.names.values(), *country.labels.values(), *country.aliases):
                self._exact.setdefault(name_key(name), country.code)
        for word in self._asked:
            self._exact.pop(word, None)
        fuzzy = [key for key in (*self._exact, *self._asked) if len(key) >= _SHORTEST]
        self._fuzzy = fuzzy
        self._soft = [_softened(key) for key in fuzzy]
        self._starts: dict[str, list[tuple[str, ...]]] = {}
        for key in (*self._exact, *self._asked):
            words = tuple(key.split())
            self._starts.setdefault(words[0], []).append(words)
        for runs in self._starts.values():
            runs.sort(key=len, reverse=True)

    def find(self, text: str) -> Found:
        """Return what a whole message names, in answer to the question for a country."""
        text = text.strip()[:LONGEST]
        return self.whole(text) or self._near(name_key(text)) or self._inside(text)

    def whole(self, text: str, *, codes_in_any_case: bool = True) -> Named | Several | Place | None:
        """Return what a message names that is nothing but a name, a code or a flag, spelt right."""
        text = text.strip()[:LONGEST]
        if (pair := flags(text)) and not _WORD.search(_FLAG.sub("", text)):
            codes = tuple(dict.fromkeys(self._alpha2[c] for c in pair if c in self._alpha2))
            return Named(codes[0]) if len(codes) == 1 else Several(codes[:MOST_OFFERED], together=True) if codes else None
        key = name_key(text)
        if key in self._asked:
            return Several(self._asked[key])
        code = self._exact.get(key)
        bare = text.strip(".,;:!? ")
        short = len(key) <= 3
        if code and (codes_in_any_case or not short or bare.isupper()):
            return Named(code)
        if short and (codes_in_any_case or bare.isupper()):
            typed = key.upper()
            code = typed if typed in self._calendar.countries else self._alpha2.get(typed)
            if code:
                return Named(code)
        return Place(self._places[key]) if key in self._places else None

    def slip(self, text: str) -> Guessed | Several | None:
        """Return the State whose name, and nothing else, a message misspells."""
        return self._near(name_key(text[:LONGEST]))

    def mentioned(self, text: str) -> tuple[list[str], str]:
        """Return the States that a text names among other words, in its order, and the text without them.

        Words that several States answer to name none here: a question is no answer to "which one?".
        """
        codes: list[str] = []
        left: list[str] = []
        position = 0
        for start, end, found in self._runs(text):
            if isinstance(found, str):
                codes += [found] if found not in codes else []
                left.append(text[position:start])
                position = end
        left.append(text[position:])
        return codes, " ".join("".join(left).split())

    def _inside(self, text: str) -> Found:
        """Return what a message names among other words."""
        found = [f for _, _, f in self._runs(text)]
        codes = tuple(dict.fromkeys(f for f in found if isinstance(f, str)))
        codes += tuple(c for c in (self._alpha2.get(pair) for pair in flags(text)) if c and c not in codes)
        if len(codes) > 1:
            return Several(codes[:MOST_OFFERED], together=True)
        if asked := next((f for f in found if isinstance(f, tuple)), None):
            return Several(asked)
        if not codes:
            key = name_key(text)
            place = next((word for word in self._places if f" {word} " in f" {key} "), None)
            return Place(self._places[place]) if place else None
        country = self._calendar.countries[codes[0]]
        others = set(name_key(text).split()) - _FILLERS - set(" ".join(k for k, c in self._exact.items() if c == codes[0]).split())
        # "Sudan sud" may be its neighbour: ask.
        return Several((country.code, *country.near)) if others and country.near else Named(country.code)

    def _runs(self, text: str) -> Iterator[tuple[int, int, str | tuple[str, ...]]]:
        """Yield (start, end, code or codes) for every name in a text, the longest where several begin at one word."""
        spans = [(m.start(), m.end(), folded(m.group())) for m in _WORD.finditer(text)]
        at = 0
        while at < len(spans):
            words = next(
                (run for run in self._starts.get(spans[at][2], ()) if run == tuple(s[2] for s in spans[at : at + len(run)])), None
            )
            if words is None:
                at += 1
                continue
            start, end = spans[at][0], spans[at + len(words) - 1][1]
            at += len(words)
            key = " ".join(words)
            if (key in self._capitals or len(key) <= 3) and not text[start:end].isupper():
                continue
            yield start, end, self._exact.get(key) or self._asked[key]

    def _near(self, key: str) -> Guessed | Several | None:
        """Return the State whose name lies within a slip or two, when no other lies nearly as near."""
        if len(key) < _SHORTEST or len(key) > 60:
            return None
        most = 2 if len(key) >= _TWO_SLIPS else 1
        soft = _softened(key)
        best: dict[tuple[str, ...], float] = {}
        for penalty, typed, names in ((0.0, key, self._fuzzy), (0.5, soft, self._soft)):
            for _, distance, number in process.extract(typed, names, scorer=OSA.distance, score_cutoff=most, limit=None):
                states = self._states(self._fuzzy[number])
                best[states] = min(best.get(states, 9.0), distance + penalty)
        if not best:
            return None
        nearest = min(best.values())
        close = sorted((states for states, d in best.items() if d < nearest + _APART), key=lambda states: best[states])
        codes = tuple(dict.fromkeys(code for states in close for code in states))
        if len(codes) == 1:
            return Guessed(codes[0])
        return Several(codes[:MOST_OFFERED]) if nearest <= most else None

    def _states(self, key: str) -> tuple[str, ...]:
        code = self._exact.get(key)
        return (code,) if code else self._asked[key]


def _softened(key: str) -> str:
    """Return a name as it sounds: doubled letters once, `ph` as `f`."""
    return _SOFT.sub(r"\1", key.replace("ph", "f"))


def clashes(calendar: Calendar) -> Iterator[tuple[str, str, str]]:
    """Yield (name, State, other State) for every name that two States would answer to, for `check`."""
    seen: dict[str, str] = {}
    asked = {name_key(word) for words, _ in calendar.ask_back for word in words}
    alpha2 = {c.alpha2.lower(): c.code for c in calendar.countries.values()}
    for country in calendar.countries.values():
        names: Iterable[str] = (*country.names.values(), *country.labels.values(), *country.aliases)
        for name in names:
            key = name_key(name)
            holder = seen.setdefault(key, country.code)
            coded = key.upper() if key.upper() in calendar.countries else alpha2.get(key, country.code)
            for other in (holder, coded):
                if other != country.code and key not in asked:
                    yield name, country.code, other
