"""The shapes of the content: what stands in a file (pydantic), and what the guide reads (frozen dataclasses).

A thing that is said in several languages has two halves: the *contract* (`dialogs/*.yaml`: ids, order, links, dates) and the
*text* (`dialogs/<language>/*.yaml`). The loader joins them into one `Book` per language; a text that a language lacks is
taken from the first language and carries that language's code, so that it can be labelled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from upr_bot.content.phrases import Phrases

if TYPE_CHECKING:
    from upr_bot.content.calendar import Calendar, WindowWords
    from upr_bot.content.lessons import Lessons

LABEL_LENGTH = 24
"""Characters on a button: a 320-pixel phone shows two such buttons side by side without cutting."""
ANSWER_LENGTH = 700
"""Characters of an answer: the target of a card (product.md, "What good feels like")."""
READ_INSTEAD_LENGTH = 1000
SERIES = ("advocacy", "people", "library", "external")
"""The series of videos, in the order in which they are offered."""


def _key(name: str) -> str:
    return "review_by" if name == "review_by" else name.replace("_", " ")


class FileModel(BaseModel):
    """A mapping in a file: unknown keys are mistakes, every value is text until a field says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_key, str_strip_whitespace=True)


def _date(value: object) -> object:
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise ValueError("must be a date like 2027-05-31") from None
    return value


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*$", max_length=32)]
Date = Annotated[dt.date, BeforeValidator(_date)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\n]*$")]
Message = Annotated[str, StringConstraints(min_length=1, max_length=600, pattern=r"^[^\n]*$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=LABEL_LENGTH, pattern=r"^[^\n]*$")]
Address = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^https://[^\s]+$")]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^\n]+$")]
"""An https address of `dialogs/sources.yaml`, or the publisher and title of a publication named there."""


def size(maximum: int) -> StringConstraints:
    """Return the rule that a text has 1 to `maximum` characters."""
    return StringConstraints(min_length=1, max_length=maximum)


# --- files of the contract -----------------------------------------------------------------------------------------------------


class LanguageItem(FileModel):
    """One language of `dialogs/languages.yaml`."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][A-Za-z]{1,3})?$")]
    name: Label
    direction: Literal["ltr", "rtl"] = "ltr"
    published: Annotated[bool, BeforeValidator(lambda value: {"yes": True, "no": False}.get(value, value))] = True
    """A language that is not complete yet is left alone: nobody is offered it, and nothing of it stops a release."""


class LanguagesFile(FileModel):
    """`dialogs/languages.yaml`: the first one is the language that every text exists in."""

    languages: Annotated[tuple[LanguageItem, ...], Field(min_length=1)]


class StageItem(FileModel):
    """One stage of `dialogs/journey.yaml`, in the order in which a cycle runs."""

    id: Id
    phase: Literal["before_review", "review", "after_review", "between_reviews"]
    tips: Annotated[tuple[Id, ...], Field(min_length=3, max_length=5)]
    more_tips: tuple[Id, ...] = ()
    videos: tuple[Id, ...] = ()
    entries: Annotated[tuple[Id, ...], Field(max_length=4)] = ()
    links: Annotated[tuple[Address, ...], Field(max_length=3)] = ()
    review_by: Date
    formerly: tuple[Id, ...] = ()


class JourneyFile(FileModel):
    """`dialogs/journey.yaml`."""

    stages: Annotated[tuple[StageItem, ...], Field(min_length=1, max_length=13)]


class TipItem(FileModel):
    """One tip of `dialogs/tips.yaml`."""

    id: Id
    theme: Id
    basis: Literal["guidance", "evidence", "example"]
    sources: tuple[Reference, ...] = ()


class TipsFile(FileModel):
    """`dialogs/tips.yaml`."""

    tips: tuple[TipItem, ...]


class VideoItem(FileModel):
    """One video of `dialogs/videos.yaml`. What is not known is left out."""

    id: Id
    series: Literal["advocacy", "people", "library", "external"]
    kind: Literal["video", "series", "statements", "webinar", "course", "tutorial", "meetings", "example"]
    publisher: Line | None = None
    url: Address
    leads_to: Literal["video", "announcement"]
    audio: tuple[str, ...] = ()
    subtitles: tuple[str, ...] = ()
    duration: Annotated[str, StringConstraints(pattern=r"^\d{1,3}:\d\d$")] | None = None
    published: Line | None = None
    stages: tuple[Id, ...]
    themes: tuple[Id, ...] = ()
    sources: tuple[Reference, ...]
    review_by: Date
    formerly: tuple[Id, ...] = ()


class VideosFile(FileModel):
    """`dialogs/videos.yaml`."""

    videos: tuple[VideoItem, ...]


class ThemeItem(FileModel):
    """One theme of `dialogs/themes.yaml`."""

    id: Id
    group: Literal["advocacy", "people", "practice"]
    videos: tuple[Id, ...] = ()
    tips: Annotated[tuple[Id, ...], Field(max_length=5)] = ()
    more_tips: tuple[Id, ...] = ()
    entries: Annotated[tuple[Id, ...], Field(max_length=4)] = ()
    review_by: Date
    formerly: tuple[Id, ...] = ()


class ThemesFile(FileModel):
    """`dialogs/themes.yaml`."""

    themes: tuple[ThemeItem, ...]


class TermItem(FileModel):
    """One term of `dialogs/glossary.yaml`."""

    id: Id
    entry: Id | None = None
    sources: tuple[Reference, ...] = ()
    formerly: tuple[Id, ...] = ()


class GlossaryFile(FileModel):
    """`dialogs/glossary.yaml`."""

    terms: tuple[TermItem, ...]


class CategoryItem(FileModel):
    """One group of questions of `dialogs/categories.yaml`: its id is the file name in `faq/<language>/`."""

    id: Id
    formerly: tuple[Id, ...] = ()


class CategoriesFile(FileModel):
    """`dialogs/categories.yaml`, in the order in which the groups are offered."""

    categories: tuple[CategoryItem, ...]


class HelperItem(FileModel):
    """One page of somebody who may help a person in danger."""

    id: Id
    url: Address
    checked: Date
    review_by: Date


class HelpersFile(FileModel):
    """`dialogs/helpers.yaml`: official and trusted organisations, those that stand on the safety card itself first."""

    helpers: Annotated[tuple[HelperItem, ...], Field(min_length=2)]


class LinkItem(FileModel):
    """One address the guide may show."""

    url: Address
    title: Line | None = None


class SourcesFile(FileModel):
    """`dialogs/sources.yaml`: the only addresses and publications that content may name."""

    checked: Date
    hosts: tuple[Line, ...]
    links: tuple[LinkItem, ...]
    publications: tuple[Line, ...] = ()


class GiveawaysFile(FileModel):
    """`dialogs/giveaways.yaml`: language → words that may not stand in a reminder. All hold in every language."""

    words: dict[str, Annotated[tuple[Line, ...], Field(min_length=10)]]


class PublishedFile(FileModel):
    """`dialogs/published.yaml`: every id that ever stood on a button or in a deep link."""

    stages: tuple[Id, ...] = ()
    videos: tuple[Id, ...] = ()
    themes: tuple[Id, ...] = ()
    entries: tuple[Id, ...] = ()
    terms: tuple[Id, ...] = ()
    categories: tuple[Id, ...] = ()


# --- files of a language -------------------------------------------------------------------------------------------------------


class StageText(FileModel):
    """`dialogs/<language>/<stage>.yaml`."""

    title: Line
    label: Label
    what_happens: Annotated[str, size(220)]
    who_can_act: Annotated[str, size(180)]
    when: Annotated[str, size(220)]


class TipsText(FileModel):
    """`dialogs/<language>/tips.yaml`."""

    tips: dict[Id, Annotated[str, size(260)]]


class VideoText(FileModel):
    """One video of `dialogs/<language>/videos.yaml`."""

    title: Line
    label: Label
    about: Annotated[str, size(460)]
    read_instead: Annotated[str, size(READ_INSTEAD_LENGTH)]
    note: Annotated[str, size(180)] | None = None
    speakers: tuple[Line, ...] = ()


class VideosText(FileModel):
    """`dialogs/<language>/videos.yaml`."""

    videos: dict[Id, VideoText]


class ThemeText(FileModel):
    """One theme of `dialogs/<language>/themes.yaml`."""

    title: Line
    label: Label
    text: Annotated[str, size(560)]


class ThemesText(FileModel):
    """`dialogs/<language>/themes.yaml`."""

    themes: dict[Id, ThemeText]


class TermText(FileModel):
    """One term of `dialogs/<language>/glossary.yaml`."""

    term: Line
    also: tuple[Line, ...] = ()
    text: Annotated[str, size(300)]


class GlossaryText(FileModel):
    """`dialogs/<language>/glossary.yaml`."""

    terms: dict[Id, TermText]


class CategoryText(FileModel):
    """One group of questions of `dialogs/<language>/categories.yaml`."""

    label: Label


class CategoriesText(FileModel):
    """`dialogs/<language>/categories.yaml`."""

    categories: dict[Id, CategoryText]


class HelpersText(FileModel):
    """`dialogs/<language>/helpers.yaml`: who it is and what the page is for."""

    helpers: dict[Id, Annotated[str, size(240)]]


class EntryItem(FileModel):
    """One entry of `faq/<language>/<category>.yaml`.

    In the first language all of it stands there; a translation leaves out sources, stages, related and `formerly`, which
    belong to the entry and not to the language.
    """

    id: Id
    label: Label
    question: Line
    also_asked: tuple[Line, ...]
    answer: Annotated[str, size(ANSWER_LENGTH)]
    sources: tuple[Reference, ...] | None = None
    check: Address | None = None
    """The official page to look at before acting, where the answer says that something could not be confirmed."""
    stages: tuple[Id, ...] | None = None
    related: tuple[Id, ...] | None = None
    twins: tuple[Id, ...] = ()
    """Entries whose asker this answer serves as well: between the two the guide answers with a button to the other."""
    review_by: Date | None = None
    formerly: tuple[Id, ...] = ()


class EntriesFile(FileModel):
    """`faq/<language>/<category>.yaml`."""

    entries: Annotated[tuple[EntryItem, ...], Field(min_length=1)]


class ElsewhereFile(FileModel):
    """`faq/<language>/_elsewhere.yaml`: what people write to a guide that no entry is meant for, by kind.

    It teaches the matcher to say no. Kinds are free; each needs enough wordings to be recognised by.
    """

    elsewhere: dict[Id, Annotated[tuple[Line, ...], Field(min_length=20)]]


class DangerFile(FileModel):
    """`faq/<language>/_danger.yaml`: what people in danger write, and what others write with the same words."""

    danger: Annotated[tuple[Message, ...], Field(min_length=20)]
    harmless: Annotated[tuple[Message, ...], Field(min_length=20)]


# --- what the guide reads ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, for messages to curators."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a cycle, in one language."""

    id: str
    number: int
    title: str
    label: str
    what_happens: str
    who_can_act: str
    when: str
    tips: tuple[str, ...]
    more_tips: tuple[str, ...]
    videos: tuple[str, ...]
    entries: tuple[str, ...]
    links: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Tip:
    """A piece of advice, in one language."""

    id: str
    text: str
    sources: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Video:
    """A video, in one language."""

    id: str
    series: str
    kind: str
    publisher: str | None
    url: str
    leads_to: str
    audio: tuple[str, ...]
    subtitles: tuple[str, ...]
    duration: str | None
    published: str | None
    stages: tuple[str, ...]
    themes: tuple[str, ...]
    title: str
    label: str
    about: str
    read_instead: str
    note: str | None
    speakers: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme that runs through several stages, in one language."""

    id: str
    group: str
    title: str
    label: str
    text: str
    tips: tuple[str, ...]
    more_tips: tuple[str, ...]
    videos: tuple[str, ...]
    entries: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A question with its checked answer, in one language."""

    id: str
    category: str
    label: str
    question: str
    also_asked: tuple[str, ...]
    answer: str
    sources: tuple[str, ...]
    check: str | None
    stages: tuple[str, ...]
    related: tuple[str, ...]
    twins: tuple[str, ...]
    review_by: dt.date
    language: str


@dataclass(frozen=True, slots=True)
class Term:
    """A term or an abbreviation, in one language."""

    id: str
    term: str
    also: tuple[str, ...]
    text: str
    entry: str | None
    sources: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Category:
    """A group of questions, in one language."""

    id: str
    label: str
    entries: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Helper:
    """A page of somebody who may help a person in danger, in one language."""

    id: str
    url: str
    text: str
    checked: dt.date
    language: str


@dataclass(frozen=True, slots=True)
class Book:
    """Everything the guide can say in one language."""

    language: str
    name: str
    direction: str
    phrases: Phrases
    stages: Mapping[str, Stage]
    tips: Mapping[str, Tip]
    videos: Mapping[str, Video]
    themes: Mapping[str, Theme]
    entries: Mapping[str, Entry]
    categories: Mapping[str, Category]
    terms: Mapping[str, Term]
    windows: Mapping[str, WindowWords]
    helpers: Mapping[str, Helper]
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind → what people write that no entry is meant for."""


@dataclass(frozen=True, slots=True)
class Library:
    """The whole content, immutable and the same in every replica."""

    books: Mapping[str, Book]
    titles: Mapping[str, str]
    """Address → title, for the addresses that have one."""
    successors: Mapping[tuple[str, str], str]
    """(kind, former id) → the id that took its place; kinds are the attribute names of `Book`."""
    version: str
    """Ten hexadecimal digits that name this content."""
    checked: dt.date
    """The day on which the sources were last read."""
    calendar: Calendar
    lessons: Lessons
    """What the alarm for danger learns from."""
    giveaways: tuple[str, ...] = ()
    """Words that may not stand in a reminder, in any language."""
    places: Mapping[tuple[str, ...], Place] = field(default_factory=dict)

    @property
    def first(self) -> Book:
        """Return the book in which everything exists."""
        return next(iter(self.books.values()))

    def book(self, language: str | None) -> Book:
        """Return the book of a language, of its first part (`fr` for `fr-CA`), or the first book."""
        if language is None:
            return self.first
        return self.books.get(language) or self.books.get(language.split("-")[0].lower()) or self.first
