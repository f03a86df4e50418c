"""What every entry sounds like: one weighted vector of word pieces and stems per entry, all languages together.

Each entry's wordings and its answer are counted as character 2- to 4-grams of ` word ` and as Snowball stems, weighted
ln(1 + tf) · idf and scaled to length 1. What a word adds to every entry's score is computed once, so that a look-up adds
up a few rows. Indexing the
answer with the wordings, and weighing pieces and stems instead of comparing strings, are what moved the figures in
`docs/performance.md` most.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import snowballstemmer
from numpy.typing import NDArray

from upr_bot.content import Entry
from upr_bot.faq.normalise import bare, words

Floats = NDArray[np.float32]

ANSWER_WEIGHT: Final = 0.2
"""How much a word of the answer counts beside a word of a wording."""
CHARS_WEIGHT: Final = 0.35
"""Character pieces against stems. On the open English askings: 1.0 → 74 % right at first, 0.7 → 78, 0.5 → 79, 0.35 → 81."""
NEAREST_WEIGHT: Final = 0.2
"""The nearest single wording against all of an entry together. Same askings: 0 → 81 %, 0.15 → 82.5, 0.3 → 82, 0.6 → 76."""

_STEMMERS: Final = {"en": "english", "fr": "french", "es": "spanish"}
COMMON: Final = 1 / 8
"""A stem in more than this share of the wordings (the, to, is …) tells none from another: leaving it out of the nearest wording
took a quarter off the time and moved none of the shares above."""


def gist(text: str, language: str) -> frozenset[str]:
    """Return the stems of a text without order and articles: two texts with the same gist ask the same."""
    stemmer = _stemmer(language)
    return frozenset(stemmer.stemWord(word) for word in bare(words(text)).split())


@cache
def _stemmer(language: str) -> Any:
    stemmer = snowballstemmer.stemmer(_STEMMERS.get(language, "english"))
    stemmer.maxCacheSize = 0  # PyStemmer would remember the words that people type
    return stemmer


def pieces(word: str) -> list[str]:
    """Return the 2- to 4-grams of a word with its borders."""
    bordered = f" {word} "
    size = len(bordered)
    return [bordered[i : i + n] for n in (2, 3, 4) for i in range(size - n + 1)]


class Space:
    """One kind of feature, and what each known word and each feature adds to the score of every entry."""

    def __init__(self, features_of: Sequence[Sequence[str]], bags: Floats) -> None:
        """Build from the features of each word, and from how often each word stands in each entry (a row a word)."""
        self.row_of: dict[str, int] = {}
        for features in features_of:
            for feature in features:
                self.row_of.setdefault(feature, len(self.row_of))
        rows = np.zeros((len(self.row_of), bags.shape[1]), dtype=np.float32)
        for features, bag in zip(features_of, bags, strict=True):
            for feature in features:
                rows[self.row_of[feature]] += bag
        in_entries = np.count_nonzero(rows, axis=1)
        self.idf: Floats = (np.log((1 + bags.shape[1]) / (1 + in_entries)) + 1).astype(np.float32)
        np.log1p(rows, out=rows)
        rows *= self.idf[:, None]
        rows /= np.maximum(np.linalg.norm(rows, axis=0), 1e-9)
        self.rows = rows.astype(np.float16)  # half the memory; rows are only read for words that the content lacks
        self.unknown = float(self.idf.max()) ** 2

    def parts(self, features: Sequence[str]) -> tuple[Floats, float]:
        """Return what features add to every entry's score, and to the squared length of the query.

        An unknown feature adds to the length alone, at the weight of the rarest known one.
        """
        at = [self.row_of[f] for f in features if f in self.row_of]
        weight = self.idf[at]
        added: Floats = weight @ self.rows[at].astype(np.float32)
        return added, float(weight @ weight) + (len(features) - len(at)) * self.unknown


class Wordings:
    """Every single wording as a weighted set of stems; what an entry's nearest wording scores."""

    def __init__(self, entries: Sequence[Sequence[Sequence[str]]]) -> None:
        wordings = [frozenset(wording) for entry in entries for wording in entry]
        in_wordings = Counter(stem for wording in wordings for stem in wording)
        self._count = len(wordings)
        self._first = np.cumsum([0, *(len(entry) for entry in entries)])[:-1]
        squares = {stem: (math.log((1 + self._count) / (1 + n)) + 1) ** 2 for stem, n in in_wordings.items()}
        self._unknown = max(squares.values())
        places: dict[str, list[int]] = {}
        weights: dict[str, list[float]] = {}
        for place, wording in enumerate(wordings):
            length = math.sqrt(sum(squares[stem] for stem in wording)) or 1.0
            for stem in wording:
                places.setdefault(stem, []).append(place)
                weights.setdefault(stem, []).append(squares[stem] / length)
        common = COMMON * self._count
        self._at = {
            stem: (np.array(places[stem]), np.array(weights[stem]), squares[stem]) for stem in places if len(places[stem]) <= common
        }
        self._common = {stem: squares[stem] for stem in places if stem not in self._at}

    def nearest(self, typed: Iterable[str]) -> Floats:
        """Return the cosine of a set of stems with the nearest wording of every entry."""
        squared = 0.0
        at, weights = [], []
        for stem in typed:
            posting = self._at.get(stem)
            if posting is None:
                squared += self._common.get(stem, self._unknown)
                continue
            at.append(posting[0])
            weights.append(posting[1])
            squared += posting[2]
        if not at:
            return np.zeros(len(self._first), dtype=np.float32)
        summed = np.bincount(np.concatenate(at), np.concatenate(weights), self._count)
        return (np.maximum.reduceat(summed, self._first) / math.sqrt(squared)).astype(np.float32)


