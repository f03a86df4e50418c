"""A card → what the Bot API takes: escaped HTML, an inline keyboard, the hidden link that a reply hands back.

Lengths count in UTF-16 units, as Telegram counts; a text is cut between characters, never inside an entity.
"""

from __future__ import annotations

import html
from functools import lru_cache
from typing import Any, Final

from telegram.constants import MessageLimit

from upr_bot.actions import spell
from upr_bot.channels.telegram.transport import encode
from upr_bot.replies import Button, Reply, Run, Text, rich, rows_of

LIMIT: Final = int(MessageLimit.MAX_TEXT_LENGTH)
HIDDEN: Final = "\u200b"
"""What carries the hidden link: a character without width. Its link names the step that a reply to the card belongs to."""

PREVIEWS_OFF: Final = {"is_disabled": True}


def units(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def clip(text: Text, limit: int) -> Text:
    """Return the beginning of a text that fits `limit` UTF-16 units, with `…` where it was cut."""
    if sum(units(run.text) for run in text) <= limit:
        return text
    kept: list[Run] = []
    room = limit - 1
    for run in text:
        words = run.text[:room]
        while (over := units(words) - room) > 0:
            words = words[: -((over + 1) // 2)]  # so many at the least: a character has two units at the most
        if words:
            kept.append(Run(words, run.bold, run.url))
            room -= units(words)
        if words != run.text:
            break
    return (*kept, Run("…"))


RTL_MARK: Final = "\u200f"


def turned(text: Text) -> Text:
    """Return a text whose every line begins at the right: one that opens with a Latin word or a number would begin at the left."""
    runs: list[Run] = []
    at_start = True
    for run in text:
        words = RTL_MARK + run.text if at_start else run.text
        words = words.replace("\n", f"\n{RTL_MARK}").replace(f"\n{RTL_MARK}\n", "\n\n")
        at_start = words.endswith(RTL_MARK)
        runs.append(Run(words.removesuffix(RTL_MARK) if at_start else words, run.bold, run.url))
    return tuple(runs)


def whole_text(reply: Reply) -> Text:
    """Return a card's text with its options as numbered lines; list marks become bullets."""
    runs: list[Run] = []
    for run in reply.text:
        at_start = not runs or runs[-1].text.endswith("\n")
        runs.append(Run(_bullets(run.text, at_start=at_start), run.bold, run.url))
    for number, option in enumerate(reply.options, 1):
        runs += rich("\n\n" if number == 1 else "\n")
        runs.append(Run(f"{number}. {option.caption}"))
    return clip(turned(tuple(runs)) if reply.rtl else tuple(runs), LIMIT - 1)


def _bullets(text: str, *, at_start: bool) -> str:
    if at_start and text.startswith("- "):
        text = "• " + text[2:]
    return text.replace("\n- ", "\n• ")


def html_of(text: Text, hidden: str = "") -> str:
    """Return a text as Telegram HTML, after a hidden link if there is one."""
    parts = [f'<a href="{html.escape(hidden)}">{HIDDEN}</a>'] if hidden else []
    for run in text:
        words = html.escape(run.text, quote=False)
        if run.url:
            words = f'<a href="{html.escape(run.url)}">{words}</a>'
        parts.append(f"<b>{words}</b>" if run.bold and words.strip() else words)
    return "".join(parts)


def plain_of(text: Text) -> str:
    """Return a text without any formatting, addresses written out: what is sent when Telegram refuses the HTML."""
    return "".join(f"{run.text} {run.url}" if run.url else run.text for run in text)


def keyboard(reply: Reply) -> dict[str, Any] | None:
    """Return the inline keyboard of a card; one that asks for words opens the reader's own keyboard instead."""
    if reply.writes:
        return {"force_reply": True}
    rows = (*rows_of([option.button for option in reply.options]), *reply.rows)
    return {"inline_keyboard": [[_button(button) for button in row] for row in rows]} if rows else None


def _button(button: Button) -> dict[str, str]:
    return {"text": button.label, "callback_data": spell(button.to)}


def message(reply: Reply, username: str, *, formatted: bool = True) -> dict[str, Any]:
    """Return the parameters that sending and editing share."""
    hidden = f"https://t.me/{username}?start={spell(reply.asks)}" if reply.asks else ""
    text = whole_text(reply)
    parameters: dict[str, Any] = {"link_preview_options": PREVIEWS_OFF}
    if formatted:
        parameters |= {"text": html_of(text, hidden), "parse_mode": "HTML"}
    else:
        parameters["text"] = _fitting(plain_of(text))
    if markup := keyboard(reply):
        parameters["reply_markup"] = markup
    return parameters


def captioned(reply: Reply) -> dict[str, Any]:
    """Return the parameters of a file that is sent with a card as its caption: plain words, which never hold a link."""
    parameters: dict[str, Any] = {"caption": "".join(run.text for run in clip(reply.text, int(MessageLimit.CAPTION_LENGTH)))}
    if markup := keyboard(reply):
        parameters["reply_markup"] = markup
    return parameters


def encoded(reply: Reply, username: str, *, formatted: bool = True) -> bytes:
    """Return `message` as the inside of a JSON object; that of a shared card is kept."""
    return (_kept if reply.shared else _encoded)(reply, username, formatted=formatted)


def _encoded(reply: Reply, username: str, *, formatted: bool) -> bytes:
    return encode(message(reply, username, formatted=formatted))[1:-1]


_kept = lru_cache(maxsize=1024)(_encoded)


def _fitting(text: str) -> str:
    return "".join(run.text for run in clip((Run(text),), LIMIT))
