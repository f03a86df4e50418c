"""The cards that depend on the day: which country, where it stands, its dates, a session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from upr_bot import actions as a
from upr_bot.cards import Cards
from upr_bot.content import KINDS, REGIONS, ROLES, Country, Kind, Session
from upr_bot.content.phrases import fill
from upr_bot.folding import folded
from upr_bot.journey import Dated, Journey, Moment, Slot, Stand, Telling, Window, coming, dates_of
from upr_bot.replies import Button, Reply, Run, Text, bold, host_of, link, paragraphs, rich, rows_of
from upr_bot.sourced import MARK, Cited, Line, Sourced

GROUP: Final = 8
"""Countries on a card: with Back and Home ten buttons."""
STATES: Final = 6
"""States of a session that get a button on one card."""
ROOM: Final = 1180
"""Characters of a card: what is least needed is left out until it fits, with room for a line above."""
WANTED: Final = 700
"""Characters that a card is brought down to, as long as nothing is lost that a reader plans by."""
_DETAIL: Final = ((3, 2, 3), (3, 1, 2), (3, 1, 1), (2, 1, 1), (1, 0, 1), (0, 0, 1), (0, 0, 0))
"""How much is told, the fullest first: things that come next, things closed, things open that are explained."""
_YEAR: Final = 366
"""Days: what is estimated for later than that is told by its months alone."""
_PLANNED: Final = 2
"""The detail that readers plan by: `WANTED` takes nothing away from it, only `ROOM` does."""


@dataclass(frozen=True, slots=True)
class CalendarCards:
    """The cards of one day in one language. `common`: the cards that do not change from day to day, and how buttons are made."""

    common: Cards
    journey: Journey
    telling: Telling
    day: dt.date
    _stands: dict[str, Stand] = field(default_factory=dict, init=False)
    _kept: dict[str, tuple[list[list[Line]], list[Cited], list[Cited], list[Cited]]] = field(default_factory=dict, init=False)

    def stand(self, code: str) -> Stand:
        """Return where a country stands on the day. `code`: one of the calendar's."""
        if code not in self._stands:
            self._stands[code] = self.journey.stand(code, self.day)
        return self._stands[code]

    # --- which country ---------------------------------------------------------------------------------------------------------

    def pick(self, then: str, line: str = "") -> Reply:
        """Ask which country: by typing, or by where it lies."""
        p = self.common.book.phrases
        asked = p.which_reminder if then in {"remind", "message"} else p.which_country
        text = paragraphs((line, bold(p.which_country_title), asked))
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
        return self._to(country.label(self.common.book.language), about_country(country.code, then))

    # --- where it stands -------------------------------------------------------------------------------------------------------

    def country(self, stand: Stand, role: str) -> Reply:
        """Show where a country stands: open now, next, closed; each with its days, how sure they are, who says so."""
        text = self._country_text(stand, role)
        p = self.common.book.phrases
        code = stand.country.code
        stage = self.common.book.stages[stand.stage]
        buttons = [self._to(p.dates, a.ShowDates(code)), self._to(p.stage, a.ShowStage(stage.id))]
        if stage.videos:
            buttons.append(self._to(p.video, a.ShowVideo(stage.videos[0], stage.id)))
        buttons += [self._to(p.role, a.ShowRoles(code, role)), self._to(p.remind, a.OfferReminder(code))]
        near = [self._country_button(self.journey.calendar.countries[n], "now") for n in stand.country.near]
        return Reply(text, (*rows_of(buttons), *rows_of(near), self.common.foot(a.PickCountry())))

    def _country_text(self, stand: Stand, role: str) -> Text:
        """Return the text in the fullest form that fits."""
        p = self.common.book.phrases
        words = self.common.book.windows
        head, opened, nexts, closed = self._parts(stand)
        explained = [
            _with(item, words[w.rule.id].do[role or ROLES[0]]) for item, w in zip(opened, stand.open[: _DETAIL[0][2]], strict=False)
        ]
        last = fill(p.for_role, role=p.roles[role or ROLES[0]])
        for level, (following, over, said) in enumerate(_DETAIL):
            parts: list[Sequence[Line]] = [*head, (rich(p.nothing_open),)]
            if opened:
                parts[-1] = (bold(p.open_now), *explained[:said], *opened[said:])
            if nexts[:following]:
                parts.append((bold(p.coming_next), *nexts[:following]))
            if closed[:over]:
                parts.append((bold(p.closed), *closed[:over]))
            room, ways = (WANTED, (False,)) if level < _PLANNED else (ROOM, (False, True))
            for by_host in ways:
                card = Sourced(parts, last, p.checked, self.telling, by_host=by_host)
                if card.size <= room:
                    return card.text()
        return card.text()

    def _parts(self, stand: Stand) -> tuple[list[list[Line]], list[Cited], list[Cited], list[Cited]]:
        """Return what the card can say, whoever asks: its head, what is open, comes next and is closed."""
        code = stand.country.code
        if code not in self._kept:
            following, over, _ = _DETAIL[0]
            # Estimates after the first two are years away more often than not, and would only make the card longer.
            nexts = [w for number, w in enumerate(stand.next[:following]) if number < 2 or w.status in {"confirmed", "tentative"}]
            self._kept[code] = (
                self._head(stand),
                [self._item(w, stand.day, "open") for w in stand.open],
                [self._item(w, stand.day, "next") for w in nexts],
                [self._item(w, stand.day, "closed") for w in stand.closed[:over]],
            )
        return self._kept[code]

    def _head(self, stand: Stand, *, page: bool = True) -> list[list[Line]]:
        """Return the paragraphs above the lists: the title, which review, what is special about it."""
        p = self.common.book.phrases
        language = self.common.book.language
        due = stand.special is not None and not stand.special.announced
        told: list[Line] = []
        if stand.coming is not None:
            phrase = p.session_review if stand.published else p.next_review
            told.append(self._review(phrase, stand.coming))
        else:
            told.append(rich(p.not_announced if due else p.unpublished))
        if stand.last is not None and not stand.published:
            told.append(self._review(p.last_review, stand.last))
        if page and not stand.published:
            url = self.journey.calendar.kinds["review"].page
            told.append(link(fill(p.see_page, host=host_of(url)), url))
        title = p.now_title if stand.published or due else p.unpublished_title
        head: list[list[Line]] = [[bold(fill(title, country=stand.country.label(language)))], told]
        if stand.special:
            said = stand.special.text
            words = said.get(language) or next(iter(said.values()))
            head.append([Cited((Run(f"{words} {MARK}"),), stand.special.sources[0], stand.special.checked)])
        return head

    def _review(self, phrase: str, slot: Slot) -> Cited:
        review = slot.review
        status = f"{self.common.book.phrases.statuses[review.status]} {MARK}"
        said = fill(phrase, number=slot.session.number, when=self.telling.when(review), status=status)
        return Cited(rich(said), review.source, review.checked)

    def _item(self, window: Window, day: dt.date, place: str) -> Cited:
        p = self.common.book.phrases
        told = ", ".join(part for part in (self._when(window, place), self._days(window, day, place)) if part)
        checked = window.told.when.checked if window.told and window.told.when else self.journey.calendar.checked
        status = p.statuses[window.status] if window.closes or window.status == "unknown" else p.statuses["unknown"]
        title = self.common.book.windows[window.rule.id].title
        return Cited((Run("- "), Run(title, bold=True), Run(f"{p.colon}{told} ({status} {MARK})")), window.source, checked)

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
            sure = moment.first == moment.last
            if ahead < 1 or (ahead > _YEAR and not sure):
                return ""
            return self.telling.count(p.days_ahead if sure else p.days_ahead_least, ahead)
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
        told = list(dates_of(stand, calendar))
        known = [dated for dated in told if dated.when]
        # The fullest form that fits: every page, then one a host, then without the dates of which nothing is known.
        for dates, by_host in ((told, False), (told, True), (known, True)):
            parts = (
                (bold(fill(p.dates_title, country=stand.country.label(self.common.book.language))),),
                *self._head(stand, page=False)[1:],  # the pages stand beside the dates
                [self._dated(d, stand.day) for d in dates] or (rich(p.dates_none),),
            )
            card = Sourced(parts, p.dates_text, p.checked, self.telling, by_host=by_host)
            if card.size <= ROOM:
                break
        code = stand.country.code
        buttons = []
        if coming(stand, calendar, estimates=False):
            buttons += [self._to(p.calendar_file, a.GetFile(code)), self._to(p.neutral_file, a.GetFile(code, "neutral"))]
        if any(d.status == "estimate" for d in coming(stand, calendar, estimates=True)):
            buttons.append(self._to(p.with_estimates, a.GetFile(code, "estimates")))
        buttons += [self._to(p.now, a.ShowCountry(code)), self._to(p.remind, a.OfferReminder(code))]
        if stand.coming:
            number = stand.coming.session.number
            buttons.append(self._to(fill(p.session_button, number=number), a.ShowSession(number)))
        return Reply(card.text(), (*rows_of(buttons), self.common.foot(a.PickCountry("dates"))))

    def _dated(self, dated: Dated, day: dt.date) -> Cited:
        p = self.common.book.phrases
        kind = self.journey.calendar.kinds[dated.kind]
        checked = dated.when.checked if dated.when else self.journey.calendar.checked
        if dated.when is None:
            usual = self.telling.usually(kind.usually) if kind.usually else ""
            said = f"{p.not_published}, {usual} ({p.statuses['estimate']} {MARK})" if usual else f"{p.not_published} {MARK}"
            return Cited(self._row(dated.kind, said), kind.page, checked)
        days = ""
        if dated.when.exact:
            ahead = (dated.when.first - day).days
            if ahead > 0:
                days = f", {self.telling.count(p.days_ahead, ahead)}"
            elif dated.when.last < day:
                days = f", {self.telling.count(p.days_ago, (day - dated.when.last).days)}"
        said = f"{self.telling.when(dated.when)}{days} ({p.statuses[dated.when.status]} {MARK})"
        return Cited(self._row(dated.kind, said), dated.when.source, checked)

    def _row(self, kind: Kind, said: str) -> Text:
        p = self.common.book.phrases
        return (Run("- "), Run(p.date_names[kind], bold=True), Run(p.colon + said))

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
        rows = []
        for kind in KINDS:
            if when := session.dates.get(kind):
                row = self._row(kind, f"{self.telling.when(when)} ({p.statuses[when.status]} {MARK})")
                rows.append(Cited(row, when.source, when.checked))
        language = self.common.book.language
        countries = [self.journey.calendar.countries[code] for code in session.states]
        names = ", ".join(c.label(language) for c in countries)
        parts = (
            (bold(fill(p.session_title, number=session.number)),),
            rows,
            (bold(f"{p.session_states} ({len(countries)}, {p.session_order})"), (Run(names),)),
        )
        text = Sourced(parts, p.dates_text, p.checked, self.telling).text()
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


def about_country(code: str, then: str) -> a.Action:
    """Return what is shown of a country once it is named."""
    match then:
        case "dates":
            return a.ShowDates(code)
        case "remind":
            return a.OfferReminder(code)
        case "message":
            return a.PickDays(code)
        case "file":
            return a.GetFile(code)
    return a.ShowCountry(code)


def _with(item: Cited, do: str) -> Cited:
    """Return a thing that is open, with what one can do."""
    return Cited((*item.text, Run(f". {do}")), item.source, item.checked) if do else item
