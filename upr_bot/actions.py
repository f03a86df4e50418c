"""What a person can do, and how it is spelled on a button, in a link and in a path.

A spelling is `<language>__<verb>__<argument>…`: at most 64 bytes of `A-Z a-z 0-9 _ -`, so that it fits a Telegram button and is
a valid deep-link payload at the same time. The language may be missing (a shared link speaks the reader's language). Spellings
are public and additive: a verb or an argument is never taken away, since buttons stay in chats for years.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Final, get_type_hints

MAX_BYTES: Final = 64
"""Bytes of a button's data in Telegram, and of a deep-link payload."""
_SPELLING = re.compile(r"[A-Za-z0-9_-]{1,640}")
"""Longer than a button can carry: what travels with a card may hold somebody's own words."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][A-Za-z]{1,3})?")


@dataclass(frozen=True, slots=True)
class ShowStart:
    """Meet the guide for the first time: what it is, what it keeps."""


@dataclass(frozen=True, slots=True)
class ShowHome:
    """Come back to the four choices."""


@dataclass(frozen=True, slots=True)
class ShowGuide:
    """See every stage in order."""


@dataclass(frozen=True, slots=True)
class ShowStage:
    """Read about one stage."""

    stage: str


@dataclass(frozen=True, slots=True)
class ShowTips:
    """Read more tips of a stage or theme; pages count from 1."""

    of: str
    page: int


@dataclass(frozen=True, slots=True)
class PickCountry:
    """Say which country. `then`: what to see of it, `now` or `dates`."""

    then: str = "now"


@dataclass(frozen=True, slots=True)
class ShowRegion:
    """See the countries of a region, or its parts of the alphabet when it has many; groups count from 1, 0 is all of them."""

    region: str
    group: int = 0
    then: str = "now"


@dataclass(frozen=True, slots=True)
class ChooseCountry:
    """See the countries that answer to what was typed.

    `why`: `which` when one name fits several, `together` when several were named.
    """

    then: str
    why: str
    first: str
    second: str = ""
    third: str = ""
    fourth: str = ""
    fifth: str = ""
    sixth: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmCountry:
    """Be asked whether a misspelt name means this country."""

    country: str
    then: str = "now"


@dataclass(frozen=True, slots=True)
class ShowPlace:
    """Learn that a place has no review of its own. `country`: the State in whose review it is looked at, if any."""

    country: str = ""


@dataclass(frozen=True, slots=True)
class NoCountry:
    """Have named no country that exists."""

    then: str = "now"


@dataclass(frozen=True, slots=True)
class ShowCountry:
    """See where a country stands and what can be done now. `role`: who asks, as in `content.ROLES`."""

    country: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class ShowRoles:
    """Say who asks about a country."""

    country: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class ShowDates:
    """See the dates of a country."""

    country: str


@dataclass(frozen=True, slots=True)
class GetFile:
    """Get the calendar file of a country: `full`, `neutral`, or with its `estimates`."""

    country: str
    kind: str = "full"


@dataclass(frozen=True, slots=True)
class ShowSession:
    """See a session: its dates and States; pages of States count from 1."""

    number: int
    page: int = 1


@dataclass(frozen=True, slots=True)
class ShowComingSession:
    """See the session that is on or comes next."""


@dataclass(frozen=True, slots=True)
class ShowReminders:
    """See the reminders one has."""


@dataclass(frozen=True, slots=True)
class OfferReminder:
    """See how one can be reminded: by one's own calendar, or by messages. `target`: a State's code or a session's number."""

    target: str


@dataclass(frozen=True, slots=True)
class PickDays:
    """Say how long before. `days`: bits of `wish.BEFORE` that are ticked, as text; empty for none."""

    target: str
    days: str = ""


@dataclass(frozen=True, slots=True)
class PickHour:
    """Say at what hour. `zone`: hours that one's clock is ahead of UTC, plus 12."""

    target: str
    days: str
    zone: int = 12


@dataclass(frozen=True, slots=True)
class PickWording:
    """Say with which words. `hour`: UTC."""

    target: str
    days: str
    hour: int


@dataclass(frozen=True, slots=True)
class AskOwnWords:
    """Be asked for words of one's own. `refused`: what was wrong with the last ones."""

    target: str
    days: str
    hour: int
    refused: str = ""


@dataclass(frozen=True, slots=True)
class CheckReminder:
    """See the whole once more before it is kept. `wording`: a shipped one's number, or `w` and one's own words in hexadecimal."""

    target: str
    days: str
    hour: int
    wording: str


@dataclass(frozen=True, slots=True)
class SaveReminder:
    """Have it kept. `wording`: a number, or `own` for the words that travel with the card."""

    target: str
    days: str
    hour: int
    wording: str


