"""A sentence → 512 numbers that lie close together when two sentences mean the same. numpy only, nothing remembered.

The network is Google's universal-sentence-encoder-multilingual v3 (n-grams of 2, 3 and 5 word pieces over a table of pieces; Yang
et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval", 2019), cut down to the pieces that our languages use, and
read where the pieces of a sentence are added up: its four dense layers after that took a third of the time and brought nothing
here. `tools/encoder.py` makes the two files from the published weights; docs/decisions says why.
"""

from __future__ import annotations

import math
import unicodedata
from array import array
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FILE: Final = Path(__file__).with_name("encoder.npz")
TABLE: Final = Path(__file__).with_name("encoder-pieces.npy")
"""The table of pieces stands in a file of its own, so that only the rows that are read take memory."""
DIMENSIONS: Final = 512
_SPACE: Final = "\u2581"
_UNKNOWN, _BEGIN, _END = 0, 1, 2
_ORDERS: Final = ((2, 0), (3, 1), (5, 2))
"""The three branches: (pieces in a window, how many of them lie to the left)."""
_BATCH: Final = 384
"""Pieces worked on at once: enough that the weights are read once for many sentences, few enough for the cache."""


def name_of(path: Path = FILE) -> str:
    """Return what names the weights in a file: an index that was learnt with others is stale."""
    with np.load(path, allow_pickle=False) as stored:
        return bytes(stored["name"]).decode("utf-8")


class Pieces:
    """Words → pieces of the unigram model: the most likely way to cut a word into known pieces (Kudo, 2018)."""

    def __init__(self, pieces: Sequence[str], scores: Sequence[float]) -> None:
        self._rows = {piece: row for row, piece in enumerate(pieces)}
        self._scores = array("f", scores)
        self._longest = max(map(len, pieces))
        self._unknown = min(scores) - 10.0

    def of(self, text: str) -> list[int]:
        """Return the rows of a text's pieces, between the marks for begin and end."""
        found = [_BEGIN]
        for word in unicodedata.normalize("NFKC", text).split():
            whole = self._rows.get(_SPACE + word)
            found += self._cut(_SPACE + word) if whole is None else (whole,)
        found.append(_END)
        return found

    def knows(self, word: str) -> bool:
        """Tell whether a word is one piece."""
        return _SPACE + word in self._rows

    def _cut(self, word: str) -> list[int]:
        size = len(word)
        best = [0.0] + [-math.inf] * size
        came: list[tuple[int, int]] = [(0, _UNKNOWN)] * (size + 1)
        for start in range(size):
            for end in range(start + 1, min(start + self._longest, size) + 1):
                row = self._rows.get(word[start:end], _UNKNOWN)
                if row == _UNKNOWN and end > start + 1:
                    continue
                score = best[start] + (self._scores[row] if row else self._unknown)
                if score > best[end]:
                    best[end] = score
                    came[end] = (start, row)
        rows: list[int] = []
        while size:
            size, row = came[size]
            rows.append(row)
        return rows[::-1]


@dataclass(frozen=True, slots=True, eq=False)
class _AtHand:
    """What `Encoder._piece` gives for some pieces, in 8 bits: vectors made of it have a cosine of 0.998 with the exact ones."""

    place: NDArray[np.int32]
    """Row of a piece → its row here, or -1."""
    values: NDArray[np.int8]
    scale: Floats


