"""A rehearsal: what a worker would send at some moment, told without anything that points at a person. Nothing is changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from upr_bot.content import Library
from upr_bot.journey import Journey
from upr_bot.reminders.sweep import sweep
from upr_bot.storage import Database, Deliveries, Subscriptions


async def rehearse(database: Database, library: Library, journey: Journey, now: dt.datetime) -> list[str]:
    """Return lines that say what would go out at a moment (aware). Raises `StorageError`."""
    swept = await sweep(Subscriptions(database), journey, now, write=False)
    waiting = await Deliveries(database).count()
    return list(_lines(swept.whys, swept.due, swept.over, waiting, library))


def _lines(whys: dict[tuple[str, str, int], int], due: int, over: int, waiting: int, library: Library) -> Iterator[str]:
    names = library.first.phrases.date_names
    for (session, why, before), count in sorted(whys.items(), key=str):
        about = {"moved": "a date has changed", "published": "dates are published"}.get(why)
        when = f"{before} day{'s' if before != 1 else ''} before: {names.get(why, why)}"
        yield f"{count} message(s) about session {session}, {about or when}"
    if waiting:
        yield f"{waiting} message(s) wait from before"
    yield f"{due} message(s) would be queued, {over} record(s) would end. Nothing was sent or changed; --send does it."
