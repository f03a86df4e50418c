"""What somebody asked to be reminded of: all that is ever kept about a person, and how it is laid down in bytes.

Pure. The bytes are what `storage` seals; their layout is versioned, since they stay in databases over releases.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from upr_bot.content import KINDS, Kind

BEFORE: Final = (30, 7, 1)
"""Days before an event on which one can be reminded. Their place is their bit in what is kept: add at the end only."""
REMINDED: Final[tuple[Kind, ...]] = tuple(kind for kind in KINDS if kind not in {"national-report", "response"})
"""Dates that people act on: a State's own report and answer are not among them."""
OWN_WORDS: Final = 60
"""Characters of a wording of one's own."""
MOST: Final = 10
"""Reminders of one person."""
LONGEST: Final = dt.timedelta(days=400)
"""A record ends after this time, whatever it is about."""
AFTERWARDS: Final = dt.timedelta(hours=24)
"""A record ends this long after the last day that it is about."""

BACKUPS: Final = dt.timedelta(days=30)
"""A backup ends after this time: an older one is not restored, since whoever has asked to be forgotten meanwhile would be back."""

Spans = Mapping[Kind, tuple[dt.date, dt.date]]
"""Kind of date → its first and last day."""

_LAYOUT: Final = 1
_RECORD: Final = struct.Struct(f">BqHBBb3x8s8sII{3 * len(KINDS)}s")
"""Layout, chat, session, days, hour, wording, target, language, since, created, dates; then the own words."""
_SPAN: Final = struct.Struct(">HB")
"""First day, in days since 2000, and how many days follow it; all zeros where there is no such date."""
_FROM: Final = dt.date(2000, 1, 1).toordinal()
SIZE: Final = _RECORD.size + 4 * OWN_WORDS
"""Bytes of the longest record."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One request for reminders.

    `target`: a State's alpha-3 code or a session's number. `session`: whose dates it is about, 0 while none is published.
    `days`: bits of `BEFORE`. `hour`: UTC. `wording`: which of the shipped ones, or -1 for `own`. `told`: the dates as the person
    last knew them, as `packed_spans` makes them. `since`: dues up to then are dealt with; both times in minutes since 1970.
    """

    target: str
    days: int
    hour: int
    wording: int
    language: str
    own: str = ""
    session: int = 0
    told: bytes = b""
    since: int = 0
    created: int = 0

    @property
    def before(self) -> tuple[int, ...]:
        """Return the days before, the most first."""
        return tuple(days for bit, days in enumerate(BEFORE) if self.days >> bit & 1)


def minutes(moment: dt.datetime) -> int:
    """Return a moment (aware) in whole minutes since 1970, UTC."""
    return int(moment.timestamp() // 60)


def packed(chat: int, wish: Wish) -> bytes:
    """Return a record as bytes."""
    return (
        _RECORD.pack(
            _LAYOUT,
            chat,
            wish.session,
            wish.days,
            wish.hour,
            wish.wording,
            wish.target.encode(),
            wish.language.encode(),
            wish.since,
            wish.created,
            wish.told,
        )
        + wish.own.encode()
    )


def unpacked(record: bytes) -> tuple[int, Wish]:
    """Return chat and wish. Raises ValueError for a layout of a later release."""
    layout, chat, session, days, hour, wording, target, language, since, created, told = _RECORD.unpack_from(record)
    if layout != _LAYOUT:
        raise ValueError("a record of a later release")
    own = record[_RECORD.size :].decode()
    spoken = language.rstrip(b"\0").decode()
    return chat, Wish(target.rstrip(b"\0").decode(), days, hour, wording, spoken, own, session, told, since, created)


def packed_spans(spans: Spans) -> bytes:
    """Return dates as bytes: equal bytes, equal dates."""
    packed_ones = []
    for kind in KINDS:
        first, last = spans.get(kind, (None, None))
        if first is None or last is None:
            packed_ones.append(_SPAN.pack(0, 0))
        else:
            packed_ones.append(_SPAN.pack(first.toordinal() - _FROM, min((last - first).days, 255)))
    return b"".join(packed_ones)


def unpacked_spans(told: bytes) -> dict[Kind, tuple[dt.date, dt.date]]:
    """Return the dates that `packed_spans` laid down."""
    found: dict[Kind, tuple[dt.date, dt.date]] = {}
    for kind, (first, more) in zip(KINDS, _SPAN.iter_unpack(told), strict=False):
        if first:
            day = dt.date.fromordinal(first + _FROM)
            found[kind] = (day, day + dt.timedelta(days=more))
    return found


class NotReadError(Exception):
    """An answer depends on what is kept about a person, and that was not read yet."""


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept about a person. `read`: None while nobody looked, so that nothing is looked up that no answer needs."""

    chat: int
    read: tuple[Wish, ...] | None = ()

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """Return the wishes. Raises `NotReadError`."""
        if self.read is None:
            raise NotReadError
        return self.read


# --- what a turn may do about it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keep:
    """Remember a wish, in place of an earlier one about the same target."""

    wish: Wish


@dataclass(frozen=True, slots=True)
class Stop:
    """Forget the wish about one target."""

    target: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Forget a person."""


Effect = Keep | Stop | Forget
