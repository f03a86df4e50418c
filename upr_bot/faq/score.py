"""A question → what every column of the index scores: its words, slips put right, then meaning and stems."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from upr_bot.faq.encoder import Encoder
from upr_bot.faq.index import Floats, Index, stem_in
from upr_bot.faq.normalise import QUESTION_LENGTH, words
from upr_bot.folding import folded


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


class Scorer:
    """Reads questions and scores them. Pure, and nothing of a question stays."""

    def __init__(self, index: Index, encoder: Encoder) -> None:
        self.index = index
        self.encoder = encoder.ready(index.pieces)
        self.columns = len(index.ids) + len(index.kinds)
        self.row_of = {word: row for row, word in enumerate(index.words)}
        self._stem_of: list[int] = index.stem_of.tolist()
        self._stem_row = {stem: row for row, stem in enumerate(index.stems)}
        self._idf: list[float] = index.stem_idf.tolist()
        self._rarest = max(self._idf) ** 2
        self._weights = np.zeros((len(index.stems), self.columns), dtype=np.float16)
        """Of each stem in each column."""
        self._weights[np.repeat(np.arange(len(index.stems)), np.diff(index.stem_starts)), index.stem_columns] = index.stem_weights
        self._spread: list[int] = np.diff(index.stem_starts).tolist()
        self._near: dict[tuple[str, int], list[str]] = {}
        """(first letter, or last letter with a minus, length) → words; a slip rarely hits both ends of a word."""
        for word in index.words:
            for end in (word[0], f"-{word[-1]}"):
                self._near.setdefault((end, len(word)), []).append(word)

    def read(self, question: str) -> Reading:
        """Read the first `QUESTION_LENGTH` characters of a question, slips put right."""
        # Cut again once folded: one character can unfold into eighteen.
        typed = words(folded(question[:QUESTION_LENGTH])[:QUESTION_LENGTH])
        return Reading(tuple(typed), tuple([self.mended(word) for word in typed]))

    def written(self, reading: Reading) -> str:
        """Return the words as the encoder reads them: as the content writes them, with their accents."""
        written = self.index.written
        return " ".join([word if (row := self.row_of.get(word)) is None else written[row] for word in reading.known])

    def scores(self, reading: Reading) -> Scores:
        """Return what every column scores for a question."""
        return self.scored(reading, self.encoder(self.written(reading)))

    def scored(self, reading: Reading, vector: Floats) -> Scores:
        """Return what every column scores for a question whose vector is known."""
        index = self.index
        meaning: Floats = vector @ index.head
        meaning -= index.offset
        rows = [row for word in reading.known if (row := self._stem(word)) is not None]
        stems = self._stems(rows, len(reading.known) - len(rows))
        logits = meaning + index.stems_weight * stems
        logits -= logits.max()
        np.exp(logits, out=logits)
        logits /= logits.sum()
        return Scores(meaning, stems, logits)

    def knows(self, word: str) -> bool:
        """Tell whether a folded word is one that the content or the encoder knows, and so no slip in another."""
        return word in self.row_of or self.encoder.pieces.knows(word) or self._stem(word) is not None

    def spread(self, word: str) -> int:
        """Return in how many columns the stem of a word stands."""
        row = self._stem(word)
        return 0 if row is None else self._spread[row]

    def mended(self, word: str) -> str:
        """Return the known word a slip or two away from an unknown one of at least four letters, or the word itself."""
        slips = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        if not slips or self.knows(word):
            return word
        lengths = range(len(word) - slips, len(word) + slips + 1)
        near = {known for end in (word[0], f"-{word[-1]}") for size in lengths for known in self._near.get((end, size), ())}
        found = process.extract(word, list(near), scorer=OSA.distance, score_cutoff=slips, limit=None)
        # Of those equally near, a lost or doubled letter is likelier than a wrong one; then the word that is used more is meant.
        return min(found, key=lambda f: (f[1], Indel.distance(word, f[0]), self.row_of[f[0]]), default=(word,))[0]

    def _stem(self, word: str) -> int | None:
        """Return the row of a word's stem; a word that no wording holds may share its stem with one that does."""
        row = self.row_of.get(word)
        if row is not None:
            return self._stem_of[row]
        return next((row for each in self.index.languages if (row := self._stem_row.get(stem_in(each, word))) is not None), None)

    def _stems(self, rows: Sequence[int], unknown: int) -> Floats:
        """Return the cosine of a question's stems with every column; an unknown word is as rare as the rarest."""
        if not rows:
            return np.zeros(self.columns, dtype=np.float32)
        once = list(dict.fromkeys(rows))
        weights = [rows.count(row) * self._idf[row] for row in once]
        squared = unknown * self._rarest + sum([weight * weight for weight in weights])
        summed: Floats = np.array(weights, dtype=np.float32) @ self._weights[once].astype(np.float32)
        summed /= np.float32(math.sqrt(squared))
        return summed
