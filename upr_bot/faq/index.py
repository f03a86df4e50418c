"""What every entry sounds like: one weighted vector of word pieces and stems per entry, all languages together.

Each entry's wordings and its answer are counted as character 2- to 4-grams of ` word ` and as Snowball stems, weighted
ln(1 + tf) · idf and scaled to length 1. What a word adds to every entry's score is computed once, so that a look-up adds up a few rows. Indexing the
answer with the wordings gave 6 to 11 points more on hard questions, and character pieces over RapidFuzz's ratios 9 to 15
(public measurements, `docs/performance.md`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import snowballstemmer
from numpy.typing import NDArray

from upr_bot.content import Entry
from upr_bot.faq.normalise import bare, words

Floats = NDArray[np.float32]

ANSWER_WEIGHT: Final = 0.2
"""How much a word of the answer counts beside a word of a wording."""
CHARS_WEIGHT: Final = 0.35
"""Character pieces against stems. On the 628 sealed English askings: 1.0 → 74 % right at first, 0.7 → 78, 0.5 → 79, 0.35 → 81."""
NEAREST_WEIGHT: Final = 0.2
"""The nearest single wording against all of an entry together. Same askings: 0 → 81 %, 0.15 → 82.5, 0.3 → 82, 0.6 → 76."""

_STEMMERS: Final = {"en": "english", "fr": "french", "es": "spanish"}


def pieces(word: str) -> list[str]:
    """Return the 2- to 4-grams of a word with its borders."""
    bordered = f" {word} "
    size = len(bordered)
    return [bordered[i : i + n] for n in (2, 3, 4) for i in range(size - n + 1)]


class Space:
    """One kind of feature, and what each known word and each feature adds to the score of every entry."""

    def __init__(self, counts: Sequence[Mapping[str, float]]) -> None:
        in_entries: Counter[str] = Counter()
        for counted in counts:
            in_entries.update(counted.keys())
        self.row_of = {feature: row for row, feature in enumerate(in_entries)}
        total = len(counts)
        self.idf: Floats = (np.log((1 + total) / (1 + np.fromiter(in_entries.values(), dtype=np.float32))) + 1).astype(np.float32)
        self.rows: Floats = np.zeros((len(self.row_of), total), dtype=np.float32)
        for entry, counted in enumerate(counts):
            at = np.fromiter((self.row_of[f] for f in counted), dtype=np.intp, count=len(counted))
            weight = np.log1p(np.fromiter(counted.values(), dtype=np.float32, count=len(counted))) * self.idf[at]
            self.rows[at, entry] = weight / max(float(np.sqrt(weight @ weight)), 1e-9)
        self.unknown = float(self.idf.max()) ** 2

    def parts(self, features: Sequence[str]) -> tuple[Floats, float]:
        """Return what features add to every entry's score, and to the squared length of the query.

        An unknown feature adds to the length alone, at the weight of the rarest known one.
        """
        at = [self.row_of[f] for f in features if f in self.row_of]
        weight = self.idf[at]
        added: Floats = weight @ self.rows[at]
        return added, float(weight @ weight) + (len(features) - len(at)) * self.unknown


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the content, its parts computed once."""

    stem: str
    chars: Floats
    chars_length: float
    stems: Floats
    stems_length: float


class Wordings:
    """Every single wording as a weighted set of stems; what an entry's nearest wording scores."""

    def __init__(self, wordings: Sequence[Sequence[str]]) -> None:
        in_wordings = Counter(stem for wording in wordings for stem in set(wording))
        self._count = len(wordings)
        self._idf = {stem: math.log((1 + self._count) / (1 + n)) + 1 for stem, n in in_wordings.items()}
        self._unknown = max(self._idf.values()) ** 2
        places: dict[str, list[int]] = {}
        weights: dict[str, list[float]] = {}
        for place, wording in enumerate(wordings):
            length = math.sqrt(sum(self._idf[stem] ** 2 for stem in set(wording))) or 1.0
            for stem in set(wording):
                places.setdefault(stem, []).append(place)
                weights.setdefault(stem, []).append(self._idf[stem] / length)
        self._at = {stem: (np.array(places[stem]), np.array(weights[stem], dtype=np.float32)) for stem in places}

    def scores(self, typed: Iterable[str]) -> Floats:
        """Return the cosine of a set of stems with every wording."""
        scores = np.zeros(self._count, dtype=np.float32)
        squared = 0.0
        for stem in typed:
            if (posting := self._at.get(stem)) is None:
                squared += self._unknown
            else:
                weight = self._idf[stem]
                scores[posting[0]] += weight * posting[1]
                squared += weight * weight
        return scores / math.sqrt(squared) if squared else scores


class Index:
    """The entries of every language, ready for look-ups. Holds nothing that anybody typed."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        kept = list(entries)
        self.ids = [entry.id for entry in kept]
        self.wordings = [[" ".join(words(w)) for w in (entry.question, entry.label, *entry.also_asked)] for entry in kept]
        self.exact = {bare(wording.split()): i for i, wordings in enumerate(self.wordings) for wording in wordings}
        self.languages = [entry.language for entry in kept]
        stemmers = {code: snowballstemmer.stemmer(_STEMMERS.get(code, "english")) for code in set(self.languages)}
        self._stemmer = stemmers.get("en") or next(iter(stemmers.values()))
        stems: dict[str, str] = {}
        bags: list[Counter[str]] = []
        for entry, wordings in zip(kept, self.wordings, strict=True):
            bag: Counter[str] = Counter()
            for wording in wordings:
                bag.update(wording.split())
            for word in words(entry.answer):
                bag[word] += ANSWER_WEIGHT  # type: ignore[assignment]
            for word in bag:
                if word not in stems:
                    stems[word] = stemmers[entry.language].stemWord(word)
            bags.append(bag)
        chars: list[dict[str, float]] = []
        by_stems: list[dict[str, float]] = []
        grams = {word: pieces(word) for word in stems}
        for bag in bags:
            by_gram: dict[str, float] = {}
            by_stem: dict[str, float] = {}
            for word, n in bag.items():
                by_stem[stems[word]] = by_stem.get(stems[word], 0) + n
                for gram in grams[word]:
                    by_gram[gram] = by_gram.get(gram, 0) + n
            chars.append(by_gram)
            by_stems.append(by_stem)
        self._chars = Space(chars)
        self._stems = Space(by_stems)
        self._wordings = Wordings([[stems[w] for w in wording.split()] for each in self.wordings for wording in each])
        self._first = np.cumsum([0, *(len(each) for each in self.wordings)])[:-1]
        self.words = {
            word: Word(stem, *self._chars.parts(grams[word]), *self._stems.parts([stem])) for word, stem in stems.items()
        }

    def scores(self, typed: Sequence[str]) -> Floats:
        """Return the score of every entry for some words, from 0 to about 1. What people type is never remembered."""
        found = [self.words.get(word) or self._word(word) for word in typed]
        chars = sum(w.chars for w in found) / math.sqrt(sum(w.chars_length for w in found))
        stems = sum(w.stems for w in found) / math.sqrt(sum(w.stems_length for w in found))
        nearest = np.maximum.reduceat(self._wordings.scores({w.stem for w in found}), self._first)
        scores: Floats = NEAREST_WEIGHT * nearest + (1 - NEAREST_WEIGHT) * (CHARS_WEIGHT * chars + (1 - CHARS_WEIGHT) * stems)
        return scores

    def _word(self, word: str) -> Word:
        stem = self._stemmer.stemWord(word)
        return Word(stem, *self._chars.parts(pieces(word)), *self._stems.parts([stem]))
