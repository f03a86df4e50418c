"""Every card the guide shows, built from a book: words and buttons, no decisions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from upr_bot import __version__
from upr_bot import actions as a
from upr_bot.content import SERIES, Book, Entry, Library, Stage, Term, Theme, Tip, Video
from upr_bot.content.phrases import fill
from upr_bot.replies import (
    BUTTONS,
    CARD,
    Button,
    Option,
    Reply,
    Run,
    Text,
    beginning,
    bold,
    host_of,
    lines,
    link,
    paragraphs,
    plain,
    rich,
    rows_of,
)
from upr_bot.wish import AFTERWARDS, BACKUPS, LONGEST, MOST

PAGE: Final = 7
"""Choices on a page: with one more, Back and Home a card has ten buttons at most."""
PAGE_OF_TIPS: Final = 850
"""Characters of tips on a page, so that a card stays below 1,200 with its heading and sources."""
NEAREST_SUBJECTS: Final = 6
SOURCES_SHOWN: Final = 3
RELATED_SHOWN: Final = 3
HELPERS_SHOWN: Final = 2
"""Pages named on the safety card itself."""
DELETABLE_HOURS: Final = 48
"""Age of the oldest message that Telegram lets a bot delete."""

Channel = Literal["telegram", "web", "terminal"]


def _card_of(of: Stage | Theme) -> a.Action:
    return a.ShowStage(of.id) if isinstance(of, Stage) else a.ShowTheme(of.id)


PageOf = Callable[[int], a.Action]


def _filled(phrase: str, name: str, text: Text) -> Text:
    """Put a text into the place of a phrase's placeholder."""
    before, _, after = phrase.partition(f"{{{name}}}")
    return (*rich(before), *text, *rich(after))


def _literal(text: str) -> Text:
    """Return words that are not our markup."""
    return (Run(text),)


