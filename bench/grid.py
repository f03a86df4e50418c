"""`make grid`: every State on every day, for every role and language. Prints the rate on one core and how many cards differ.

A State's lines are worked out once a day and language, for all four roles. Stops at the first card that breaks a promise: an
error, something open that is past, an estimate that does not say so, a long card.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from upr_bot.content import ROLES, load, packaged
from upr_bot.dialog import Knowledge
from upr_bot.replies import plain

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2032, 12, 31)
LANGUAGES = ("en", "fr", "es")
"""As they are asked for; one that the guide has no texts in yet is answered in the first, under its own label."""


def days() -> Iterator[dt.date]:
    return (FIRST + dt.timedelta(days=number) for number in range((LAST - FIRST).days + 1))


def walk(code: str) -> tuple[int, float, set[int], int]:
    """Answer for one State; return answers, seconds of one core, the cards' fingerprints, the longest card."""
    knowledge = KNOWLEDGE
    word = {language: knowledge.library.book(language).phrases.statuses["estimate"] for language in LANGUAGES}
    seen: set[int] = set()
    answers = longest = 0
    spent = 0.0
    for day in days():
        stand = knowledge.journey.stand(code, day)
        assert all(w.closes is None or w.closes.last >= day for w in stand.open), (code, day)
        for language in LANGUAGES:
            spoken = knowledge.library.book(language).language
            begun = time.thread_time()
            cards = knowledge.calendar_cards(spoken, "telegram", day)
            answered = [cards.country(cards.stand(code), role) for role in ROLES]
            spent += time.thread_time() - begun
            for card in answered:
                text = plain(card.text)
                shown = [w for w in (*stand.open, *stand.next[:1]) if w.status == "estimate" and w.closes]
                assert not shown or word[language] in text, (code, day)
                assert len(text) <= 1200, (code, day, len(text))
                longest = max(longest, len(text))
                seen.add(hash((language, text)))
                answers += 1
    return answers, spent, seen, longest


KNOWLEDGE = Knowledge(load(packaged()))


def main() -> None:
    codes = sorted(KNOWLEDGE.library.calendar.countries)
    if len(sys.argv) > 1:
        codes = sys.argv[1].split(",")
    answers, spent, longest = 0, 0.0, 0
    cards: set[int] = set()
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        for number, (count, seconds, seen, most) in enumerate(workers.map(walk, codes), 1):
            answers, spent, longest = answers + count, spent + seconds, max(longest, most)
            cards |= seen
            if sys.stderr.isatty():
                print(f"\r{number} of {len(codes)} States", end="", file=sys.stderr)
    print(f"\n{answers:,} answers without error, {answers / spent:,.0f} a second on one core, {len(cards):,} distinct cards,")
    print(f"the longest with {longest} characters.")


if __name__ == "__main__":
    main()
