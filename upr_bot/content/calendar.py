"""The calendar as content: sessions, States and the windows of a cycle; the shapes of the files, and what the guide reads.

Days are days in Geneva. Nothing here knows what day it is: the arithmetic is in `upr_bot.journey`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from upr_bot.content.model import Address, Date, FileModel, Id, Label, Line, Reference, size

Status = Literal["confirmed", "tentative", "estimate", "unknown"]
STATUSES: tuple[Status, ...] = ("confirmed", "tentative", "estimate", "unknown")
"""How sure a date is, the surest first."""

Kind = Literal[
    "portal-opens", "submission", "national-report", "presession-application", "presession-statement", "presession", "review",
    "response", "speakers-list", "adoption",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "portal-opens", "submission", "national-report", "presession-application", "presession-statement", "presession", "review",
    "response", "speakers-list", "adoption",
)  # fmt: skip
"""What a session has dates for, in the order in which they usually come."""

ROLES = ("any", "ecosoc", "nhri", "away")
"""Who asks: a group without ECOSOC status, with it, a national human rights institution, a group that cannot come to Geneva."""

REGIONS = ("africa", "americas", "asia", "europe", "oceania")

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Hour = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


# --- files ---------------------------------------------------------------------------------------------------------------------


class DateItem(FileModel):
    """One date of `dialogs/sessions.yaml`: `on`, or `from` and `to`, or the span `earliest` to `latest`; none when unknown."""

    on: Date | None = None
    from_: Annotated[Date | None, Field(alias="from")] = None
    to: Date | None = None
    earliest: Date | None = None
    latest: Date | None = None
    at: Hour | None = None
    """The hour in Geneva of an `on`."""
    status: Status
    basis: Line | None = None
    """What an estimate is worked out from."""
    source: Reference
    checked: Date
    past: Literal["yes"] | None = None
    revision: Annotated[int, Field(ge=0, le=99)] = 0
    """Counts changes within one `checked` day, so that calendars notice each."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = (self.on is not None, self.from_ is not None, self.earliest is not None and self.latest is not None)
        loose = (self.to is not None and self.from_ is None) or ((self.earliest is None) != (self.latest is None))
        if self.status == "unknown":
            if any(forms) or loose:
                raise ValueError("is unknown and has a day; take the day away, or say how sure it is")
        elif sum(forms) != 1 or loose:
            raise ValueError("needs one of: on, from (and to), earliest and latest")
        if self.at is not None and self.on is None:
            raise ValueError("has an hour without its day; give it as on: and at:")
        return self


class SessionItem(FileModel):
    """One session of `dialogs/sessions.yaml`."""

    number: Annotated[int, Field(ge=1, le=999)]
    cycle: Annotated[int, Field(ge=1, le=99)]
    dates: dict[Kind, DateItem]
    states: tuple[Code, ...]
    own_days: dict[Code, DateItem] = Field(default_factory=dict)


class SpecialItem(FileModel):
    """What is different for one State in one cycle, said to readers."""

    code: Code
    cycle: int
    announced: Annotated[bool, BeforeValidator(lambda value: {"yes": True, "no": False}.get(value, value))] = True
    without: tuple[Kind, ...] = ()
    """Dates of its session that do not hold for it."""
    text: dict[str, Annotated[str, size(300)]]
    sources: Annotated[tuple[Reference, ...], Field(min_length=1)]
    checked: Date


class SessionsFile(FileModel):
    """`dialogs/sessions.yaml`."""

    sessions: Annotated[tuple[SessionItem, ...], Field(min_length=1)]
    special: tuple[SpecialItem, ...] = ()


class CountryItem(FileModel):
    """One State of `dialogs/countries.yaml`."""

    code: Code
    alpha2: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    names: dict[str, Line]
    labels: dict[str, Label] = Field(default_factory=dict)
    region: Literal["africa", "americas", "asia", "europe", "oceania"] | None = None
    near: Annotated[tuple[Code, ...], Field(max_length=3)] = ()
    aliases: tuple[Line, ...] = ()


class AskBackItem(FileModel):
    """Words that several States answer to."""

    words: tuple[Line, ...]
    states: Annotated[tuple[Code, ...], Field(min_length=2, max_length=6)]


class ElsewhereItem(FileModel):
    """Places without a review of their own."""

    words: tuple[Line, ...]
    with_: Annotated[Code | None, Field(alias="with")] = None


