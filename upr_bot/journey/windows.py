"""A review and the rules of a cycle → when each window opens and closes, and how sure that is. Knows no today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from upr_bot.content import STATUSES, Calendar, Edge, Interval, Kind, Session, Status, When, WindowRule
from upr_bot.journey.days import moved


@dataclass(frozen=True, slots=True)
class Slot:
    """One review of one State: its session, and the dates that hold for it (its own day of review, if known)."""

    session: Session
    dates: Mapping[Kind, When]
    without: tuple[Kind, ...] = ()
    """Dates that its session has and that do not hold for this State: nothing usual stands in for them."""

    @property
    def review(self) -> When:
        """Return the days of the review."""
        return self.dates["review"]


@dataclass(frozen=True, slots=True)
class Moment:
    """One end of a window: it lies somewhere from `first` to `last`; `usual` is the interval that it was worked out by."""

    first: dt.date
    last: dt.date
    status: Status
    when: When | None = None
    usual: Interval | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A window of one State's cycle. `opens` and `closes` are None where nothing is known, or nothing has to be."""

    rule: WindowRule
    slot: Slot | None
    opens: Moment | None
    closes: Moment | None
    status: Status
    after: dt.date | None = None
    """The last day on which what has to come first can be: before it this counts as open in no case."""

    @property
    def told(self) -> Moment | None:
        """Return the end that readers plan by: the close of a deadline, the beginning of an event."""
        if self.rule.shown == "event":
            return self.opens
        return self.closes or self.opens

    @property
    def source(self) -> str:
        """Return who says so: the source of the date, or of the rule."""
        moment = self.told
        return moment.when.source if moment and moment.when else self.rule.sources[0]

    @property
    def starts(self) -> dt.date | None:
        """Return the first day of the calendar's that it can begin on; None where only what is usual tells."""
        return None if self.opens is None or self.opens.usual else self.opens.first

    @property
    def ends(self) -> dt.date | None:
        """Return the last day of the calendar's that it can reach; None where it tells only the first."""
        closes = self.closes
        if closes is None or closes.usual:
            return None
        told = closes.when is None or closes.when.ends_known or closes.last == closes.when.first
        return closes.last if told else None


def surest_last(*statuses: Status) -> Status:
    """Return the least sure of some statuses: a window is as sure as its less sure end."""
    return max(statuses, key=STATUSES.index, default="unknown")


def window_of(rule: WindowRule, slot: Slot | None, calendar: Calendar) -> Window:
    """Return a rule's window for one review."""
    opens = _moment(rule.opens, slot, calendar) if rule.opens and slot else None
    closes = _moment(rule.closes, slot, calendar) if rule.closes and slot else None
    told = closes if rule.shown == "deadline" and closes else None
    # A deadline is as sure as its day; when it can be begun only says from when one may act.
    status = told.status if told else surest_last(*(m.status for m in (opens, closes) if m))
    first = at(rule.after, slot, calendar, "last") if rule.after and slot else None
    return Window(rule, slot, opens, closes, status, first.last if first else None)


def _moment(edge: Edge, slot: Slot, calendar: Calendar) -> Moment | None:
    found: Moment | None = None
    if edge.date is not None:
        found = at(edge.date, slot, calendar, edge.side)
        # What only stands in for a date steps back behind an order that is published.
        if edge.or_else and (found is None or found.usual):
            found = _moment(edge.or_else, slot, calendar) or found
    elif edge.usually is not None:
        found = _usual(edge.usually, slot, calendar)
    if found is None or not edge.shift:
        return found
    shift = dt.timedelta(days=edge.shift)
    return Moment(found.first + shift, found.last + shift, found.status, found.when, found.usual)


def at(kind: Kind, slot: Slot, calendar: Calendar, side: str = "first") -> Moment | None:
    """Return when a date of a review lies, by publication or else by what is usual; None when neither tells."""
    when = slot.dates.get(kind)
    if when is None and kind in slot.without:
        return None
    if when is None:
        usual = calendar.kinds[kind].usually
        return _usual(usual, slot, calendar) if usual else None
    if not when.exact:
        return Moment(when.first, when.last, when.status, when)
    if side == "first":
        return Moment(when.first, when.first, when.status, when)
    return Moment(when.last if when.ends_known else when.first, when.last, when.status, when)


def _usual(interval: Interval, slot: Slot, calendar: Calendar) -> Moment | None:
    anchor = at(interval.anchor, slot, calendar)
    if anchor is None:
        return None
    return Moment(
        moved(anchor.first, interval, interval.least), moved(anchor.last, interval, interval.most), "estimate", None, interval
    )
