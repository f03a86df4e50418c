"""The cards that depend on the day: which country, where it stands, its dates, a session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from upr_bot import actions as a
from upr_bot.cards import Cards
from upr_bot.content import KINDS, REGIONS, ROLES, Country, Kind, Session, When
from upr_bot.content.phrases import fill
from upr_bot.folding import folded
from upr_bot.journey import Dated, Journey, Moment, Stand, Telling, Window, coming, dates_of
from upr_bot.replies import Button, Reply, Run, Text, bold, host_of, lines, link, paragraphs, rich, rows_of

GROUP: Final = 8
"""Countries on a card: with Back and Home ten buttons."""
STATES: Final = 6
"""States of a session that get a button on one card."""
ROOM: Final = 1180
"""Characters of a card: what is least needed is left out until it fits, with room for a line above."""
_DETAIL: Final = ((3, 2, 3), (3, 1, 2), (2, 1, 1), (2, 1, 0), (1, 0, 0), (0, 0, 0))
"""How much is told, the fullest first: things that come next, things closed, things open that are explained."""


class _Notes:
    """The sources of a card, numbered in the order in which they are named.

    `by_host`: the pages of one host share a number, for want of room. Several then stand there without a link, since none of them
    says it all; the card of the dates links each.
    """

    def __init__(self, *, by_host: bool = False) -> None:
        self._by_host = by_host
        self._pages: dict[tuple[str, dt.date], list[str]] = {}

    def mark(self, source: str, checked: dt.date) -> str:
        key = host_of(source) if self._by_host and source.startswith("https://") else source
        pages = self._pages.setdefault((key, checked), [])
        if source not in pages:
            pages.append(source)
        return f"[{list(self._pages).index((key, checked)) + 1}]"

    def text(self, checked_phrase: str, telling: Telling) -> Text:
        rows: list[Text] = []
        for number, ((host, checked), pages) in enumerate(self._pages.items(), 1):
            linked = len(pages) == 1 and pages[0].startswith("https://")
            name = link(host_of(pages[0]), pages[0]) if linked else (Run(host),)
            rows.append((*rich(f"[{number}] "), *name, Run(", " + fill(checked_phrase, date=telling.day(checked)))))
        return lines(rows)


@dataclass(frozen=True, slots=True)
class CalendarCards:
    """The cards of one day in one language. `common`: the cards that do not change from day to day, and how buttons are made."""

    common: Cards
    journey: Journey
    telling: Telling
    day: dt.date

    # --- which country ---------------------------------------------------------------------------------------------------------

    def pick(self, then: str, line: str = "") -> Reply:
        """Ask which country: by typing, or by where it lies."""
        p = self.common.book.phrases
        text = paragraphs((line, bold(p.which_country_title), p.which_country))
        there = {c.region for c in self.journey.calendar.countries.values()}
        buttons = [self._to(p.regions[r], a.ShowRegion(r, 0, then)) for r in REGIONS if r in there]
        if not buttons:
            buttons = [self._country_button(c, then) for c in self._sorted(None)[:GROUP]]
        return Reply(text, (*rows_of(buttons), self.common.foot(a.ShowHome())))

    def region(self, region: str, group: int, then: str) -> Reply | None:
        """Show the countries of a region, or its groups of letters when it has many; None when there is no such group."""
        p = self.common.book.phrases
        groups = self._groups(region)
        if not 0 <= group <= len(groups) or not groups:
            return None
        if group == 0 and len(groups) > 1:
            buttons = [self._to(self._letters(g), a.ShowRegion(region, n, then)) for n, g in enumerate(groups, 1)]
            back: a.Action = a.PickCountry(then)
        else:
            buttons = [self._country_button(c, then) for c in groups[max(group, 1) - 1]]
            back = a.ShowRegion(region, 0, then) if len(groups) > 1 else a.PickCountry(then)
        title = p.regions[region]
        if group and len(groups) > 1:
            title += f", {self._letters(groups[group - 1])}"
        return Reply(paragraphs((bold(title), p.region_text)), (*rows_of(buttons), self.common.foot(back)))

    def _sorted(self, region: str | None) -> list[Country]:
        language = self.common.book.language
        found = [c for c in self.journey.calendar.countries.values() if region is None or c.region == region]
        return sorted(found, key=lambda c: folded(c.label(language)))

    def _groups(self, region: str) -> list[list[Country]]:
        """Part the countries of a region into groups of at most `GROUP`, a letter never over two of them where it can be helped."""
        language = self.common.book.language
        letters: dict[str, list[Country]] = {}
        for country in self._sorted(region):
            letters.setdefault(folded(country.label(language))[:1], []).append(country)
        groups: list[list[Country]] = []
        for countries in letters.values():
            if groups and len(groups[-1]) + len(countries) <= GROUP:
                groups[-1] += countries
            else:
                groups += [countries[i : i + GROUP] for i in range(0, len(countries), GROUP)]
        if len(groups) > GROUP:
            countries = self._sorted(region)
            groups = [countries[i : i + GROUP] for i in range(0, len(countries), GROUP)]
        return groups

    def _letters(self, group: Sequence[Country]) -> str:
        first, last = (folded(c.label(self.common.book.language))[:1].upper() for c in (group[0], group[-1]))
        return first if first == last else f"{first} - {last}"

    def choose(self, codes: Sequence[str], then: str, *, together: bool) -> Reply:
        """Ask which of several countries was meant, or which of several that were named comes first."""
        p = self.common.book.phrases
        countries = [self.journey.calendar.countries[code] for code in codes]
        buttons = [self._country_button(c, then) for c in countries]
        text = p.countries_together if together else p.country_which
        return Reply(bold(text), (*rows_of(buttons), self.common.foot(a.PickCountry(then))))

    def confirm(self, country: Country, then: str) -> Reply:
        """Ask whether a misspelt name means this country."""
        p = self.common.book.phrases
        label = country.label(self.common.book.language)
        text = paragraphs((bold(fill(p.country_sure, country=label)), p.country_sure_text))
        buttons = [self._country_button(country, then), self._to(p.other_country, a.PickCountry(then))]
        return Reply(text, (*rows_of(buttons), self.common.foot(a.PickCountry(then))))

    def place(self, country: Country | None) -> Reply:
        """Say that a place has no review of its own."""
        p = self.common.book.phrases
        page = self.journey.calendar.kinds["review"].page
        if country is None:
            text = paragraphs((bold(p.which_country_title), p.place_without, link(fill(p.see_page, host=host_of(page)), page)))
            return Reply(text, (self.common.foot(a.PickCountry()),))
        said = fill(p.place_with, country=country.label(self.common.book.language))
        text = paragraphs((bold(p.which_country_title), said))
        return Reply(text, ((self._country_button(country, "now"),), self.common.foot(a.PickCountry())))

    def no_country(self, then: str) -> Reply:
        """Say that no country answers to what was typed."""
        return self.pick(then, self.common.book.phrases.country_unknown)

    def _country_button(self, country: Country, then: str) -> Button:
        action = a.ShowDates(country.code) if then == "dates" else a.ShowCountry(country.code)
        return self._to(country.label(self.common.book.language), action)

    # --- where it stands -------------------------------------------------------------------------------------------------------

    def country(self, stand: Stand, role: str) -> Reply:
        """Show where a country stands: open now, next, closed; each with its days, how sure they are, who says so."""
        for detail in _DETAIL:
            for by_host in (False, True):
                text = self._country_text(stand, role, _Notes(by_host=by_host), *detail)
                if fits := sum(len(run.text) for run in text) <= ROOM:
                    break
            if fits:
                break
        p = self.common.book.phrases
        code = stand.country.code
        stage = self.common.book.stages[stand.stage]
        buttons = [self._to(p.dates, a.ShowDates(code)), self._to(p.stage, a.ShowStage(stage.id))]
        if stage.videos:
            buttons.append(self._to(p.video, a.ShowVideo(stage.videos[0], stage.id)))
        buttons.append(self._to(p.role, a.ShowRoles(code, role)))
        near = [self._country_button(self.journey.calendar.countries[n], "now") for n in stand.country.near]
        return Reply(text, (*rows_of(buttons), *rows_of(near), self.common.foot(a.PickCountry())))

    def _country_text(self, stand: Stand, role: str, notes: _Notes, following: int, over: int, explained: int) -> Text:
        p = self.common.book.phrases
        words = self.common.book.windows
        # At least the soonest thing open is always explained; what it says is the point of the card.
        opened = [
            self._item(w, stand.day, "open", notes, words[w.rule.id].do[role or ROLES[0]] if number < max(explained, 1) else "")
            for number, w in enumerate(stand.open)
        ]
        nexts = [self._item(w, stand.day, "next", notes) for w in stand.next[:following]]
        closed = [self._item(w, stand.day, "closed", notes) for w in stand.closed[:over]]
        head = self._head(stand, notes)
        roles = fill(p.for_role, role=p.roles[role or ROLES[0]])
        return paragraphs(
            (
                *head,
                lines((bold(p.open_now), *opened)) if opened else rich(p.nothing_open),
                lines((bold(p.coming_next), *nexts)) if nexts else (),
                lines((bold(p.closed), *closed)) if closed else (),
                lines((roles, notes.text(p.checked, self.telling))),
            )
        )

    def _head(self, stand: Stand, notes: _Notes, *, page: bool = True) -> tuple[Text, ...]:
        p = self.common.book.phrases
        language = self.common.book.language
        label = stand.country.label(language)
        due = stand.special is not None and not stand.special.announced
        told: list[Text | str] = []
        if stand.coming is not None:
            phrase = p.session_review if stand.published else p.next_review
            told.append(self._review(phrase, stand.coming.session, stand.coming.review, notes))
        elif due:
            told.append(p.not_announced)
        else:
            told.append(p.unpublished)
        if stand.last is not None and not stand.published:
            told.append(self._review(p.last_review, stand.last.session, stand.last.review, notes))
        if page and not stand.published:
            url = self.journey.calendar.kinds["review"].page
            told.append(link(fill(p.see_page, host=host_of(url)), url))
        title = p.now_title if stand.published or due else p.unpublished_title
        special: Text = ()
        if stand.special:
            said = stand.special.text
            words = said.get(language) or next(iter(said.values()))
            special = (Run(words), Run(f" {notes.mark(stand.special.sources[0], stand.special.checked)}"))
        return bold(fill(title, country=label)), lines(told), special

    def _review(self, phrase: str, session: Session, review: When, notes: _Notes) -> str:
        status = f"{self.common.book.phrases.statuses[review.status]} {notes.mark(review.source, review.checked)}"
        return fill(phrase, number=session.number, when=self.telling.when(review), status=status)

    def _item(self, window: Window, day: dt.date, place: str, notes: _Notes, do: str = "") -> Text:
        p = self.common.book.phrases
        told = [part for part in (self._when(window, place), self._days(window, day, place)) if part]
        checked = window.told.when.checked if window.told and window.told.when else self.journey.calendar.checked
        status = p.statuses[window.status] if window.closes or window.status == "unknown" else p.statuses["unknown"]
        mark = notes.mark(window.source, checked)
        rest = f": {', '.join(told)} ({status} {mark})" + (f". {do}" if do else "")
        return (Run("- "), Run(self.common.book.windows[window.rule.id].title, bold=True), Run(rest))

    def _when(self, window: Window, place: str) -> str:
        """Return when a window is, as readers plan by it."""
        p = self.common.book.phrases
        opens, closes = window.opens, window.closes
        if opens and closes and opens.usual and closes.usual and window.rule.shown in {"words", "window"}:
            # Both ends count from one day: one interval says it. Otherwise the end is what readers plan by.
            one = (opens.usual.anchor, opens.usual.unit) == (closes.usual.anchor, closes.usual.unit)
            usual = self.telling.usually(opens.usual, closes.usual) if one else self.telling.usually(closes.usual)
            if window.rule.shown == "words":
                return usual
            begins = opens.first if one else closes.first
            return f"{usual}, {fill(p.about_when, when=self.telling.about(begins, closes.last))}"
        if window.rule.shown == "words":
            return p.any_time
        if window.rule.shown == "event":
            return self._moment(opens, p.was)
        if place == "next" and window.rule.shown == "window":
            return self._moment(opens, p.from_on)
        if closes is None:
            # Only a confirmed day is named: what follows it has no status of its own that could say how sure the day is.
            sure = opens is not None and opens.status == "confirmed" and opens.first == opens.last
            return fill(p.since, date=self.telling.day(opens.first)) if opens and sure else p.any_time
        phrase = p.was if place == "closed" else p.by if window.rule.shown == "deadline" else p.until
        return self._moment(closes, phrase)

    def _moment(self, moment: Moment | None, phrase: str) -> str:
        p = self.common.book.phrases
        if moment is None:
            return p.not_published
        if moment.usual:
            about = fill(p.about_when, when=self.telling.about(moment.first, moment.last))
            return f"{self.telling.usually(moment.usual)}, {about}"
        when = moment.when
        if when and when.first == moment.first and phrase == p.was:
            return self.telling.when(when)
        if moment.first != moment.last:
            return self.telling.about(moment.first, moment.last)
        said = self.telling.day(moment.first)
        if when and when.at and when.first == moment.first:
            said = self.telling.when(when)
        return fill(phrase, date=said)

    def _days(self, window: Window, day: dt.date, place: str) -> str:
        """Return how many days are left, lie ahead, or have gone by."""
        p = self.common.book.phrases
        if window.rule.shown == "words":
            return ""
        if place == "next":
            moment = window.told if window.rule.shown == "deadline" else window.opens
            if moment is None:
                return ""
            ahead = (moment.first - day).days
            if ahead < 1:
                return ""
            return self.telling.count(p.days_ahead if moment.first == moment.last else p.days_ahead_least, ahead)
        moment = window.closes
        if moment is None:
            return ""
        sure = moment.first == moment.last
        left = ((moment.last if sure else moment.first) - day).days
        if place == "closed":
            return self.telling.count(p.days_ago, -left) if sure else ""
        if sure:
            return self.telling.count(p.days_left, left) if left else p.last_day
        return self.telling.count(p.days_left_least, left) if left > 0 else p.may_end

    def roles(self, country: Country, role: str) -> Reply:
        """Ask who asks about a country."""
        p = self.common.book.phrases
        buttons = [self._to(p.roles[r], a.ShowCountry(country.code, r)) for r in ROLES]
        text = paragraphs((bold(p.role_title), p.role_text))
        return Reply(text, (*rows_of(buttons), self.common.foot(a.ShowCountry(country.code, role))))

    # --- its dates -------------------------------------------------------------------------------------------------------------

    def dates(self, stand: Stand) -> Reply:
        """Show every date of a country, the early ones that are easily missed among them, and offer the calendar files."""
        p = self.common.book.phrases
        calendar = self.journey.calendar
        # The fullest form that fits: every page, then one a host, then without the dates of which nothing is known.
        for by_host, known in ((False, False), (True, False), (True, True)):
            text = self._dates_text(stand, _Notes(by_host=by_host), only_known=known)
            if sum(len(run.text) for run in text) <= ROOM:
                break
        code = stand.country.code
        buttons = []
        if coming(stand, calendar, estimates=False):
            buttons += [self._to(p.calendar_file, a.GetFile(code)), self._to(p.neutral_file, a.GetFile(code, "neutral"))]
        if any(d.status == "estimate" for d in coming(stand, calendar, estimates=True)):
            buttons.append(self._to(p.with_estimates, a.GetFile(code, "estimates")))
        buttons.append(self._to(p.now, a.ShowCountry(code)))
        if stand.coming:
            number = stand.coming.session.number
            buttons.append(self._to(fill(p.session_button, number=number), a.ShowSession(number)))
        return Reply(text, (*rows_of(buttons), self.common.foot(a.PickCountry("dates"))))

    def _dates_text(self, stand: Stand, notes: _Notes, *, only_known: bool) -> Text:
        p = self.common.book.phrases
        told = [d for d in dates_of(stand, self.journey.calendar) if d.when or not only_known]
        rows = [self._dated(d, stand.day, notes) for d in told]
        head = self._head(stand, notes, page=False)  # the pages stand beside the dates
        return paragraphs(
            (
                bold(fill(p.dates_title, country=stand.country.label(self.common.book.language))),
                *head[1:],
                lines(rows) if rows else rich(p.dates_none),
                lines((p.dates_text, notes.text(p.checked, self.telling))),
            )
        )

    def _dated(self, dated: Dated, day: dt.date, notes: _Notes) -> Text:
        p = self.common.book.phrases
        kind = self.journey.calendar.kinds[dated.kind]
        checked = dated.when.checked if dated.when else self.journey.calendar.checked
        if dated.when is None:
            usual = self.telling.usually(kind.usually) if kind.usually else ""
            said = p.not_published + (f", {usual} ({p.statuses['estimate']})" if usual else "")
            return self._row(dated.kind, f"{said} {notes.mark(kind.page, checked)}")
        days = ""
        if dated.when.exact:
            ahead = (dated.when.first - day).days
            if ahead > 0:
                days = f", {self.telling.count(p.days_ahead, ahead)}"
            elif dated.when.last < day:
                days = f", {self.telling.count(p.days_ago, (day - dated.when.last).days)}"
        status = f"{p.statuses[dated.when.status]} {notes.mark(dated.when.source, checked)}"
        return self._row(dated.kind, f"{self.telling.when(dated.when)}{days} ({status})")

    def _row(self, kind: Kind, said: str) -> Text:
        return (Run("- "), Run(self.common.book.phrases.date_names[kind], bold=True), Run(f": {said}"))

    def file(self, stand: Stand, kind: str) -> Reply:
        """Say what the calendar file is that goes with this card, or why there is none."""
        p = self.common.book.phrases
        code = stand.country.code
        label = stand.country.label(self.common.book.language)
        foot = self.common.foot(a.ShowDates(code))
        title = bold(fill(p.dates_title, country=label))
        if coming(stand, self.journey.calendar, estimates=kind == "estimates"):
            if kind == "neutral":  # it comes without the name of anything
                title, words = bold(p.neutral_file), p.file_neutral_text
            else:
                words = p.file_text
            if self.common.channel == "terminal":
                flags = {"neutral": " --neutral", "estimates": " --estimates"}.get(kind, "")
                words += "\n" + fill(p.file_here, command=f"upr-bot dates {code} --ics calendar.ics{flags}")
            return Reply(paragraphs((title, (Run(words),))), (foot,))
        if coming(stand, self.journey.calendar, estimates=True):
            text = paragraphs((title, fill(p.file_estimates_only, country=label)))
            return Reply(text, ((self._to(p.with_estimates, a.GetFile(code, "estimates")),), foot))
        return Reply(paragraphs((title, fill(p.file_none, country=label))), (foot,))

    # --- sessions --------------------------------------------------------------------------------------------------------------

    def session(self, session: Session, page: int) -> Reply | None:
        """Show a session: its dates and its States; None when there is no such page of States."""
        p = self.common.book.phrases
        pages = max(1, -(-len(session.states) // STATES))
        if not 1 <= page <= pages:
            return None
        notes = _Notes()
        rows = []
        for kind in KINDS:
            if when := session.dates.get(kind):
                status = f"{p.statuses[when.status]} {notes.mark(when.source, when.checked)}"
                rows.append(self._row(kind, f"{self.telling.when(when)} ({status})"))
        language = self.common.book.language
        countries = [self.journey.calendar.countries[code] for code in session.states]
        names = ", ".join(c.label(language) for c in countries)
        text = paragraphs(
            (
                bold(fill(p.session_title, number=session.number)),
                lines(rows),
                lines((bold(f"{p.session_states} ({len(countries)}, {p.session_order})"), (Run(names),))),
                lines((p.dates_text, notes.text(p.checked, self.telling))),
            )
        )
        buttons = [self._country_button(c, "now") for c in countries[(page - 1) * STATES : page * STATES]]
        if page < pages:
            buttons.append(self._to(p.next, a.ShowSession(session.number, page + 1)))
        after = session.number + 1
        if after in self.journey.calendar.sessions:
            buttons.append(self._to(p.next_session, a.ShowSession(after)))
        back: a.Action = a.ShowSession(session.number, page - 1) if page > 1 else a.PickCountry()
        return Reply(text, (*rows_of(buttons), self.common.foot(back)))

    def no_session(self) -> Reply:
        """Say which sessions there are."""
        p = self.common.book.phrases
        numbers = sorted(self.journey.calendar.sessions)
        text = paragraphs((bold(p.session_states), fill(p.session_none, first=numbers[0], last=numbers[-1])))
        coming_now = self.journey.coming_session(self.day)
        buttons = [self._to(fill(p.session_button, number=coming_now), a.ShowSession(coming_now))] if coming_now else []
        return Reply(text, (*rows_of(buttons), self.common.foot(a.ShowHome())))

    def coming_session(self) -> Reply:
        """Show the session that is on or comes next, or say that the calendar holds none any more."""
        number = self.journey.coming_session(self.day)
        reply = self.session(self.journey.calendar.sessions[number], 1) if number is not None else None
        return reply or Reply(bold(self.common.book.phrases.sessions_over), (self.common.foot(a.PickCountry()),))

    def _to(self, label: str, action: a.Action) -> Button:
        return self.common.to(label, action)
