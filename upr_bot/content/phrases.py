"""The guide's own words: every phrase a declared field, with the placeholders it must hold.

Placeholders look like `{host}`. They are filled by plain substitution: text from the content is never a format string.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


def fill(phrase: str, **values: str | int) -> str:
    """Replace each `{name}` of a phrase by its value, once; values are not looked into again."""
    pieces = _pieces(phrase)
    return "".join([str(values[piece]) if odd % 2 else piece for odd, piece in enumerate(pieces)])


@lru_cache(maxsize=4096)  # the phrases of all languages
def _pieces(phrase: str) -> list[str]:
    """Part a phrase at its placeholders: text and names take turns."""
    return _PLACEHOLDER.split(phrase)


def _holding(*names: str) -> AfterValidator:
    """Return the rule that a phrase holds exactly the placeholders `names`."""

    def check(phrase: str) -> str:
        found = set(_PLACEHOLDER.findall(phrase))
        if missing := sorted(set(names) - found):
            raise ValueError(f"must hold {{{missing[0]}}}")
        if unknown := sorted(found - set(names)):
            raise ValueError(f"holds {{{unknown[0]}}}, which nothing fills; delete it")
        return phrase

    return AfterValidator(check)


def _size(maximum: int) -> StringConstraints:
    return StringConstraints(min_length=1, max_length=maximum)


def _counted(forms: dict[str, str]) -> dict[str, str]:
    """Demand the form `other`; any other may leave the number out ("one day left")."""
    if "other" not in forms:
        raise ValueError("must have the form 'other'")
    if unknown := sorted(set(forms) - set(PLURALS)):
        raise ValueError(f"has a form '{unknown[0]}', which no language has; use {', '.join(PLURALS)}")
    if "{count}" not in forms["other"]:
        raise ValueError("must hold {count} in the form 'other'")
    return forms


PLURALS = ("zero", "one", "two", "few", "many", "other")
"""The plural forms of CLDR; a language uses some of them."""


Button = Annotated[str, StringConstraints(min_length=1, max_length=24, pattern=r"^[^\n{}]+$")]
Command = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\n{}]+$")]
Text = Annotated[str, _size(500), _holding()]
Long = Annotated[str, _size(1100), _holding()]
Notice = Annotated[str, _size(450), _holding()]
OfHost = Annotated[str, _size(120), _holding("host")]
OfLanguages = Annotated[str, _size(60), _holding("languages")]
OfLanguage = Annotated[str, _size(160), _holding("language")]
OfCountry = Annotated[str, _size(200), _holding("country")]
OfDate = Annotated[str, _size(60), _holding("date")]
OfSpan = Annotated[str, _size(60), _holding("first", "last")]
OfMonth = Annotated[str, _size(40), _holding("month")]
OfUsual = Annotated[str, _size(80), _holding("span")]
OfReview = Annotated[str, _size(120), _holding("when", "status", "number")]
Count = Annotated[dict[str, Annotated[str, _size(60)]], AfterValidator(_counted)]
Discreet = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\n{}]+$")]
"""What a reminder says on a locked screen."""
Named = Annotated[dict[str, Annotated[str, _size(60)]], Field(min_length=1)]
"""Key → words; the keys are ours and `check` looks for missing ones."""


class Phrases(BaseModel):
    """`dialogs/<language>/_phrases.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    # buttons
    home: Button
    back: Button
    now: Button
    guide: Button
    questions: Button
    dates: Button
    videos: Button
    language: Button
    stage: Button
    role: Button
    calendar_file: Button
    neutral_file: Button
    with_estimates: Button
    other_country: Button
    next_session: Button
    session_button: Annotated[str, _size(20), _holding("number")]
    regions: Annotated[dict[str, Button], Field(min_length=1)]
    roles: Annotated[dict[str, Button], Field(min_length=1)]
    themes: Button
    more_tips: Button
    video: Button
    read_instead: Button
    none_of_these: Button
    next: Button
    help: Button
    about: Button
    privacy: Button
    words: Button
    safety: Button
    who_helps: Button
    clear_chat: Button
    whole_answer: Button
    series_advocacy: Button
    series_people: Button
    series_library: Button
    series_external: Button

    # first contact and home
    greetings: tuple[Button, ...]
    welcome: Text
    notice: Notice
    notice_elsewhere: Notice
    choose: Text
    home_text: Text

    # the guide
    guide_title: Text
    guide_text: Text
    what_happens: Text
    who_can_act: Text
    when: Text
    tips: Text
    links: Text
    page_of: Annotated[str, _size(60), _holding("page", "pages")]
    themes_title: Text
    themes_text: Text

    # videos
    videos_title: Text
    videos_text: Text
    series_text: Text
    length: Annotated[str, _size(60), _holding("duration")]
    audio: OfLanguages
    subtitles: OfLanguages
    published: Annotated[str, _size(60), _holding("date")]
    publisher: Annotated[str, _size(60), _holding("publisher")]
    speakers: Text
    watch_on: OfHost
    announced_on: OfHost
    leaving: OfHost

    # questions and words
    questions_title: Text
    questions_text: Text
    category_text: Text
    named: Annotated[str, _size(20), _holding("name", "value")]
    sources: Text
    check_here: Text
    which_one: Text
    no_answer: Text
    none_text: Text
    nearest_step: Annotated[str, _size(60), _holding("number", "step")]
    asked_more: Text
    only_start_read: Annotated[str, _size(160), _holding("count")]
    bare_number: Annotated[str, _size(200), _holding("number")]
    no_such_number: Annotated[str, _size(160), _holding("number")]
    words_title: Text
    words_text: Text

    # the calendar
    which_country_title: Text
    which_country: Text
    region_text: Text
    country_sure: Annotated[str, _size(120), _holding("country")]
    country_sure_text: Text
    country_which: Text
    countries_together: Text
    country_unknown: Text
    place_with: OfCountry
    place_without: Text
    now_title: OfCountry
    unpublished_title: OfCountry
    unpublished: Text
    see_page: OfHost
    session_review: OfReview
    next_review: OfReview
    last_review: OfReview
    not_announced: Text
    open_now: Text
    nothing_open: Text
    coming_next: Text
    closed: Text
    for_role: Annotated[str, _size(80), _holding("role")]
    role_title: Text
    role_text: Text
    statuses: Named
    date_names: Named
    checked: OfDate
    not_published: Text
    any_time: Text
    by: OfDate
    until: OfDate
    since: OfDate
    from_on: OfDate
    was: OfDate
    from_to: OfSpan
    at_hour: Annotated[str, _size(60), _holding("date", "hour")]
    early: OfMonth
    mid: OfMonth
    late: OfMonth
    days_left: Count
    days_ahead: Count
    days_ago: Count
    days_left_least: Count
    days_ahead_least: Count
    may_end: Text
    last_day: Text
    usually: Annotated[dict[str, OfUsual], Field(min_length=1)]
    span_days: Annotated[dict[str, Annotated[str, _size(60)]], AfterValidator(_counted)]
    span_months: Annotated[dict[str, Annotated[str, _size(60)]], AfterValidator(_counted)]
    span_between: OfSpan
    about_when: Annotated[str, _size(60), _holding("when")]
    dates_title: OfCountry
    dates_text: Text
    dates_none: Text
    file_text: Text
    file_neutral_text: Text
    file_here: Annotated[str, _size(160), _holding("command")]
    file_none: OfCountry
    file_estimates_only: OfCountry
    event_title: Annotated[str, _size(60), _holding("what", "country")]
    event_estimate: Annotated[str, _size(40), _holding("title")]
    event_source: Annotated[str, _size(120), _holding("status", "host", "date")]
    neutral_event: Button
    neutral_deadline: Button
    session_title: Annotated[str, _size(60), _holding("number")]
    session_states: Text
    session_order: Text
    session_none: Annotated[str, _size(160), _holding("first", "last")]
    sessions_over: Text

    # reminders
    remind: Button
    message_me: Button
    done: Button
    confirm: Button
    own_words: Button
    open: Button
    hide: Button
    stop: Button
    change: Button
    erase: Button
    keep: Button
    clock_back: Button
    clock_on: Button
    which_reminder: Text
    remind_title: Annotated[str, _size(60), _holding("about")]
    remind_ways: Long
    remind_unpublished: Text
    remind_elsewhere: Text
    remind_off: Text
    remind_file: Text
    file_of_country: Text
    remind_over: Text
    before_title: Text
    before_text: Text
    before_none: Text
    before: Count
    hour_title: Text
    hour_text: Annotated[str, _size(300), _holding("time", "zone")]
    words_choice_title: Text
    words_choice_text: Text
    reminder_words: Annotated[tuple[Discreet, ...], Field(min_length=3, max_length=3)]
    reminder_marks: Annotated[dict[str, Annotated[str, _size(40), _holding("words")]], Field(min_length=3)]
    own_words_ask: Text
    own_words_faults: Named
    own_words_refused: Annotated[str, _size(200), _holding("word")]
    summary_title: Text
    summary: Annotated[str, _size(300), _holding("before", "hour", "words", "language")]
    summary_news: Text
    kept_until: OfDate
    saved: Annotated[str, _size(300), _holding("before", "hour", "words")]
    saved_news: Annotated[str, _size(300), _holding("words")]
    not_saved: Text
    too_many: Annotated[str, _size(200), _holding("count")]
    reminders_title: Text
    reminder_line: Annotated[str, _size(200), _holding("about", "before", "hour", "words")]
    stopped: Text
    open_over: Text
    open_days: Text
    forget_title: Text
    forget_text: Text
    forgotten: Text
    nothing_changed: Text
    export_title: Text
    export_nothing: Text
    export_person: Annotated[str, _size(200), _holding("chat")]
    export_record: Annotated[str, _size(400), _holding("about", "before", "hour", "words", "language", "session", "since", "until")]

    # language
    language_title: Text
    language_text: Text
    language_set: Annotated[str, _size(160), _holding("language")]
    shown_in: Annotated[str, _size(160), _holding("language")]
    language_names: Annotated[dict[str, Button], Field(min_length=1)]

    # help, trust, privacy
    help_text: Long
    about_text: Long
    about_elsewhere: Long
    about_operator: Annotated[str, _size(160), _holding("operator")]
    about_no_operator: Long
    about_contact: Annotated[str, _size(200), _holding("address")]
    about_no_contact: Long
    about_version: Annotated[str, _size(160), _holding("version", "date", "program")]
    privacy_text: Annotated[str, _size(1190), _holding("backups", "days", "hours", "most")]
    privacy_elsewhere: Long

    # safety
    danger: Annotated[str, _size(300), _holding()]
    danger_pages: OfDate
    safety_text: Long
    safety_elsewhere: Long
    helpers_text: Text
    helpers_checked: Annotated[str, _size(120), _holding("date")]
    cleared: Annotated[str, _size(800), _holding("hours")]
    cleared_elsewhere: Text

    # what goes wrong
    too_fast: Annotated[str, _size(180), _holding()]
    gone: Text
    refused_file: Text
    broken: Text

    # the web page and the terminal
    ask_label: Text
    ask_button: Button
    page_missing: Text
    terminal_hint: Text

    # what Telegram's command menu says
    command_start: Command
    command_now: Command
    command_dates: Command
    command_session: Command
    command_next: Command
    command_guide: Command
    command_videos: Command
    command_ask: Command
    command_lang: Command
    command_help: Command
    command_about: Command
    command_privacy: Command
    command_remind: Command
    command_forget: Command
    command_export: Command
    command_safety: Command
    command_clear: Command

    @property
    def colon(self) -> str:
        """What stands between a name and what is said of it, with its spaces: French writes one before."""
        return self.named.removeprefix("{name}").removesuffix("{value}")
