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

from upr_bot.faq.danger import Alarm, parts_of
from upr_bot.faq.encoder import Encoder, Meanings
from upr_bot.faq.index import Floats, Index
from upr_bot.faq.normalise import QUESTION_LENGTH, bare, left_open, mark_of, questions_in, words
from upr_bot.faq.score import Reading, Scorer
from upr_bot.folding import folded

Decision = Literal["answer", "choose", "none"]

OFFERED: Final = 3
LISTED: Final = 5
LOOKED_AT: Final = 12
OFFERED_FROM: Final = 0.02
"""Share of the best score that a further choice must reach to be worth a person's reading."""

TINY: Final = 1e-4
RIGHT: Final = (0.80, 0.30, -0.62, -4.60)
"""That the best entry is the right one: weights of ln p1, ln p1/p2, ln p(elsewhere), and a constant."""
MEANT: Final = (-0.95, -5.02)
"""That any entry is meant at all: weight of ln p(elsewhere), and a constant. ln p1 beside it got a weight of 0.00."""
ANSWER_FROM: Final = 0.8
CHOOSE_FROM: Final = 0.25
"""With 0.8 and 0.25 of the open askings in English, French and Spanish 76, 76 and 91 % are answered and 0.5, 1.3 and 0.3 % wrongly,
97, 96 and 99 % are solved within one tap, and of 211 that have no entry 2 are answered and 198 are refused. From 0.7 on, 84 to 94 %
are answered, 0.5 to 2.8 % wrongly, and about 1 in a hundred fewer solved.
"""

ALSO_FROM: Final = 0.6
"""How sure the further questions of a message must be of their entry; without it one in six got a button nobody had asked for."""
FOLLOW_FROM: Final = 0.1
"""How likely a follow-up must be about our subject to be asked back: "and in French?" has 0.3, "and my salary" less than 0.04."""
TOPIC_SURE: Final = 0.9
TOPIC_SPREAD: Final = 15
"""Two words are a bare topic below this sureness and when each stands in so many entries: "fecha límite" has 0.8 and 35 and could
mean three of them, "rapport conjoint" 0.7 and 7 and asks for one thing.
"""
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
    sure: float = 0.0
    """Probability that the best entry serves."""
    meant: float = 0.0
    """Probability that any entry is meant at all."""


NOTHING: Final = Match("none")


