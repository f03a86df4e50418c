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


def _holding(*names: str, maximum: int = 500) -> object:
    """Return the type of a phrase of 1 to `maximum` characters that holds exactly the placeholders `names`."""

    def check(phrase: str) -> str:
        found = set(_PLACEHOLDER.findall(phrase))
        if missing := sorted(set(names) - found):
            raise ValueError(f"must hold {{{missing[0]}}}")
        if unknown := sorted(found - set(names)):
            raise ValueError(f"holds {{{unknown[0]}}}, which nothing fills; delete it")
        return phrase

    return Annotated[str, StringConstraints(min_length=1, max_length=maximum), AfterValidator(check)]


Button = Annotated[str, StringConstraints(min_length=1, max_length=24, pattern=r"^[^\n{}]+$")]
Command = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\n{}]+$")]
Text = _holding()
Notice = _holding(maximum=450)
OfHost = _holding("host", maximum=120)
OfLanguages = _holding("languages", maximum=60)


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
    page_of: _holding("page", "pages", maximum=60)
    themes_title: Text
    themes_text: Text

    # videos
    videos_title: Text
    videos_text: Text
    series_text: Text
    length: _holding("duration", maximum=60)
    audio: OfLanguages
    subtitles: OfLanguages
    published: _holding("date", maximum=60)
    publisher: _holding("publisher", maximum=60)
    speakers: Text
    watch_on: OfHost
    announced_on: OfHost
    leaving: OfHost

    # questions and words
    questions_title: Text
    questions_text: Text
    category_text: Text
    sources: Text
    which_one: Text
    no_answer: Text
    none_text: Text
    only_start_read: _holding("count", maximum=160)
    no_such_number: _holding("number", maximum=160)
    words_title: Text
    words_text: Text

    # language
    language_title: Text
    language_text: Text
    language_set: _holding("language", maximum=160)
    shown_in: _holding("language", maximum=160)
    language_names: Annotated[dict[str, Button], Field(min_length=1)]

    # help, trust, privacy
    help_text: _holding(maximum=900)
    about_text: _holding(maximum=800)
    about_elsewhere: _holding(maximum=800)
    about_operator: _holding("operator", maximum=160)
    about_no_operator: _holding(maximum=300)
    about_contact: _holding("address", maximum=200)
    about_no_contact: _holding(maximum=300)
    about_version: _holding("version", "date", "program", maximum=160)
    privacy_text: _holding(maximum=1100)
    privacy_elsewhere: _holding(maximum=900)

    # what goes wrong
    gone: Text
    not_understood: Text
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