@dataclass(frozen=True, slots=True)
class StopReminder:
    """Be reminded of a target no more."""

    target: str


@dataclass(frozen=True, slots=True)
class OpenReminder:
    """See what a discreet reminder is about."""

    target: str


@dataclass(frozen=True, slots=True)
class HideReminder:
    """Put a reminder back to its discreet words."""

    target: str


@dataclass(frozen=True, slots=True)
class AskForget:
    """Be asked whether everything is to be erased."""


@dataclass(frozen=True, slots=True)
class Erase:
    """Have everything erased."""


@dataclass(frozen=True, slots=True)
class KeepAll:
    """Leave everything as it is."""


@dataclass(frozen=True, slots=True)
class Export:
    """See all that is kept about oneself."""


@dataclass(frozen=True, slots=True)
class Block:
    """Block the bot, or delete one's account. Never on a button."""


@dataclass(frozen=True, slots=True)
class ShowThemes:
    """See the themes that run through several stages; pages count from 1."""

    page: int = 1


@dataclass(frozen=True, slots=True)
class ShowTheme:
    """Read about one theme."""

    theme: str


@dataclass(frozen=True, slots=True)
class ShowVideos:
    """See the series of videos."""


@dataclass(frozen=True, slots=True)
class ShowSeries:
    """See the videos of one series."""

    series: str


@dataclass(frozen=True, slots=True)
class ShowVideo:
    """See what a video is about. `of`: the stage or theme one came from, so that Back leads there."""

    video: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class ReadInstead:
    """Read the text that stands for a video."""

    video: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class ShowQuestions:
    """See the subjects of the questions; pages count from 1."""

    page: int = 1


@dataclass(frozen=True, slots=True)
class ShowCategory:
    """See the questions of one subject; pages count from 1."""

    category: str
    page: int = 1


@dataclass(frozen=True, slots=True)
class ShowEntry:
    """Read one answer."""

    entry: str


@dataclass(frozen=True, slots=True)
class Choose:
    """See up to three questions to choose from. Travels with a card (see `Reply.asks`), never on a button."""

    first: str
    second: str = ""
    third: str = ""


@dataclass(frozen=True, slots=True)
class NoneOfThese:
    """Say that none of the offered questions was meant. `entry`: the first of them, whose stage and subject are the nearest."""

    entry: str = ""


@dataclass(frozen=True, slots=True)
class ShowTerm:
    """Read what a term means."""

    term: str


@dataclass(frozen=True, slots=True)
class ShowWords:
    """Learn that terms can be looked up."""


@dataclass(frozen=True, slots=True)
class ShowLanguages:
    """See the languages."""


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """Go on in the language of the button."""


@dataclass(frozen=True, slots=True)
class ShowHelp:
    """See how to use the guide."""


@dataclass(frozen=True, slots=True)
class ShowAbout:
    """See who runs it and how to report a mistake."""


@dataclass(frozen=True, slots=True)
class ShowPrivacy:
    """See what is kept."""


@dataclass(frozen=True, slots=True)
class ShowSafety:
    """See what makes a phone and a chat safer, and what the guide can and cannot see."""


@dataclass(frozen=True, slots=True)
class ShowHelpers:
    """See who may help somebody in danger."""


@dataclass(frozen=True, slots=True)
class ClearChat:
    """Have the messages of this chat deleted, as far as Telegram lets the guide."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Type something. `reply_to`: the spelling carried by the card it replies to, if any. Never on a button."""

    text: str
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class FindNothing:
    """Have asked something that has no checked answer. Never on a button."""


