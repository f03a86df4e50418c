"""What is known of all questions, as a few arrays: learnt once from the content, stored in one file, read in a moment.

One column an entry, over all languages together, then one a kind of talk that no entry is meant for ("elsewhere"). A question
gets two scores a column: how near its meaning lies (a softmax head over the encoder's vectors of all wordings) and how many of its
rare stems the wordings hold (tf-idf). Their sum through a softmax is a probability; `match` decides by it.
docs/performance.md says what each part brings.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import snowballstemmer
from numpy.typing import NDArray

from upr_bot.content import Lessons, Library
from upr_bot.faq import danger
from upr_bot.faq.danger import Lesson, learn_danger
from upr_bot.faq.encoder import Encoder
from upr_bot.faq.normalise import bare, mark_of, plain_words, words
from upr_bot.folding import folded

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

FORM: Final = 7
"""Counts up when the arrays change their meaning, so that a file of an older program is made anew."""

STEMS_WEIGHT: Final = 0.75
"""Times the wordings that an entry has in a language: what a cosine of 1 by stems adds to a logit. With more wordings the bag of
stems knows more: 10 an entry did best at 6 to 8 (CLINC150, BANKING77), 32 at 21 to 28 (the open askings).
"""
PIECES_READY: Final = 1_500
"""Pieces worked out ahead: 5 MB for a quarter of the encoder's time. 1,000 more take 3 MB and save 0.1 ms of 2.0 a question."""
STEPS: Final = 80
RIDGE: Final = 0.1
"""Steps of the softmax head, and its ridge beside the sum of all wordings' losses. With centred vectors 80 steps reach what 200
reach. Half the ridge or twice as much moves what is right at first by less than a point in any language.
"""

_STEMMERS: Final = {"en": "english", "fr": "french", "es": "spanish", "pt": "portuguese", "ar": "arabic", "ru": "russian"}


@dataclass(frozen=True, slots=True)
class Spoken:
    """How people ask for one entry, in one language."""

    id: str
    language: str
    wordings: tuple[str, ...]
    twins: tuple[str, ...] = ()
    subject: str = ""
    pointed_at: int = 0
    """How many other entries name this one as related."""


def spoken(library: Library) -> list[Spoken]:
    """Return how every entry is asked for, in every language that has it."""
    pointed_at = Counter(id_ for entry in library.first.entries.values() for id_ in entry.related)
    return [
        Spoken(
            id=entry.id,
            language=entry.language,
            wordings=(entry.question, entry.label, *entry.also_asked),
            twins=entry.twins,
            subject=entry.category,
            pointed_at=pointed_at[entry.id],
        )
        for book in library.books.values()
        for entry in book.entries.values()
        if entry.language == book.language
    ]


def elsewhere(library: Library) -> list[Spoken]:
    """Return what people write that no entry is meant for: the kind of talk stands for the entry."""
    return [
        Spoken(id=kind, language=book.language, wordings=wordings)
        for book in library.books.values()
        for kind, wordings in book.elsewhere.items()
    ]


NONE: Final = Lessons()
"""Nothing to learn danger from."""
SAFETY: Final = "safety"
"""The subject whose wordings are written by people in danger and by others: the alarm learns nothing from them."""


def gist(text: str, language: str) -> frozenset[str]:
    """Return the stems of a text without order and articles: two texts with the same gist ask the same."""
    stemmer = stemmer_of(language)
    return frozenset(stemmer.stemWord(word) for word in bare(words(text)).split())


@cache
def stemmer_of(language: str) -> Any:
    """Return the stemmer of a language, English for one that has none. It remembers no words."""
    stemmer = snowballstemmer.stemmer(_STEMMERS.get(language, "english"))
    stemmer.maxCacheSize = 0  # PyStemmer would remember the words that people type
    return stemmer


