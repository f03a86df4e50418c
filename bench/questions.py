"""How well questions find their answer: our own askings, public data, what each part brings, time and memory.

Public data: a folder with `<set>/train_k10.tsv`, `train_k5.tsv`, `train_pool.tsv`, `test.tsv`, `oos.tsv` of `text<TAB>label` lines
(CLINC150, BANKING77, HINT3 and others), named by UPR_BENCH_DATA; without it that part is left out.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from rapidfuzz import fuzz, process

from tests.process import ROOT, environment
from upr_bot.content import load, packaged
from upr_bot.faq import encoder as encoding
from upr_bot.faq import index as indexing
from upr_bot.faq import match as deciding
from upr_bot.faq.encoder import Encoder
from upr_bot.faq.index import Index, Spoken, elsewhere, learn, spoken, stemmer_of
from upr_bot.faq.match import Matcher
from upr_bot.faq.normalise import words
from upr_bot.faq.score import Reading

Asked = Sequence[tuple[str, str]]
"""(question, the entry that answers it)."""
Rank = Callable[[str], Sequence[str]]

DATA = Path(os.environ.get("UPR_BENCH_DATA") or ROOT.parent / "shared" / "bench" / "faq" / "data")
PARTS = {"open": "", "sealed": ".sealed"}
LANGUAGES = tuple(load(packaged()).books)
"""Those that are published; the first is the one that the ablations and the peers are tried in."""


# --- data ----------------------------------------------------------------------------------------------------------------------


@cache
def document(name: str) -> dict:
    return yaml.safe_load((ROOT / "tests" / "faq" / name).read_text(encoding="utf-8"))


def asked_of(name: str, language: str = "en") -> Asked:
    return [(asking, id_) for id_, askings in document(f"{language}{PARTS[name]}.yaml")["askings"].items() for asking in askings]


def without_entry(name: str, language: str = "en") -> Mapping[str, Sequence[str]]:
    none = document(f"{language}{PARTS[name]}.yaml")["none"]
    return none if isinstance(none, dict) else {"all kinds": none}


def paired() -> Asked:
    return [(a, id_) for pair in document("en.pairs.yaml")["pairs"] for id_, askings in pair["askings"].items() for a in askings]


def public(name: str, part: str) -> Asked:
    path = DATA / name / f"{part}.tsv"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [(text, label) for text, _, label in (line.partition("\t") for line in lines) if label]


def as_entries(pairs: Asked, language: str = "en") -> list[Spoken]:
    by: dict[str, list[str]] = {}
    for text, label in pairs:
        by.setdefault(label, []).append(text)
    return [Spoken(label, language, tuple(texts)) for label, texts in by.items()]


_KEYS = "qwertyuiopasdfghjklzxcvbnm"
_NEIGHBOURS = "wa qes wrd etf ryg tuh yij uok ipl ol qsz awdx sefc drgv fthb gyjn hukm jil kop xas zcsd xvdf cbfg vngh bmhj njk"
_BESIDE = dict(zip(_KEYS, _NEIGHBOURS.split(), strict=True))


def misspelt(text: str, share: float, seed: int = 7) -> str:
    """Return a text with this share of its words misspelt by one slip of the thumb, and its accents gone."""
    chance = random.Random(f"{seed}|{text}")
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    out = []
    for word in plain.split():
        if len(word) < 3 or chance.random() >= share:
            out.append(word)
            continue
        at = chance.randrange(1, len(word))
        beside = chance.choice(_BESIDE.get(word[at].lower(), "e"))
        out.append(
            chance.choice(
                (
                    word[:at] + beside + word[at + 1 :],
                    word[:at] + word[at + 1 :],
                    word[:at] + beside + word[at:],
                    word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
                    word[:at] + word[at:] * 1 + word[-1],
                )
            )
        )
    return " ".join(out)


# --- matchers ------------------------------------------------------------------------------------------------------------------


def by_rapidfuzz(entries: Sequence[Spoken], scorer: Callable) -> Rank:
    owner = {wording: entry.id for entry in entries for wording in entry.wordings}
    names = list(owner)
    return lambda text: [owner[w] for w, _, _ in process.extract(text[:300], names, scorer=scorer, limit=12)]


def by_bm25(entries: Sequence[Spoken]) -> Rank:
    """BM25 (k1 1.5, b 0.75) with one document an entry: its stemmed wordings."""
    stem = stemmer_of("en").stemWord
    bags = [Counter(stem(w) for text in e.wordings for w in words(text)) for e in entries]
    sizes = [sum(bag.values()) for bag in bags]
    mean = sum(sizes) / len(sizes)
    seen = Counter(s for bag in bags for s in bag)
    postings: dict[str, list[tuple[int, float]]] = {}
    for place, (bag, size) in enumerate(zip(bags, sizes, strict=True)):
        for s, count in bag.items():
            idf = math.log(1 + (len(bags) - seen[s] + 0.5) / (seen[s] + 0.5))
            postings.setdefault(s, []).append((place, idf * count * 2.5 / (count + 1.5 * (0.25 + 0.75 * size / mean))))

    def rank(text: str) -> list[str]:
        scores: dict[int, float] = {}
        for word in words(text[:300]):
            for place, weight in postings.get(stem(word), ()):
                scores[place] = scores.get(place, 0.0) + weight
        return [entries[place].id for place in sorted(scores, key=lambda p: -scores[p])[:5]]

    return rank


def by_guide(matcher: Matcher) -> Rank:
    """The ranking alone, without the decision."""

    def rank(text: str) -> list[str]:
        reading = matcher.read(text)
        if not reading.known:
            return []
        known = matcher.scores(reading).probability[: len(matcher.index.ids)]
        return [matcher.index.ids[column] for column in np.argsort(-known, kind="stable")[:5]]

    return rank


class WithoutMending(Matcher):
    def read(self, question: str) -> Reading:
        typed = tuple(words(question[:300]))
        return Reading(typed, typed)


def without(index: Index, *, meaning: bool = False, stems: bool = False) -> Index:
    if meaning:
        return replace(index, head=np.zeros_like(index.head), offset=np.zeros_like(index.offset))
    return replace(index, stems_weight=np.zeros_like(index.stems_weight)) if stems else index


# --- figures -------------------------------------------------------------------------------------------------------------------


def shares(rank: Rank, asked: Asked) -> tuple[float, float]:
    """Return percent right at first and among three."""
    first = three = 0
    for text, id_ in asked:
        ids = list(dict.fromkeys(rank(text)))[:3]
        first += ids[:1] == [id_]
        three += id_ in ids
    return 100 * first / len(asked), 100 * three / len(asked)


def timed(call: Callable[[str], object], texts: Iterable[str]) -> tuple[float, float, float]:
    """Return milliseconds a call: in the middle, for the slowest in a hundred, and the slowest."""
    taken = []
    for text in texts:
        begun = time.perf_counter()
        call(text)
        taken.append((time.perf_counter() - begun) * 1e3)
    taken.sort()
    return statistics.median(taken), taken[int(0.99 * len(taken))], taken[-1]


@dataclass
class Decided:
    answered: float
    wrong: float
    solved: float


def decided(matcher: Matcher, asked: Asked) -> Decided:
    answered = wrong = solved = 0
    for text, id_ in asked:
        match = matcher.match(text)
        best = match.candidates[0].id if match.candidates else None
        answered += match.decision == "answer"
        wrong += match.decision == "answer" and best != id_
        solved += (match.decision == "answer" and best == id_) or (match.decision == "choose" and id_ in match.offered)
    return Decided(*(100 * n / len(asked) for n in (answered, wrong, solved)))


def own(matcher: Matcher, entries: Sequence[Spoken]) -> None:
    """Our askings, beside peers with the same wordings. Thresholds were fitted on the open part; the gap is what that flatters."""
    peers: dict[str, Rank] = {
        "RapidFuzz WRatio (its default)": by_rapidfuzz(entries, fuzz.WRatio),
        "RapidFuzz token_set_ratio": by_rapidfuzz(entries, fuzz.token_set_ratio),
        "BM25, stemmed": by_bm25(entries),
        "the guide": by_guide(matcher),
    }
    parts = {"open": asked_of("open"), "sealed": asked_of("sealed"), "pairs": paired()}
    print("\n## Questions: right at first / among three, ms in the middle\n")
    print("| matcher, the same wordings | " + " | ".join(f"{name} ({len(asked)})" for name, asked in parts.items()) + " | ms |")
    print("|---|" + "---|" * (len(parts) + 1))
    for name, rank in peers.items():
        cells = ["{:.1f} / {:.1f} %".format(*shares(rank, asked)) for asked in parts.values()]
        print(f"| {name} | {' | '.join(cells)} | {timed(rank, [t for t, _ in parts['open'][:200]])[0]:.2f} |", flush=True)
    print("\n| the guide decides | open | sealed | gap |\n|---|---|---|---|")
    made = {part: decided(matcher, parts[part]) for part in PARTS}
    for label, get in (
        ("answered directly", lambda d: d.answered),
        ("answered directly and wrong", lambda d: d.wrong),
        ("solved within one tap", lambda d: d.solved),
    ):
        a, b = get(made["open"]), get(made["sealed"])
        print(f"| {label} | {a:.1f} % | {b:.1f} % | {b - a:+.1f} |")
    for part in PARTS:
        decisions = {kind: [matcher.match(text).decision for text in texts] for kind, texts in without_entry(part).items()}
        whole = [decision for made in decisions.values() for decision in made]
        kinds = ", ".join(f"{kind} {each.count('none')} of {len(each)}" for kind, each in decisions.items())
        print(f"\n- without an entry, {part}: answered {whole.count('answer')} of {len(whole)}; refused: {kinds}")


def in_each_language(matcher: Matcher) -> None:
    """The same in every language: right at first, solved, wrong; and what has no entry."""
    print("\n| language | askings | right at first | answered directly | wrong | solved within one tap | none: answered |")
    print("|---|---|---|---|---|---|---|")
    rank = by_guide(matcher)
    for language in LANGUAGES:
        for part in PARTS:
            asked = asked_of(part, language)
            made, (first, _) = decided(matcher, asked), shares(rank, asked)
            none = [matcher.match(text).decision for texts in without_entry(part, language).values() for text in texts]
            cells = f"{first:.1f} % | {made.answered:.1f} % | {made.wrong:.1f} % | {made.solved:.1f} %"
            print(f"| {language}, {part} | {len(asked)} | {cells} | {none.count('answer')} of {len(none)} |", flush=True)


def hardened(matcher: Matcher, entries: Sequence[Spoken], apart: Sequence[Spoken]) -> None:
    """Slips, lost accents, and wordings taken away."""
    print("\n## Questions that are harder: right at first / among three\n\n| | open | sealed |\n|---|---|---|")
    rank, encoder = by_guide(matcher), Encoder()
    parts = [asked_of(part) for part in PARTS]
    for share in (0.0, 0.1, 0.25):
        cells = ["{:.1f} / {:.1f} %".format(*shares(rank, [(misspelt(t, share), i) for t, i in asked])) for asked in parts]
        print(
            f"| {'as typed' if not share else f'{share:.0%} of words misspelt'}, accents gone | {' | '.join(cells)} |", flush=True
        )
    for left in (0.5, 8):
        kept = []
        for entry in entries:
            more = list(entry.wordings[2:])
            random.Random(entry.id).shuffle(more)
            count = round(len(more) * left) if left < 1 else int(left)
            kept.append(replace(entry, wordings=(*entry.wordings[:2], *more[:count])))
        thinner = by_guide(Matcher(learn(kept, apart, encoder), encoder))
        cells = ["{:.1f} / {:.1f} %".format(*shares(thinner, asked)) for asked in parts]
        print(
            f"| {'a random half of the wordings' if left < 1 else f'{left} wordings an entry'} | {' | '.join(cells)} |", flush=True
        )


def ablations(matcher: Matcher, entries: Sequence[Spoken], apart: Sequence[Spoken]) -> None:
    """What each part brings: accuracy without it, and what it costs."""
    encoder, index = Encoder(), matcher.index
    few = [replace(e, wordings=e.wordings[:10]) for e in entries]
    cases: dict[str, tuple[Matcher, Matcher]] = {}

    def case(name: str, make: Callable[[Index], Matcher], **kept: Sequence[Spoken]) -> None:
        full = index if not kept else learn(kept["entries"], apart, encoder)
        cases[name] = (make(full), make(learn(kept.get("few", few), apart, encoder)))

    case("all parts", lambda i: Matcher(i, encoder))
    case("without meaning (stems alone)", lambda i: Matcher(without(i, meaning=True), encoder))
    case("without stems (meaning alone)", lambda i: Matcher(without(i, stems=True), encoder))
    case("without mending of slips", lambda i: WithoutMending(i, encoder))
    answers = {(e.id, e.language): e.answer for book in load(packaged()).books.values() for e in book.entries.values()}
    told = [replace(e, wordings=(*e.wordings, *_sentences(answers[e.id, e.language]))) for e in entries]
    told_few = [replace(e, wordings=(*e.wordings[:10], *_sentences(answers[e.id, e.language]))) for e in entries]
    case("with the answers' sentences", lambda i: Matcher(i, encoder), entries=told, few=told_few)
    print("\n## What each part brings: right at first / among three\n")
    print("| | open | pairs | open, 10 wordings an entry | open, 10 % misspelt |\n|---|---|---|---|---|")
    asked, pairs = asked_of("open"), paired()
    slips = [(misspelt(t, 0.1), i) for t, i in asked]
    for name, (full, thin) in cases.items():
        cells = [shares(by_guide(full), asked), shares(by_guide(full), pairs), shares(by_guide(thin), asked)]
        cells.append(shares(by_guide(full), slips))
        print(f"| {name} | " + " | ".join(f"{a:.1f} / {b:.1f} %" for a, b in cells) + " |", flush=True)
    nowhere = Matcher(learn(entries, [], encoder), encoder)
    print(f"\n- without the wordings that belong nowhere: {_refused(nowhere)}; with them: {_refused(matcher)}")
    texts = [t for t, _ in asked]
    meaning = timed(lambda t: matcher.encoder(matcher.written(matcher.read(t))), texts)[0]
    whole = timed(matcher.match, texts)[0]
    print(f"- of {whole:.2f} ms a question in the middle the encoder takes {meaning:.2f}")


def _sentences(answer: str) -> list[str]:
    return [line for line in answer.splitlines() if len(line.split()) > 3]


def _refused(matcher: Matcher) -> str:
    made = [matcher.match(t).decision for texts in without_entry("open").values() for t in texts]
    solved = decided(matcher, asked_of("open")).solved
    return f"{made.count('none')} of {len(made)} refused, {made.count('answer')} answered, {solved:.1f} % solved"


README_ROWS = (
    ("RapidFuzz WRatio (its default)", "15.5", "24.8"),
    ("RapidFuzz token_set_ratio", "43.7", "63.0"),
    ("BM25 per entry, stemmed", "55.0", "72.4"),
    ("*light* + word vectors", "68.9", "85.9"),
    ("*light* + full sentence encoder", "72.3", "87.9"),
)
NINE = ("clinc150", "banking77", "hwu64", "hint3_curekart", "hint3_powerplay11", "hint3_sofmattress", "upr_en", "upr_fr", "upr_es")


def on_public_data(encoder: Encoder) -> None:
    if not DATA.is_dir():
        print(f"\n## Public data: left out, there is none in {DATA.name}; set UPR_BENCH_DATA")
        return
    print("\n## Public data: right at first / among three, percent (wanted: CLINC150 89, BANKING77 84, HINT3 mean 74.7)\n")
    print("| | CLINC150, 10 wordings | BANKING77, 10 wordings | HINT3, all data, mean |\n|---|---|---|---|")
    hint3 = ("hint3_curekart", "hint3_powerplay11", "hint3_sofmattress")
    makers: dict[str, Callable[[list[Spoken]], Rank]] = {
        "RapidFuzz WRatio (its default)": lambda e: by_rapidfuzz(e, fuzz.WRatio),
        "RapidFuzz token_set_ratio": lambda e: by_rapidfuzz(e, fuzz.token_set_ratio),
        "BM25, stemmed": by_bm25,
        "the guide": lambda e: by_guide(Matcher(learn(e, [], encoder), encoder)),
    }
    for name, make in makers.items():
        cells = []
        for sets, part in ((("clinc150",), "train_k10"), (("banking77",), "train_k10"), (hint3, "train_pool")):
            found = []
            for each in sets:
                asked = list(public(each, "test"))
                random.Random(7).shuffle(asked)
                found.append(shares(make(as_entries(public(each, part))), asked if name == "the guide" else asked[:500]))
            cells.append("{:.1f} / {:.1f}".format(*np.mean(found, axis=0)))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print("\nFive wordings an entry, mean of the sets that are there (first rows: as measured elsewhere, nine sets)\n")
    print("| | right at first | among three |\n|---|---|---|")
    for row in README_ROWS:
        print("| {} | {} | {} |".format(*row))
    found, there = [], []
    for name in NINE:
        if trained := public(name, "train_k5"):
            asked = list(public(name, "test"))
            random.Random(7).shuffle(asked)
            language = name[4:] if name.startswith("upr_") else "en"
            rank = by_guide(Matcher(learn(as_entries(trained, language), [], encoder), encoder))
            found.append(shares(rank, asked[:1000]))
            there.append(f"{name} {found[-1][0]:.1f}")
    print("| the guide, {} sets | {:.1f} | {:.1f} |".format(len(found), *np.mean(found, axis=0)))
    print(f"\n- {', '.join(there)}")


_LEARNT = """
import resource, sys, time
from pathlib import Path
from upr_bot.content import load, packaged
from upr_bot.faq.encoder import Encoder
from upr_bot.faq.index import elsewhere, learn, spoken
library = load(packaged())
entries, apart = spoken(library), elsewhere(library)
if sys.argv[2] == "one": entries, apart = ([e for e in es if e.language == library.first.language] for es in (entries, apart))
begun = time.perf_counter()
learn(entries, apart, Encoder()).save(Path(sys.argv[1]))
taken = time.perf_counter() - begun
count = sum(len(e.wordings) for e in (*entries, *apart))
print(f"{count:,} wordings learnt in {taken:.0f} s with {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB in all")
"""

_MEASURED = """
import resource, sys, time, yaml
from pathlib import Path
import psutil
from upr_bot.content import load, packaged
source = packaged(); library = load(source)
import rapidfuzz, snowballstemmer, Stemmer, numpy
from upr_bot.faq.encoder import Encoder
from upr_bot.faq.index import Index
from upr_bot.faq.match import Matcher
of = psutil.Process(); before = of.memory_info().rss
begun = time.perf_counter()
matcher = Matcher(Index.read(Path(sys.argv[1])), Encoder())
loaded = time.perf_counter() - begun
texts = [t for ts in yaml.safe_load(open(sys.argv[2]))["askings"].values() for t in ts]
for t in texts: matcher.match(t)
taken = []; cpu = time.process_time()
for t in texts:
    begun = time.perf_counter(); matcher.match(t); taken.append((time.perf_counter() - begun) * 1e3)
