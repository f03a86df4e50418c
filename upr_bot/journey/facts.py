"""Where a State stands, for programs: the objects of `upr-bot now --json` and `upr-bot dates --json`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from upr_bot.content import Book, Calendar
from upr_bot.journey.dates import dates_of
from upr_bot.journey.standing import Stand
from upr_bot.journey.telling import Telling
from upr_bot.journey.windows import Window


def facts_of(stand: Stand, book: Book, calendar: Calendar) -> dict[str, Any]:
    """Return day, session, stage and the three lists. Days are ISO 8601; `usually` says in words what no day says."""
    telling = Telling(book.phrases, book.language)

    def items(windows: tuple[Window, ...]) -> list[dict[str, Any]]:
        return [_item(window, book, calendar, telling) for window in windows]

    return {
        "on": stand.day.isoformat(),
        "session": stand.session,
        "stage": stand.stage,
        "open": items(stand.open),
        "next": items(stand.next),
        "closed": items(stand.closed),
    }


def _item(window: Window, book: Book, calendar: Calendar, telling: Telling) -> dict[str, Any]:
    told = window.told
    when = told.when if told else None
    usual = next((m.usual for m in (window.closes, window.opens) if m and m.usual), None)
    return {
        "id": window.rule.id,
        "title": book.windows[window.rule.id].title,
        "starts": _iso(window.starts),
        "ends": _iso(window.ends),
        "status": window.status,
        "source": _address(window.source),
        "checked": _iso(when.checked if when else calendar.checked),
        "usually": telling.usually(usual) if usual else None,
    }


def dated_facts(stand: Stand, book: Book, calendar: Calendar) -> list[dict[str, Any]]:
    """Return the dates of a State, those that are not published too."""
    telling = Telling(book.phrases, book.language)
    found = []
    for dated in dates_of(stand, calendar):
        kind = calendar.kinds[dated.kind]
        when = dated.when
        usual = dated.usual.usual if dated.usual else None
        found.append(
            {
                "id": dated.kind,
                "title": book.phrases.date_names[dated.kind],
                "starts": _iso(when.first if when else None),
                "ends": _iso(when.last if when else None),
                "status": when.status if when else "unknown",
                "source": _address(when.source if when else kind.page),
                "checked": _iso(when.checked if when else calendar.checked),
                "usually": telling.usually(usual) if usual else None,
            }
        )
    return found


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _address(source: str) -> str | None:
    return source if source.startswith("https://") else None