@dataclass(frozen=True, slots=True)
class SendFile:
    """Send something other than text. `caption`: the words under it. Never on a button."""

    caption: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Tap a button, or follow a link, that nothing knows any more. Never on a button."""


Reminding = (
    ShowReminders
    | OfferReminder
    | PickDays
    | PickHour
    | PickWording
    | AskOwnWords
    | CheckReminder
    | SaveReminder
    | StopReminder
    | OpenReminder
    | HideReminder
    | AskForget
    | Erase
    | KeepAll
    | Export
)
"""Actions about reminders and what is kept: the only ones that touch the database, see `upr_bot.reminding`."""

Action = (
    ShowStart
    | ShowHome
    | ShowGuide
    | ShowStage
    | ShowTips
    | PickCountry
    | ShowRegion
    | ChooseCountry
    | ConfirmCountry
    | ShowPlace
    | NoCountry
    | ShowCountry
    | ShowRoles
    | ShowDates
    | GetFile
    | ShowSession
    | ShowComingSession
    | Reminding
    | ShowThemes
    | ShowTheme
    | ShowVideos
    | ShowSeries
    | ShowVideo
    | ReadInstead
    | ShowQuestions
    | ShowCategory
    | ShowEntry
    | Choose
    | NoneOfThese
    | ShowTerm
    | ShowWords
    | ShowLanguages
    | SetLanguage
    | ShowHelp
    | ShowAbout
    | ShowPrivacy
    | ShowSafety
    | ShowHelpers
    | ClearChat
    | Ask
    | FindNothing
    | SendFile
    | Block
    | Unknown
)

Daily = (
    PickCountry
    | ShowRegion
    | ChooseCountry
    | ConfirmCountry
    | ShowPlace
    | NoCountry
    | ShowCountry
    | ShowRoles
    | ShowDates
    | GetFile
    | ShowSession
    | ShowComingSession
)
"""Actions about countries and days: their cards are made anew each time, so that nothing tells which countries were asked for."""

VERBS: Final[Mapping[str, type[Action]]] = {
    "start": ShowStart,
    "home": ShowHome,
    "guide": ShowGuide,
    "stage": ShowStage,
    "tips": ShowTips,
    "which": PickCountry,
    "region": ShowRegion,
    "these": ChooseCountry,
    "sure": ConfirmCountry,
    "place": ShowPlace,
    "unknown": NoCountry,
    "country": ShowCountry,
    "roles": ShowRoles,
    "dates": ShowDates,
    "calendar": GetFile,
    "session": ShowSession,
    "coming": ShowComingSession,
    "reminders": ShowReminders,
    "remind": OfferReminder,
    "days": PickDays,
    "hour": PickHour,
    "wording": PickWording,
    "ownwords": AskOwnWords,
    "check": CheckReminder,
    "save": SaveReminder,
    "stop": StopReminder,
    "open": OpenReminder,
    "hide": HideReminder,
    "forget": AskForget,
    "erase": Erase,
    "keep": KeepAll,
    "export": Export,
    "themes": ShowThemes,
    "theme": ShowTheme,
    "videos": ShowVideos,
    "series": ShowSeries,
    "video": ShowVideo,
    "read": ReadInstead,
    "questions": ShowQuestions,
    "subject": ShowCategory,
    "entry": ShowEntry,
    "choose": Choose,
    "none": NoneOfThese,
    "term": ShowTerm,
    "words": ShowWords,
    "languages": ShowLanguages,
    "speak": SetLanguage,
    "help": ShowHelp,
    "about": ShowAbout,
    "privacy": ShowPrivacy,
    "safety": ShowSafety,
    "helpers": ShowHelpers,
    "clear": ClearChat,
}
"""Verb → action. A verb has at least four letters, so that it is never taken for a language code."""

_VERB_OF: Final = {kind: verb for verb, kind in VERBS.items()}
_FIELDS: Final = {kind: tuple((f.name, get_type_hints(kind)[f.name]) for f in fields(kind)) for kind in VERBS.values()}


@dataclass(frozen=True, slots=True)
class Step:
    """An action as a button carries it: with the language of the talk, or None when a link left it open."""

    action: Action
    language: str | None = None


def has_spelling(action: Action) -> bool:
    """Tell whether an action can stand on a button or in a link."""
    return type(action) in _VERB_OF


def parts(step: Step) -> tuple[str, ...]:
    """Return the words of a spelling after the language: verb, then arguments without an empty tail."""
    kind = type(step.action)
    words = [str(getattr(step.action, name)) for name, _ in _FIELDS[kind]]
    while words and not words[-1]:
        words.pop()
    return (_VERB_OF[kind], *words)


def spell(step: Step) -> str:
    """Return the spelling of a step. `check` proves that every one on a card fits `MAX_BYTES`."""
    return "__".join((*((step.language,) if step.language else ()), *parts(step)))


def read(spelling: str) -> Step:
    """Return the step of a spelling; anything that is none becomes `Unknown`, in its language if it has one."""
    if not _SPELLING.fullmatch(spelling):
        return Step(Unknown())
    return from_parts(spelling.split("__"))


def from_parts(words: list[str]) -> Step:
    """Return the step of a spelling's words, the language first if it is given."""
    language = None
    if words and words[0] not in VERBS and _LANGUAGE.fullmatch(words[0]):
        language, words = words[0], words[1:]
    kind: Callable[..., Action] | None = VERBS.get(words[0]) if words else None
    if kind is None:
        return Step(Unknown(), language)
    declared = _FIELDS[VERBS[words[0]]]
    values: list[str | int] = []
    # More arguments than we know come from a newer release that was rolled back: the ones we know still lead there.
    for word, (_, type_) in zip(words[1:], declared, strict=False):
        if type_ is not int:
            values.append(word)
        elif word.isascii() and word.isdigit() and 1 <= len(word) <= 3:
            values.append(int(word))
        else:
            return Step(Unknown(), language)
    try:
        return Step(kind(*values), language)
    except TypeError:  # an argument is missing
        return Step(Unknown(), language)
