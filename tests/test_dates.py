"""The arithmetic of dates at its edges: whose news is told, which session is followed, when a window opens and closes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests import NOW
from tests.test_reminding import DAY, PLAN, at, when, wish_at
from upr_bot.content import Calendar, Edge, Interval, Kind, Session, Special, When, WindowRule
from upr_bot.dialog import Knowledge
from upr_bot.journey import NOTHING, Journey, Plan, look, plan_of
from upr_bot.journey.dates import coming, dates_of
from upr_bot.journey.days import hours_ahead, moment_of, months_after
from upr_bot.journey.windows import Moment, Slot, Window, window_of
from upr_bot.journey.windows import at as moment_at
from upr_bot.wish import minutes

# --- clocks --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alpha2", "summer", "winter"),
    [("US", -4, -5), ("IN", 6, 6), ("NP", 6, 6), ("KI", 12, 12), ("GB", 1, 0), ("NZ", 12, 13), ("XX", 0, 0)],
)
def test_the_hour_offered_is_that_of_most_people_in_the_country(alpha2: str, summer: int, winter: int) -> None:
    """Half an hour goes to the even one: India is five and a half ahead."""
    assert hours_ahead(alpha2, dt.datetime(2027, 7, 1, tzinfo=dt.UTC)) == summer
    assert hours_ahead(alpha2, dt.datetime(2027, 12, 1, tzinfo=dt.UTC)) == winter


def test_an_hour_in_geneva_is_told_in_utc_whatever_the_clock_of_the_server() -> None:
    assert moment_of(dt.date(2027, 7, 1), dt.time(18)) == at(dt.date(2027, 7, 1), 16)
    assert moment_of(dt.date(2027, 12, 1), dt.time(18)) == at(dt.date(2027, 12, 1), 17)
    assert moment_of(dt.date(2027, 12, 1), dt.time(0, 30)) == at(dt.date(2027, 11, 30), 23, 30)
    assert moment_of(dt.date(2027, 7, 1), dt.time(18)).tzinfo is dt.UTC


def test_months_are_counted_over_the_ends_of_years() -> None:
    assert months_after(dt.date(2027, 12, 31), 2) == dt.date(2028, 2, 29)
    assert months_after(dt.date(2027, 1, 31), -1) == dt.date(2026, 12, 31)
    assert months_after(dt.date(2027, 11, 30), 1) == dt.date(2027, 12, 30)
    assert months_after(dt.date(2027, 12, 1), 0) == dt.date(2027, 12, 1)


# --- news ----------------------------------------------------------------------------------------------------------------------

TODAY = dt.date(2027, 2, 1)
BEFORE, AFTER = TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=2)


def told(before: Mapping[Kind, When], after: Mapping[Kind, When]) -> list[str]:
    """Return what somebody who knew some dates is told when the calendar has others, at noon today."""
    known = Plan(90, before) if before else NOTHING
    wish = wish_at(at(TODAY), known)
    return [due.why for due in look(wish, Plan(90, after), at(TODAY, 12)).dues]


def test_j9_a_further_date_is_no_news_unless_it_is_the_presession() -> None:
    known: dict[Kind, When] = {"review": PLAN.dates["review"]}
    later = when(dt.date(2027, 9, 24))
    assert told(known, known | {"adoption": later}) == []
    assert told(dict(PLAN.dates), PLAN.dates | {"adoption": later}) == []
    assert told(known, known | {"presession": when(DAY)}) == ["published"]
    assert told({}, {"review": PLAN.dates["review"]}) == ["published"], "to who waited for any day"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (BEFORE, AFTER, ["moved"]),  # it was over, and is not any more
        (BEFORE, TODAY, ["moved"]),
        (TODAY, BEFORE, ["moved"]),
        (TODAY, None, ["moved"]),
        (BEFORE, BEFORE - dt.timedelta(days=3), []),  # the past was put right
        (BEFORE, None, []),
        (None, TODAY, ["published"]),
        (None, BEFORE, []),
    ],
)
def test_j9_what_is_over_moves_nobody_and_what_is_today_is_not_over(
    old: dt.date | None, new: dt.date | None, expected: list[str]
) -> None:
    review: dict[Kind, When] = {"review": PLAN.dates["review"]}
    before, after = (review | ({"presession": when(day)} if day else {}) for day in (old, new))
    assert told(before, after) == expected


def test_a_restored_copy_knows_whose_dates_were_asked_for_when_they_are_gone() -> None:
    """The day of a session was taken back meanwhile: whoever asked is still told when it is published again."""
    restored = minutes(at(TODAY))
    found = look(wish_at(at(BEFORE)), NOTHING, at(TODAY, 1), restored)
    assert (found.dues, found.wish.session, found.wish.since) == ((), 90, restored)


# --- which session is followed -------------------------------------------------------------------------------------------------


def calendar_of(calendar: Calendar, *sessions: Session) -> Journey:
    return Journey(replace(calendar, sessions={session.number: session for session in sessions}))


def session(number: int, review: dt.date, *states: str, cycle: int = 7, **more: object) -> Session:
    dates: dict[Kind, When] = {"review": when(review, review + dt.timedelta(days=11))}
    return Session(number, cycle, dates, states, {}, **more)  # type: ignore[arg-type]


def test_a_state_is_followed_within_its_cycle_alone(journeys: Knowledge) -> None:
    calendar = journeys.library.calendar
    early, later, last = dt.date(2027, 4, 26), dt.date(2027, 11, 1), dt.date(2028, 5, 1)
    here = calendar_of(calendar, session(90, early, "XAA"), session(91, later, "XAA"), session(92, last, "XAA"), session(93, last))
    assert plan_of(here, "XAA", 0, TODAY).session == 90
    assert plan_of(here, "XAA", 0, dt.date(2027, 5, 8)).session == 91, "the day after the review's last"
    assert plan_of(here, "XAA", 0, dt.date(2027, 5, 7)).session == 90
    assert plan_of(here, "XAA", 91, TODAY).session == 91
    assert plan_of(here, "XAA", 93, TODAY).session == 92, "it is no more in the one it asked about: the latest of the cycle"
    assert plan_of(here, "XAA", 99, TODAY).session == 90, "a session that is no more in the calendar"
    moved = calendar_of(calendar, session(90, early), session(92, last, "XAA", cycle=8))
    assert plan_of(moved, "XAA", 90, TODAY) is NOTHING, "not into the next cycle"
    assert plan_of(moved, "XBB", 0, TODAY) is NOTHING
    assert plan_of(moved, "XAB", 0, TODAY) is NOTHING, "no State at all"


def test_a_session_is_followed_by_its_number(journeys: Knowledge) -> None:
    here = calendar_of(journeys.library.calendar, session(90, dt.date(2027, 4, 26)))
    plan = plan_of(here, "90", 0, TODAY)
    assert (plan.session, plan.dates["review"].first) == (90, dt.date(2027, 4, 26))
    assert plan_of(here, "91", 0, TODAY) is NOTHING


# --- the dates of a State ------------------------------------------------------------------------------------------------------


def listed(knowledge: Knowledge, code: str, day: str) -> list[tuple[str, str, str]]:
    """Return kind, how sure, first day of all dates of a State on a day."""
    stand = knowledge.journey.stand(code, dt.date.fromisoformat(day))
    return [(d.kind, d.status, str(d.first)) for d in dates_of(stand, knowledge.library.calendar)]


COMING = [
    ("portal-opens", "unknown", "None"),
    ("submission", "confirmed", "2026-09-30"),
    ("national-report", "estimate", "2027-01-11"),
    ("presession-application", "confirmed", "2026-12-20"),
    ("presession-statement", "tentative", "2027-03-02"),
    ("presession", "confirmed", "2027-03-16"),
    ("review", "confirmed", "2027-04-26"),
]
FOLLOWING = [("response", "unknown", "None"), ("speakers-list", "estimate", "2027-07-20"), ("adoption", "estimate", "2027-07-26")]


def test_before_a_review_its_dates_are_listed_and_after_it_what_follows(journeys: Knowledge) -> None:
    assert listed(journeys, "XAA", "2026-11-22") == COMING
    for day in ("2027-05-08", "2027-05-20", "2027-10-20"):
        assert listed(journeys, "XAA", day) == FOLLOWING, day
    assert listed(journeys, "XAA", "2028-03-01") == [], "the adoption is over, and no review is announced"
    assert listed(journeys, "XCC", "2025-05-01")[-1] == ("adoption", "confirmed", "2025-09-26"), "published ahead of the review"


def test_until_the_adoption_the_last_review_stands_before_the_coming_one(journeys: Knowledge) -> None:
    calendar = journeys.library.calendar
    here = calendar_of(calendar, calendar.sessions[90], session(99, dt.date(2031, 11, 3), "XAA", cycle=8))
    for day in (dt.date(2027, 5, 20), dt.date(2027, 10, 20)):
        stand = here.stand("XAA", day)
        found = [(d.kind, d.slot.session.number) for d in dates_of(stand, calendar)]
        assert found[:4] == [("response", 90), ("speakers-list", 90), ("adoption", 90), ("portal-opens", 99)]
        assert {number for _, number in found[3:]} == {99}
        assert found[-1] == ("review", 99)
    found = [d.slot.session.number for d in dates_of(here.stand("XAA", dt.date(2028, 3, 1)), calendar)]
    assert set(found) == {99}


def test_what_does_not_hold_for_a_state_is_neither_listed_nor_estimated(journeys: Knowledge) -> None:
    calendar = journeys.library.calendar
    text = {"en": "It hands in no report."}
    special = Special("XAA", 7, announced=True, without=("submission", "national-report"), text=text, sources=(), checked=DAY)
    here = Journey(replace(calendar, special={("XAA", 7): special}))
    found = [d.kind for d in dates_of(here.stand("XAA", NOW.date()), calendar)]
    assert found == [kind for kind, *_ in COMING if kind not in special.without]
    (slot,) = here.slots("XAA")
    assert moment_at("submission", slot, calendar) is None


def test_dates_to_take_along_are_those_ahead_in_order_of_days(journeys: Knowledge) -> None:
    def ahead(day: str, *, estimates: bool) -> list[str]:
        stand = journeys.journey.stand("XAA", dt.date.fromisoformat(day))
        return [d.kind for d in coming(stand, journeys.library.calendar, estimates=estimates)]

    assert ahead("2026-11-22", estimates=False) == ["presession-application", "presession-statement", "presession", "review"]
    assert ahead("2026-11-22", estimates=True) == [
        "presession-application", "national-report", "presession-statement", "presession", "review",
    ]  # fmt: skip
    assert ahead("2027-03-19", estimates=False) == ["presession", "review"], "its last day"
    assert ahead("2027-03-20", estimates=False) == ["review"]
    assert ahead("2027-10-19", estimates=True) == ["speakers-list", "adoption"]
    assert ahead("2027-10-20", estimates=True) == ["adoption"]
    assert ahead("2027-10-20", estimates=False) == []


def test_of_two_dates_on_one_day_the_one_that_usually_comes_first_stands_first(journeys: Knowledge) -> None:
    both: dict[Kind, When] = {"review": when(DAY), "presession": when(DAY), "submission": when(DAY)}
    here = calendar_of(journeys.library.calendar, Session(90, 7, both, ("XAA",), {}))
    stand = here.stand("XAA", TODAY)
    assert [d.kind for d in coming(stand, here.calendar, estimates=False)] == ["submission", "presession", "review"]


# --- windows -------------------------------------------------------------------------------------------------------------------


def edge(
    date: Kind | None = None, side: str = "first", shift: int = 0, usually: Interval | None = None, other: Edge | None = None
) -> Edge:
    return Edge(date, side, shift, usually, other)  # type: ignore[arg-type]


def window(calendar: Calendar, dates: Mapping[Kind, When], shown: str = "window", **more: object) -> Window:
    """Return the window of a rule for a review with some dates."""
    rule = WindowRule(
        "w", "review", "coming", shown, more.get("opens"), more.get("closes"), 0, more.get("after"), 1, None, ("rule",)
    )  # type: ignore[arg-type]
    slot = Slot(Session(90, 7, dates, ("XAA",), {}), dates)
    made = window_of(rule, slot, calendar)
    assert made.slot is slot
    return made


SPAN = when(DAY, dt.date(2027, 3, 19))
LOOSE = replace(when(dt.date(2027, 3, 1), dt.date(2027, 3, 31), "tentative"), exact=False)
OPEN_END = replace(SPAN, ends_known=False)


def days(moment: Moment | None) -> tuple[str, str, str] | None:
    return (str(moment.first), str(moment.last), moment.status) if moment else None


@pytest.mark.parametrize(
    ("found", "first", "last"),
    [
        (SPAN, ("2027-03-16", "2027-03-16"), ("2027-03-19", "2027-03-19")),
        (OPEN_END, ("2027-03-16", "2027-03-16"), ("2027-03-16", "2027-03-19")),
        (LOOSE, ("2027-03-01", "2027-03-31"), ("2027-03-01", "2027-03-31")),
    ],
)
def test_an_end_of_a_window_lies_where_its_date_lets_it(
    journeys: Knowledge, found: When, first: tuple[str, str], last: tuple[str, str]
) -> None:
    made = window(journeys.library.calendar, {"presession": found}, opens=edge("presession"), closes=edge("presession", "last"))
    assert (days(made.opens), days(made.closes)) == ((*first, found.status), (*last, found.status))
    assert made.opens is not None
    assert made.opens.when is found, "who says so comes along"
    moved = window(
        journeys.library.calendar,
        {"presession": found},
        opens=edge("presession", shift=-10),
        closes=edge("presession", "last", shift=7),
        after="presession",
    )
    shifted = [str(dt.date.fromisoformat(day) - dt.timedelta(days=10)) for day in first]
    later = [str(dt.date.fromisoformat(day) + dt.timedelta(days=7)) for day in last]
    assert (days(moved.opens), days(moved.closes)) == ((*shifted, found.status), (*later, found.status))
    assert moved.closes is not None
    assert moved.closes.when is found
    assert moved.source == found.source
    assert moved.after == found.last, "open in no case before all of it is over"


def test_where_nothing_is_published_what_is_usual_stands_in_as_an_estimate(journeys: Knowledge) -> None:
    """Also over two steps: the speakers' list from the adoption, the adoption from the review."""
    calendar = journeys.library.calendar
    review: dict[Kind, When] = {"review": when(dt.date(2027, 4, 26), dt.date(2027, 5, 7))}
    month = Interval("adoption", "months", -1, 2)
    made = window(calendar, review, opens=edge("speakers-list", shift=1), closes=edge(usually=month))
    assert days(made.opens) == ("2027-07-21", "2027-10-20", "estimate")
    assert days(made.closes) == ("2027-06-26", "2027-12-25", "estimate")
    assert (made.opens and made.opens.when, made.starts, made.ends) == (None, None, None), "no day travels on without its span"
    assert made.closes is not None
    assert made.closes.usual == month
    assert made.source == "rule"
    assert window(calendar, {}, opens=edge("speakers-list"), closes=edge(usually=month)).opens is None


