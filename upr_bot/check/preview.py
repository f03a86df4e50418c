"""The review sheet of a language: every card beside the first language's, on one page, so that a native speaker reads all of it."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from upr_bot import actions as a
from upr_bot.channels.web.page import text_html
from upr_bot.content import Book
from upr_bot.content.phrases import Phrases
from upr_bot.dialog import Knowledge
from upr_bot.replies import Reply

STATES: Final = ("NPL", "MAR", "USA", "UKR", "CHE")
"""States whose cards stand for all: between reviews, moved, not announced, published."""
STYLE: Final = (
    "body{font:1rem/1.45 system-ui,sans-serif;margin:1rem;color:#16202c}h1{font-size:1.05rem;margin:0}h2{margin-top:2rem}"
    "table{border-collapse:collapse;width:100%;table-layout:fixed}p{margin:.4rem 0}small{color:#51606f}"
    "td{vertical-align:top;border:1px solid #c7d3de;padding:.5rem;overflow-wrap:anywhere}"
    ".b{display:inline-block;border:1px solid #8aa0b5;border-radius:.3rem;padding:0 .4rem;margin:.1rem}"
    "ul{margin:.3rem 0;padding-inline-start:1.2rem}"
)


def preview(knowledge: Knowledge, language: str, day: dt.date) -> str:
    """Return the sheet as one HTML page without scripts. `language`: one of the library's."""
    first, book = knowledge.library.first, knowledge.library.books[language]
    cards = "".join(
        _row("__".join(a.parts(a.Step(action))), _card(ours), _card(theirs), book)
        for action, ours, theirs in _pairs(knowledge, first.language, language, day)
    )
    words = "".join(_row(name, escape(ours), escape(theirs), book) for name, ours, theirs in _phrases(first.phrases, book.phrases))
    asked = "".join(
        _row(id_, _list(first.entries[id_].also_asked), _list(entry.also_asked), book) for id_, entry in book.entries.items()
    )
    head = f'<!doctype html><meta charset="utf-8"><title>{escape(book.name)}</title><style>{STYLE}</style>'
    return (
        f"{head}<h2>Cards</h2><table>{cards}</table><h2>The guide's own words</h2><table>{words}</table>"
        f"<h2>What people type</h2><table>{asked}</table>\n"
    )


def _pairs(knowledge: Knowledge, first: str, language: str, day: dt.date) -> Iterator[tuple[a.Action, Reply, Reply]]:
    """Yield every card that taps reach, and samples of those about countries and reminders, in both languages."""
    seen: set[a.Action] = set()
    states = [code for code in STATES if code in knowledge.library.calendar.countries]
    waiting = deque[a.Action]([a.ShowStart(), *(a.ShowTerm(term) for term in knowledge.library.first.terms)])
    for code in states:
        waiting += [a.ShowCountry(code), a.ShowDates(code), a.OfferReminder(code)]
    waiting += [a.PickDays(states[0], "2"), a.PickHour(states[0], "2"), a.PickWording(states[0], "2", 9)] if states else []
    waiting += [a.CheckReminder(states[0], "2", 9, "0"), a.AskOwnWords(states[0], "2", 9)] if states else []
    waiting += [a.AskForget(), a.Erase(), a.Export()]
    while waiting:
        action = waiting.popleft()
        if action in seen:
            continue
        seen.add(action)
        ours, theirs = (knowledge.card(action, code, "telegram", day) for code in (first, language))
        if ours is None or theirs is None:
            continue
        yield action, ours, theirs
        reached = (button.to.action for button in ours.buttons)
        waiting += [to for to in reached if not isinstance(to, a.Daily | a.Reminding)]


def _phrases(ours: Phrases, theirs: Phrases) -> Iterator[tuple[str, str, str]]:
    for name, value in ours:
        other = getattr(theirs, name)
        if isinstance(value, Mapping):
            yield from ((f"{name}: {key}", str(value.get(key, "")), str(other.get(key, ""))) for key in {**value, **other})
        elif isinstance(value, tuple):
            yield name, " · ".join(value), " · ".join(other)
        else:
            yield name, value, other


def _card(reply: Reply) -> str:
    captions = "".join(f"<li>{escape(option.caption)}</li>" for option in reply.options)
    buttons = " ".join(f'<span class="b">{escape(button.label)}</span>' for button in reply.buttons)
    return f"{text_html(reply.text)}<ol>{captions}</ol>{buttons}" if captions else f"{text_html(reply.text)}{buttons}"


def _list(items: tuple[str, ...]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def _row(name: str, ours: str, theirs: str, book: Book) -> str:
    return (
        f"<tr><td><small>{escape(name)}</small><div>{ours}</div></td>"
        f'<td lang="{book.language}" dir="{book.direction}"><small>&nbsp;</small><div>{theirs}</div></td></tr>'
    )
