"""An update → what a person did, or None when it is not for us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from telegram import InaccessibleMessage, Message, Update
from telegram.constants import ChatType, MessageEntityType

from upr_bot.actions import Ask, SendFile, Step, Unknown, read

HEARD: Final = ("message", "callback_query")
"""The kinds of update that are asked for."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody did: in which chat, on which card, and which callback waits for an answer."""

    chat: int
    step: Step
    card: int | None = None
    callback: str | None = None


def heard(update: Update) -> Heard | None:
    """Read one update. Only private chats are answered; `Heard` never holds a name."""
    if query := update.callback_query:
        language = query.from_user.language_code
        step = read(query.data) if query.data else Step(Unknown())
        at = query.message
        if at is not None and at.chat.type != ChatType.PRIVATE:
            return Heard(at.chat.id, Step(Unknown(), language), None, query.id)
        card = at.message_id if at is not None and not isinstance(at, InaccessibleMessage) else None
        return Heard(query.from_user.id, Step(step.action, step.language or language), card, query.id)
    message = update.message
    if message is None or message.from_user is None or message.from_user.is_bot or message.chat.type != ChatType.PRIVATE:
        return None
    language = message.from_user.language_code
    if message.text is not None:
        return Heard(message.chat.id, Step(Ask(message.text, _asked(message.reply_to_message)), language))
    if _brings_something(message):
        return Heard(message.chat.id, Step(SendFile(), language))
    return None


def _asked(card: Message | None) -> str:
    """Return the spelling hidden in the card of ours that a message replies to, or nothing."""
    if card is None or card.from_user is None or not card.from_user.is_bot:
        return ""
    for entity in card.entities:
        if entity.type == MessageEntityType.TEXT_LINK and entity.url:
            parts = urlsplit(entity.url)
            if parts.hostname == "t.me" and (start := parse_qs(parts.query).get("start")):
                return start[0]
    return ""


_BROUGHT: Final = (
    "animation", "audio", "contact", "dice", "document", "game", "invoice", "location", "paid_media", "photo", "poll",
    "passport_data", "sticker", "story", "venue", "video", "video_note", "voice", "checklist", "users_shared", "chat_shared",
)  # fmt: skip


def _brings_something(message: Message) -> bool:
    """Tell a person's file, photo, place or the like from Telegram's own service messages."""
    return any(getattr(message, name, None) for name in _BROUGHT)
