"""Whether a message sounds as if somebody were in danger now: one logistic regression over its meaning and its words.

Words alone do not tell: "can we raise arbitrary arrests?" is a question, "a car has been outside since Monday" is not. So people
wrote by hand what is typed in danger and what others type with the same words (`faq/<language>/_danger.yaml`), and this learns the
difference, together with the wordings of all questions, which are harmless. Nothing of a message stays.
docs/performance.md has what it finds and misses on messages that nobody learnt from.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from upr_bot.faq.encoder import DIMENSIONS, Encoder, Meanings
from upr_bot.faq.normalise import QUESTION_LENGTH, mark_of, plain_words, tokens

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

PARTS: Final = 4
"""Pieces of `QUESTION_LENGTH` characters that are listened to, each by itself: danger may be told after a long beginning."""
SCALE: Final = 3.0
"""What both halves, each of length 1, are multiplied with before the ridge: 3 and 5 did the same on the open messages."""
RIDGE: Final = 1.0
ORDINARY: Final = 0.3
"""Weight of a question's wording beside a message that was written for this."""
STEPS: Final = 150
ALARM_FROM: Final = -0.4
"""Log odds from which a message is taken for danger. A miss costs more than a card too many, so it is the lowest at which not more
than 5 of 100 open harmless messages carry the card in any language (5, 5 and 3); of the dangerous ones 98, 98 and 97 do.
"""
FEWEST: Final = 2
"""Messages that a word or a pair of words must stand in to be learnt."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the alarm knows: the fields of `Index` that begin with `alarm_`."""

    head: Floats
    """What a vector is multiplied with, (512,)."""
    offset: Floats
    """What is added to it, (1,)."""
    marks: NDArray[np.uint64]
    """The marks of the words and pairs of words that it knows, in order."""
    idf: Floats
    weights: Floats
    """How rare each of them is, and how much it speaks for danger."""


class Alarm:
    """Listens to messages. Pure: nothing of a message stays, and nothing is counted."""

    def __init__(self, lesson: Lesson, encoder: Encoder) -> None:
        self._lesson = lesson
        self._encoder = encoder

    def __call__(self, text: str, meanings: Meanings | None = None) -> bool:
        """Tell whether a message sounds like danger. `meanings`: those of its texts that were worked out already."""
        return self.log_odds(text, meanings) >= ALARM_FROM

    def log_odds(self, text: str, meanings: Meanings | None = None) -> float:
        """Return how much the most alarming part of a message speaks for danger, as a logarithm of odds; -inf without words."""
        parts = parts_of(text)
        if not parts:
            return -math.inf
        by_meaning = (meanings or self._encoder).many(parts) @ self._lesson.head + self._lesson.offset[0]
        return max(float(meaning) + self._by_words(part) for meaning, part in zip(by_meaning, parts, strict=True))

    def _by_words(self, text: str) -> float:
        if not len(self._lesson.marks):
            return 0.0
        counts = Counter(grams(text))
        marks = np.array([mark_of(gram) for gram in counts], dtype=np.uint64)
        places = np.searchsorted(self._lesson.marks, marks)
        places[places == len(self._lesson.marks)] = 0
        known = self._lesson.marks[places] == marks
        values = (1 + np.log(np.array(list(counts.values()))))[known] * self._lesson.idf[places[known]]
        length = math.sqrt(float(values @ values))
        return float(values @ self._lesson.weights[places[known]]) / length if length else 0.0


def grams(text: str) -> Iterator[str]:
    """Yield the folded words of a text, and each two that follow each other."""
    words = tokens(text)
    yield from words
    for one, two in pairwise(words):
        yield f"{one} {two}"


def _said(text: str) -> str:
    """Return a text as the encoder reads it."""
    return " ".join(plain_words(text))


def parts_of(text: str) -> list[str]:
    """Return a message as the encoder reads it, parted at spaces into `PARTS` pieces of `QUESTION_LENGTH` characters at most.

    It is cut before and after its characters are unfolded: one can become eighteen.
    """
    rest = _said(text[: PARTS * QUESTION_LENGTH])[: PARTS * QUESTION_LENGTH]
    parts: list[str] = []
    while rest:
        space = rest.rfind(" ", 1, QUESTION_LENGTH + 1)
        cut = len(rest) if len(rest) <= QUESTION_LENGTH else space if space > 0 else QUESTION_LENGTH
        parts.append(rest[:cut])
        rest = rest[cut:].lstrip()
    return parts[:PARTS]


# --- learning ------------------------------------------------------------------------------------------------------------------


