"""Why a question found what it found, and which entries take each other's questions: for curators, never for readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from upr_bot.content import Library
from upr_bot.faq.encoder import Encoder
from upr_bot.faq.index import elsewhere, learn, spoken
from upr_bot.faq.match import ANSWER_FROM, CHOOSE_FROM, Matcher

NEIGHBOURS: Final = 5
FOLDS: Final = 4


def explained(question: str, matcher: Matcher, library: Library) -> Iterator[str]:
    """Yield, line by line, how a question was read, what each candidate scored, and the wordings that lie nearest."""
    match = matcher.match(question)
    reading = matcher.read(question)
    mended = [f"{typed} → {known}" for typed, known in zip(reading.typed, reading.known, strict=True) if typed != known]
    yield f"Read as: {' '.join(reading.known) or '(no words)'}" + (f"   ({', '.join(mended)})" if mended else "")
    if not reading.known:
        yield "Decision: none"
        return
    scores = matcher.scores(reading)
    index = matcher.index
    count = len(index.ids)
    best = np.argsort(-scores.probability[:count], kind="stable")[:NEIGHBOURS]
    away = scores.probability[count:]
    right, meant = matcher.confidence(scores.probability)
    yield f"Decision: {match.decision}"
    yield f"  that the first is right: {right:.2f} (answers from {ANSWER_FROM})"
    yield f"  that any is meant: {meant:.2f} (offers from {CHOOSE_FROM})"
    yield "Entry: probability = meaning + stems (logits; the rest is the softmax)"
    weight = float(index.stems_weight[0])
    for column in best:
        meaning, stems = float(scores.meaning[column]), weight * float(scores.stems[column])
        yield f"  {scores.probability[column]:.4f}  {meaning:+6.2f} {stems:+6.2f}  {index.ids[column]}"
    for column in np.argsort(-away, kind="stable")[:1]:
        yield f"  {away.sum():.4f}  no entry, most like the kind '{index.kinds[column]}'"
    yield "Nearest wordings (cosine of meaning):"
    near = [
        (wording, entry.id) for entry in spoken(library) for wording in entry.wordings if entry.id in {index.ids[c] for c in best}
    ]
    texts = [matcher.written(matcher.read(wording)) for wording, _ in near]
    cosines = matcher.encoder.many(texts) @ matcher.encoder(matcher.written(reading))
    for place in np.argsort(-cosines, kind="stable")[:NEIGHBOURS]:
        yield f"  {cosines[place]:.2f}  {near[place][0]}  ({near[place][1]})"


@dataclass(frozen=True, slots=True, order=True)
class Confusion:
    """Two entries, how many wordings one took from the other when they were left out, and one of them with whom it belongs to."""

    count: int
    pair: tuple[str, str]
    example: str
    belongs: str


def confusions(library: Library, *, least: int = 3) -> list[Confusion]:
    """Return the pairs that steal from each other, worst first: each quarter of the wordings is asked of an index of the rest.

    Learns four times; about half a minute for 6,000 wordings.
    """
    encoder = Encoder()
    taken: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], tuple[str, str]] = {}
    entries, apart = spoken(library), elsewhere(library)
    for fold in range(FOLDS):
        kept = [replace(e, wordings=_without(e.wordings, fold)) for e in entries]
        matcher = Matcher(learn(kept, apart, encoder), encoder)
        for entry in entries:
            for wording in entry.wordings[2 + fold :: FOLDS]:
                reading = matcher.read(wording)
                if not reading.known:
                    continue
                first = matcher.index.ids[int(matcher.scores(reading).probability[: len(matcher.index.ids)].argmax())]
                if first != entry.id:
                    pair = (min(first, entry.id), max(first, entry.id))
                    taken[pair] += 1
                    example.setdefault(pair, (wording, entry.id))
    found = [Confusion(count, pair, *example[pair]) for pair, count in taken.items() if count >= least]
    return sorted(found, key=lambda c: (-c.count, c.pair))


def _without(wordings: Sequence[str], fold: int) -> tuple[str, ...]:
    """Leave a quarter of the wordings out; the question and the label always stay."""
    return (*wordings[:2], *(w for place, w in enumerate(wordings[2:]) if place % FOLDS != fold))
