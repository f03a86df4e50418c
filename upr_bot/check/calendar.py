"""The calendar: every date says how sure it is, dates stand in order, every State once a cycle, names that answer to one State.

What is past is judged by the day on which a date was last checked, so that a content which passes goes on passing. What today makes
doubtful is a warning (`warnings`).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Final

from upr_bot.check.content import Whole
from upr_bot.content import KINDS, Kind, When
from upr_bot.content.calendar import CountriesFile, DateItem, SessionsFile
from upr_bot.content.reader import Path
from upr_bot.errors import Problem
from upr_bot.journey import Slot, at, clashes

SESSIONS: Final = "dialogs/sessions.yaml"
COUNTRIES: Final = "dialogs/countries.yaml"
STATES: Final = 193
"""Member States of the United Nations, each reviewed once a cycle."""
LONGEST_REVIEW: Final = dt.timedelta(days=21)
"""Sessions last two weeks; a longer one is a span, not its days."""
FULL_CYCLE: Final = 4
"""The cycle whose States are all known."""
LATE: Final = 45
"""Days after which a date that is still to come should be looked at again."""
SOON: Final = 60
"""Days before a window opens in which its date should be published or looked for."""
_PAIRS: Final[tuple[tuple[Kind, Kind], ...]] = (
    ("portal-opens", "submission"), ("submission", "review"), ("national-report", "review"),
    ("presession-application", "presession-statement"), ("presession-application", "presession"),
    ("presession-statement", "presession"), ("presession", "review"), ("review", "response"), ("review", "adoption"),
    ("speakers-list", "adoption"),
)  # fmt: skip
"""What comes before what."""


def rules(content: Whole) -> Iterator[Problem]:  # noqa: PLR0912 - one branch a rule
    """Yield mistakes of the calendar."""
    sessions = content.parsed.get(SESSIONS, SessionsFile)
    countries = content.parsed.get(COUNTRIES, CountriesFile)
    if sessions is None or countries is None:
        return
    known = {country.code for country in countries.countries}
    numbers: set[int] = set()
    before: dt.date | None = None
    for index, session in enumerate(sessions.sessions):
        where: Path = ("sessions", index)
        if session.number in numbers:
            yield content.problem(SESSIONS, where, f"session {session.number} stands here twice; keep one")
        if numbers and session.number < max(numbers):
            yield content.problem(SESSIONS, where, f"session {session.number} stands after a later one; put it in order")
        numbers.add(session.number)
        if "review" not in session.dates:
            yield content.problem(SESSIONS, where, f"session {session.number} has no review; add it, be it an estimate")
        for kind, item in session.dates.items():
            yield from _date(content, (*where, "dates", kind), kind, item)
        for code, item in session.own_days.items():
            yield from _date(content, (*where, "own days", code), "review", item)
            if code not in session.states:
                yield content.problem(SESSIONS, (*where, "own days", code), f"'{code}' is not among its states; add it there")
        dates = content.library.calendar.sessions[session.number].dates
        for first, then in _PAIRS:
            if first in dates and then in dates and dates[first].first > dates[then].last:
                yield content.problem(SESSIONS, (*where, "dates", then), f"'{then}' comes before '{first}'; check both days")
        review = dates.get("review")
        if review and before and review.first < before:
            yield content.problem(SESSIONS, (*where, "dates", "review"), "the review comes before that of the session above")
        before = review.first if review else before
        for code in session.states:
            if code not in known:
                yield content.problem(SESSIONS, (*where, "states"), f"'{code}' is not in {COUNTRIES}; correct or add it")
    yield from _once_a_cycle(content, sessions, known)
    yield from _names(content, countries)


def _date(content: Whole, where: Path, kind: Kind, item: DateItem) -> Iterator[Problem]:
    first, last = item.on or item.from_ or item.earliest, item.on or item.to or item.latest or item.from_
    if first and last and last < first:
        yield content.problem(SESSIONS, where, "ends before it begins; check both days")
    if item.status == "estimate" and item.basis is None:
        yield content.problem(SESSIONS, where, "is an estimate without 'basis'; say what it is worked out from")
    if item.status != "estimate" and item.basis is not None:
        yield content.problem(SESSIONS, where, f"has a 'basis' and is marked {item.status}; mark it estimate, or name who says so")
    if item.status == "confirmed" and item.earliest is not None:
        yield content.problem(SESSIONS, where, "is a span and marked confirmed; a span is tentative or an estimate")
    if kind == "review" and item.status == "confirmed" and item.from_ and item.to and item.to - item.from_ > LONGEST_REVIEW:
        yield content.problem(SESSIONS, where, "lasts longer than a session; give the days, or earliest and latest")
    open_ = item.status in {"tentative", "estimate"}
    if open_ and last and last < item.checked and item.past is None:
        yield content.problem(
            SESSIONS, where, f"had gone by when it was checked and is still marked {item.status}; confirm it, or add 'past: yes'"
        )
    if item.past and (not open_ or not last or last >= item.checked):
        yield content.problem(SESSIONS, where, "is marked past and is not; delete 'past'")


def _once_a_cycle(content: Whole, sessions: SessionsFile, known: set[str]) -> Iterator[Problem]:
    """Each State once a cycle; in the packaged calendar, every State in the cycle that is known whole."""
    special = {(s.code, s.cycle): s for s in sessions.special}
    for number, s in enumerate(sessions.special):
        if s.code not in known:
            yield content.problem(SESSIONS, ("special", number), f"'{s.code}' is not in {COUNTRIES}; correct or add it")
    for cycle in sorted({session.cycle for session in sessions.sessions}):
        places = [(i, code) for i, session in enumerate(sessions.sessions) if session.cycle == cycle for code in session.states]
        count = Counter(code for _, code in places)
        seen: set[str] = set()
        for index, code in places:
            if count[code] > 1 and code in seen:
                yield content.problem(SESSIONS, ("sessions", index, "states"), f"'{code}' stands twice in cycle {cycle}; keep one")
            seen.add(code)
            if (entry := special.get((code, cycle))) and not entry.announced:
                yield content.problem(SESSIONS, ("sessions", index, "states"), f"'{code}' is not announced and stands in a session")
        packaged = _is_packaged(content)
        if packaged and cycle == FULL_CYCLE:
            absent = sorted(known - set(count) - {c for (c, n), s in special.items() if n == cycle and not s.announced})
            for code in absent:
                yield content.problem(SESSIONS, (), f"'{code}' is missing in cycle {cycle}; put it into a session")
    if _is_packaged(content) and len(known) != STATES:
        yield content.problem(COUNTRIES, (), f"holds {len(known)} States; the United Nations have {STATES}")


def _is_packaged(content: Whole) -> bool:
    """Tell whether the calendar is the packaged one: an overlay may bring any States."""
    files = content.source.files()
    return all(files[path].is_relative_to(content.source.base) for path in (SESSIONS, COUNTRIES))


def _names(content: Whole, countries: CountriesFile) -> Iterator[Problem]:
    count = Counter(country.code for country in countries.countries)
    pairs = Counter(country.alpha2 for country in countries.countries)
    codes = [country.code for country in countries.countries]
    for index, country in enumerate(countries.countries):
        if count[country.code] > 1 or pairs[country.alpha2] > 1:
            yield content.problem(COUNTRIES, ("countries", index), f"'{country.code}' or '{country.alpha2}' stands twice; keep one")
        for near in country.near:
            if near not in count:
                yield content.problem(COUNTRIES, ("countries", index, "near"), f"'{near}' is no State here; correct it")
        for language in content.library.books:
            if language not in country.names:
                yield content.problem(COUNTRIES, ("countries", index, "names"), f"'{country.code}' has no name in '{language}'")
    for name, code, other in clashes(content.library.calendar):
        where = ("countries", codes.index(code))
        yield content.problem(COUNTRIES, where, f"'{name}' is a name of '{code}' and of '{other}'; take one away, or ask back")


def warnings(content: Whole, today: dt.date) -> Iterator[Problem]:
    """Yield what `today` makes doubtful: dates not looked at for long, days that have gone by, windows near without a date."""
    sessions = content.parsed.get(SESSIONS, SessionsFile)
    assert sessions is not None
    for index, session in enumerate(sessions.sessions):
        for kind, item in session.dates.items():
            last = item.on or item.to or item.latest or item.from_
            where: Path = ("sessions", index, "dates", kind)
            if last and last >= today and (age := (today - item.checked).days) > LATE:
                yield content.problem(SESSIONS, where, f"'{kind}' of session {session.number} was checked {age} days ago")
            if last and item.checked <= last < today and item.status in {"tentative", "estimate"}:
                yield content.problem(
                    SESSIONS, where, f"'{kind}' of session {session.number} is over; confirm it, or add 'past: yes'"
                )
        yield from _near(content, index, today)


def _near(content: Whole, index: int, today: dt.date) -> Iterator[Problem]:
    """Yield the windows of a session that open soon by what is usual, and have no published date."""
    sessions = content.parsed.get(SESSIONS, SessionsFile)
    assert sessions is not None
    calendar = content.library.calendar
    session = calendar.sessions[sessions.sessions[index].number]
    slot = Slot(session, session.dates) if "review" in session.dates else None
    for kind in KINDS:
        when: When | None = session.dates.get(kind)
        if slot is None or (when is not None and when.status in {"confirmed", "tentative"}):
            continue
        moment = at(kind, slot, calendar)
        if moment and moment.first - dt.timedelta(days=SOON) <= today <= moment.last:
            message = f"'{kind}' of session {session.number} may come from {moment.first} on and is not published; look for it"
            yield content.problem(SESSIONS, ("sessions", index, "dates"), message)