class Encoder:
    """Reads the weights once; every call is a pure function of the text."""

    def __init__(self, path: Path = FILE, table: Path = TABLE) -> None:
        with np.load(path, allow_pickle=False) as stored:
            pieces = bytes(stored["pieces"]).decode("utf-8").split("\n")
            self.pieces = Pieces(pieces, stored["piece_scores"].astype(np.float64).tolist())
            self.name = bytes(stored["name"]).decode("utf-8")
            self._table_scale = stored["table_scale"].astype(np.float32)
            names = [name.removesuffix(".weight") for name in stored.files if name.endswith(".weight")]
            weights = {name: stored[f"{name}.weight"] * stored[f"{name}.scale"].astype(np.float32) for name in names}
            vectors = {name: stored[name].astype(np.float32) for name in stored.files if stored[name].dtype == np.float16}
        self._w: dict[str, Floats] = vectors | weights
        width = self._w["project_bias"].size // len(_ORDERS)
        for size, _ in _ORDERS:
            # A window times the first layer is a sum over its places, so that each piece can be multiplied by itself.
            name = f"conv{size}_1"
            self._w[name] = self._w[name].reshape(size, width, width).transpose(1, 0, 2).reshape(width, size * width)
        self._table = np.asarray(np.load(table, mmap_mode="r", allow_pickle=False))  # two values of 4 bits a byte
        width = self._piece(np.array([_UNKNOWN])).shape[1]
        self.at_hand = _AtHand(np.full(len(pieces), -1), np.empty((0, width), np.int8), np.empty((0, 1), np.float32))

    def ready(self, rows: NDArray[np.int32]) -> Encoder:
        """Return an encoder that has worked out what the first layers make of some pieces: half the work of such texts."""
        values = np.empty((len(rows), self.at_hand.values.shape[1]), dtype=np.int8)
        scale = np.empty((len(rows), 1), dtype=np.float32)
        for start in range(0, len(rows), _BATCH):
            part = slice(start, start + _BATCH)
            exact = self._piece(rows[part])
            scale[part, 0] = np.abs(exact).max(axis=1) / 127
            values[part] = np.rint(exact / scale[part])
        place = np.full(len(self.at_hand.place), -1, dtype=np.int32)
        place[rows] = np.arange(len(rows))
        made = copy(self)
        made.at_hand = _AtHand(place, values, scale)
        return made

    def __call__(self, text: str) -> Floats:
        """Return the vector of one text, of length 1."""
        rows = np.array(self.pieces.of(text))
        vector: Floats = self._encode(rows, np.zeros(1, dtype=np.int64), np.array([len(rows)]))[0]
        return vector

    def many(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of many texts, one a row."""
        out = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        group: list[list[int]] = []
        done, size = 0, 0
        for text in (*texts, None):
            rows = [] if text is None else self.pieces.of(text)
            if group and (text is None or size + len(rows) > _BATCH):
                lengths = np.array([len(each) for each in group])
                out[done : done + len(group)] = self._encode(np.concatenate(group), np.cumsum(lengths) - lengths, lengths)
                done, size, group = done + len(group), 0, []
            group.append(rows)
            size += len(rows)
        return out

    def _raw(self, rows: NDArray[np.integer]) -> Floats:
        packed = self._table[rows]
        table = np.empty((len(rows), DIMENSIONS), dtype=np.float32)
        table[:, 0::2] = packed & 15
        table[:, 1::2] = packed >> 4
        table -= 8
        table *= self._table_scale[rows, None]
        return table

    def _piece(self, rows: NDArray[np.integer]) -> Floats:
        """Return what depends on a piece alone: its projection, and that times each place of each branch's first layer."""
        w = self._w
        x = self._raw(rows) @ w["project"]
        x += w["project_bias"]
        x = _normal(x, w["project_gain"], w["project_shift"])
        width = x.shape[1] // len(_ORDERS)
        branches = [x[:, b * width : (b + 1) * width] @ w[f"conv{size}_1"] for b, (size, _) in enumerate(_ORDERS)]
        return np.concatenate([x, *branches], axis=1)

    def _pieces(self, rows: NDArray[np.int64]) -> Floats:
        """Return `_piece` of every row, with a row of zeros at the end for windows that reach beyond their sentence."""
        found = np.zeros((len(rows) + 1, self.at_hand.values.shape[1]), dtype=np.float32)
        place = self.at_hand.place[rows]
        known = place >= 0
        found[:-1][known] = self.at_hand.values[place[known]] * self.at_hand.scale[place[known]]
        if not known.all():
            found[:-1][~known] = self._piece(rows[~known])
        return found

    def _encode(self, rows: NDArray[np.int64], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Floats:
        w = self._w
        count, width = len(rows), w["project_bias"].size // len(_ORDERS)
        at = _windows(starts, lengths, count)
        pieces = self._pieces(rows)
        padded = np.zeros((count + 1, width), dtype=np.float32)
        features = [self._raw(rows)]
        column = width * len(_ORDERS)
        for branch, (size, left) in enumerate(_ORDERS):
            window = at[:, 2 - left : 2 - left + size]
            first = w[f"conv{size}_1_bias"] + pieces[window[:, 0], column : column + width]
            for k in range(1, size):
                first += pieces[window[:, k], column + k * width : column + (k + 1) * width]
            np.maximum(first, 0, out=first)
            first += pieces[:count, branch * width : (branch + 1) * width]
            column += size * width
            padded[:count] = first
            second = padded[window].reshape(count, size * width) @ w[f"conv{size}_2"]
            second += w[f"conv{size}_2_bias"]
            np.maximum(second, 0, out=second)
            second += first
            features.append(second)
        normal = _normal(np.concatenate(features, axis=1), w["gain"], w["shift"])
        # The sum over a sentence comes before the linear layer: one row a sentence instead of one a piece.
        vector = np.add.reduceat(normal, starts, axis=0) / lengths[:, None].astype(np.float32) @ w["pool"] + w["pool_bias"]
        unit: Floats = vector / np.maximum(np.linalg.norm(vector, axis=1, keepdims=True), 1e-6)
        return unit


class Meanings:
    """What the texts of one message mean, each worked out once, several at a time; let go with the message."""

    def __init__(self, encoder: Encoder, beside: Sequence[str] = ()) -> None:
        """`beside`: texts that will be asked for too, so that they are worked out with the first ones."""
        self._encoder = encoder
        self._beside = beside
        self._known: dict[str, Floats] = {}

    def many(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of texts, one a row."""
        if any(text not in self._known for text in texts):
            new = [text for text in dict.fromkeys((*texts, *self._beside)) if text not in self._known]
            self._known.update(zip(new, self._encoder.many(new), strict=True))
        return np.array([self._known[text] for text in texts])


def _normal(x: Floats, gain: Floats, shift: Floats, tiny: float = 1e-12) -> Floats:
    """Return every row with mean 0 and variance 1, times a gain, plus a shift."""
    size = x.shape[1]
    x = x - (np.einsum("ij->i", x) / size)[:, None]
    x /= np.sqrt(np.einsum("ij,ij->i", x, x) / size + tiny)[:, None]
    x *= gain
    x += shift
    return x


def _windows(starts: NDArray[np.int64], lengths: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the places of the five pieces around each piece; `count` where there is none in its sentence."""
    at = np.arange(count)[:, None] + np.arange(-2, 3)
    inside = (at >= np.repeat(starts, lengths)[:, None]) & (at < np.repeat(starts + lengths, lengths)[:, None])
    return np.where(inside, at, count)
