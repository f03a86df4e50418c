"""Where a State stands on a day, and what can be done: open now, next, closed. Pure arithmetic over the calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from upr_bot.content import Calendar, Country, Special, WindowRule
from upr_bot.journey.windows import Slot, Window, window_of

MOST_OPEN: Final = 3
"""Things open now that are told: what needs doing first, not everything that could be done."""
_NEVER: Final = dt.date.max


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a State stands.

    `last` is the review that is over, `coming` the one that is announced or estimated. `open` holds at most three windows, the one
    that closes first in front; `next` those that open later, in that order; `closed` those that are over, the latest in front.
    """

    country: Country
    day: dt.date
    last: Slot | None
    coming: Slot | None
    special: Special | None
    stage: str
    open: tuple[Window, ...]
    next: tuple[Window, ...]
    closed: tuple[Window, ...]

    @property
    def published(self) -> bool:
        """Tell whether a day of the coming review is published, be it a tentative one."""
        return self.coming is not None and self.coming.review.status != "estimate"

    @property
    def session(self) -> int | None:
        """Return the session that the stage belongs to; None when the next review is due and not announced."""
        if self.special and not self.special.announced:
            return None
        after = self.last is not None and self.stage in {"state_response", "hrc_adoption", "implementation", "mid_term"}
        slot = self.last if after or self.coming is None else self.coming
        return slot.session.number if slot else None


class Journey:
    """The calendar, arranged by State. Holds nothing of a person; what it keeps follows from the content alone."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._rules = {of: tuple(rule for rule in calendar.windows if rule.of == of) for of in ("coming", "last")}
        self._slots: dict[str, tuple[Slot, ...]] = dict.fromkeys(calendar.countries, ())
        for session in calendar.sessions.values():
            for code in session.states:
                dates = dict(session.dates)
                if own := session.own_days.get(code):
                    dates["review"] = own
                special = calendar.special.get((code, session.cycle))
                without = special.without if special else ()
                for kind in without:
                    dates.pop(kind, None)
                if "review" in dates:
                    self._slots[code] = (*self._slots[code], Slot(session, dates, without))
        for code, slots in self._slots.items():
            self._slots[code] = tuple(sorted(slots, key=lambda slot: slot.review.first))
        self._windows: dict[tuple[str, int], tuple[tuple[Window, ...], tuple[Window, ...]]] = {}

    def slots(self, code: str) -> tuple[Slot, ...]:
        """Return the reviews of a State, the first in front."""
        return self._slots[code]

    def stand(self, code: str, day: dt.date) -> Stand:
        """Return where a State stands on a day. `code`: alpha-3, one of the calendar's."""
        slots = self._slots[code]
        over = sum(slot.review.last < day for slot in slots)
        last = slots[over - 1] if over else None
        special = self._special(code, last, slots[over] if over < len(slots) else None)
        coming = slots[over] if over < len(slots) and (special is None or special.announced) else None
        if (kept := self._windows.get((code, over))) is None:
            kept = self._windows[code, over] = (self._of("coming", coming), self._of("last", last))
        opened: list[Window] = []
        following: list[Window] = []
        closed: list[Window] = []
        unpublished = coming is None or coming.review.status == "estimate"
        for window in (*kept[0], *kept[1]):
            if window.rule.only and not unpublished:
                continue
            place = _place(window, day)
            (opened if place == 0 else following if place > 0 else closed).append(window)
        due = special is not None and not special.announced
        stage = "next_cycle" if due else _stage(opened, following, closed, coming, last)
        opened.sort(key=lambda w: (w.closes.last if w.closes else _NEVER, -w.rule.rank))
        following.sort(key=_begins)
        closed.sort(key=lambda w: (w.closes.last if w.closes else _NEVER, w.rule.rank), reverse=True)
        return Stand(
            self.calendar.countries[code],
            day,
            last,
            coming,
            special,
            stage,
            tuple(opened[:MOST_OPEN]),
            tuple(following),
            # What nobody published and is over long since, after the last review, would be a guess about the past.
            tuple(w for w in closed if w.rule.of == "coming" or (w.told and w.told.when)),
        )

    def coming_session(self, day: dt.date) -> int | None:
        """Return the session that is on or comes next on a day, be it an estimated one; None after the last."""
        for session in self.calendar.sessions.values():
            review = session.dates.get("review")
            if review and review.last >= day:
                return session.number
        return None

    def _special(self, code: str, last: Slot | None, coming: Slot | None) -> Special | None:
        """Return what is different for a State now: for its coming review, for one that is due, or for the last one."""
        found = self.calendar.special
        cycle = last.session.cycle if last else 0
        unannounced = next((s for (c, n), s in found.items() if c == code and not s.announced and n > cycle), None)
        return (coming and found.get((code, coming.session.cycle))) or unannounced or (last and found.get((code, cycle))) or None

    def _of(self, which: str, slot: Slot | None) -> tuple[Window, ...]:
        windows = (window_of(rule, slot, self.calendar) for rule in self._rules[which] if slot or _needs_no_day(rule))
        return tuple(w for w in windows if (w.closes or not w.rule.closes) and (w.opens or w.closes or _needs_no_day(w.rule)))


def _needs_no_day(rule: WindowRule) -> bool:
    return rule.opens is None and rule.closes is None


def _begins(window: Window) -> dt.date:
    """Return the day by which what comes next is put in order: of a deadline the deadline, else the first day."""
    moment = window.told if window.rule.shown in {"deadline", "event"} else window.opens
    return max(moment.first, window.after or moment.first) if moment else _NEVER


def _place(window: Window, day: dt.date) -> int:
    """Return 0 for a window that is open on a day, 1 for one that comes, -1 for one that is over."""
    if window.closes and window.closes.last < day:
        return -1
    if window.after and window.after >= day:
        return 1
    if window.opens:
        return 0 if window.opens.first <= day else 1
    if window.closes is None:
        return 0
    # Nobody tells when it opens: it counts as open some time ahead of its end.
    return 0 if window.closes.first - dt.timedelta(days=window.rule.lead) <= day else 1


def _stage(
    opened: Iterable[Window], following: Iterable[Window], closed: Iterable[Window], coming: Slot | None, last: Slot | None
) -> str:
    """Return the stage a State is in: that of the highest of its open windows."""
    # Between the State's answer and the Council's session there is nothing to do by a day, and the adoption is what comes.
    if any(w.rule.id == "response" for w in closed) and any(w.rule.id == "adoption" for w in following):
        return "hrc_adoption"
    highest = max(opened, key=lambda w: w.rule.rank, default=None)
    if highest is None:
        return "implementation" if last and not coming else "next_cycle"
    # Between the consultation and the deadline the submission is what everybody works on, the portal open or not.
    if highest.rule.id == "prepare" and any(w.rule.id == "consultation" for w in closed):
        return "stakeholder_submission"
    return highest.rule.stage
