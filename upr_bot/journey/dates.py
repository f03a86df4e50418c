"""The dates of a State to take along: what is published, and where nothing is, what is usual."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from upr_bot.content import KINDS, Calendar, Kind, Status, When
from upr_bot.journey.standing import Stand
from upr_bot.journey.windows import Moment, Slot, at

_AFTER: Final = frozenset({"response", "speakers-list", "adoption"})


@dataclass(frozen=True, slots=True)
class Dated:
    """One date of a State's review: `when` the calendar has it, published or estimated, else when it is `usual`."""

    kind: Kind
    slot: Slot
    when: When | None
    usual: Moment | None

    @property
    def status(self) -> Status:
        """Return how sure it is; `unknown` when neither a date nor a usual time is known."""
        return self.when.status if self.when else "estimate" if self.usual else "unknown"

    @property
    def first(self) -> dt.date | None:
        """Return the first day it can be on."""
        return self.when.first if self.when else self.usual.first if self.usual else None

    @property
    def last(self) -> dt.date | None:
        """Return the last day it can be on."""
        return self.when.last if self.when else self.usual.last if self.usual else None


def dates_of(stand: Stand, calendar: Calendar) -> Iterator[Dated]:
    """Yield the dates of the last review until its adoption is over, then those of the coming one, in their usual order."""
    if stand.last and stand.stage in {"state_response", "hrc_adoption"}:
        yield from _of(stand.last, calendar, after=True)
    if stand.coming:
        yield from _of(stand.coming, calendar, after=False)


def _of(slot: Slot, calendar: Calendar, *, after: bool) -> Iterator[Dated]:
    for kind in KINDS:
        when = slot.dates.get(kind)
        # Of a coming review, what follows it is told only where it is published: the rest is years away and depends on it.
        if kind in slot.without or (kind in _AFTER and not after and when is None) or (after and kind not in _AFTER):
            continue
        yield Dated(kind, slot, when, None if when else at(kind, slot, calendar))


def coming(stand: Stand, calendar: Calendar, *, estimates: bool) -> list[Dated]:
    """Return the dates that are not over on the day of `stand`, in order of days; estimates only when asked for."""
    sure = ("confirmed", "tentative", "estimate") if estimates else ("confirmed", "tentative")
    found = [(d.first, d) for d in dates_of(stand, calendar) if d.status in sure and d.last and d.last >= stand.day and d.first]
    return [dated for _, dated in sorted(found, key=lambda pair: (pair[0], KINDS.index(pair[1].kind)))]
