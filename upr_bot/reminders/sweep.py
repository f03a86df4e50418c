"""A sweep: every wish is looked at under today's calendar; what is due is queued, what is over is forgotten."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from upr_bot.journey import Journey, Plan, day_of, look, plan_of
from upr_bot.journey.reminding import Found
from upr_bot.storage import Change, Subscriptions, Told, Why
from upr_bot.wish import Wish

BREATH: Final = 50
"""Wishes that are looked at before whoever waits for the same process gets a turn: about a millisecond."""


@dataclass(slots=True)
class Swept:
    """What a sweep did: wishes looked at, messages queued, wishes forgotten since they are over, rows that do not open."""

    wishes: int = 0
    due: int = 0
    over: int = 0
    broken: int = 0
    whys: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """(session, event or news, days before) → messages."""


class Plans:
    """The plans of one day, each worked out once."""

    def __init__(self, journey: Journey, now: dt.datetime) -> None:
        self._journey = journey
        self._day = day_of(now)
        self._now = now
        self._plans: dict[tuple[str, int], Plan] = {}

    def look(self, wish: Wish, restored: int = 0) -> Found:
        """Look at a wish at that moment. `restored`: see `journey.reminding.look`."""
        key = (wish.target, wish.session)
        if (plan := self._plans.get(key)) is None:
            plan = self._plans[key] = plan_of(self._journey, wish.target, wish.session, self._day)
        return look(wish, plan, self._now, restored)


async def sweep(
    subscriptions: Subscriptions,
    journey: Journey,
    now: dt.datetime,
    *,
    write: bool = True,
    say: Callable[[int], object] = lambda _: None,
) -> Swept:
    """Look at every wish at a moment (aware). `write`: False for a rehearsal, which changes nothing. `say`: how many were seen.

    Any number of workers may sweep at once: each message is queued once. Raises `StorageError`.
    """
    plans = Plans(journey, now)
    swept = Swept()
    async for rows, broken in subscriptions.pages():
        # Asked after the page was read: a backup that is restored beside a running worker brings its rows and its minute at once.
        restored = await subscriptions.restored()
        over, changes = [], []
        for number, row in enumerate(rows):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            found = plans.look(row.wish, restored)
            if found.over:
                over.append(row)
            elif found.wish is not row.wish:
                due = _told(found)
                changes.append(Change(row, found.wish, due))
                for one in found.dues[:1]:
                    swept.whys[str(found.wish.session), one.why, one.before] += 1
                swept.due += due is not None
        if write:
            await subscriptions.settle(over, changes)
        swept.wishes += len(rows)
        swept.over += len(over)
        swept.broken += broken
        say(swept.wishes)
    return swept


def _told(found: Found) -> Told | None:
    """Return the one message for all that is due of a wish: news before the rest, as late as the earliest."""
    if not found.dues:
        return None
    news = next((due.why for due in found.dues if due.why in {"moved", "published"}), None)
    why: Why = "moved" if news == "moved" else "published" if news else "due"
    return Told(min(due.at for due in found.dues), why)