class CountriesFile(FileModel):
    """`dialogs/countries.yaml`."""

    countries: Annotated[tuple[CountryItem, ...], Field(min_length=1)]
    ask_back: tuple[AskBackItem, ...] = ()
    capitals: tuple[Line, ...] = ()
    elsewhere: tuple[ElsewhereItem, ...] = ()


class IntervalItem(FileModel):
    """How long before (negative) or after an anchor something usually lies: from the first to the second number."""

    from_: Annotated[Kind, Field(alias="from")]
    days: tuple[int, int] | None = None
    months: tuple[int, int] | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        pair = self.days or self.months
        if (self.days is None) == (self.months is None) or pair is None or pair[0] > pair[1] or (pair[0] < 0) != (pair[1] <= 0):
            raise ValueError("needs days: [a, b] or months: [a, b], both before (negative) or both after, the smaller first")
        return self


class EdgeItem(FileModel):
    """One end of a window: a published date, moved by some days, or else a usual interval."""

    date: Kind | None = None
    side: Literal["first", "last"] = "first"
    shift: int = 0
    usually: IntervalItem | None = None
    or_else: EdgeItem | None = None


class WindowItem(FileModel):
    """One window of `dialogs/windows.yaml`, in the order in which a cycle runs."""

    id: Id
    stage: Id
    of: Literal["coming", "last"]
    shown: Literal["deadline", "event", "window", "words"]
    opens: EdgeItem | None = None
    closes: EdgeItem | None = None
    lead: Annotated[int, Field(ge=0, le=400)] = 0
    after: Kind | None = None
    rank: Annotated[int, Field(ge=0, le=99)]
    only: Literal["unpublished"] | None = None
    sources: Annotated[tuple[Reference, ...], Field(min_length=1)]


class DateKindItem(FileModel):
    """Where a kind of date is published, and how long it lasts at most where only its first day is known."""

    page: Address
    longest: Annotated[int, Field(ge=1, le=60)] = 1
    usually: IntervalItem | None = None
    """When it usually lies: stands in, as an estimate, where a session has no such date."""


