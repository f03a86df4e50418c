"""When somebody is to be reminded of what: arithmetic over today's calendar, so that a date that moves needs no rescheduling."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from upr_bot.content import Kind, When
from upr_bot.journey.days import day_of
from upr_bot.journey.standing import Journey
from upr_bot.wish import AFTERWARDS, LONGEST, REMINDED, Wish, minutes, packed_spans, unpacked_spans

SURE: Final = frozenset({"confirmed", "tentative"})
ASTRAY: Final = 60
"""Minutes: a restoring that lies further ahead was written down by a clock that was wrong, and does not count."""
_DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Plan:
    """The published dates of a target as the calendar has them. `session`: whose they are, 0 when there are none."""

    session: int
    dates: Mapping[Kind, When]
    told: bytes = field(init=False)
    """The dates as `Wish.told` holds them."""
    ends: int | None = field(init=False)
    """Minutes since 1970 from which nothing about it is kept; None when no date says so."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "told", packed_spans({kind: (when.first, when.last) for kind, when in self.dates.items()}))
        last = max((when.last for when in self.dates.values()), default=None)
        midnight = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), dt.UTC) if last else None
        object.__setattr__(self, "ends", minutes(midnight + AFTERWARDS) if midnight else None)

    def ahead(self, day: dt.date) -> dict[Kind, When]:
        """Return the dates that are not over on a day."""
        return {kind: when for kind, when in self.dates.items() if when.last >= day}


NOTHING: Final = Plan(0, {})


def plan_of(journey: Journey, target: str, bound: int, day: dt.date) -> Plan:
    """Return the plan of a target on a day in Geneva.

    `bound`: the session that a wish is about, 0 for none yet. A State is followed into whichever session of the same cycle it is in
    now; a State without a session gets the first one with a published date that is not over.
    """
    if target.isdigit():
        session = journey.calendar.sessions.get(int(target))
        return Plan(session.number, _published(session.dates)) if session else NOTHING
    if target not in journey.calendar.countries:
        return NOTHING
    sessions = journey.calendar.sessions
    plans = [Plan(slot.session.number, _published(slot.dates)) for slot in journey.slots(target)]
    if bound in sessions:
        here = [plan for plan in plans if sessions[plan.session].cycle == sessions[bound].cycle and plan.dates]
        return next((plan for plan in here if plan.session == bound), here[-1] if here else NOTHING)
    return next((plan for plan in plans if plan.ahead(day)), NOTHING)


def _published(dates: Mapping[Kind, When]) -> dict[Kind, When]:
    """Return the dates whose days are published: what is only known by the month cannot be counted from."""
    return {kind: when for kind in REMINDED if (when := dates.get(kind)) and when.status in SURE and when.exact}


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be said now. `at`: since when, in minutes since 1970. `why`: the event's kind, `moved` or `published`."""

    at: int
    why: str
    before: int = 0
    """Days before the event."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at one wish found: whether it is over, how it stands now, what is due."""

    over: bool
    wish: Wish
    dues: tuple[Due, ...] = ()


def look(wish: Wish, plan: Plan, now: dt.datetime, restored: int = 0) -> Found:
    """Look at a wish at a moment (aware). `plan`: that of its target and session, on that day.

    `restored`: the minute (since 1970) at which these records were restored from a backup, 0 when they never were.
    """
    minute = minutes(now)
    if ends(wish, plan) <= minute:
        return Found(over=True, wish=wish)
    if wish.since < restored <= minute + ASTRAY:
        # What the original has said since the backup nobody knows: up to that minute all of it counts as said.
        wish = replace(wish, told=plan.told, session=plan.session or wish.session, since=restored)
    dues = [due for due in _dues(wish, plan, now) if wish.since < due.at <= minute]
    told = wish
    if plan.told != wish.told or plan.session != wish.session:
        if why := _news(wish, plan, day_of(now)):
            dues.insert(0, Due(minute, why))
        told = replace(wish, told=plan.told, session=plan.session or wish.session)
    if dues:
        told = replace(told, since=minute)
    return Found(over=False, wish=told, dues=tuple(dues))


def ends(wish: Wish, plan: Plan) -> int:
    """Return the minute from which a wish is over."""
    longest = wish.created + int(LONGEST.total_seconds()) // 60
    return longest if plan.ends is None else min(plan.ends, longest)


def _dues(wish: Wish, plan: Plan, now: dt.datetime) -> list[Due]:
    """Return when reminders fall due, of events that are not over, the earliest first."""
    found = []
    for kind, when in plan.ahead(day_of(now)).items():
        midnight = (when.first.toordinal() - _EPOCH) * _DAY
        found += [Due(midnight - before * _DAY + wish.hour * 60, kind, before) for before in wish.before]
    return sorted(found, key=lambda due: due.at)


_EPOCH: Final = dt.date(1970, 1, 1).toordinal()


def _news(wish: Wish, plan: Plan, day: dt.date) -> str:
    """Return `moved` or `published` when the person should be told that dates are other than they knew, else nothing.

    What is over moves nobody. A further date is news where nothing was known before, or when it is the Pre-session's.
    """
    before, after = unpacked_spans(wish.told), unpacked_spans(plan.told)
    for kind, span in before.items():
        now = after.get(kind)
        if now != span and (span[1] >= day or (now and now[1] >= day)):
            return "moved"
    fresh = [kind for kind, span in after.items() if kind not in before and span[1] >= day]
    return "published" if fresh and (not before or "presession" in fresh) else ""
