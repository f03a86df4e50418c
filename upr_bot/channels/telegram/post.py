"""A reminder on its way to a chat: sent once, silently; what came of it is told, not mended here."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError, TimedOut

from upr_bot.channels.telegram.channel import seconds
from upr_bot.channels.telegram.render import encoded
from upr_bot.channels.telegram.transport import AiohttpRequest, Unanswered
from upr_bot.counts import Counts
from upr_bot.reminders import Away, Gone, Outcome, Refused, Sent, Unclear, Wait
from upr_bot.replies import Reply
from upr_bot.settings import Settings

log = logging.getLogger(__name__)

_GONE = ("chat not found", "user is deactivated", "peer_id_invalid", "chat_id is empty")


CONNECTIONS: Final = 50
"""Calls open at once: more than `dispatch.FLYING`, so that none waits for a connection while its time runs."""


@contextlib.asynccontextmanager
async def reminders_post(settings: Settings, counts: Counts) -> AsyncIterator[Poster]:
    """Open connections of their own to the Bot API, so that no reply waits behind reminders."""
    assert settings.token is not None
    request = AiohttpRequest(CONNECTIONS)
    await request.initialize()
    try:
        yield Poster(request, f"{settings.api_url}/bot{settings.token.reveal()}", counts)
    finally:
        await request.shutdown()


class Poster:
    """Sends reminders through the Bot API. `base`: the address of the bot's methods."""

    def __init__(self, request: AiohttpRequest, base: str, counts: Counts | None = None) -> None:
        self._request = request
        self._base = base
        self._counts = counts or Counts()

    async def __call__(self, chat: int, reply: Reply) -> Outcome:
        """Send a card to a chat without a sound, once."""
        outcome = await self._sent(chat, reply)
        self._counts.calls["reminder", "ok" if isinstance(outcome, Sent) else type(outcome).__name__] += 1
        return outcome

    async def _sent(self, chat: int, reply: Reply) -> Outcome:
        body = b'{"chat_id":%d,"disable_notification":true,%b}' % (chat, encoded(reply, ""))
        try:
            await self._request.call(f"{self._base}/sendMessage", body)
        except RetryAfter as error:
            return Wait(seconds(error))
        except (Forbidden, ChatMigrated):
            return Gone()
        except BadRequest as error:
            return Gone() if any(sign in error.message.lower() for sign in _GONE) else Refused()
        except (TimedOut, Unanswered):
            return Unclear()
        except InvalidToken:
            log.error("token_refused", extra={"error": "InvalidToken"})
            return Away()
        except TelegramError as error:
            log.warning("send_failed", extra={"error": type(error).__name__})
            return Away()
        return Sent()
