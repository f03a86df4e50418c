"""`python -m bench names`: how the look-up of countries does on every name, alias and code, and on names with one slip."""

from __future__ import annotations

import random
from collections import Counter

from tests.slips import slips
from upr_bot.content import load, packaged
from upr_bot.journey import Guessed, Named, Names, Several

TIMES = 5
"""Slips of each kind tried with each name."""
SEED = 20261122


def names() -> None:
    """Print the shares that were right, asked back, unknown, and silently wrong."""
    calendar = load(packaged()).calendar
    found = Names(calendar)
    dice = random.Random(SEED)
    counts: Counter[tuple[str, str]] = Counter()
    for country in calendar.countries.values():
        spelt = {*country.names.values(), *country.aliases}
        for name in (*spelt, country.code, country.alpha2):
            counts["as written", _outcome(found.find(name), country.code)] += 1
        for name in sorted(spelt):
            for _ in range(TIMES):
                for kind, slip in slips(name, dice):
                    counts[kind, _outcome(found.find(slip), country.code)] += 1
    print("\n| country look-up | tried | right | asked back | unknown | silently wrong |\n| --- | --- | --- | --- | --- | --- |")
    for kind in dict.fromkeys(kind for kind, _ in counts):
        tried = sum(n for (k, _), n in counts.items() if k == kind)
        shares = " | ".join(str(counts[kind, outcome]) for outcome in ("asked back", "unknown", "wrong"))
        print(f"| {kind} | {tried:,} | {counts[kind, 'right'] / tried:.1%} | {shares} |")


def _outcome(found: object, code: str) -> str:
    if found is None:
        return "unknown"
    if isinstance(found, Named | Guessed):
        return "right" if found.code == code else "wrong"
    return "asked back" if isinstance(found, Several) and code in found.codes else "unknown"
