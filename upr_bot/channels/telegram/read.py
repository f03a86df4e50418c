"""An update → what a person did, or None when it is not for us.

Read straight from the JSON, and only the fields that are needed: a field of tomorrow's Bot API, or a broken one elsewhere in the
update, costs nobody an answer; and `Update.de_json` alone took longer than everything else the guide does for an update.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from upr_bot.actions import Ask, Block, SendFile, Step, Unknown, read
from upr_bot.channels.telegram.render import HIDDEN

HEARD: Final = ("message", "callback_query", "my_chat_member")
"""The kinds of update that are asked for; the last tells that somebody blocked the bot, who is then forgotten."""

BROUGHT: Final = frozenset({
    "animation", "audio", "checklist", "contact", "dice", "document", "game", "invoice", "location", "paid_media", "passport_data",
    "photo", "poll", "sticker", "story", "venue", "video", "video_note", "voice",
})  # fmt: skip
"""What a person can bring instead of text; Telegram's own service messages are not among them."""
LONGEST_SAID: Final = 120
"""Characters of a reminder, which alone are read of a card: `Hide` leaves them standing."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody did: in which chat, on which card, and which callback waits for an answer. Never a name."""

    chat: int
    step: Step
    card: int | None = None
    callback: str | None = None
    carried: str = ""
    """The spelling hidden in the card that was tapped."""
    said: str = ""
    """The first line of that card."""
    at: int = 0
    """The number of the message that was written, or of the card; 0 when it is not known."""


def heard(update: Mapping[str, Any]) -> Heard | None:
    """Read one update. Only private chats are answered. Raises KeyError, TypeError or ValueError when it is malformed."""
    if (query := update.get("callback_query")) is not None:
        return _tapped(query)
    if (change := update.get("my_chat_member")) is not None:
        return _left(change)
    if (message := update.get("message")) is None:
        return None
    chat, sender = message["chat"], message.get("from")
    if chat["type"] != "private" or not sender or sender.get("is_bot"):
        return None
    language = _language(sender)
    if (text := message.get("text")) is not None:
        return Heard(
            int(chat["id"]), Step(Ask(str(text), _carried(message.get("reply_to_message"))), language), at=_number(message)
        )
    if not BROUGHT.isdisjoint(message):
        return Heard(int(chat["id"]), Step(SendFile(str(message.get("caption") or "")), language))
    return None


def _tapped(query: Mapping[str, Any]) -> Heard:
    language = _language(query["from"])
    step = read(str(query["data"])) if query.get("data") else Step(Unknown())
    at = query.get("message")
    # A message with the date 0 is one that Telegram no longer lets bots edit.
    editable = at is not None and at["chat"]["type"] == "private" and at.get("date") != 0
    card = int(at["message_id"]) if at is not None and editable else None
    said = str(at.get("text") or "").lstrip(HIDDEN).partition("\n")[0][:LONGEST_SAID] if at is not None and editable else ""
    step = Step(step.action, step.language or language)
    carried = _carried(at) if editable else ""
    return Heard(int(query["from"]["id"]), step, card, str(query["id"]), carried, said, _number(at) if at is not None else 0)


def _left(change: Mapping[str, Any]) -> Heard | None:
    """Read that somebody blocked the bot in a private chat; whatever else changes concerns nobody."""
    if change["chat"]["type"] != "private" or change["new_chat_member"]["status"] != "kicked":
        return None
    return Heard(int(change["chat"]["id"]), Step(Block()))


def _language(person: Mapping[str, Any]) -> str | None:
    code = person.get("language_code")
    return code if isinstance(code, str) else None


def _number(message: Mapping[str, Any]) -> int:
    found = message.get("message_id")
    return found if isinstance(found, int) else 0


def _carried(card: Mapping[str, Any] | None) -> str:
    """Return the spelling hidden in a card of ours, or nothing."""
    try:
        if card and card["from"]["is_bot"]:
            for entity in card.get("entities") or ():
                parts = urlsplit(str(entity.get("url", "")))
                if entity["type"] == "text_link" and parts.hostname == "t.me" and (start := parse_qs(parts.query).get("start")):
                    return start[0]
    except (AttributeError, KeyError, TypeError, ValueError):
        pass  # a card that cannot be read is no card of ours; the words are answered all the same
    return ""
