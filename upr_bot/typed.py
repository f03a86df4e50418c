"""What typed words mean: a command, a number, the words of a button, a term, or else a question.

Nothing of the talk is remembered: a number means what the card it replies to says, or a stage when it replies to none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from upr_bot import actions as a
from upr_bot.content import SERIES, Book
from upr_bot.faq import key
from upr_bot.replies import Reply

_COMMAND = re.compile(r"/([A-Za-z_]{1,32})(?:@\w{1,64})?(?:\s+(.*))?", re.DOTALL)
LONGEST_LABEL: Final = 120
_NUMBER = re.compile(r"#?\s*(\d{1,4})\s*[.)]?")

COMMANDS: Final[Mapping[str, a.Action]] = {
    "start": a.ShowStart(),
    "now": a.PickCountry(),
    "dates": a.PickCountry("dates"),
    "session": a.ShowSession(0),
    "next": a.ShowComingSession(),
    "guide": a.ShowGuide(),
    "videos": a.ShowVideos(),
    "ask": a.ShowQuestions(),
    "remind": a.ShowReminders(),
    "forget": a.AskForget(),
    "export": a.Export(),
    "lang": a.ShowLanguages(),
    "help": a.ShowHelp(),
    "about": a.ShowAbout(),
    "privacy": a.ShowPrivacy(),
    "safety": a.ShowSafety(),
    "clear": a.ClearChat(),
}
"""The commands of the chat, in the order of the menu (the menu's words: `command_*` in `_phrases.yaml`)."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number alone: an option of the card it replies to."""

    value: int


@dataclass(frozen=True, slots=True)
class AboutCountry:
    """The name of a country after /now or /dates, as typed."""

    text: str
    then: str


@dataclass(frozen=True, slots=True)
class Question:
    """Anything else, as typed."""

    text: str


def command(text: str) -> tuple[str, str] | None:
    """Return (name, rest) of a `/command rest`, or None."""
    found = _COMMAND.fullmatch(text.strip())
    return (found.group(1).lower(), (found.group(2) or "").strip()) if found else None


def pressed(text: str, shown: Reply) -> a.Step | None:
    """Return the step of the button that somebody typed in reply to a card, if its words stand on that card."""
    wanted = key(text) if len(text) <= LONGEST_LABEL and not text.lstrip().startswith("/") else ""
    return next((button.to for button in shown.buttons if wanted and key(button.label) == wanted), None)


def meaning(text: str, labels: Iterable[tuple[str, Mapping[str, a.Action]]]) -> a.Step | Number | AboutCountry | Question:
    """Return what somebody means by some words, before any question is matched.

    `labels`: language → words on its buttons, the expected language first; a label of another language goes on in that one.
    """
    text = text.strip()
    if text.startswith("/") and (called := command(text)):
        name, rest = called
        if name == "start" and rest:
            return _without_effect(a.read(rest))
        if name == "remind" and rest.isascii() and rest.isdigit() and len(rest) <= 3:
            return a.Step(a.OfferReminder(rest))
        if name in {"now", "dates", "remind"} and rest:
            return AboutCountry(rest, name)
        if name == "session" and rest.isascii() and rest.isdigit() and len(rest) <= 3:
            return a.Step(a.ShowSession(int(rest)))
        if name == "ask" and rest:
            text = rest
        else:
            return a.Step(COMMANDS.get(name, a.ShowHelp()))
    if not text:
        return a.Step(a.ShowHome())
    if number := _NUMBER.fullmatch(text):
        return Number(int(number.group(1)))
    if len(text) <= LONGEST_LABEL:
        wanted = key(text)
        for language, named in labels:
            if (action := named.get(wanted)) is not None:
                return a.Step(action, language)
    return Question(text)


def _without_effect(step: a.Step) -> a.Step:
    """Return where a link leads. A link never keeps, stops, erases or clears anything: who made it is not who follows it."""
    match step.action:
        case a.SaveReminder(target, days, hour, wording):
            return a.Step(a.CheckReminder(target, days, hour, wording), step.language)
        case a.StopReminder():
            return a.Step(a.ShowReminders(), step.language)
        case a.Erase():
            return a.Step(a.AskForget(), step.language)
        case a.ClearChat():
            return a.Step(a.ShowSafety(), step.language)
    return step


def labels(book: Book) -> dict[str, a.Action]:
    """Return words → action for everything that stands on a button, and every term, in one language.

    Where two share their words the earlier wins: the guide's own buttons, stages, themes, videos, subjects, terms, then
    questions.
    """
    p = book.phrases
    named: list[tuple[str, a.Action]] = [
        (p.home, a.ShowHome()),
        (p.back, a.ShowHome()),
        (p.now, a.PickCountry()),
        (p.dates, a.PickCountry("dates")),
        (p.next_session, a.ShowComingSession()),
        (p.guide, a.ShowGuide()),
        (p.questions, a.ShowQuestions()),
        (p.videos, a.ShowVideos()),
        (p.video, a.ShowVideos()),
        (p.language, a.ShowLanguages()),
        (p.themes, a.ShowThemes()),
        (p.none_of_these, a.NoneOfThese()),
        (p.remind, a.ShowReminders()),
        (p.help, a.ShowHelp()),
        (p.about, a.ShowAbout()),
        (p.privacy, a.ShowPrivacy()),
        (p.safety, a.ShowSafety()),
        (p.who_helps, a.ShowHelpers()),
        (p.clear_chat, a.ClearChat()),
        (p.words, a.ShowWords()),
        *((greeting, a.ShowStart()) for greeting in p.greetings),
    ]
    named += [(getattr(p, f"series_{series}"), a.ShowSeries(series)) for series in SERIES]
    for stage in book.stages.values():
        named += [(stage.label, a.ShowStage(stage.id)), (stage.title, a.ShowStage(stage.id))]
    for theme in book.themes.values():
        named += [(theme.label, a.ShowTheme(theme.id)), (theme.title, a.ShowTheme(theme.id))]
    for video in book.videos.values():
        named += [(video.label, a.ShowVideo(video.id)), (video.title, a.ShowVideo(video.id))]
    named += [(category.label, a.ShowCategory(category.id)) for category in book.categories.values()]
    for term in book.terms.values():
        named += [(words, a.ShowTerm(term.id)) for words in (term.term, *term.also)]
    named += [(entry.label, a.ShowEntry(entry.id)) for entry in book.entries.values()]
    found: dict[str, a.Action] = {}
    for words, action in named:
        found.setdefault(key(words), action)
    return found