def learn_danger(
    danger: Sequence[str], harmless: Sequence[str], ordinary: Sequence[str], vectors: Floats, encoder: Encoder
) -> Lesson:
    """Learn from messages. `ordinary`: wordings of questions, all harmless, whose `vectors` are known; always the same result."""
    if not danger:
        empty = np.zeros(0, dtype=np.float32)
        return Lesson(np.zeros(DIMENSIONS, np.float32), np.array([-1e4], np.float32), np.zeros(0, np.uint64), empty, empty)
    texts = (*danger, *harmless, *ordinary)
    meaning = np.vstack([encoder.many([_said(text) for text in (*danger, *harmless)]), vectors]).astype(np.float64)
    centre = meaning.mean(axis=0)
    meaning -= centre
    words = _Words(texts)
    wanted = np.zeros(len(texts))
    wanted[: len(danger)] = 1.0
    weight = np.ones(len(texts))
    weight[len(danger) + len(harmless) :] = ORDINARY
    halves = (
        _Half(lambda x: SCALE * (meaning @ x), lambda r: SCALE * (meaning.T @ r), DIMENSIONS),
        _Half(lambda x: SCALE * words.times(x), lambda r: SCALE * words.turned_times(r), len(words.idf)),
    )
    (head, by_word), constant = _fitted(halves, wanted, weight)
    order = np.argsort(words.marks)
    return Lesson(
        head=(SCALE * head).astype(np.float32),
        offset=np.array([constant - SCALE * float(centre @ head)], dtype=np.float32),
        marks=words.marks[order],
        idf=words.idf[order].astype(np.float32),
        weights=(SCALE * by_word)[order].astype(np.float32),
    )


class _Words:
    """Which words and pairs stand in which text: a sparse matrix of tf-idf with rows of length 1."""

    def __init__(self, texts: Sequence[str]) -> None:
        counted = [Counter(grams(text)) for text in texts]
        held = Counter(gram for counts in counted for gram in counts)
        column_of = {gram: column for column, gram in enumerate(gram for gram, texts in held.items() if texts >= FEWEST)}
        self.marks = np.array([mark_of(gram) for gram in column_of], dtype=np.uint64)
        self.idf = np.array([math.log((1 + len(texts)) / (1 + held[gram])) + 1 for gram in column_of])
        self._rows_count = len(texts)
        known = [[(column_of[gram], count) for gram, count in counts.items() if gram in column_of] for counts in counted]
        self._rows = np.repeat(np.arange(len(texts)), [len(each) for each in known])
        self._columns = np.array([column for each in known for column, _ in each])
        values = (1 + np.log(np.array([count for each in known for _, count in each]))) * self.idf[self._columns]
        lengths = np.sqrt(np.bincount(self._rows, weights=values**2, minlength=len(texts)))
        self._values = values / lengths[self._rows]

    def times(self, x: Doubles) -> Doubles:
        """Return the matrix times a vector of columns."""
        return np.bincount(self._rows, weights=self._values * x[self._columns], minlength=self._rows_count).astype(np.float64)

    def turned_times(self, r: Doubles) -> Doubles:
        """Return the transposed matrix times a vector of rows."""
        return np.bincount(self._columns, weights=self._values * r[self._rows], minlength=len(self.idf)).astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Half:
    """A matrix of the texts' features, by what it does to vectors."""

    times: Callable[[Doubles], Doubles]
    turned_times: Callable[[Doubles], Doubles]
    columns: int


def _fitted(halves: Sequence[_Half], wanted: Doubles, weight: Doubles) -> tuple[list[Doubles], float]:
    """Return the weights of a logistic regression with a ridge, and its constant, by Nesterov's gradient steps."""
    steepest = _steepest(halves, weight)
    step = 1 / (steepest / 4 + RIDGE)
    found = [np.zeros(half.columns) for half in halves]
    constant, pace = -1.0, 1.0
    ahead, ahead_constant = found, constant
    for _ in range(STEPS):
        odds = sum((half.times(x) for half, x in zip(halves, ahead, strict=True)), np.full(len(wanted), ahead_constant))
        errors = weight * (1 / (1 + np.exp(-odds)) - wanted)
        following = [x - step * (half.turned_times(errors) + RIDGE * x) for half, x in zip(halves, ahead, strict=True)]
        following_constant = ahead_constant - step * float(errors.sum())
        quicker = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
        lead = (pace - 1) / quicker
        ahead = [new + lead * (new - old) for new, old in zip(following, found, strict=True)]
        ahead_constant = following_constant + lead * (following_constant - constant)
        found, constant, pace = following, following_constant, quicker
    return found, constant


def _steepest(halves: Sequence[_Half], weight: Doubles) -> float:
    """Return, a little too large, the largest eigenvalue of the features' weighted products, by power iteration."""
    vectors = [np.ones(half.columns) for half in halves]
    constant, size = 1.0, 1.0
    for _ in range(20):
        ahead = weight * sum((half.times(x) for half, x in zip(halves, vectors, strict=True)), np.full(len(weight), constant))
        vectors = [half.turned_times(ahead) for half in halves]
        constant = float(ahead.sum())
        size = math.sqrt(constant**2 + sum(float(x @ x) for x in vectors))
        vectors, constant = [x / size for x in vectors], constant / size
    return 1.1 * size
