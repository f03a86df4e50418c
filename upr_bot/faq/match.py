"""The decision: answer, offer up to three, or say honestly that there is no checked answer.

Two probabilities decide, each a logistic function of what the index gives. Their weights were fitted on the open askings in
`tests/faq/` (`python -m bench fit` prints them anew, `make bench` what comes of them): never on the sealed ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from upr_bot.faq.encoder import Encoder
from upr_bot.faq.index import Floats, Index, stemmer_of
from upr_bot.faq.normalise import QUESTION_LENGTH, bare, left_open, questions_in, words

Decision = Literal["answer", "choose", "none"]

OFFERED: Final = 3
LISTED: Final = 5
LOOKED_AT: Final = 12
OFFERED_FROM: Final = 0.02
"""Share of the best score that a further choice must reach to be worth a person's reading."""

TINY: Final = 1e-4
RIGHT: Final = (1.07, 0.41, -0.62, -2.93)
"""That the best entry is the right one: weights of ln p1, ln p1/p2, ln p(elsewhere), and a constant."""
MEANT: Final = (0.31, -1.23, -4.13)
"""That any entry is meant at all: weights of ln p1, ln p(elsewhere), and a constant."""
ANSWER_FROM: Final = 0.76
CHOOSE_FROM: Final = 0.4

ELLIPSIS_WORDS: Final = 5
"""A follow-up that leaves the rest to the last answer has at most this many words after its opening."""


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
    offered: tuple[str, ...] = ()
    """Up to three entries to choose from."""
    further: tuple[str, ...] = ()
    """Entries that answer what else was asked in the same message."""


NOTHING: Final = Match("none")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a question was read: the words as typed, and as the index knows them."""

    typed: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What each column scores by meaning (a logit) and by stems (a cosine), and its probability."""

    meaning: Floats
    stems: Floats
    probability: Floats