def stem_in(language: str, word: str) -> str:
    """Return the stem of a word in a language, marked with it."""
    return f"{language}:{stemmer_of(language).stemWord(word)}"


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """The arrays. Holds nothing that anybody typed."""

    digest: str
    """Names the content that this was learnt from; another content makes it stale."""
    ids: tuple[str, ...]
    """Entries: the first columns."""
    kinds: tuple[str, ...]
    """Kinds of talk that no entry is meant for: the last columns."""
    questions: tuple[str, ...]
    """The question of each entry, for a follow-up that leans on it."""
    subjects: tuple[str, ...]
    """The subject of each entry."""
    pointed_at: NDArray[np.uint16]
    """How many other entries name each as related."""
    twins: NDArray[np.uint16]
    """Pairs of entries of which one answer serves who asked for the other, (pairs, 2)."""
    stems_weight: Floats
    """What a cosine of 1 by stems adds to a logit, (1,)."""
    head: Floats
    """What a vector is multiplied with, (512, columns)."""
    offset: Floats
    """What the mean of all wordings' vectors scores, to take off, (columns,)."""
    languages: tuple[str, ...]
    """The languages of the wordings, the first one first."""
    pieces: NDArray[np.int32]
    """The encoder's pieces that wordings hold most, which it works out ahead."""
    words: tuple[str, ...]
    """Every word of the wordings, as the index knows it."""
    written: tuple[str, ...]
    """The same words as they are written, with their accents: what the encoder reads."""
    stem_of: NDArray[np.int32]
    """The row of each word's stem."""
    stems: tuple[str, ...]
    stem_starts: NDArray[np.int32]
    """Where the columns of each stem begin in the two arrays below, (stems + 1,)."""
    stem_columns: NDArray[np.uint16]
    stem_weights: Floats
    stem_idf: Floats
    exact: NDArray[np.uint64]
    """The marks of all wordings, in order: a sixth of the memory that the wordings would take."""
    exact_columns: NDArray[np.uint16]
    alarm_head: Floats
    alarm_offset: Floats
    alarm_marks: NDArray[np.uint64]
    alarm_idf: Floats
    alarm_weights: Floats

    @property
    def lesson(self) -> Lesson:
        """Return what the alarm knows."""
        return Lesson(self.alarm_head, self.alarm_offset, self.alarm_marks, self.alarm_idf, self.alarm_weights)

    def save(self, path: Path) -> None:
        """Write the arrays to a file, whole or not at all."""
        arrays = {f.name: _stored(getattr(self, f.name)) for f in fields(self)}
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".npz")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    @classmethod
    def read(cls, path: Path, digest: str | None = None) -> Index | None:
        """Return the index in a file, or None when there is none, it is broken, or it names another content."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                if digest is not None and _text(stored["digest"]) != digest:
                    return None
                values: dict[str, Any] = {}
                for field in fields(cls):
                    array = stored[field.name]
                    kind = str(field.type)
                    values[field.name] = _text(array) if kind == "str" else _texts(array) if kind.startswith("tuple") else array
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None
        return cls(**{name: v.astype(np.float32) if _is_float(v) else v for name, v in values.items()})


def _is_float(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _stored(value: Any) -> NDArray[Any]:
    if isinstance(value, str):
        return np.frombuffer(value.encode(), dtype=np.uint8)
    if isinstance(value, tuple):
        return np.frombuffer("\n".join(value).encode(), dtype=np.uint8)
    return value.astype(np.float16) if value.dtype == np.float32 else value  # type: ignore[no-any-return]


def _text(array: NDArray[np.uint8]) -> str:
    return array.tobytes().decode()


def _texts(array: NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(_text(array).split("\n")) if array.size else ()


def digest_of(entries: Sequence[Spoken], apart: Sequence[Spoken], encoder: str, lessons: Lessons = NONE) -> str:
    """Return what names a content and the way it is learnt."""
    way = (FORM, STEMS_WEIGHT, STEPS, RIDGE, danger.SCALE, danger.RIDGE, danger.ORDINARY, danger.STEPS, danger.FEWEST)
    said = repr((way, encoder, entries, apart, lessons.digest))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def learn(entries: Sequence[Spoken], apart: Sequence[Spoken], encoder: Encoder, lessons: Lessons = NONE) -> Index:
    """Learn the arrays from wordings: about a second per 1,000 of them, always with the same result.

    Without `lessons` nothing sounds like danger.
    """
    ids = tuple(dict.fromkeys(entry.id for entry in entries))
    kinds = tuple(dict.fromkeys(kind.id for kind in apart))
    column_of = {id_: column for column, id_ in enumerate(ids)}
    column_apart = {kind: column for column, kind in enumerate(kinds, start=len(ids))}
    asked = [(column_of[entry.id], entry.language, words(w)) for entry in entries for w in entry.wordings]
    strange = [(column_apart[kind.id], kind.language, words(w)) for kind in apart for w in kind.wordings]
    written = _written(w for spoken in (*entries, *apart) for w in spoken.wordings)
    bags = _Bags(len(ids) + len(kinds))
    for column, language, typed in (*asked, *strange):
        bags.add(column, language, typed)
    owners = np.array([column for column, *_ in (*asked, *strange)])
    texts = [" ".join(written.get(word, word) for word in typed) for *_, typed in (*asked, *strange)]
    vectors = encoder.many(texts)
    centre, head = softmax_head(vectors, owners, len(ids) + len(kinds))
    calm = [spoken.subject != SAFETY for spoken in (*entries, *apart) for _ in spoken.wordings]
    said_in_danger, harmless = lessons.read()
    ordinary = [text for text, known in zip(texts, calm, strict=True) if known]
    lesson = learn_danger(said_in_danger, harmless, ordinary, vectors[calm], encoder)
    exact = {mark_of(bare(typed)): column for column, _, typed in reversed(asked) if typed}
    used = Counter(row for text in texts for row in encoder.pieces.of(text))
    return Index(
        digest=digest_of(entries, apart, encoder.name, lessons),
        ids=ids,
        kinds=kinds,
        questions=tuple({entry.id: entry.wordings[0] for entry in reversed(entries)}[id_] for id_ in ids),
        subjects=tuple({entry.id: entry.subject for entry in entries}[id_] for id_ in ids),
        pointed_at=np.array([{entry.id: entry.pointed_at for entry in entries}[id_] for id_ in ids], dtype=np.uint16),
        twins=np.array(
            sorted({(column_of[e.id], column_of[t]) for e in entries for t in e.twins if t in column_of}), dtype=np.uint16
        ).reshape(-1, 2),
        stems_weight=np.array([STEMS_WEIGHT * len(asked) / len(entries)], dtype=np.float32),
        head=head,
        offset=centre @ head,
        languages=tuple(dict.fromkeys(entry.language for entry in entries)),
        pieces=np.array([row for row, _ in used.most_common(PIECES_READY)], dtype=np.int32),
        written=tuple(written.get(word, word) for word in bags.words()),
        exact=np.array(sorted(exact), dtype=np.uint64),
        exact_columns=np.array([exact[mark] for mark in sorted(exact)], dtype=np.uint16),
        **bags.arrays(),
        **{f"alarm_{field.name}": getattr(lesson, field.name) for field in fields(lesson)},
    )


def _written(texts: Iterable[str]) -> dict[str, str]:
    """Return folded word → how the texts write it most often, for the words that folding changes."""
    counts: dict[str, Counter[str]] = {}
    for text in texts:
        for word in plain_words(text):
            counts.setdefault(folded(word), Counter())[word] += 1
    return {word: forms.most_common(1)[0][0] for word, forms in counts.items()}


class _Bags:
    """How often each stem stands in each column, by language: a question is written in one of them."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self._uses: Counter[str] = Counter()
        self._of_word: dict[str, Counter[tuple[int, str]]] = {}

    def add(self, column: int, language: str, typed: Iterable[str]) -> None:
        for word in typed:
            self._uses[word] += 1
            self._of_word.setdefault(word, Counter())[column, language] += 1

    def words(self) -> list[str]:
        """Return every word, the most used first: of two that are equally near to a slip, that one is meant."""
        return [word for word, _ in self._uses.most_common()]

    def _stem(self, word: str) -> str:
        """Return the stem of a word in the language that says it most, so that French `délai` is not Spanish `del`."""
        says: Counter[str] = Counter()
        for (_, language), count in self._of_word[word].items():
            says[language] += count
        return stem_in(says.most_common(1)[0][0], word)

    def arrays(self) -> dict[str, Any]:
        """Return the fields of `Index` that concern words: ln(1 + tf) · idf, what a column holds of a language being of length 1.

        Were the languages one bag, each question would miss two thirds of every column: 2 points fewer were right at first, and all
        probabilities flat. A stem that several languages share has its largest weight.
        """
        stem_of = {word: self._stem(word) for word in self.words()}
        of_stem: dict[str, Counter[tuple[int, str]]] = {}
        for word, stem in stem_of.items():
            of_stem.setdefault(stem, Counter()).update(self._of_word[word])
        rows = {stem: row for row, stem in enumerate(of_stem)}
        idf = [math.log((1 + self.columns) / (1 + len({c for c, _ in counts}))) + 1 for counts in of_stem.values()]
        squared: dict[tuple[int, str], float] = {}
        for rarity, counts in zip(idf, of_stem.values(), strict=True):
            for bag, count in counts.items():
                squared[bag] = squared.get(bag, 0.0) + (math.log1p(count) * rarity) ** 2
        columns: list[int] = []
        weights: list[float] = []
        starts = [0]
        for rarity, counts in zip(idf, of_stem.values(), strict=True):
            largest: dict[int, float] = {}
            for bag, count in counts.items():
                weight = math.log1p(count) * rarity / math.sqrt(squared[bag])
                largest[bag[0]] = max(weight, largest.get(bag[0], 0.0))
            columns += largest
            weights += largest.values()
            starts.append(len(columns))
        return {
            "words": tuple(self.words()),
            "stem_of": np.array([rows[stem] for stem in stem_of.values()], dtype=np.int32),
            "stems": tuple(rows),
            "stem_starts": np.array(starts, dtype=np.int32),
            "stem_columns": np.array(columns, dtype=np.uint16),
            "stem_weights": np.array(weights, dtype=np.float32),
            "stem_idf": np.array(idf, dtype=np.float32),
        }


def softmax_head(vectors: Floats, owners: Integers, columns: int) -> tuple[Floats, Floats]:
    """Return (centre, weights) of a multinomial logistic regression with a ridge, by Nesterov's gradient steps.

    Vectors are centred, which makes the steps few. Memory: four arrays of (wordings, columns).
    """
    penalty = np.float32(RIDGE / len(vectors))
    centre = vectors.mean(axis=0)
    x = vectors - centre
    count = len(x)
    step = 1.0 / (0.5 * float(np.linalg.eigvalsh(x.T @ x / count)[-1]) + penalty)
    weights = np.zeros((x.shape[1], columns), dtype=np.float32)
    ahead = weights
    pace = 1.0
    rows = np.arange(count)
    for _ in range(STEPS):
        errors = x @ ahead
        errors -= errors.max(axis=1, keepdims=True)
        np.exp(errors, out=errors)
        errors /= errors.sum(axis=1, keepdims=True)
        errors[rows, owners] -= 1.0
        following = ahead - np.float32(step) * (x.T @ errors / np.float32(count) + penalty * ahead)
        quicker = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
        ahead = following + np.float32((pace - 1) / quicker) * (following - weights)
        weights, pace = following, quicker
    return centre, weights