class Matcher(Scorer):
    """Looks questions up. Pure: the same question always gets the same match, and nothing of it stays."""

    def __init__(self, index: Index, encoder: Encoder) -> None:
        super().__init__(index, encoder)
        self.alarm = Alarm(index.lesson, self.encoder)
        self._column_of = {id_: column for column, id_ in enumerate(index.ids)}
        self._twins = {frozenset(pair) for pair in index.twins.tolist()}
        """Pairs of columns of which one answer serves who asked for the other."""

    def meanings(self, text: str) -> Meanings:
        """Return what works out the meanings of a message once, for the alarm and for whatever is matched of it."""
        return Meanings(self.encoder, parts_of(text))

    def match(self, question: str, after: str | None = None, meanings: Meanings | None = None) -> Match:
        """Match the first `QUESTION_LENGTH` characters of a message.

        `after`: the entry whose answer it replies to; `meanings`: those of the message.
        """
        meanings = meanings or Meanings(self.encoder)
        question = folded(question[:QUESTION_LENGTH])[:QUESTION_LENGTH]
        rest = left_open(question)
        if rest is not None and len(words(rest)) <= ELLIPSIS_WORDS:
            return self._follow_up(question, rest, after, meanings)
        asked = questions_in(question)[:OFFERED]
        if len(asked) == 1:
            return self._match(meanings, question)[0]
        whole, first, *others = self._match(meanings, question, *asked)
        ids = [match.candidates[0].id for match in (first, *others) if match.decision != "none" and match.sure >= ALSO_FROM]
        several = whole.sure < 1 and first.decision == "answer" and len(set(ids)) == len(asked)
        return replace(first, further=tuple(ids[1:])) if several else whole

    def confidence(self, probability: Floats) -> tuple[float, float]:
        """Return the probabilities that the best entry serves, and that any is meant. Of twins either serves."""
        return self._confidence(*self._best(probability))

    def _match(self, meanings: Meanings, *texts: str) -> list[Match]:
        """Match texts each by itself; the weights are read once for all of them."""
        readings = [self.read(text) for text in texts]
        vectors = meanings.many([self.written(reading) for reading in readings])
        return [self._judged(reading, vector) for reading, vector in zip(readings, vectors, strict=True)]

    def _judged(self, reading: Reading, vector: Floats) -> Match:
        if not reading.known:
            return NOTHING
        probability = self.scored(reading, vector).probability
        asked = bare(reading.known)
        if (exact := self._wording(asked)) is not None:
            probability[exact] = 1.0
            best, scores, _ = self._best(probability)
            return Match("answer", self._candidates(best, scores), self._offered(best, scores), sure=1.0, meant=1.0)
        match = self._decided(probability)
        if match.decision != "none" and self._is_topic(asked.split(), match.sure):
            return replace(match, decision="choose", offered=self._on_topic(probability))
        return match

    def _wording(self, asked: str) -> int | None:
        """Return the column of the entry that has these very words among its wordings, or None."""
        mark = np.uint64(mark_of(asked))
        place = int(np.searchsorted(self.index.exact, mark))
        found = place < len(self.index.exact) and self.index.exact[place] == mark
        return int(self.index.exact_columns[place]) if found else None

    def _is_topic(self, asked: Sequence[str], sure: float) -> bool:
        """Tell whether words name a topic and say nothing of what is asked about it: one, or two that many entries hold."""
        return len(asked) == 1 or (len(asked) == 2 and sure < TOPIC_SURE and min(map(self.spread, asked)) >= TOPIC_SPREAD)

    def _follow_up(self, question: str, rest: str, after: str | None, meanings: Meanings) -> Match:
        """Match words that lean on the last answer: with its question when it is known, else they are asked back."""
        column = self._column_of.get(after or "")
        if column is not None:
            probability = self.scores(self.read(f"{self.index.questions[column]} {rest}")).probability
            probability[column] = 0.0
            probability /= max(float(probability.sum()), TINY)
            match = self._decided(probability)
            leave = match.decision == "answer"
        else:
            (match,) = self._match(meanings, question)
            leave = False
        return match if leave or match.meant < FOLLOW_FROM else replace(match, decision="choose")

    def _decided(self, probability: Floats) -> Match:
        best, scores, away = self._best(probability)
        right, meant = self._confidence(best, scores, away)
        decision: Decision = "none" if meant < CHOOSE_FROM else "answer" if right >= ANSWER_FROM else "choose"
        return Match(decision, self._candidates(best, scores), self._offered(best, scores), sure=right, meant=meant)

    def _best(self, probability: Floats) -> tuple[list[int], list[float], float]:
        """Return the columns of the best entries, their probabilities, and what lies elsewhere."""
        count = len(self.index.ids)
        at = np.argsort(-probability[:count], kind="stable")[:LOOKED_AT]
        return at.tolist(), probability[at].tolist(), float(probability[count:].sum())

    def _confidence(self, best: list[int], scores: list[float], away: float) -> tuple[float, float]:
        serves = [frozenset((best[0], column)) in self._twins for column in best[1:]]
        first = scores[0] + sum(score for score, too in zip(scores[1:], serves, strict=True) if too)
        second = next((score for score, too in zip(scores[1:], serves, strict=True) if not too), 0.0)
        return confidence(first, second, away)

    def _candidates(self, best: list[int], scores: list[float]) -> tuple[Candidate, ...]:
        ids = self.index.ids
        return tuple([Candidate(ids[column], round(score, 4)) for column, score in zip(best[:LISTED], scores, strict=False)])

    def _offered(self, best: list[int], scores: list[float]) -> tuple[str, ...]:
        """Return up to three entries that come near the best."""
        near = [column for column, score in zip(best, scores, strict=True) if score >= OFFERED_FROM * scores[0]]
        return tuple([self.index.ids[column] for column in near[:OFFERED]])

    def _on_topic(self, probability: Floats) -> tuple[str, ...]:
        """Return what to offer for a bare topic, which says nothing of what is asked about it.

        The choices come from different subjects, and those that many other entries point at come first. The root, since a word
        alone makes the entry that says it most often look surer than it is.
        """
        likely = np.sqrt(probability[: len(self.index.ids)]) * (1 + self.index.pointed_at.astype(np.float32))
        best, scores, _ = self._best(likely)
        near = [column for column, score in zip(best, scores, strict=True) if score >= OFFERED_FROM * scores[0]]
        firsts = set({self.index.subjects[column]: column for column in reversed(near)}.values())
        near.sort(key=lambda column: column not in firsts)
        return tuple([self.index.ids[column] for column in near[:OFFERED]])


def confidence(first: float, second: float, elsewhere: float) -> tuple[float, float]:
    """Return the probabilities that the best entry is right, and that any is meant, from the best two and what lies elsewhere."""
    best = math.log(first + TINY)
    lead = best - math.log(second + TINY)
    away = math.log(elsewhere + TINY)
    right = RIGHT[0] * best + RIGHT[1] * lead + RIGHT[2] * away + RIGHT[3]
    meant = MEANT[0] * away + MEANT[1]
    return 1 / (1 + math.exp(-right)), 1 / (1 + math.exp(-meant))