def _pages(tips: Iterable[Tip]) -> list[list[Tip]]:
    """Part tips into pages of at most `PAGE_OF_TIPS` characters; a language that lacks some keeps them apart."""
    pages: list[list[Tip]] = []
    size = 0
    for tip in tips:
        if not pages or size + len(tip.text) > PAGE_OF_TIPS or pages[-1][0].language != tip.language:
            pages.append([])
            size = 0
        pages[-1].append(tip)
        size += len(tip.text) + 3
    return pages


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards in one language, for one kind of channel."""

    book: Book
    library: Library
    channel: Channel = "telegram"
    operator: str | None = None
    contact: str | None = None
    said: Callable[[dt.date], str] = dt.date.isoformat
    """How the language says a day."""

    # --- home ------------------------------------------------------------------------------------------------------------------

    def start(self) -> Reply:
        """First contact: what this is, what it keeps, the languages, the choices. Never a gate."""
        p = self.book.phrases
        notice = p.notice if self.channel == "telegram" else p.notice_elsewhere
        return Reply(paragraphs((p.welcome, notice, p.choose)), (*self._language_row(), *self._choices()))

    def home(self, line: str = "") -> Reply:
        """Show the choices, under a line that says why one landed here, if there is one."""
        return Reply(paragraphs((line, self.book.phrases.home_text)), (*self._language_row(), *self._choices()))

    def language_set(self) -> Reply:
        """Go on at home in the language that was chosen."""
        return self.home(fill(self.book.phrases.language_set, language=self.book.name))

    def gone(self) -> Reply:
        """Say in one line that a button or a link leads nowhere any more, above the choices."""
        p = self.book.phrases
        return self.home(p.page_missing if self.channel == "web" else p.gone)

    def languages(self) -> Reply:
        """Show every language, each in its own name."""
        p = self.book.phrases
        text = paragraphs((bold(p.language_title), p.language_text))
        buttons = [Button(book.name, a.Step(a.SetLanguage(), code)) for code, book in self.library.books.items()]
        return Reply(text, (*rows_of(buttons), self.foot(a.ShowHome())))

    def _choices(self) -> tuple[tuple[Button, ...], ...]:
        p = self.book.phrases
        return (
            (self.to(p.now, a.PickCountry()),),
            (self.to(p.guide, a.ShowGuide()), self.to(p.questions, a.ShowQuestions())),
            (self.to(p.dates, a.PickCountry("dates")), self.to(p.videos, a.ShowVideos())),
            (self.to(p.language, a.ShowLanguages()),),
        )

    def _language_row(self) -> tuple[tuple[Button, ...], ...]:
        """Offer the languages at once, when there is more than one."""
        if len(self.library.books) < 2:
            return ()
        return (tuple(Button(book.name, a.Step(a.SetLanguage(), code)) for code, book in self.library.books.items()),)

    # --- the guide -------------------------------------------------------------------------------------------------------------

    def guide(self) -> Reply:
        """Show every stage in order; a number or a tap opens one."""
        p = self.book.phrases
        options = tuple(Option(s.label, self.to(s.label, a.ShowStage(s.id))) for s in self.book.stages.values())
        return Reply(
            paragraphs((bold(p.guide_title), p.guide_text)),
            ((self.to(p.themes, a.ShowThemes()),), self.foot(a.ShowHome())),
            options=options,
        )

    def stage(self, stage: Stage) -> Reply:
        """Show a stage: what happens, who can act, when, the first tips, and the ways on."""
        p = self.book.phrases
        text = paragraphs(
            (
                bold(f"{stage.number}. {stage.title}"),
                self._label_of(stage.language),
                *(
                    (*bold(heading + p.colon), *rich(words))
                    for heading, words in (
                        (p.what_happens, stage.what_happens),
                        (p.who_can_act, stage.who_can_act),
                        (p.when, stage.when),
                    )
                ),
                lines((bold(p.tips), *(f"- {self.book.tips[tip].text}" for tip in stage.tips))),
                self._links(p.links, stage.links),
            )
        )
        buttons = [self.to(p.more_tips, a.ShowTips(stage.id, 1))] if stage.more_tips else []
        if stage.videos:
            buttons.append(self.to(p.video, a.ShowVideo(stage.videos[0], stage.id)))
        buttons += [*self._entries(stage.entries), self.to(p.remind, a.ShowReminders())]
        return Reply(text, (*rows_of(buttons), self.foot(a.ShowGuide())))

    def tips(self, of: Stage | Theme, page: int) -> Reply | None:
        """Show a page of further tips, or None when there is no such page."""
        pages = _pages(self.book.tips[tip] for tip in of.more_tips)
        if not 1 <= page <= len(pages):
            return None
        p = self.book.phrases
        shown = pages[page - 1]
        text = paragraphs(
            (
                bold(f"{of.label}{p.colon}{p.tips}{self._page_of(page, len(pages))}"),
                self._label_of(shown[0].language),
                lines(f"- {tip.text}" for tip in shown),
                self._sources(source for tip in shown for source in tip.sources[:1]),
            )
        )
        onward = [self.to(p.next, a.ShowTips(of.id, page + 1))] if page < len(pages) else []
        return Reply(text, (*rows_of(onward), self.foot(_card_of(of))))

    def themes(self, page: int) -> Reply | None:
        """Show a page of the themes that run through several stages, or None when there is no such page."""
        p = self.book.phrases
        options = [Option(t.title, self.to(t.label, a.ShowTheme(t.id))) for t in self.book.themes.values()]
        return self._paged(paragraphs((bold(p.themes_title), p.themes_text)), options, page, a.ShowThemes, a.ShowGuide())

    def theme(self, theme: Theme) -> Reply:
        """Show a theme with its first tips and its videos."""
        p = self.book.phrases
        tips = (f"- {self.book.tips[tip].text}" for tip in theme.tips)
        text = paragraphs(
            (
                bold(theme.title),
                self._label_of(theme.language),
                theme.text,
                lines((bold(p.tips), *tips)) if theme.tips else (),
            )
        )
        buttons = [self.to(p.more_tips, a.ShowTips(theme.id, 1))] if theme.more_tips else []
        if theme.videos:
            buttons.append(self.to(p.video, a.ShowVideo(theme.videos[0], theme.id)))
        buttons += self._entries(theme.entries)
        return Reply(text, (*rows_of(buttons), self.foot(a.ShowThemes())))

    # --- videos ----------------------------------------------------------------------------------------------------------------

    def videos(self) -> Reply:
        """Show the series."""
        p = self.book.phrases
        rows = tuple((self.to(getattr(p, f"series_{series}"), a.ShowSeries(series)),) for series in SERIES)
        text = paragraphs((bold(p.videos_title), p.videos_text))
        return Reply(text, (*rows, (self.to(p.themes, a.ShowThemes()),), self.foot(a.ShowHome())))

    def series(self, series: str) -> Reply:
        """Show the videos of one series."""
        p = self.book.phrases
        videos = [video for video in self.book.videos.values() if video.series == series]
        return Reply(
            paragraphs((bold(getattr(p, f"series_{series}")), p.series_text)),
            (self.foot(a.ShowVideos()),),
            options=tuple(Option(v.title, self.to(v.label, a.ShowVideo(v.id))) for v in videos),
        )

    def video(self, video: Video, of: Stage | Theme | None) -> Reply:
        """Show what a video is about and where it leads; facts that are not known are left out."""
        p = self.book.phrases
        known = (
            (p.publisher, "publisher", video.publisher),
            (p.length, "duration", video.duration),
            (p.audio, "languages", self._language_names(video.audio)),
            (p.subtitles, "languages", self._language_names(video.subtitles)),
            (p.published, "date", video.published),
        )
        host = host_of(video.url)
        leads = fill(p.watch_on if video.leads_to == "video" else p.announced_on, host=host)
        text = paragraphs(
            (
                bold(video.title),
                self._label_of(video.language),
                video.about,
                lines(fill(phrase, **{name: value}) for phrase, name, value in known if value),
                lines((bold(p.speakers), *(f"- {speaker}" for speaker in video.speakers))) if video.speakers else (),
                video.note or (),
                link(leads, video.url),
                fill(p.leaving, host=host),
            )
        )
        others = [v for v in of.videos if v != video.id] if of else []
        stages = [s for s in video.stages if s in self.book.stages and not (of and s == of.id)]
        buttons = [self.to(p.read_instead, a.ReadInstead(video.id, of.id if of else ""))]
        buttons += [self.to(self.book.videos[v].label, a.ShowVideo(v, of.id if of else "")) for v in others[:3]]
        buttons += [self.to(self.book.stages[s].label, a.ShowStage(s)) for s in stages[:3]]
        return Reply(text, (*rows_of(buttons), self.foot(_card_of(of) if of else a.ShowSeries(video.series))))

    def read_instead(self, video: Video, of: Stage | Theme | None) -> Reply:
        """Show the text for somebody who cannot watch."""
        text = paragraphs((bold(video.title), self._label_of(video.language), video.read_instead))
        return Reply(text, (self.foot(a.ShowVideo(video.id, of.id if of else "")),))

    # --- questions and words ---------------------------------------------------------------------------------------------------

    def none_of_these(self, nearest: Entry | None) -> Reply | None:
        """After an offer that missed: the nearest stage, and the subjects with the nearest first."""
        p = self.book.phrases
        if nearest is None:
            return self.questions(1, rich(p.none_text))
        subjects = sorted((c for c in self.book.categories.values() if c.entries), key=lambda c: c.id != nearest.category)
        stages = [
            self.to(fill(p.nearest_step, number=s.number, step=s.label), a.ShowStage(s.id))  # a subject may share its label
            for s in map(self.book.stages.get, nearest.stages[:1])
            if s
        ]
        return Reply(
            rich(p.none_text),
            (*rows_of([*stages, self.to(p.questions, a.ShowQuestions())]), self.foot(a.ShowHome())),
            options=tuple(Option(c.label, self.to(c.label, a.ShowCategory(c.id))) for c in subjects[:NEAREST_SUBJECTS]),
        )

    def questions(self, page: int, text: Text = ()) -> Reply | None:
        """Show a page of subjects, or None when there is no such page."""
        p = self.book.phrases
        options = [Option(c.label, self.to(c.label, a.ShowCategory(c.id))) for c in self.book.categories.values() if c.entries]
        text = text or paragraphs((bold(p.questions_title), p.questions_text))
        return self._paged(text, options, page, a.ShowQuestions, a.ShowHome(), (self.to(p.words, a.ShowWords()),))

    def category(self, category: str, page: int) -> Reply | None:
        """Show a page of the questions of one subject, or None when there is no such page."""
        subject = self.book.categories[category]
        entries = [self.book.entries[id_] for id_ in subject.entries]
        options = [Option(e.question, self.to(e.label, a.ShowEntry(e.id))) for e in entries]
        text = paragraphs((bold(subject.label), self.book.phrases.category_text))
        return self._paged(text, options, page, lambda n: a.ShowCategory(category, n), a.ShowQuestions())

    def entry(self, entry: Entry) -> Reply:
        """Show one checked answer with its sources and neighbours."""
        p = self.book.phrases
        ends = [self._sources(entry.sources)]
        if entry.check:
            ends.insert(0, (*rich(p.check_here + p.colon), *link(host_of(entry.check), entry.check)))
        text = paragraphs((bold(entry.question), self._label_of(entry.language), entry.answer, lines(ends)))
        buttons = self._entries(entry.related[:RELATED_SHOWN])
        buttons += [self.to(s.label, a.ShowStage(s.id)) for s in map(self.book.stages.get, entry.stages[:1]) if s]
        return Reply(text, (*rows_of(buttons), self.foot(a.ShowCategory(entry.category))))

    def choose(self, entries: Sequence[str]) -> Reply:
        """Ask which of up to three questions was meant."""
        p = self.book.phrases
        found = [self.book.entries[id_] for id_ in entries]
        return Reply(
            bold(p.which_one),
            ((self.to(p.none_of_these, a.NoneOfThese(found[0].id)),), self.foot(a.ShowQuestions())),
            options=tuple(Option(e.question, self.to(e.label, a.ShowEntry(e.id))) for e in found),
        )

    def no_answer(self) -> Reply:
        """Say honestly that there is no checked answer, with the nearest ways on."""
        p = self.book.phrases
        buttons = (self.to(p.questions, a.ShowQuestions()), self.to(p.guide, a.ShowGuide()))
        return Reply(rich(p.no_answer), (buttons, self.foot(a.ShowQuestions())))

    def also_answered(self, first: Reply, others: Iterable[str]) -> Reply:
        """Show the answer to the first of several questions, with buttons to what else was asked."""
        text = paragraphs((self.book.phrases.asked_more, first.text))
        return replace(first, text=text, rows=(*rows_of(self._entries(others)), *first.rows), shared=False)

    def term(self, term: Term, asked: Sequence[str] = ()) -> Reply:
        """Explain a term in a few words; `asked`: what somebody who typed it may have wanted to know."""
        text = paragraphs((bold(term.term), self._label_of(term.language), term.text, self._sources(term.sources)))
        entries = dict.fromkeys((*((term.entry,) if term.entry else ()), *asked))
        return Reply(text, (*rows_of(self._entries(list(entries)[:RELATED_SHOWN])), self.foot(a.ShowWords())))

    def words(self) -> Reply:
        """Say that a term typed alone is explained."""
        p = self.book.phrases
        return Reply(paragraphs((bold(p.words_title), p.words_text)), (self.foot(a.ShowQuestions()),))

    # --- trust -----------------------------------------------------------------------------------------------------------------

    def help(self, line: str = "") -> Reply:
        """Say how to use the guide."""
        p = self.book.phrases
        buttons = (self.to(p.about, a.ShowAbout()), self.to(p.privacy, a.ShowPrivacy()), self.to(p.safety, a.ShowSafety()))
        return Reply(paragraphs((line, p.help_text)), (*rows_of(buttons), self.foot(a.ShowHome())))

    def about(self) -> Reply:
        """Say who runs this copy, what it is not, how to report a mistake, which content this is."""
        p = self.book.phrases
        operator = _filled(p.about_operator, "operator", _literal(self.operator)) if self.operator else rich(p.about_no_operator)
        where = rich(p.about_no_contact)
        if self.contact:
            where = _filled(p.about_contact, "address", link(host_of(self.contact), self.contact))
        version = fill(p.about_version, version=self.library.version, date=self.said(self.library.checked), program=__version__)
        text = paragraphs((p.about_text if self.channel == "telegram" else p.about_elsewhere, operator, where, version))
        return Reply(text, ((self.to(p.privacy, a.ShowPrivacy()),), self.foot(a.ShowHome())))

    def privacy(self) -> Reply:
        """Say what is kept, by whom, and what to do."""
        p = self.book.phrases
        text = p.privacy_elsewhere
        if self.channel == "telegram":
            # Read from where they hold, so that they cannot lie.
            hours = int(AFTERWARDS.total_seconds()) // 3600
            text = fill(p.privacy_text, hours=hours, days=LONGEST.days, most=MOST, backups=BACKUPS.days)
        row = (self.to(p.about, a.ShowAbout()), self.to(p.safety, a.ShowSafety()))
        return Reply(rich(text), (row, self.foot(a.ShowHome())))

    # --- safety ----------------------------------------------------------------------------------------------------------------

    def safety(self) -> Reply:
        """Say what makes a phone and a chat safer, and what the guide sees."""
        p = self.book.phrases
        text = p.safety_text if self.channel == "telegram" else p.safety_elsewhere
        row = (self.to(p.who_helps, a.ShowHelpers()), self.to(p.clear_chat, a.ClearChat()))
        return Reply(rich(text), (*rows_of(row), self.foot(a.ShowPrivacy())))

    def helpers(self) -> Reply:
        """Name those who may help, each with its page; the oldest day on which one was checked stands for all."""
        p = self.book.phrases
        listed = [(*rich(f"- {h.text} "), *link(host_of(h.url), h.url)) for h in self.book.helpers.values()]
        text = paragraphs((p.helpers_text, lines(listed), fill(p.helpers_checked, date=self._helpers_checked())))
        return Reply(text, ((self.to(p.safety, a.ShowSafety()), self.to(p.clear_chat, a.ClearChat())), self.foot(a.ShowSafety())))

    def warned(self, reply: Reply) -> Reply:
        """Put the safety card above an answer; of an answer that is too long for both its beginning, and a way to the rest."""
        p = self.book.phrases
        pages = rich(fill(p.danger_pages, date=self._helpers_checked()) + p.colon)
        for number, helper in enumerate(list(self.book.helpers.values())[:HELPERS_SHOWN]):
            pages = (*pages, *(rich(" · ") if number else ()), *link(host_of(helper.url), helper.url))
        above = paragraphs((p.danger, pages))
        room = CARD - len(plain(above)) - 2 - sum(len(o.caption) + 5 for o in reply.options)
        text = beginning(reply.text, room)
        row = [self.to(p.who_helps, a.ShowHelpers()), self.to(p.clear_chat, a.ClearChat())]
        if len(plain(text)) < len(plain(reply.text)) and reply.asks:
            row.append(Button(p.whole_answer, reply.asks))
        room_for = BUTTONS - len(row) - len(reply.options)
        rows = reply.rows
        while sum(map(len, rows)) > room_for and len(rows) > 1:
            rows = rows[1:]
        # With the keyboard open its buttons would be missing.
        return replace(reply, text=paragraphs((above, text)), rows=(*rows_of(row), *rows), writes=False, shared=False)

    def cleared(self) -> Reply:
        """Say what is being deleted, what may stay, and how to delete the whole by hand."""
        p = self.book.phrases
        text = fill(p.cleared, hours=DELETABLE_HOURS) if self.channel == "telegram" else p.cleared_elsewhere
        return Reply(rich(text), ((self.to(p.safety, a.ShowSafety()),), self.foot(a.ShowSafety())))

    def _helpers_checked(self) -> str:
        return self.said(min(helper.checked for helper in self.book.helpers.values()))

    def refused_file(self) -> Reply:
        """Refuse a file, a photo, a voice message, a place or a contact, kindly."""
        p = self.book.phrases
        return Reply(rich(p.refused_file), ((self.to(p.questions, a.ShowQuestions()),), self.foot(a.ShowHome())))

    # --- parts -----------------------------------------------------------------------------------------------------------------

    def _step(self, action: a.Action) -> a.Step:
        return a.Step(action, self.book.language)

    def to(self, label: str, action: a.Action) -> Button:
        """Return a button in this language."""
        return Button(label, self._step(action))

    def foot(self, back: a.Action) -> tuple[Button, Button]:
        """Back and Home, always last and always in this order."""
        p = self.book.phrases
        return (self.to(p.back, back), self.to(p.home, a.ShowHome()))

    def _entries(self, ids: Iterable[str]) -> list[Button]:
        return [self.to(self.book.entries[id_].label, a.ShowEntry(id_)) for id_ in ids]

    def _label_of(self, language: str) -> str:
        """Say in which language a text is shown when the reader's language lacks it."""
        if language == self.book.language:
            return ""
        p = self.book.phrases
        return fill(p.shown_in, language=p.language_names.get(language, self.library.books[language].name))

    def _language_names(self, codes: Sequence[str]) -> str:
        names = self.book.phrases.language_names
        return ", ".join(names.get(code, code) for code in codes)

    def _links(self, heading: str, urls: Sequence[str]) -> Text:
        if not urls:
            return ()
        titles = self.library.titles
        return lines((bold(heading), *((*rich("- "), *link(titles.get(url, host_of(url)), url)) for url in urls)))

    def _sources(self, sources: Iterable[str]) -> Text:
        """Name up to three sources: a page by its host, linked; a publication by its title."""
        shown: dict[str, Text] = {}
        for source in sorted(sources, key=self._foreign):
            name = host_of(source) if source.startswith("https://") else source
            if name not in shown and len(shown) < SOURCES_SHOWN:
                shown[name] = link(name, source) if source.startswith("https://") else _literal(name)
        if not shown:
            return ()
        text: Text = rich(self.book.phrases.sources + self.book.phrases.colon)
        for number, part in enumerate(shown.values()):
            text = (*text, *(rich(" · ") if number else ()), *part)
        return text

    def _foreign(self, source: str) -> bool:
        """Tell whether an address names another language in its path; such a source comes after the others."""
        return any(f"/{code}/" in source for code in self.book.phrases.language_names if code != self.book.language)

    def _page_of(self, page: int, pages: int) -> str:
        return f" ({fill(self.book.phrases.page_of, page=page, pages=pages)})" if pages > 1 else ""

    def _paged(
        self,
        text: Text,
        options: Sequence[Option],
        page: int,
        at: PageOf,
        back: a.Action,
        more: tuple[Button, ...] = (),
    ) -> Reply | None:
        pages = max(1, -(-len(options) // PAGE))
        if not 1 <= page <= pages:
            return None
        onward = [self.to(self.book.phrases.next, at(page + 1))] if page < pages else [*more]
        return Reply(
            text + rich(self._page_of(page, pages)),
            (*rows_of(onward), self.foot(at(page - 1) if page > 1 else back)),
            options=tuple(options[(page - 1) * PAGE : page * PAGE]),
        )
