"""What we say, before any channel renders it: a text of runs, rows of buttons, nothing of a channel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from upr_bot.actions import Step
from upr_bot.wish import Effect


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text with one look."""

    text: str
    bold: bool = False
    url: str | None = None


Text = tuple[Run, ...]

BUTTONS: Final = 10
"""Most buttons on a card, but for the list of stages."""
CARD: Final = 1200
"""Most characters of a card, options included."""

BOLD = re.compile(r"\*([^\s*](?:[^*\n]*[^\s*])?)\*")
"""Bold words: a pair of asterisks close to the words, on one line."""


def rich(markup: str) -> Text:
    """Read the one mark that content may use: `*bold*`. List items begin with `- ` and stay lines of their own."""
    runs: list[Run] = []
    position = 0
    for found in BOLD.finditer(markup):
        if found.start() > position:
            runs.append(Run(markup[position : found.start()]))
        runs.append(Run(found.group(1), bold=True))
        position = found.end()
    if position < len(markup):
        runs.append(Run(markup[position:]))
    return tuple(runs)


def bold(text: str) -> Text:
    """Return a text in bold."""
    return (Run(text, bold=True),)


def link(text: str, url: str) -> Text:
    """Return a link that names its host, since leaving the guide shows the reader's address to that host."""
    host = host_of(url)
    return (Run(text if host in text else f"{text} ({host})", url=url),)


@lru_cache(maxsize=1024)  # the addresses of the content, a few on every card
def host_of(url: str) -> str:
    """Return the host of an address as people say it, without `www.`."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def lines(items: Iterable[Text | str]) -> Text:
    """Join texts, one a line."""
    return _join(items, "\n")


def paragraphs(items: Iterable[Text | str]) -> Text:
    """Join texts with a blank line between them; empty ones are left out."""
    return _join(items, "\n\n")


def _join(items: Iterable[Text | str], between: str) -> Text:
    runs: list[Run] = []
    for item in items:
        text = rich(item) if isinstance(item, str) else item
        if not text:
            continue
        if runs:
            runs.append(Run(between))
        runs += text
    return tuple(runs)


def beginning(text: Text, room: int) -> Text:
    """Return as many whole paragraphs of a text as have `room` characters; its first one always."""
    words = plain(text)
    ends = [found.start() for found in re.finditer("\n\n", words)] + [len(words)]
    left = max((end for end in ends if end <= room), default=ends[0])
    kept: list[Run] = []
    for run in text:
        if left > 0:
            kept.append(replace(run, text=run.text[:left]))
        left -= len(run.text)
    return tuple(kept)


def plain(text: Text) -> str:
    """Return the words alone."""
    return "".join(run.text for run in text)


@dataclass(frozen=True, slots=True)
class Button:
    """A choice, and the step it carries. Addresses of the world outside stand in texts, with their host."""

    label: str
    to: Step


@dataclass(frozen=True, slots=True)
class Option:
    """One of several things to choose from, numbered from 1 in the order given: what it is, and its short button."""

    caption: str
    button: Button


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """One card: a text, numbered options, and rows of other buttons.

    Compared by identity, so that a channel can keep what it rendered of a card that is shown to many.

    `asks`: the step that shows this card again. It travels with the card (Telegram hands it back with a reply, the web keeps it
    in a hidden field, the terminal keeps the last card) and nowhere else, so that a typed number or label finds what it
    stands for.
    `shared`: made of the content alone and the same for everybody, so that a channel may keep what it rendered of it.
    """

    text: Text
    rows: tuple[tuple[Button, ...], ...] = ()
    asks: Step | None = None
    options: tuple[Option, ...] = ()
    shared: bool = False
    rtl: bool = False
    """Whether it is written from right to left."""
    writes: bool = False
    """Whether it asks for typed words: Telegram then opens the keyboard, and the words come back as a reply to this card."""

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Return every button: the options first, then row after row."""
        return (*(o.button for o in self.options), *(button for row in self.rows for button in row))


@dataclass(frozen=True, slots=True)
class File:
    """A small file to take along."""

    name: str
    media: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Turn:
    """The answer to one action: exactly one card, and the file it hands over, if any."""

    reply: Reply
    language: str
    file: File | None = None
    effect: Effect | None = None
    """What is to be done about the reminders of this person; the reply says that it was done."""
    clears: bool = False
    """Whether the messages before this one are to be deleted, as far as the channel can."""


def rows_of(buttons: Sequence[Button], width: int = 2) -> tuple[tuple[Button, ...], ...]:
    """Lay buttons out, `width` a row; a row of two holds only labels that fit side by side on a small phone."""
    rows: list[tuple[Button, ...]] = []
    current: list[Button] = []
    for button in buttons:
        long = len(button.label) > 15
        if current and (long or len(current) == width):
            rows.append(tuple(current))
            current = []
        current.append(button)
        if long:
            rows.append(tuple(current))
            current = []
    if current:
        rows.append(tuple(current))
    return tuple(rows)