cpu = (time.process_time() - cpu) / len(texts) * 1e3
taken.sort()
print(f"loads in {loaded:.2f} s, adds {(of.memory_info().rss - before) / 1e6:.0f} MB;"
      f" a question takes {taken[len(taken) // 2]:.2f} ms in the middle,"
      f" {taken[int(.99 * len(taken))]:.2f} ms for the slowest in a hundred, {cpu:.2f} ms of one core")
"""

WORST = (
    "abcdefghij klm" * 300,
    "a b " * 1024,
    "ünknöwnwörd " * 400,
    "x" * 4096,
    "\u202e\u200f\x00\x07" * 1024,
    "🙂" * 4096,
    "ⵣⵣⵣ ⵣⵣ " * 600,
    "人权" * 2048,
    "and what and how and when " * 160,
    "what? who? how? " * 256,
    "deadlnie reprot submision presesion recomendation " * 80,
    "\u0344" * 4096,
    "ﷺ" * 4096,
)


def costs(matcher: Matcher) -> None:
    """Time and memory on one core, with one language and with all; the worst inputs."""
    print("\n## What a question costs, on one core\n")
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    path = folder / "bench-questions.npz"

    def child(script: str, argument: str) -> str:
        command = [sys.executable, "-c", script, str(path), argument]
        alone = environment(OPENBLAS_NUM_THREADS="1")
        return subprocess.run(command, env=alone, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    for name, which in (("English alone", "one"), ("all languages", "all")):
        learnt = child(_LEARNT, which)
        print(
            f"- {name}: {learnt}, {path.stat().st_size / 1e6:.1f} MB; {child(_MEASURED, str(ROOT / 'tests/faq/en.yaml'))}",
            flush=True,
        )
        path.unlink()
    files = (encoding.FILE, encoding.TABLE)
    print(f"- the encoder's files: {sum(file.stat().st_size for file in files) / 1e6:.1f} MB")
    slowest = max(WORST, key=lambda text: min(timed(matcher.match, [text] * 3)))
    print(f"- the worst of {len(WORST)} hostile inputs of 4,096 characters takes {min(timed(matcher.match, [slowest] * 5)):.1f} ms")


def matching() -> None:
    library = load(source := packaged())
    entries, apart, encoder = spoken(library), elsewhere(library), Encoder()
    index = Index.read(source.compiled[-1], None) or learn(entries, apart, encoder)
    if index.digest != indexing.digest_of(entries, apart, encoder.name):
        index = learn(entries, apart, encoder)
    matcher = Matcher(index, encoder)
    own(matcher, [entry for entry in entries if entry.language == LANGUAGES[0]])
    in_each_language(matcher)
    hardened(matcher, entries, apart)
    ablations(matcher, entries, apart)
    on_public_data(encoder)
    costs(matcher)


# --- the weights of the decision -----------------------------------------------------------------------------------------------


def fit() -> None:
    """Fit `match.RIGHT` and `match.MEANT` anew. The sealed part is never read here.

    In scope: the open askings, and wordings asked of an index without them (harder, a quarter of the weight). Elsewhere: the open
    part's, and each third of the wordings that belong nowhere, asked of an index without it.
    """
    library = load(packaged())
    entries, apart, encoder = spoken(library), elsewhere(library), Encoder()
    rows: list[tuple[float, float, float, bool, bool, float]] = []

    def add(matcher: Matcher, text: str, id_: str | None, weight: float) -> None:
        reading = matcher.read(text)
        if reading.known:
            p = matcher.scores(reading).probability
            count = len(matcher.index.ids)
            best = np.argsort(-p[:count], kind="stable")[:2]
            first, second, away = (math.log(float(x) + deciding.TINY) for x in (p[best[0]], p[best[1]], p[count:].sum()))
            rows.append((first, first - second, away, matcher.index.ids[best[0]] == id_, id_ is not None, weight))

    matcher = Matcher(learn(entries, apart, encoder), encoder)
    for language in LANGUAGES:
        for text, id_ in asked_of("open", language):
            add(matcher, text, id_, 1.0)
        for text in (t for texts in without_entry("open", language).values() for t in texts):
            add(matcher, text, None, 2.5)
    matcher = Matcher(learn([_without(e, 5, 2) for e in entries], apart, encoder), encoder)
    for entry in entries:
        for text in entry.wordings[2::5]:
            add(matcher, text, entry.id, 0.25)
    for third in range(3):
        matcher = Matcher(learn(entries, [_without(kind, 3, third) for kind in apart], encoder), encoder)
        for kind in apart:
            for text in kind.wordings[third::3]:
                add(matcher, text, None, 1.5)
    table = np.array(rows, dtype=float)
    right = _logistic(table[:, :3], table[:, 3], table[:, 5])
    meant = _logistic(table[:, [2]], table[:, 4], table[:, 5])
    print("RIGHT: Final = (" + ", ".join(f"{x:.2f}" for x in right) + ")")
    print("MEANT: Final = (" + ", ".join(f"{x:.2f}" for x in meant) + ")")


def _without(spoken: Spoken, parts: int, left_out: int) -> Spoken:
    return replace(spoken, wordings=tuple(w for place, w in enumerate(spoken.wordings) if place % parts != left_out))


def _logistic(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weights and the constant of a logistic regression with a small ridge, by Newton's steps."""
    x = np.c_[x, np.ones(len(x))]
    weight = weight / weight.sum()
    ridge = 1e-4 * np.eye(x.shape[1])
    b = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(x @ b)))
        b -= np.linalg.solve((x * (weight * p * (1 - p))[:, None]).T @ x + ridge, x.T @ (weight * (p - y)) + ridge @ b)
    return b


if __name__ == "__main__":
    matching()