def test_what_stands_in_steps_back_behind_what_is_published(journeys: Knowledge) -> None:
    calendar = journeys.library.calendar
    other = edge("review", "last")
    review: dict[Kind, When] = {"review": when(dt.date(2027, 4, 26), dt.date(2027, 5, 7))}
    end = ("2027-05-07", "2027-05-07", "confirmed")
    assert days(window(calendar, review, closes=edge("adoption", other=other)).closes) == end, "instead of an estimate"
    assert days(window(calendar, review, closes=edge("response", other=other)).closes) == end, "instead of nothing"
    both = review | {"adoption": SPAN}
    assert days(window(calendar, both, closes=edge("adoption", other=other)).closes) == ("2027-03-16", "2027-03-16", "confirmed")
    only = window(calendar, review, closes=edge("adoption", other=edge("response")))
    assert days(only.closes) == ("2027-07-26", "2027-10-25", "estimate"), "the other way leads nowhere"


@pytest.mark.parametrize(
    ("shown", "expected"), [("deadline", "confirmed"), ("event", "estimate"), ("window", "estimate"), ("words", "estimate")]
)
def test_a_deadline_is_as_sure_as_its_day_and_all_else_as_its_less_sure_end(journeys: Knowledge, shown: str, expected: str) -> None:
    dates: dict[Kind, When] = {"submission": replace(SPAN, status="estimate"), "review": SPAN}
    made = window(journeys.library.calendar, dates, shown, opens=edge("submission"), closes=edge("review", "last"))
    assert made.status == expected
    assert made.told is (made.opens if shown == "event" else made.closes)
    opens_alone = window(journeys.library.calendar, dates, shown, opens=edge("review"))
    assert opens_alone.status == "confirmed"
    assert opens_alone.told is (opens_alone.opens)
    assert (opens_alone.starts, opens_alone.ends) == (DAY, None)


