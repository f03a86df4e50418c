"""The cards about reminders, and about what is kept of a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from upr_bot import actions as a
from upr_bot.calendar_cards import CalendarCards
from upr_bot.content.phrases import Phrases, fill
from upr_bot.journey import NOTHING, Plan, coming, ends, hours_ahead
from upr_bot.replies import Button, Reply, Run, Text, bold, lines, paragraphs, rich, rows_of
from upr_bot.sourced import MARK, Cited, Sourced
from upr_bot.wish import BEFORE, Wish, unpacked_spans

HOURS: Final = (6, 9, 12, 15, 18, 21)
"""Hours of one's own clock that are offered."""
UTC: Final = 12
"""The `zone` of a clock that shows UTC."""
ZONES: Final = 26
"""The last `zone`: 14 hours ahead, as on the Line Islands; the first, 0, is 12 behind."""


@dataclass(frozen=True, slots=True)
class ReminderCards:
    """The cards of one day in one language. `plan`: the dates that the card's target has, as the calendar knows them today."""

    calendar: CalendarCards
    plan: Plan = NOTHING

    @property
    def _p(self) -> Phrases:
        return self.calendar.common.book.phrases

    def about(self, target: str) -> str:
        """Return what a target is called."""
        if target.isdigit():
            return fill(self._p.session_title, number=int(target))
        country = self.calendar.journey.calendar.countries.get(target)
        return country.label(self.calendar.common.book.language) if country else target

    # --- asking ----------------------------------------------------------------------------------------------------------------

    def offer(self, target: str, *, messages: bool) -> Reply:
        """Offer one's own calendar first, then messages where this copy can send them."""
        p = self._p
        title = self._title(target)
        buttons = []
        session = target.isdigit()
        if not session and coming(self.calendar.stand(target), self.calendar.journey.calendar, estimates=False):
            buttons.append(self._to(p.calendar_file, a.GetFile(target)))
        no_file = p.file_of_country if session else fill(p.file_none, country=self.about(target))
        ahead = self.plan.ahead(self.calendar.day)
        said: list[Text | str] = [title]
        if self.over(target):
            said.append(p.remind_over)
        elif self.calendar.common.channel != "telegram":
            said += [p.remind_elsewhere, p.remind_file if buttons else no_file]
        elif not messages:
            said += [p.remind_off, p.remind_file if buttons else no_file]
        else:
            said += [p.remind_ways, "" if ahead else p.remind_unpublished]
            buttons.append(self._to(p.message_me, a.PickDays(target)))
        return Reply(paragraphs(said), (*rows_of(buttons), self._foot(self._shown(target))))

    def over(self, target: str) -> bool:
        """Tell whether a session has nothing ahead any more; a State always has its next review."""
        return target.isdigit() and bool(self.plan.dates) and not self.plan.ahead(self.calendar.day)

    def ways(self) -> Reply:
        """Show both ways before any country or session was named: one's own calendar first, then messages."""
        p = self._p
        buttons = [self._to(p.calendar_file, a.PickCountry("file")), self._to(p.message_me, a.PickCountry("message"))]
        return Reply(paragraphs((bold(p.remind), p.remind_ways)), (*rows_of(buttons), self._foot(a.ShowHome())))

    def days(self, target: str, days: int, now: dt.datetime, line: str = "") -> Reply:
        """Ask how long before; those that are ticked say so."""
        p = self._p
        buttons = []
        for bit, before in enumerate(BEFORE):
            ticked = days >> bit & 1
            label = self.calendar.telling.count(p.before, before)
            buttons.append(self._to(f"{label} ✓" if ticked else label, a.PickDays(target, _spelt(days ^ 1 << bit))))
        text = paragraphs((line, self._title(target), bold(p.before_title), self._dates(), p.before_text))
        country = self.calendar.journey.calendar.countries.get(target)
        zone = UTC + (hours_ahead(country.alpha2, now) if country else 0)
        done = self._to(p.done, a.PickHour(target, _spelt(days), zone))
        return Reply(text, (tuple(buttons), (done,), self._foot(a.OfferReminder(target))))

    def hour(self, target: str, days: str, zone: int, now: dt.datetime) -> Reply:
        """Ask at what hour, on a clock that shows the hour of the reader."""
        p = self._p
        ahead = zone - UTC
        clock = now.astimezone(dt.timezone(dt.timedelta(hours=ahead)))
        said = fill(p.hour_text, time=f"{clock:%H:%M}", zone=f"UTC{ahead:+d}" if ahead else "UTC")
        hours = [self._to(f"{hour:02}:00", a.PickWording(target, days, (hour - ahead) % 24)) for hour in HOURS]
        clocks = [
            self._to(label, a.PickHour(target, days, moved))
            for label, moved in ((p.clock_back, zone - 1), (p.clock_on, zone + 1))
            if 0 <= moved <= ZONES
        ]
        rows = (*((button,) for button in clocks), tuple(hours[:3]), tuple(hours[3:]))
        return Reply(paragraphs((self._title(target), bold(p.hour_title), said)), (*rows, self._foot(a.PickDays(target, days))))

    def wording(self, target: str, days: str, hour: int) -> Reply:
        """Ask in which words."""
        p = self._p
        buttons = [self._to(words, a.CheckReminder(target, days, hour, str(n))) for n, words in enumerate(p.reminder_words)]
        buttons.append(self._to(p.own_words, a.AskOwnWords(target, days, hour)))
        text = paragraphs((self._title(target), bold(p.words_choice_title), p.words_choice_text))
        return Reply(text, (*rows_of(buttons, width=1), self._foot(a.PickHour(target, days))))

    def own_words(self, line: Text | str = "") -> Reply:
        """Ask for one's own words, under what was wrong with the last ones."""
        return Reply(paragraphs((line, self._p.own_words_ask)), writes=True)

    def summary(self, wish: Wish, words: str) -> Reply:
        """Show the whole once more before it is kept."""
        p = self._p
        chosen = "own" if wish.wording < 0 else str(wish.wording)
        language = p.language_names.get(wish.language, wish.language)
        last = self.calendar.telling.day(day_of_minute(ends(wish, self.plan)))
        text = paragraphs(
            (
                self._title(wish.target),
                bold(p.summary_title),
                self._dates(),
                (Run(fill(p.summary, before=self._before(wish), hour=f"{wish.hour:02}:00", words=words, language=language)),),
                f"{p.summary_news} {fill(p.kept_until, date=last)}",
            )
        )
        days = _spelt(wish.days)
        save = self._to(p.confirm, a.SaveReminder(wish.target, days, wish.hour, chosen))
        other = a.CheckReminder(wish.target, days, wish.hour, chosen)
        books = self.calendar.common.library.books.values()
        languages = [Button(book.name, a.Step(other, book.language)) for book in books if book.language != wish.language]
        return Reply(text, ((save,), *rows_of(languages), self._foot(a.PickWording(wish.target, days, wish.hour))))

    def saved(self, wish: Wish, words: str) -> Reply:
        """Say that it is kept."""
        p = self._p
        if self.plan.ahead(self.calendar.day):
            said = fill(p.saved, before=self._before(wish), hour=f"{wish.hour:02}:00", words=words)
        else:
            said = fill(p.saved_news, words=words)
        return Reply((Run(said),), (self._foot(a.ShowReminders()),))

    def line(self, line: str, back: a.Action) -> Reply:
        """Say one thing, with ways on."""
        return Reply(rich(line), (self._foot(back),))

    # --- what one has ----------------------------------------------------------------------------------------------------------

    def listing(self, wishes: Sequence[tuple[Wish, str]]) -> Reply:
        """Show the reminders that somebody has, each with its words; numbered, to change or to stop."""
        p = self._p
        said = [(Run("- "), *self._line(p.reminder_line, wish, words)) for wish, words in wishes]
        buttons = []
        for wish, _ in wishes:
            about = self.about(wish.target)
            buttons += [
                self._to(f"{p.change}{p.colon}{about}"[:24], a.OfferReminder(wish.target)),
                self._to(f"{p.stop}{p.colon}{about}"[:24], a.StopReminder(wish.target)),
            ]
        another = self._to(p.other_country, a.PickCountry("message"))
        most = 7  # more are stopped by their messages, or by /forget
        return Reply(
            paragraphs((bold(p.reminders_title), lines(said))), (*rows_of([*buttons[:most], another]), self._foot(a.ShowHome()))
        )

    def opened(self, target: str, said: str) -> Reply:
        """Show what a reminder is about, under its words."""
        p = self._p
        ahead = self.plan.ahead(self.calendar.day)
        if ahead:
            parts: list[list[Text | Cited]] = [[(Run(said),)], [self._title(target)], list(self._dated())]
            text = Sourced(parts, p.open_days, p.checked, self.calendar.telling).text()
        else:
            text = paragraphs(((Run(said),), self._title(target), p.open_over))
        row = (self._to(p.hide, a.HideReminder(target)), self._to(p.stop, a.StopReminder(target)))
        return Reply(text, (row, (self._to(p.now, self._shown(target)),)))

    def forget(self) -> Reply:
        """Ask once before all is erased."""
        p = self._p
        text = paragraphs((bold(p.forget_title), p.forget_text))
        return Reply(text, ((self._to(p.erase, a.Erase()), self._to(p.keep, a.KeepAll())), self._foot(a.ShowPrivacy())))

    def export(self, chat: int, wishes: Sequence[tuple[Wish, Plan, str]]) -> Reply:
        """Show all that is kept of somebody, whole."""
        p = self._p
        if not wishes:
            return Reply(paragraphs((bold(p.export_title), p.export_nothing)), (self._foot(a.ShowPrivacy()),))
        said: list[Text | str] = [bold(p.export_title), fill(p.export_person, chat=chat)]
        for wish, plan, words in wishes:
            record = self._record(wish, plan, words)
            dates = [
                f"- {p.date_names[kind]}{p.colon}{self.calendar.telling.days(*span)}"
                for kind, span in unpacked_spans(wish.told).items()
            ]
            said.append(lines([record, *(rich(date) for date in dates)]))
        return Reply(paragraphs(said), (self._foot(a.ShowPrivacy()),))

    def _record(self, wish: Wish, plan: Plan, words: str) -> Text:
        p = self._p
        values = {
            "about": self.about(wish.target),
            "before": self._before(wish),
            "hour": f"{wish.hour:02}:00",
            "words": words,
            "language": p.language_names.get(wish.language, wish.language),
            "session": wish.session or p.not_published,
            "since": _moment(wish.since),
            "until": _moment(ends(wish, plan)),
        }
        return (Run(fill(p.export_record, **values)),)

    # --- parts -----------------------------------------------------------------------------------------------------------------

    def _dates(self) -> Text:
        """Return the dates that lie ahead, one a line, with how sure they are."""
        p = self._p
        told = [
            (Run("- "), Run(f"{p.date_names[kind]}{p.colon}{self.calendar.telling.when(when)} ({p.statuses[when.status]})"))
            for kind, when in self.plan.ahead(self.calendar.day).items()
        ]
        return lines(told) if told else rich(p.remind_unpublished)

    def _dated(self) -> list[Cited]:
        """Return the same with their sources and days left."""
        p = self._p
        rows = []
        for kind, when in self.plan.ahead(self.calendar.day).items():
            days = (when.first - self.calendar.day).days
            left = f", {self.calendar.telling.count(p.days_ahead, days)}" if days > 0 else ""
            said = f"{self.calendar.telling.when(when)}{left} ({p.statuses[when.status]} {MARK})"
            rows.append(Cited((Run("- "), Run(p.date_names[kind], bold=True), Run(p.colon + said)), when.source, when.checked))
        return rows

    def _line(self, phrase: str, wish: Wish, words: str) -> Text:
        return (
            Run(fill(phrase, about=self.about(wish.target), before=self._before(wish), hour=f"{wish.hour:02}:00", words=words)),
        )

    def _before(self, wish: Wish) -> str:
        """Return `30, 7, 1 days` as people say it."""
        *others, last = wish.before
        return ", ".join([*map(str, others), self.calendar.telling.count(self._p.before, last)])

    def _title(self, target: str) -> Text:
        return bold(fill(self._p.remind_title, about=self.about(target)))

    def _shown(self, target: str) -> a.Action:
        return a.ShowSession(int(target)) if target.isdigit() else a.ShowCountry(target)

    def _to(self, label: str, action: a.Action) -> Button:
        return self.calendar.common.to(label, action)

    def _foot(self, back: a.Action) -> tuple[Button, Button]:
        return self.calendar.common.foot(back)


def day_of_minute(minute: int) -> dt.date:
    """Return the day of a minute since 1970, UTC."""
    return dt.datetime.fromtimestamp(minute * 60, dt.UTC).date()


def _moment(minute: int) -> str:
    return f"{dt.datetime.fromtimestamp(minute * 60, dt.UTC):%Y-%m-%d %H:%M} UTC"


def _spelt(days: int) -> str:
    return str(days) if days else ""
