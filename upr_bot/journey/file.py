"""The calendar file (RFC 5545): stable ids, a sequence that rises with changes, and a neutral kind that gives nothing away."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from upr_bot.content import Country
from upr_bot.content.phrases import Phrases, fill
from upr_bot.journey.dates import Dated
from upr_bot.journey.days import moment_of
from upr_bot.replies import File, host_of

if TYPE_CHECKING:
    from icalendar import Event

_IDS: Final = uuid.UUID("6f1d9f0e-52c1-4d0e-9a53-0e6a4f6b7c11")
"""The name space of our events. Never changed: calendars know an event again by its id."""
_EPOCH: Final = dt.date(2020, 1, 1)
_DEADLINES: Final = frozenset({"submission", "national-report", "presession-application", "presession-statement", "response"})
_ALARMS: Final = {True: (-7, -1), False: (-1,)}
"""Days before a deadline, and before anything else, at which the calendar reminds."""
MEDIA: Final = "text/calendar; charset=utf-8"


def calendar_file(dates: Iterable[Dated], country: Country, phrases: Phrases, language: str, *, neutral: bool = False) -> File:
    """Return the file of some dates of a State.

    `neutral`: the name of the file, the titles, ids and everything else say nothing of the review or the State.
    """
    from icalendar import Calendar  # late: 80 ms that nobody waits for who asks for no file

    calendar = Calendar()
    calendar.add("version", "2.0")
    # Required by RFC 5545; without a product it says as little as it can.
    calendar.add("prodid", "-//Calendar//EN" if neutral else f"-//UPR Guide//{language.upper()}")
    calendar.add("method", "PUBLISH")
    label = country.label(language)
    if not neutral:
        calendar.add("x-wr-calname", f"UPR {label}")
    for dated in dates:
        calendar.add_component(_event(dated, country, label, phrases, language, neutral=neutral))
    name = "calendar.ics" if neutral else f"upr-{country.code.lower()}.ics"
    return File(name, MEDIA, calendar.to_ical())


def _event(dated: Dated, country: Country, label: str, phrases: Phrases, language: str, *, neutral: bool) -> Event:
    from icalendar import Alarm, Event

    when = dated.when
    assert dated.first is not None
    assert dated.last is not None
    deadline = dated.kind in _DEADLINES
    event = Event()
    # One id for both kinds of file: whoever takes the neutral one after the other replaces it.
    event.add("uid", str(uuid.uuid5(_IDS, f"{country.code}/{dated.slot.session.number}/{dated.kind}")))
    checked = when.checked if when else dated.slot.review.checked
    event.add("dtstamp", dt.datetime.combine(checked, dt.time(), dt.UTC))
    event.add("sequence", sequence(checked, when.revision if when else 0))
    if when and when.at:
        moment = moment_of(when.first, when.at)
        event.add("dtstart", moment)
        event.add("dtend", moment + dt.timedelta(minutes=15))
    else:
        event.add("dtstart", dated.first)
        event.add("dtend", dated.last + dt.timedelta(days=1))
    title = phrases.neutral_deadline if deadline else phrases.neutral_event
    if not neutral:
        title = fill(phrases.event_title, what=phrases.date_names[dated.kind], country=label)
    if dated.status == "estimate":
        title = fill(phrases.event_estimate, title=title)
    event.add("summary", title)
    event.add("status", "CONFIRMED" if dated.status == "confirmed" else "TENTATIVE")
    event.add("transp", "TRANSPARENT")
    if not neutral and when:
        from upr_bot.journey.telling import Telling

        source = when.source
        said = Telling(phrases, language).day(when.checked)
        host = host_of(source) if source.startswith("https://") else source
        event.add("description", fill(phrases.event_source, status=phrases.statuses[when.status], host=host, date=said))
        if source.startswith("https://"):
            event.add("url", source)
    for days in _ALARMS[deadline]:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", dt.timedelta(days=days))
        event.add_component(alarm)
    return event


def sequence(checked: dt.date, revision: int) -> int:
    """Return the number of an event's version: it rises with the day on which its date was last checked, and with each change."""
    return (checked - _EPOCH).days * 100 + revision