def test_what_has_no_day_is_as_unsure_as_can_be(journeys: Knowledge) -> None:
    calendar = journeys.library.calendar
    made = window(calendar, {"review": SPAN})
    assert (made.opens, made.closes, made.status, made.after, made.told) == (None, None, "unknown", None, None)
    assert window(calendar, {"review": SPAN}, opens=edge()).opens is None
    rule = replace(made.rule, opens=edge("review"), closes=edge("review"), after="review")
    without = window_of(rule, None, calendar)
    assert (without.slot, without.opens, without.closes, without.status, without.after) == (None, None, None, "unknown", None)


def test_programs_get_the_days_of_the_calendar_alone(journeys: Knowledge) -> None:
    calendar = journeys.library.calendar
    ends = {"opens": edge("presession"), "closes": edge("presession", "last")}
    made = window(calendar, {"presession": SPAN}, **ends)
    assert (made.starts, made.ends) == (DAY, SPAN.last)
    made = window(calendar, {"presession": OPEN_END}, **ends)
    assert (made.starts, made.ends) == (DAY, None), "the latest day it can reach is not its last"
    made = window(calendar, {"presession": LOOSE}, **ends)
    assert (made.starts, made.ends) == (LOOSE.first, LOOSE.last)
    made = window(calendar, {"presession": OPEN_END}, closes=edge("presession", "first"))
    assert (made.starts, made.ends) == (None, DAY), "its first day is known"
