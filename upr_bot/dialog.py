"""The conversation: one action by one person, at a moment → one card. Pure: no clock of its own, no file, no memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final, assert_never, cast

from upr_bot import actions as a
from upr_bot import typed
from upr_bot.calendar_cards import CalendarCards, about_country
from upr_bot.cards import Cards, Channel
from upr_bot.content import REGIONS, ROLES, SERIES, Library
from upr_bot.content.phrases import fill
from upr_bot.faq import QUESTION_LENGTH, Languages, Matcher, Meanings, key, matcher_of
from upr_bot.folding import folded
from upr_bot.journey import Found, Guessed, Journey, Named, Names, Place, Several, Telling, calendar_file, coming, day_of
from upr_bot.reminding import Situation, own_words, remind
from upr_bot.replies import BUTTONS, Button, File, Option, Reply, Turn, paragraphs, rows_of
from upr_bot.wish import Forget, Kept
from upr_bot.wording import Discretion


@dataclass(frozen=True, slots=True)
class Reader:
    """The person, as far as one action tells: the language of the button or of the client, and the kind of channel."""

    language: str | None = None
    channel: Channel = "telegram"
    card: str = ""
    """The spelling that the card carries on which a button was tapped."""
    said: str = ""
    """The first line of that card."""


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
        self.journey = Journey(library.calendar)
        self.names = Names(library.calendar)
        named = {c.code: [*c.names.values(), *c.labels.values(), *c.aliases] for c in library.calendar.countries.values()}
        self.discretion = Discretion(library.giveaways, self.names, named)
        self._telling = {code: Telling(book.phrases, code) for code, book in library.books.items()}
        self._labels = {code: {key(book.name): a.SetLanguage()} | typed.labels(book) for code, book in library.books.items()}
        self._kept = lru_cache(maxsize=1024)(self._card)

    @cached_property
    def matcher(self) -> Matcher:
        """Return the matcher; made on first need, so that a command without questions starts at once."""
        return matcher_of(self.library, self._compiled, self._say)

    @cached_property
    def languages(self) -> Languages:
        """Return which words are of which language; made on first need too: it takes most of the time."""
        return Languages(self.library)

    def ready(self) -> Knowledge:
        """Make what is otherwise made for the first who asks; return itself."""
        _ = self.matcher, self.languages
        return self

    def language_of(self, text: str, expected: str) -> str:
        """Return the language in which something was asked, or the expected one when its words do not tell."""
        if len(self.library.books) < 2:
            return expected
        # Cut again once folded: one character can unfold into eighteen.
        return self.languages.of(folded(text[:QUESTION_LENGTH])[:QUESTION_LENGTH], expected, self.matcher.mended)

    def in_danger(self, text: str, meanings: Meanings | None = None) -> bool:
        """Tell whether a message sounds as if somebody were in danger now. Nothing of it stays, and nothing is counted."""
        return self.matcher.alarm(text, meanings)

    def card(self, action: a.Action, language: str, channel: Channel, day: dt.date) -> Reply | None:
        """Return the card of an action on a day in Geneva, or None when it leads nowhere any more.

        Cards are few and the same for everybody, so they are kept; by ids of the content alone, since what stands in a forged
        button or a link is somebody's words. Those about countries and days are made anew: see `actions.Daily`.
        """
        if isinstance(action, a.Reminding):
            # Where nothing of a person is at hand: for a typed word that replies to such a card, or a path.
            turn = remind(action, self.situation(Reader(language, channel), dt.datetime.combine(day, _NOON, dt.UTC), Kept(0)))
            return turn.reply if turn else None
        if isinstance(action, a.Daily):
            daily = self._known(action)
            reply = daily and _daily(daily, self.calendar_cards(language, channel, day))
            return replace(reply, asks=a.Step(daily, language)) if reply and daily else None
        settled = self._settled(a.SendFile() if isinstance(action, a.SendFile) else action)
        return None if settled is None else self._kept(settled, language, channel)

    def calendar_cards(self, language: str, channel: Channel, day: dt.date) -> CalendarCards:
        """Return the cards of a day in one language; made for one action and let go with it."""
        return CalendarCards(self.cards(language, channel), self.journey, self._telling[language], day)

    def situation(self, reader: Reader, now: dt.datetime, kept: Kept | None) -> Situation:
        """Return where an action about reminders happens. `kept`: None where nothing is kept."""
        cards = self.calendar_cards(self.library.book(reader.language).language, reader.channel, day_of(now))
        return Situation(cards, self.discretion, now, kept if reader.channel == "telegram" else None, reader.card, reader.said)

    def file(self, action: a.GetFile, language: str, day: dt.date) -> File | None:
        """Return the calendar file of a country, or None when it has no date to take along."""
        stand = self.journey.stand(action.country, day)
        dates = coming(stand, self.library.calendar, estimates=action.kind == "estimates")
        if not dates:
            return None
        phrases = self.library.books[language].phrases
        return calendar_file(dates, stand.country, phrases, language, neutral=action.kind == "neutral")

    def _known(self, action: a.Daily) -> a.Daily | None:
        """Return an action about countries with nothing in it but what the calendar knows, or None when its country is none."""
        countries = self.library.calendar.countries
        known: dict[str, str] = {}
        for field in fields(action):
            value = getattr(action, field.name)
            match field.name:
                case "country":
                    if value not in countries and not (isinstance(action, a.ShowPlace) and not value):
                        return None
                case "then":
                    known["then"] = value if value in THENS else "now"
                case "why":
                    known["why"] = value if value == "together" else "which"
                case "role":
                    known["role"] = value if value in ROLES[1:] else ""
                case "kind":
                    known["kind"] = value if value in FILES else "full"
                case "region":
                    if value not in REGIONS:
                        return None
        if isinstance(action, a.ChooseCountry):
            given = (action.first, action.second, action.third, action.fourth, action.fifth, action.sixth)
            codes = tuple(code for code in given if code in countries)
            return a.ChooseCountry(known["then"], known["why"], *codes) if codes else None
        return cast("a.Daily", replace(action, **known))  # type: ignore[arg-type]

    def _card(self, action: a.Action, language: str, channel: Channel) -> Reply | None:
        reply = _card(action, self.cards(language, channel))
        asks = a.Step(action, language) if a.has_spelling(action) else None
        return reply and replace(reply, asks=asks, shared=True, rtl=self.library.books[language].direction == "rtl")

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
        return Cards(self.library.books[language], self.library, channel, self.operator, self.contact, self._telling[language].day)

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


_NOON: Final = dt.time(12)
THENS: Final = ("dates", "remind", "message", "file")
"""What a country is asked for, other than where it stands."""


def respond(action: a.Action, reader: Reader, knowledge: Knowledge, now: dt.datetime, kept: Kept | None = None) -> Turn:
    """Answer one action at a moment (aware). Ids that are gone lead to their successor, or Home with one line.

    `kept`: what is kept about the person, None where this copy keeps nothing of anybody. Raises `NotReadError` when the answer
    depends on it and it was not read.
    """
    language = knowledge.library.book(reader.language).language
    day = day_of(now)
    if isinstance(action, a.Ask):
        return _Typed(knowledge, reader.channel, now, kept).turn(action, language)
    if isinstance(action, a.Reminding) and (turn := remind(action, knowledge.situation(reader, now, kept))):
        return turn
    if isinstance(action, a.Block):
        return Turn(Reply(()), language, effect=Forget() if kept is not None else None)
    reply = knowledge.card(action, language, reader.channel, day)
    if reply is None:
        reply = knowledge.card(a.Unknown(), language, reader.channel, day)
    elif isinstance(action, a.GetFile):
        return Turn(reply, language, knowledge.file(action, language, day))
    assert reply is not None
    if isinstance(action, a.SendFile) and knowledge.in_danger(action.caption):
        reply = knowledge.cards(language, reader.channel).warned(reply)
    return Turn(reply, language, clears=isinstance(action, a.ClearChat) and reader.channel == "telegram")


FILES: Final = ("full", "neutral", "estimates")
"""The kinds of calendar file."""


def _daily(action: a.Daily, cards: CalendarCards) -> Reply | None:  # noqa: PLR0912 - one case an action
    """Return the card of an action about countries, or None when it has no such page."""
    countries = cards.journey.calendar.countries
    reply: Reply | None
    match action:
        case a.PickCountry(then):
            reply = cards.pick(then)
        case a.ShowRegion(region, group, then):
            reply = cards.region(region, group, then)
        case a.ChooseCountry(then, why):
            codes = (action.first, action.second, action.third, action.fourth, action.fifth, action.sixth)
            reply = cards.choose([code for code in codes if code], then, together=why == "together")
        case a.ConfirmCountry(country, then):
            reply = cards.confirm(countries[country], then)
        case a.ShowPlace(country):
            reply = cards.place(countries.get(country))
        case a.NoCountry(then):
            reply = cards.no_country(then)
        case a.ShowCountry(country, role):
            reply = cards.country(cards.stand(country), role)
        case a.ShowRoles(country, role):
            reply = cards.roles(countries[country], role)
        case a.ShowDates(country):
            reply = cards.dates(cards.stand(country))
        case a.GetFile(country, kind):
            reply = cards.file(cards.stand(country), kind)
        case a.ShowSession(number, page):
            session = cards.journey.calendar.sessions.get(number)
            reply = cards.session(session, page) if session else cards.no_session()
        case a.ShowComingSession():
            reply = cards.coming_session()
        case _:
            assert_never(action)
    return reply


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
        case a.ShowSafety():
            reply = cards.safety()
        case a.ShowHelpers():
            reply = cards.helpers()
        case a.ClearChat():
            reply = cards.cleared()
        case a.FindNothing():
            reply = cards.no_answer()
        case a.SendFile():
            reply = cards.refused_file()
        case a.Unknown():
            reply = cards.gone()
        case (
            a.Ask()
            | a.PickCountry()
            | a.ShowRegion()
            | a.ChooseCountry()
            | a.ConfirmCountry()
            | a.ShowPlace()
            | a.NoCountry()
            | a.ShowCountry()
            | a.ShowRoles()
            | a.ShowDates()
            | a.GetFile()
            | a.ShowSession()
            | a.ShowComingSession()
            | a.ShowReminders()
            | a.OfferReminder()
            | a.PickDays()
            | a.PickHour()
            | a.PickWording()
            | a.AskOwnWords()
            | a.CheckReminder()
            | a.SaveReminder()
            | a.StopReminder()
            | a.OpenReminder()
            | a.HideReminder()
            | a.AskForget()
            | a.Erase()
            | a.KeepAll()
            | a.Export()
            | a.Block()
        ):
            raise TypeError("neither typed words nor cards of a day; see respond() and _daily()")
        case _:
            assert_never(action)
    return reply


class _Typed:
    """Typed words at a moment, in a channel → a turn."""

    def __init__(self, knowledge: Knowledge, channel: Channel, now: dt.datetime, kept: Kept | None) -> None:
        self._knowledge = knowledge
        self._channel = channel
        self._now = now
        self._kept = kept
        self._card_of = ""
        self._day = day_of(now)
        self._free = ""
        """What was written in free words: no command, no number, no words of a button, no country alone."""
        self._meanings: Meanings | None = None
        """What it means, where it was read as a question before it is listened to."""

    def turn(self, ask: a.Ask, language: str) -> Turn:
        """Answer typed words; in the language they are written in, with a way back to the one the person reads."""
        self._card_of = ask.reply_to
        replied = a.read(ask.reply_to) if ask.reply_to else None
        if replied and replied.language in self._knowledge.library.books:
            language = replied.language or language
        turn = self._turn(ask, replied, language)
        if turn.language != language:
            turn = replace(turn, reply=self._with_way_back(turn.reply, language))
        if not self._free or not self._knowledge.in_danger(self._free, self._meanings):
            return turn
        return replace(turn, reply=self._knowledge.cards(turn.language, self._channel).warned(turn.reply))

    def _turn(self, ask: a.Ask, replied: a.Step | None, language: str) -> Turn:
        knowledge = self._knowledge
        shown = self._shown(replied.action, language) if replied else None
        if shown and (pressed := typed.pressed(ask.text, shown)):
            return self._go(pressed.action, pressed.language or language)
        if replied and isinstance(replied.action, a.AskOwnWords) and not ask.text.startswith("/"):
            situation = knowledge.situation(Reader(language, self._channel), self._now, self._kept)
            if told := own_words(replied.action, ask.text, situation):
                self._free = ask.text
                return told
        if (called := typed.command(ask.text)) and called[0] != "start":
            self._free = called[1]
        match typed.meaning(ask.text, knowledge.labels(language)):
            case a.Step(a.ShowTerm(term), named):
                language = named or language
                asked = [c.id for c in knowledge.matcher.match(ask.text).candidates if c.score >= WORTH_A_BUTTON]
                book, cards = knowledge.library.books[language], knowledge.cards(language, self._channel)
                reply = cards.term(book.terms[term], asked)
                return Turn(replace(reply, asks=a.Step(a.ShowTerm(term), language)), language)
            case a.Step(action, named):
                return self._go(action, named or language)
            case typed.Number(number) if replied and (then := getattr(replied.action, "then", "")) in THENS[1:]:
                # After the question for a reminder a number is a session's; a calendar file is made for a country.
                return self._go(a.PickDays(str(number)) if then == "message" else a.OfferReminder(str(number)), language)
            case typed.Number(number):
                return self._number(number, shown, language)
            case typed.AboutCountry(text, then):
                self._free = self._beside_a_country(text)
                return self._go(_meant(knowledge.names.find(text), then), language)
            case typed.Question(text):
                asks_country = replied.action if replied and isinstance(replied.action, AsksCountry) else None
                found = knowledge.names.find(text) if asks_country else knowledge.names.whole(text, codes_in_any_case=False)
                self._free = self._beside_a_country(text)
                if found:
                    return self._go(_meant(found, asks_country.then if asks_country else "now"), language)
                language = knowledge.language_of(text, language)
                after = replied.action.entry if replied and isinstance(replied.action, a.ShowEntry) else None
                return Turn(self._answer(text, language, after, asks_country), language)

    def _beside_a_country(self, text: str) -> str:
        """Return a text unless it is the name of a country and nothing else, spelt right or with a slip."""
        names = self._knowledge.names
        return "" if names.whole(text) or names.slip(text) else text

    def _shown(self, action: a.Action, language: str) -> Reply | None:
        """Return the card that a message replies to. What it would do is not done: only its buttons are looked at."""
        if isinstance(action, a.Reminding):
            return self._go(action, language).reply
        return self._card(action, language)

    def _card(self, action: a.Action, language: str) -> Reply | None:
        return self._knowledge.card(action, language, self._channel, self._day)

    def _go(self, action: a.Action, language: str) -> Turn:
        return respond(action, Reader(language, self._channel, self._card_of), self._knowledge, self._now, self._kept)

    def _number(self, number: int, shown: Reply | None, language: str) -> Turn:
        options = shown.options if shown else self._stages(language)
        phrases = self._knowledge.library.books[language].phrases
        if 1 <= number <= len(options):
            step = options[number - 1].button.to
            turn = self._go(step.action, step.language or language)
            if shown is None and self._channel == "telegram":
                return Turn(_under(fill(phrases.bare_number, number=number), turn.reply), turn.language)
            return turn
        return Turn(self._knowledge.cards(language, self._channel).help(fill(phrases.no_such_number, number=number)), language)

    def _stages(self, language: str) -> tuple[Option, ...]:
        """Return what a number means that replies to no card: the stages, whose list invites it."""
        guide = self._card(a.ShowGuide(), language)
        return guide.options if guide else ()

    def _answer(self, text: str, language: str, after: str | None, asks_country: a.Action | None) -> Reply:
        knowledge = self._knowledge
        named, rest = knowledge.names.mentioned(text[:QUESTION_LENGTH])
        self._meanings = knowledge.matcher.meanings(text)
        found = knowledge.matcher.match(text, after and knowledge.current("entries", after), self._meanings)
        if named and found.decision != "answer" and rest:
            # The name of a country says nothing of what is asked, except where an entry is about that country.
            found = knowledge.matcher.match(rest, after and knowledge.current("entries", after), self._meanings)
        # Unasked, a word is the slip of a country's name only when it is no word of its own: "chat" is not Chad.
        strange = asks_country or not all(map(knowledge.matcher.knows, knowledge.matcher.read(text).typed))
        slip = knowledge.names.slip(text) if strange and found.decision != "answer" else None
        shown: a.Action
        if slip or (asks_country and found.decision == "none"):
            shown = _meant(slip, getattr(asks_country, "then", "now"))
        elif found.decision == "answer":
            shown = a.ShowEntry(found.offered[0])
        else:
            shown = a.Choose(*found.offered) if found.decision == "choose" else a.FindNothing()
        reply = self._card(shown, language)
        assert reply is not None
        if found.further:
            reply = knowledge.cards(language, self._channel).also_answered(reply, found.further)
        if named and not isinstance(shown, a.Daily):
            reply = self._with_countries(reply, named, language)
        if len(text) <= QUESTION_LENGTH:
            return reply
        return _under(fill(knowledge.library.books[language].phrases.only_start_read, count=QUESTION_LENGTH), reply)

    def _with_countries(self, reply: Reply, codes: Sequence[str], language: str) -> Reply:
        """Return an answer with a way to where the first country that was named stands."""
        phrases = self._knowledge.library.books[language].phrases
        button = self._knowledge.cards(language, self._channel).to(phrases.now, a.ShowCountry(codes[0]))
        return replace(reply, rows=(*rows_of([button]), *reply.rows), shared=False)

    def _with_way_back(self, reply: Reply, language: str) -> Reply:
        """Return a card with a button that shows it in another language, unless it offers that language itself."""
        offered = any(isinstance(button.to.action, a.SetLanguage) for button in reply.buttons)
        if reply.asks is None or offered or isinstance(reply.asks.action, a.SetLanguage) or len(reply.buttons) >= BUTTONS:
            return reply
        back = Button(self._knowledge.library.books[language].name, a.Step(reply.asks.action, language))
        return replace(reply, rows=(*reply.rows[:-1], (back,), *reply.rows[-1:]), shared=False)


AsksCountry = a.PickCountry | a.ShowRegion | a.ChooseCountry | a.ConfirmCountry | a.NoCountry
"""Cards whose reply is the name of a country."""


def _meant(found: Found, then: str) -> a.Action:
    """Return what to show for the country that was named, or not."""
    match found:
        case Named(code):
            return about_country(code, then)
        case Guessed(code):
            return a.ConfirmCountry(code, then)
        case Several(codes, together):
            return a.ChooseCountry(then, "together" if together else "which", *codes)
        case Place(code):
            return a.ShowPlace(code or "")
        case None:
            return a.NoCountry(then)


def _under(line: str, reply: Reply) -> Reply:
    """Return a card under a line that was said to one person only."""
    return replace(reply, text=paragraphs((line, reply.text)), shared=False)