class Matcher:
    """Looks questions up. Pure: the same question always gets the same match, and nothing of it stays."""

    def __init__(self, index: Index, encoder: Encoder) -> None:
        self.index = index
        self.encoder = encoder
        self.row_of = {word: row for row, word in enumerate(index.words)}
        self._stem_row = {stem: row for row, stem in enumerate(index.stems)}
        self._exact = dict(zip(index.exact, index.exact_columns.tolist(), strict=True))
        self._question_of = dict(zip(index.ids, index.questions, strict=True))
        self._twins = [set(pair) for pair in index.twins.tolist()]
        """Pairs of columns of which one answer serves who asked for the other."""
        self._rarest = float(index.stem_idf.max()) ** 2
        self._stemmers = [stemmer_of(language) for language in ("en", "fr", "es")]
        self._near: dict[tuple[str, int], list[str]] = {}
        """(first letter, or last letter with a minus, length) → words; a slip rarely hits both ends of a word."""
        for word in index.words:
            for end in (word[0], f"-{word[-1]}"):
                self._near.setdefault((end, len(word)), []).append(word)

    def match(self, question: str, after: str | None = None) -> Match:
        """Match the first `QUESTION_LENGTH` characters of a message; `after`: the entry whose answer it replies to."""
        question = question[:QUESTION_LENGTH]
        rest = left_open(question)
        if rest is not None and len(words(rest)) <= ELLIPSIS_WORDS:
            return self._follow_up(question, rest, after)
        asked = questions_in(question)
        if len(asked) > 1:
            first, *others = [self._match(part) for part in asked[:OFFERED]]
            ids = [match.candidates[0].id for match in (first, *others) if match.decision == "answer"]
            if first.decision == "answer" and len(set(ids)) == len(asked[:OFFERED]):
                return replace(first, further=tuple(ids[1:]))
        return self._match(question)

    def _match(self, question: str) -> Match:
        reading = self.read(question)
        if not reading.known:
            return NOTHING
        exact = self._exact.get(bare(reading.known))
        probability = self.scores(reading).probability
        match = self._decided(probability, exact)
        if exact is None and len(reading.known) == 1 and match.decision != "none":
            # A bare topic says nothing of what is asked about it: the choices come from different subjects.
            return replace(match, decision="choose", offered=self._offered(probability, apart=True))
        return match

    def _follow_up(self, question: str, rest: str, after: str | None) -> Match:
        """Match words that lean on the last answer: with its question when it is known, else they are asked back."""
        if after is not None and after in self._question_of:
            reading = self.read(f"{self._question_of[after]} {rest}")
            probability = self.scores(reading).probability.copy()
            probability[self.index.ids.index(after)] = 0.0
            return self._decided(probability / probability.sum(), None)
        match = self._match(question)
        return replace(match, decision="choose") if match.decision == "answer" else match

    def _decided(self, probability: Floats, exact: int | None) -> Match:
        count = len(self.index.ids)
        known = probability[:count]
        if exact is not None:
            known = known.copy()
            known[exact] = 1.0
        listed = min(LISTED, count)
        at = np.argsort(-known, kind="stable")[:listed]
        candidates = tuple(Candidate(self.index.ids[column], round(float(known[column]), 4)) for column in at)
        offered = self._offered(known)
        if exact is not None:
            return Match("answer", candidates, offered)
        right, meant = self.confidence(probability)
        if meant < CHOOSE_FROM:
            return Match("none", candidates, offered)
        return Match("answer" if right >= ANSWER_FROM else "choose", candidates, offered)

    def confidence(self, probability: Floats) -> tuple[float, float]:
        """Return the probabilities that the best entry serves, and that any is meant. Of twins either serves."""
        count = len(self.index.ids)
        at = [int(column) for column in np.argsort(-probability[:count], kind="stable")[:3]]
        first, second, third = (*probability[at].tolist(), 0.0, 0.0)[:3]
        if set(at[:2]) in self._twins:
            first, second = first + second, third
        return confidence(first, second, float(probability[count:].sum()))

    def _offered(self, probability: Floats, *, apart: bool = False) -> tuple[str, ...]:
        """Return up to three entries that come near the best, of different subjects if they shall lie apart."""
        known = probability[: len(self.index.ids)]
        near = [
            int(column) for column in np.argsort(-known, kind="stable")[:LOOKED_AT] if known[column] >= OFFERED_FROM * known.max()
        ]
        if apart:
            first_of = {self.index.subjects[column]: column for column in reversed(near)}
            near = sorted(first_of.values(), key=near.index) + [column for column in near if column not in first_of.values()]
        return tuple(self.index.ids[column] for column in near[:OFFERED])

    def read(self, question: str) -> Reading:
        """Read the first `QUESTION_LENGTH` characters of a question, slips put right."""
        typed = words(question[:QUESTION_LENGTH])
        return Reading(tuple(typed), tuple(word if self._familiar(word) else self._mended(word) for word in typed))

    def scores(self, reading: Reading) -> Scores:
        """Return what every column scores for a question."""
        index = self.index
        meaning = self.encoder(self.written(reading)) @ index.head - index.offset
        rows = [row for word in reading.known if (row := self._stem(word)) is not None]
        stems = self._stems(rows, len(reading.known) - len(rows))
        logits = meaning + index.stems_weight * stems
        logits -= logits.max()
        np.exp(logits, out=logits)
        logits /= logits.sum()
        return Scores(meaning, stems, logits)

    def written(self, reading: Reading) -> str:
        """Return the words as the encoder reads them: as the content writes them, with their accents."""
        written = self.index.written
        return " ".join(written[row] if (row := self.row_of.get(word)) is not None else word for word in reading.known)

    def _familiar(self, word: str) -> bool:
        return word in self.row_of or self.encoder.pieces.knows(word)

    def _mended(self, word: str) -> str:
        """Return the known word a slip or two away from an unknown one of at least four letters, or the word itself."""
        slips = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        if not slips or self._stem(word) is not None:
            return word
        for end in (word[0], f"-{word[-1]}"):
            near = [known for size in range(len(word) - slips, len(word) + slips + 1) for known in self._near.get((end, size), ())]
            if found := process.extractOne(word, near, scorer=OSA.distance, score_cutoff=slips):
                return found[0]
        return word

    def _stem(self, word: str) -> int | None:
        """Return the row of a word's stem; a word that no text holds may share its stem with one that does."""
        row = self.row_of.get(word)
        if row is not None:
            return int(self.index.stem_of[row])
        return next((row for stemmer in self._stemmers if (row := self._stem_row.get(stemmer.stemWord(word))) is not None), None)

    def _stems(self, rows: Sequence[int], unknown: int) -> Floats:
        """Return the cosine of a question's stems with every column; an unknown word is as rare as the rarest."""
        index = self.index
        summed = np.zeros(len(index.ids) + len(index.kinds), dtype=np.float32)
        squared = unknown * self._rarest
        for row, count in _counted(rows):
            start, end = index.stem_starts[row], index.stem_starts[row + 1]
            weight = count * index.stem_idf[row]
            summed[index.stem_columns[start:end]] += weight * index.stem_weights[start:end]
            squared += float(weight) ** 2
        return summed / np.float32(math.sqrt(squared) or 1.0)


def _counted(rows: Sequence[int]) -> list[tuple[int, int]]:
    return [(row, rows.count(row)) for row in dict.fromkeys(rows)]


def confidence(first: float, second: float, elsewhere: float) -> tuple[float, float]:
    """Return the probabilities that the best entry is right, and that any is meant, from the best two and what lies elsewhere."""
    best = math.log(first + TINY)
    lead = best - math.log(second + TINY)
    away = math.log(elsewhere + TINY)
    right = RIGHT[0] * best + RIGHT[1] * lead + RIGHT[2] * away + RIGHT[3]
    meant = MEANT[0] * best + MEANT[1] * away + MEANT[2]
    return 1 / (1 + math.exp(-right)), 1 / (1 + math.exp(-meant))
