"""The guide's own words: every phrase a declared field, with the placeholders it must hold.

Placeholders look like `{host}`. They are filled by plain substitution: text from the content is never a format string.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


def fill(phrase: str, **values: str | int) -> str:
    """Replace each `{name}` of a phrase by its value, once; values are not looked into again."""
    return _PLACEHOLDER.sub(lambda found: str(values[found.group(1)]), phrase)


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


Button = Annotated[str, StringConstraints(min_length=1, max_length=24, pattern=r"^[^\n{}]+$")]
Command = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\n{}]+$")]
Text = Annotated[str, _size(500), _holding()]
Long = Annotated[str, _size(1100), _holding()]
Notice = Annotated[str, _size(450), _holding()]
OfHost = Annotated[str, _size(120), _holding("host")]
OfLanguages = Annotated[str, _size(60), _holding("languages")]
OfLanguage = Annotated[str, _size(160), _holding("language")]


class Phrases(BaseModel):
    """`dialogs/<language>/_phrases.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    # buttons
    home: Button
    back: Button
    guide: Button
    questions: Button
    videos: Button
    language: Button
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
    privacy_text: Long
    privacy_elsewhere: Long

    # what goes wrong
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
    command_guide: Command
    command_videos: Command
    command_ask: Command
    command_lang: Command
    command_help: Command
    command_about: Command
    command_privacy: Command
