"""Days as people in Geneva count them."""

from __future__ import annotations

import calendar
import datetime as dt
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from upr_bot.content import Interval

GENEVA: Final = ZoneInfo("Europe/Zurich")
FIRST: Final = dt.date(2008, 1, 1)
"""The year of the first review."""
LAST: Final = dt.date(2035, 12, 31)
"""Beyond it even the estimates of the calendar say nothing."""


def day_of(now: dt.datetime) -> dt.date:
    """Return the day it is in Geneva at a moment (an aware datetime): deadlines count in Geneva time."""
    return now.astimezone(GENEVA).date()


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """Return alpha-2 code → its most populous time zone, from the IANA table that tzdata brings."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    zones: dict[str, str] = {}
    for code, _, zone, *_ in rows:
        zones.setdefault(code, zone)
    return zones


def hours_ahead(alpha2: str, now: dt.datetime) -> int:
    """Return how many whole hours the clocks of most people in a State are ahead of UTC at a moment (aware); 0 when unknown."""
    zone = _zones().get(alpha2)
    offset = now.astimezone(ZoneInfo(zone)).utcoffset() if zone else None
    return round(offset.total_seconds() / 3600) if offset else 0


def moment_of(day: dt.date, hour: dt.time) -> dt.datetime:
    """Return the moment of an hour in Geneva, in UTC; an hour that a change of clocks skips counts as the hour after it."""
    return dt.datetime.combine(day, hour, GENEVA).astimezone(dt.UTC)


def months_after(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later (earlier when negative), or the last of that month where it has no such day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def moved(day: dt.date, interval: Interval, by: int) -> dt.date:
    """Return a day moved by `by` of the interval's unit."""
    return day + dt.timedelta(days=by) if interval.unit == "days" else months_after(day, by)