class WindowsFile(FileModel):
    """`dialogs/windows.yaml`."""

    dates: dict[Kind, DateKindItem]
    windows: Annotated[tuple[WindowItem, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _every_kind(self) -> Self:
        if missing := [kind for kind in KINDS if kind not in self.dates]:
            raise ValueError(f"lacks {missing[0]} under dates; add it with its page")
        return self


class WindowText(FileModel):
    """One window of `dialogs/<language>/windows.yaml`: its name, and what one can do, where a role differs said apart."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=48, pattern=r"^[^\n]*$")]
    do: Annotated[str, size(130)]
    ecosoc: Annotated[str, size(130)] | None = None
    nhri: Annotated[str, size(130)] | None = None
    away: Annotated[str, size(130)] | None = None


class WindowsText(FileModel):
    """`dialogs/<language>/windows.yaml`."""

    windows: dict[Id, WindowText]


# --- what the guide reads ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class When:
    """A date of the calendar: days in Geneva, how sure they are, who says so, and when that was last looked at.

    `first` and `last` are the same day for a single day. `exact`: they are the days themselves; otherwise it lies somewhere
    between them. `ends_known` is False where a source gives the first day alone, and `last` is the latest it can reach.
    """

    first: dt.date
    last: dt.date
    status: Status
    source: str
    checked: dt.date
    exact: bool = True
    ends_known: bool = True
    at: dt.time | None = None
    basis: str | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Special:
    """What is different for one State in one cycle."""

    code: str
    cycle: int
    announced: bool
    without: tuple[Kind, ...]
    text: Mapping[str, str]
    sources: tuple[str, ...]
    checked: dt.date


@dataclass(frozen=True, slots=True)
class Session:
    """A session of the Working Group. `dates` holds what has a day; `own_days` the days of single reviews."""

    number: int
    cycle: int
    dates: Mapping[Kind, When]
    states: tuple[str, ...]
    own_days: Mapping[str, When]


@dataclass(frozen=True, slots=True)
class Country:
    """A State. `names` and `labels`: language → name; a label is at most 24 characters."""

    code: str
    alpha2: str
    names: Mapping[str, str]
    labels: Mapping[str, str]
    region: str | None
    near: tuple[str, ...]
    aliases: tuple[str, ...]

    def name(self, language: str) -> str:
        """Return its name in a language, of that language's first part, or the first name there is."""
        return _said(self.names, language)

    def label(self, language: str) -> str:
        """Return what stands on a button and in a heading."""
        return _said(self.labels, language) if self.labels else self.name(language)


@dataclass(frozen=True, slots=True)
class Interval:
    """A usual distance from an anchor, in days or months; negative is before."""

    anchor: Kind
    unit: Literal["days", "months"]
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class DateKind:
    """Where a kind of date is published, and when it usually lies."""

    page: str
    usually: Interval | None


@dataclass(frozen=True, slots=True)
class Edge:
    """One end of a window: see `EdgeItem`."""

    date: Kind | None
    side: Literal["first", "last"]
    shift: int
    usually: Interval | None
    or_else: Edge | None


@dataclass(frozen=True, slots=True)
class WindowRule:
    """A window of a cycle, before any day is known. `rank`: which open window names the stage, the highest first.

    `lead`: days before its end at which it counts as open when nothing tells its beginning. `after`: the date that has to be over.
    """

    id: str
    stage: str
    of: Literal["coming", "last"]
    shown: Literal["deadline", "event", "window", "words"]
    opens: Edge | None
    closes: Edge | None
    lead: int
    after: Kind | None
    rank: int
    only: Literal["unpublished"] | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WindowWords:
    """What is said of a window in one language: `do` by role, the first role's for those that do not differ."""

    title: str
    do: Mapping[str, str]
    language: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Sessions and States, immutable and the same in every replica."""

    countries: Mapping[str, Country]
    sessions: Mapping[int, Session]
    special: Mapping[tuple[str, int], Special]
    windows: tuple[WindowRule, ...]
    kinds: Mapping[Kind, DateKind]
    ask_back: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    """(words, codes of the States that answer to them)"""
    capitals: frozenset[str]
    elsewhere: tuple[tuple[tuple[str, ...], str | None], ...]
    """(words, code of the State in whose review the place is looked at, if any)"""
    checked: dt.date
    """The day on which the rules behind the windows were last read."""


def _said(by_language: Mapping[str, str], language: str) -> str:
    return by_language.get(language) or by_language.get(language.split("-", maxsplit=1)[0]) or next(iter(by_language.values()))


def calendar_of(countries: CountriesFile, sessions: SessionsFile, windows: WindowsFile, checked: dt.date) -> Calendar:
    """Join the three files. They fit together when `check` says so; a State of a session that is no country is left out."""
    kinds = windows.dates
    known = {item.code for item in countries.countries}
    return Calendar(
        countries={
            c.code: Country(c.code, c.alpha2, c.names, c.labels, c.region, tuple(n for n in c.near if n in known), c.aliases)
            for c in countries.countries
        },
        sessions={
            s.number: Session(
                s.number,
                s.cycle,
                {kind: _when(item, kinds.get(kind)) for kind in KINDS if (item := s.dates.get(kind)) and item.status != "unknown"},
                tuple(code for code in s.states if code in known),
                {code: _when(item, None) for code, item in s.own_days.items() if item.status != "unknown"},
            )
            for s in sorted(sessions.sessions, key=lambda s: s.number)
        },
        special={
            (s.code, s.cycle): Special(s.code, s.cycle, s.announced, s.without, s.text, s.sources, s.checked)
            for s in sessions.special
        },
        windows=tuple(
            WindowRule(w.id, w.stage, w.of, w.shown, _edge(w.opens), _edge(w.closes), w.lead, w.after, w.rank, w.only, w.sources)
            for w in windows.windows
        ),
        kinds={kind: DateKind(kinds[kind].page, _interval(kinds[kind].usually)) for kind in KINDS},
        ask_back=tuple((a.words, tuple(c for c in a.states if c in known)) for a in countries.ask_back),
        capitals=frozenset(countries.capitals),
        elsewhere=tuple((e.words, e.with_) for e in countries.elsewhere),
        checked=checked,
    )


def _when(item: DateItem, kind: DateKindItem | None) -> When:
    first = item.on or item.from_ or item.earliest
    assert first is not None
    longest = dt.timedelta(days=(kind.longest if kind else 1) - 1)
    last = item.on or item.to or item.latest or first + longest
    return When(
        first,
        last,
        item.status,
        item.source,
        item.checked,
        exact=item.earliest is None,
        ends_known=item.from_ is None or item.to is not None,
        at=dt.time.fromisoformat(item.at) if item.at else None,
        basis=item.basis,
        revision=item.revision,
    )


def _edge(item: EdgeItem | None) -> Edge | None:
    if item is None:
        return None
    return Edge(item.date, item.side, item.shift, _interval(item.usually), _edge(item.or_else))


def _interval(item: IntervalItem | None) -> Interval | None:
    if item is None:
        return None
    least, most = item.days or item.months or (0, 0)
    return Interval(item.from_, "days" if item.days else "months", least, most)
