"""The conversation: one action by one person → one card. Pure: no clock, no file, no memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final, assert_never

from upr_bot import actions as a
from upr_bot import typed
from upr_bot.cards import Cards, Channel
from upr_bot.content import SERIES, Library
from upr_bot.content.phrases import fill
from upr_bot.faq import QUESTION_LENGTH, Languages, Matcher, key, matcher_of
from upr_bot.replies import Option, Reply, Turn, paragraphs


@dataclass(frozen=True, slots=True)
class Reader:
    """The person, as far as one action tells: the language of the button or of the client, and the kind of channel."""

    language: str | None = None
    channel: Channel = "telegram"


_KINDS: Final = {
    "stage": "stages",
    "theme": "themes",
    "video": "videos",
    "category": "categories",
    "entry": "entries",
    "term": "terms",
}
"""Argument of an action → where its id is looked up in a book."""


WORTH_A_BUTTON: Final = 0.1
"""Probability from which a question gets a button under the term that somebody typed."""


class Knowledge:
    """All that answers come from: the library, what is derived from it once, and who runs this copy."""

    def __init__(
        self,
        library: Library,
        *,
        operator: str | None = None,
        contact: str | None = None,
        compiled: Sequence[Path] = (),
        say: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Derive from a library. `compiled`: where its question index may stand; `say`: how to tell that it must be learnt."""
        self.library = library
        self._compiled = compiled
        self._say = say
        self.operator = operator
        self.contact = contact
        self.languages = Languages(library)
        self._labels = {code: {key(book.name): a.SetLanguage()} | typed.labels(book) for code, book in library.books.items()}
        self._kept = lru_cache(maxsize=1024)(self._card)

    @cached_property
    def matcher(self) -> Matcher:
        """Return the matcher; made on first need, so that a command without questions starts at once."""
        return matcher_of(self.library, self._compiled, self._say)

    def language_of(self, text: str, expected: str) -> str:
        """Return the language in which something was asked, or the expected one when its words do not tell."""
        if len(self.library.books) < 2:
            return expected
        return self.languages.of(text[:QUESTION_LENGTH], expected, self.matcher.mended)

    def card(self, action: a.Action, language: str, channel: Channel) -> Reply | None:
        """Return the card of an action, or None when it leads nowhere any more.

        Cards are few and the same for everybody, so they are kept; by ids of the content alone, since what stands in a forged
        button or a link is somebody's words.
        """
        settled = self._settled(action)
        return None if settled is None else self._kept(settled, language, channel)

    def _card(self, action: a.Action, language: str, channel: Channel) -> Reply | None:
        reply = _card(action, self.cards(language, channel))
        asks = a.Step(action, language) if a.has_spelling(action) else None
        return reply and replace(reply, asks=asks, shared=True)

    def _settled(self, action: a.Action) -> a.Action | None:
        """Return an action with the ids that its ids lead to today, or None when one it cannot do without is gone."""
        if isinstance(action, a.Choose):
            found = [id_ for each in (action.first, action.second, action.third) if (id_ := self.current("entries", each))]
            return a.Choose(*found) if found else None
        if isinstance(action, a.NoneOfThese):
            return a.NoneOfThese(self.current("entries", action.entry) or "")
        for field in fields(action):
            value = getattr(action, field.name)
            if field.name == "of":
                value = self.current("stages", value) or self.current("themes", value) or ""
                if not value and isinstance(action, a.ShowTips):
                    return None
            elif field.name == "series" and value not in SERIES:
                return None
            elif field.name in _KINDS:
                value = self.current(_KINDS[field.name], value)
                if value is None:
                    return None
            action = replace(action, **{field.name: value})
        return action

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


