"""The conversation: one action by one person → one card. Pure: no clock, no file, no memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import assert_never

from upr_bot import actions as a
from upr_bot import typed
from upr_bot.cards import Cards, Channel
from upr_bot.content import SERIES, Library, Stage, Theme
from upr_bot.content.phrases import fill
from upr_bot.faq import QUESTION_LENGTH, Languages, Matcher
from upr_bot.replies import Reply, Turn, paragraphs


@dataclass(frozen=True, slots=True)
class Reader:
    """The person, as far as one action tells: the language of the button or of the client, and the kind of channel."""

    language: str | None = None
    channel: Channel = "telegram"


class Knowledge:
    """All that answers come from: the library, what is derived from it once, and who runs this copy."""

    def __init__(self, library: Library, *, operator: str | None = None, contact: str | None = None) -> None:
        self.library = library
        self.operator = operator
        self.contact = contact
        self.languages = Languages(library)
        self._labels = {code: typed.labels(book) for code, book in library.books.items()}
        self.card = lru_cache(maxsize=1024)(self._card)

    @cached_property
    def matcher(self) -> Matcher:
        """Return the matcher; built on first need, so that a command without questions starts at once."""
        return Matcher(self.library)

    def _card(self, action: a.Action, language: str, channel: Channel) -> Reply | None:
        """Return the card of an action, or None when it leads nowhere any more. Cards are few and the same for everybody."""
        return _card(action, self, self.cards(language, channel))

    def cards(self, language: str, channel: Channel) -> Cards:
        """Return the cards in one language."""
        return Cards(self.library.books[language], self.library, channel, self.operator, self.contact)

    def labels(self, language: str) -> Iterator[tuple[str, dict[str, a.Action]]]:
        """Yield the words on buttons in a language and, behind them, in every other one."""
        yield language, self._labels[language]
        yield from ((code, labels) for code, labels in self._labels.items() if code != language)

    def current(self, kind: str, id_: str) -> str | None:
        """Return the id that a former or present id leads to today, or None when nothing took its place."""
        known = getattr(self.library.first, kind)
        for _ in range(8):  # a chain of renamings; a circle ends in None
            if id_ in known:
                return id_
            if (successor := self.library.successors.get((kind, id_))) is None:
                return None
            id_ = successor
        return None


def respond(action: a.Action, reader: Reader, knowledge: Knowledge) -> Turn:
    """Answer one action. Ids that are gone lead to their successor, or Home with one line."""
    language = knowledge.library.book(reader.language).language
    if isinstance(action, a.Ask):
        return _typed(action, language, reader.channel, knowledge)
    reply = knowledge.card(action, language, reader.channel) or knowledge.card(a.Unknown(), language, reader.channel)
    assert reply is not None
    return Turn(reply, language)


def _card(action: a.Action, knowledge: Knowledge, cards: Cards) -> Reply | None:  # noqa: PLR0912, PLR0915 - one case an action
    book = cards.book
    phrases = book.phrases
    reply: Reply | None = None
    match action:
        case a.ShowStart():
            reply = cards.start()
        case a.ShowHome():
            reply = cards.home()
        case a.ShowGuide():
            reply = cards.guide()
        case a.ShowStage(stage):
            if id_ := knowledge.current("stages", stage):
                reply = cards.stage(book.stages[id_])
        case a.ShowTips(of, page):
            if (about := _stage_or_theme(of, knowledge, cards)) is not None:
                reply = cards.tips(about, page)
        case a.ShowThemes():
            reply = cards.themes()
        case a.ShowTheme(theme):
            if id_ := knowledge.current("themes", theme):
                reply = cards.theme(book.themes[id_])
        case a.ShowVideos():
            reply = cards.videos()
        case a.ShowSeries(series):
            if series in SERIES:
                reply = cards.series(series)
        case a.ShowVideo(video, of):
            if id_ := knowledge.current("videos", video):
                reply = cards.video(book.videos[id_], _stage_or_theme(of, knowledge, cards))
        case a.ReadInstead(video, of):
            if id_ := knowledge.current("videos", video):
                reply = cards.read_instead(book.videos[id_], _stage_or_theme(of, knowledge, cards))
        case a.ShowQuestions(page):
            reply = cards.questions(page)
        case a.ShowCategory(category, page):
            if id_ := knowledge.current("categories", category):
                reply = cards.category(id_, page)
        case a.ShowEntry(entry):
            if id_ := knowledge.current("entries", entry):
                reply = cards.entry(book.entries[id_])
        case a.Choose(first, second, third):
            found = [id_ for each in (first, second, third) if (id_ := knowledge.current("entries", each))]
            if found:
                reply = cards.choose(found)
        case a.NoneOfThese():
            reply = cards.questions(1, phrases.none_text)
        case a.ShowTerm(term):
            if id_ := knowledge.current("terms", term):
                reply = cards.term(book.terms[id_])
        case a.ShowWords():
            reply = cards.words()
        case a.ShowLanguages():
            reply = cards.languages()
        case a.SetLanguage():
            reply = cards.home(fill(phrases.language_set, language=book.name))
        case a.ShowHelp():
            reply = cards.help()
        case a.ShowAbout():
            reply = cards.about()
        case a.ShowPrivacy():
            reply = cards.privacy()
        case a.FindNothing():
            reply = cards.no_answer()
        case a.SendFile():
            reply = cards.refused_file()
        case a.Unknown():
            reply = cards.home(phrases.gone)
        case a.Ask():
            raise TypeError("typed words are no card; see respond()")
        case _:
            assert_never(action)
    return reply


def _stage_or_theme(id_: str, knowledge: Knowledge, cards: Cards) -> Stage | Theme | None:
    """Return the stage or theme of an id; the two never share one (a rule of `check`)."""
    if stage := knowledge.current("stages", id_):
        return cards.book.stages[stage]
    if theme := knowledge.current("themes", id_):
        return cards.book.themes[theme]
    return None


def _typed(ask: a.Ask, language: str, channel: Channel, knowledge: Knowledge) -> Turn:
    asked = a.read(ask.reply_to) if ask.reply_to else a.Step(a.ShowGuide())
    if asked.language and asked.language in knowledge.library.books:
        language = asked.language
    book = knowledge.library.books[language]
    match typed.meaning(ask.text, knowledge.labels(language)):
        case a.Step(action, named):
            return respond(action, Reader(named or language, channel), knowledge)
        case typed.Number(number):
            shown = knowledge.card(asked.action, language, channel)
            if shown and 1 <= number <= len(shown.options):
                step = shown.options[number - 1].button.to
                assert isinstance(step, a.Step)
                return respond(step.action, Reader(language, channel), knowledge)
            line = fill(book.phrases.no_such_number, number=number)
            return Turn(knowledge.cards(language, channel).help(line), language)
        case typed.Question(text):
            language = knowledge.languages.of(text[:QUESTION_LENGTH], language)
            return Turn(_answer(text, language, channel, knowledge), language)


def _answer(text: str, language: str, channel: Channel, knowledge: Knowledge) -> Reply:
    found = knowledge.matcher.match(text)
    shown: a.Action
    match found.decision:
        case "answer":
            shown = a.ShowEntry(found.offered[0])
        case "choose":
            shown = a.Choose(*found.offered)
        case "none":
            shown = a.FindNothing()
    reply = knowledge.card(shown, language, channel)
    assert reply is not None
    if len(text) <= QUESTION_LENGTH:
        return reply
    line = fill(knowledge.library.books[language].phrases.only_start_read, count=QUESTION_LENGTH)
    return replace(reply, text=paragraphs((line, reply.text)))