class Index:
    """The entries of every language, ready for look-ups. Holds nothing that anybody typed."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        kept = list(entries)
        self.ids = [entry.id for entry in kept]
        asked = [[words(w) for w in (entry.question, entry.label, *entry.also_asked)] for entry in kept]
        self.exact = {bare(wording): i for i, wordings in enumerate(asked) for wording in wordings}
        self._stemmer = _stemmer(kept[0].language)
        counted: list[Counter[str]] = []
        stems: dict[str, str] = {}
        for entry, wordings in zip(kept, asked, strict=True):
            counts = Counter(word for wording in wordings for word in wording)
            for word in words(entry.answer):
                counts[word] += ANSWER_WEIGHT  # type: ignore[assignment]
            for word in counts:
                if word not in stems:
                    stems[word] = _stemmer(entry.language).stemWord(word)
            counted.append(counts)
        self.words = {word: row for row, word in enumerate(stems)}
        bags = np.zeros((len(stems), len(kept)), dtype=np.float32)
        for column, counts in enumerate(counted):
            bags[[self.words[word] for word in counts], column] = list(counts.values())
        grams = [pieces(word) for word in stems]
        self._chars = Space(grams, bags)
        self._stems = Space([(stem,) for stem in stems.values()], bags)
        self._wordings = Wordings([[[stems[word] for word in wording] for wording in wordings] for wordings in asked])
        # What each known word adds is computed once: a row of every entry's score per word, and its squared lengths.
        size = len(kept)
        self._stem_of = stems
        self._rows: Floats = np.empty((len(stems), 2 * size), dtype=np.float32)
        self._lengths: Floats = np.empty((len(stems), 2), dtype=np.float32)
        for row, (features, stem) in enumerate(zip(grams, stems.values(), strict=True)):
            self._rows[row, :size], self._lengths[row, 0] = self._chars.parts(features)
            self._rows[row, size:], self._lengths[row, 1] = self._stems.parts((stem,))

    def scores(self, typed: Sequence[str]) -> Floats:
        """Return the score of every entry for some words, from 0 to about 1. What people type is never remembered."""
        known = [row for word in typed if (row := self.words.get(word)) is not None]
        added: Floats = self._rows[known].sum(axis=0)
        chars_length, stems_length = self._lengths[known].sum(axis=0).tolist()
        stems = {self._stem_of[word] for word in typed if word in self.words}
        size = len(self.ids)
        for word in typed:
            if word not in self.words:
                stem = self._stemmer.stemWord(word)
                stems.add(stem)
                more, length = self._chars.parts(pieces(word))
                added[:size] += more
                chars_length += length
                more, length = self._stems.parts([stem])
                added[size:] += more
                stems_length += length
        nearest = self._wordings.nearest(stems)
        chars = np.float32((1 - NEAREST_WEIGHT) * CHARS_WEIGHT / math.sqrt(chars_length))
        by_stem = np.float32((1 - NEAREST_WEIGHT) * (1 - CHARS_WEIGHT) / math.sqrt(stems_length))
        scores: Floats = np.float32(NEAREST_WEIGHT) * nearest + chars * added[:size] + by_stem * added[size:]
        return scores