def _card(action: a.Action, cards: Cards) -> Reply | None:  # noqa: PLR0912, PLR0915 - one case an action
    """Return the card of an action whose ids exist, or None when it has no such page."""
    book = cards.book
    reply: Reply | None
    match action:
        case a.ShowStart():
            reply = cards.start()
        case a.ShowHome():
            reply = cards.home()
        case a.ShowGuide():
            reply = cards.guide()
        case a.ShowStage(stage):
            reply = cards.stage(book.stages[stage])
        case a.ShowTips(of, page):
            reply = cards.tips(book.stages.get(of) or book.themes[of], page)
        case a.ShowThemes(page):
            reply = cards.themes(page)
        case a.ShowTheme(theme):
            reply = cards.theme(book.themes[theme])
        case a.ShowVideos():
            reply = cards.videos()
        case a.ShowSeries(series):
            reply = cards.series(series)
        case a.ShowVideo(video, of):
            reply = cards.video(book.videos[video], book.stages.get(of) or book.themes.get(of))
        case a.ReadInstead(video, of):
            reply = cards.read_instead(book.videos[video], book.stages.get(of) or book.themes.get(of))
        case a.ShowQuestions(page):
            reply = cards.questions(page)
        case a.ShowCategory(category, page):
            reply = cards.category(category, page)
        case a.ShowEntry(entry):
            reply = cards.entry(book.entries[entry])
        case a.Choose(first, second, third):
            reply = cards.choose([id_ for id_ in (first, second, third) if id_])
        case a.NoneOfThese(nearest):
            reply = cards.none_of_these(book.entries.get(nearest))
        case a.ShowTerm(term):
            reply = cards.term(book.terms[term])
        case a.ShowWords():
            reply = cards.words()
        case a.ShowLanguages():
            reply = cards.languages()
        case a.SetLanguage():
            reply = cards.language_set()
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
            reply = cards.gone()
        case a.Ask():
            raise TypeError("typed words are no card; see respond()")
        case _:
            assert_never(action)
    return reply


def _typed(ask: a.Ask, language: str, channel: Channel, knowledge: Knowledge) -> Turn:
    replied = a.read(ask.reply_to) if ask.reply_to else None
    if replied and replied.language in knowledge.library.books:
        language = replied.language or language
    shown = knowledge.card(replied.action, language, channel) if replied else None
    if shown and (pressed := typed.pressed(ask.text, shown)):
        return respond(pressed.action, Reader(pressed.language, channel), knowledge)
    match typed.meaning(ask.text, knowledge.labels(language)):
        case a.Step(a.ShowTerm(term), named):
            language = named or language
            asked = [c.id for c in knowledge.matcher.match(ask.text).candidates if c.score >= WORTH_A_BUTTON]
            book, cards = knowledge.library.books[language], knowledge.cards(language, channel)
            reply = cards.term(book.terms[term], asked)
            return Turn(replace(reply, asks=a.Step(a.ShowTerm(term), language)), language)
        case a.Step(action, named):
            return respond(action, Reader(named or language, channel), knowledge)
        case typed.Number(number):
            options = shown.options if shown else _stages(language, channel, knowledge)
            if 1 <= number <= len(options):
                step = options[number - 1].button.to
                turn = respond(step.action, Reader(step.language, channel), knowledge)
                if shown is None and channel == "telegram":
                    line = fill(knowledge.library.books[language].phrases.bare_number, number=number)
                    return Turn(_under(line, turn.reply), turn.language)
                return turn
            line = fill(knowledge.library.books[language].phrases.no_such_number, number=number)
            return Turn(knowledge.cards(language, channel).help(line), language)
        case typed.Question(text):
            language = knowledge.language_of(text, language)
            after = replied.action.entry if replied and isinstance(replied.action, a.ShowEntry) else None
            return Turn(_answer(text, language, channel, knowledge, after), language)


def _stages(language: str, channel: Channel, knowledge: Knowledge) -> tuple[Option, ...]:
    """Return what a number means that replies to no card: the stages, whose list invites it."""
    guide = knowledge.card(a.ShowGuide(), language, channel)
    return guide.options if guide else ()


def _answer(text: str, language: str, channel: Channel, knowledge: Knowledge, after: str | None) -> Reply:
    found = knowledge.matcher.match(text, after and knowledge.current("entries", after))
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
    if found.further:
        reply = knowledge.cards(language, channel).also_answered(reply, found.further)
    if len(text) <= QUESTION_LENGTH:
        return reply
    line = fill(knowledge.library.books[language].phrases.only_start_read, count=QUESTION_LENGTH)
    return _under(line, reply)


def _under(line: str, reply: Reply) -> Reply:
    """Return a card under a line that was said to one person only."""
    return replace(reply, text=paragraphs((line, reply.text)), shared=False)
