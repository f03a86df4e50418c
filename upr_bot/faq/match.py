"""The decision: answer, offer up to three, or say honestly that there is no checked answer.

Unknown words are first put right where a slip parts them from a word of the content (RapidFuzz's OSA distance). The thresholds
are fitted on the open askings in `tests/faq/`; `make bench` prints how many are answered, offered and refused at them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from upr_bot.content import Library
from upr_bot.faq.index import Index
from upr_bot.faq.normalise import QUESTION_LENGTH, bare, words

Decision = Literal["answer", "choose", "none"]

OFFERED: Final = 3
LISTED: Final = 5
NEAR: Final = 0.5
"""Share of the best score that a further choice must reach to be worth a person's reading."""

ANSWER_FROM: Final = 0.29
ANSWER_LEAD: Final = 0.04
"""An answer needs this score and this lead. On the open English askings 60 % are answered, 97 % of them rightly."""
CHOOSE_FROM: Final = 0.24
"""Below it nothing is offered: three of four off-topic askings lie there, and 8 % of the others."""
KNOWN_FROM: Final = 0.5
"""Share of a question's words that must stand somewhere in the content; below it the question is about something else."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may be meant. `score` runs from 0 to 1."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Match:
    """What to do with a question, and the entries it came from, best first."""

    decision: Decision
    candidates: tuple[Candidate, ...] = ()

    @property
    def offered(self) -> tuple[str, ...]:
        """Return up to three ids to offer: the best, and those that come near it."""
        return tuple(c.id for c in self.candidates[:OFFERED] if c.score >= NEAR * self.candidates[0].score)


NOTHING: Final = Match("none")


class Matcher:
    """Looks questions up in the entries of a library. Pure: the same question always gets the same match."""

    def __init__(self, library: Library) -> None:
        self.languages = len(library.books)
        self.index = Index(
            entry for book in library.books.values() for entry in book.entries.values() if entry.language == book.language
        )
        self._near: dict[tuple[str, int], list[str]] = {}
        """(first letter, or last letter with a minus, length) → words; a slip rarely hits both ends of a word."""
        for word in self.index.words:
            for end in (word[0], f"-{word[-1]}"):
                self._near.setdefault((end, len(word)), []).append(word)

    def match(self, question: str) -> Match:
        """Match the first `QUESTION_LENGTH` characters of a question."""
        typed = words(question[:QUESTION_LENGTH])
        if not typed:
            return NOTHING
        known = [word if word in self.index.words else self._nearest(word) for word in typed]
        scores = self.index.scores(known)
        exact = self.index.exact.get(bare(known))
        if exact is not None:
            scores[exact] = 1.0
        listed = min(LISTED * self.languages, len(scores))
        at = scores.argpartition(-listed)[-listed:]
        best: dict[str, float] = {}
        for score, entry in sorted(zip(scores[at].tolist(), at.tolist(), strict=True), reverse=True):
            best.setdefault(self.index.ids[entry], score)
        candidates = tuple([Candidate(id_, round(min(1.0, score), 4)) for id_, score in best.items()][:LISTED])
        return Match(self._decide(candidates, known, exact=exact is not None), candidates)

    def _nearest(self, word: str) -> str:
        """Return the known word a slip or two away from an unknown one of at least four letters, or the word itself."""
        slips = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        if not slips:
            return word
        for end in (word[0], f"-{word[-1]}"):
            near = [known for size in range(len(word) - slips, len(word) + slips + 1) for known in self._near.get((end, size), ())]
            if found := process.extractOne(word, near, scorer=OSA.distance, score_cutoff=slips):
                return found[0]
        return word

    def _decide(self, candidates: Sequence[Candidate], known: Sequence[str], *, exact: bool) -> Decision:
        top = candidates[0].score
        lead = top - candidates[1].score if len(candidates) > 1 else top
        share = sum([word in self.index.words for word in known]) / len(known)
        if exact or (top >= ANSWER_FROM and lead >= ANSWER_LEAD and share >= KNOWN_FROM):
            return "answer"
        return "choose" if top >= CHOOSE_FROM and share >= KNOWN_FROM else "none"
