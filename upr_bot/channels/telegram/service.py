"""The bot's life: who it is, its commands, polling or webhook, and its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from telegram import Bot, BotCommand
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from upr_bot.channels.telegram.channel import Channel, seconds
from upr_bot.channels.telegram.polling import FIRST_PAUSE, LONGEST_PAUSE, REFUSED, Polling
from upr_bot.channels.telegram.read import HEARD
from upr_bot.channels.telegram.transport import AiohttpRequest
from upr_bot.channels.telegram.webhook import Webhook
from upr_bot.content import Book
from upr_bot.counts import Counts
from upr_bot.errors import ServiceError
from upr_bot.guide import Guide
from upr_bot.settings import Settings
from upr_bot.typed import COMMANDS

log = logging.getLogger(__name__)

CONNECTIONS: Final = 100
"""Updates that Telegram may bring, and calls that we may have open, at once."""


class Telegram:
    """The Telegram channel of one copy of the guide."""

    def __init__(self, settings: Settings, guide: Guide, counts: Counts) -> None:
        assert settings.token is not None
        self._settings = settings
        self._guide = guide
        self._request = AiohttpRequest(CONNECTIONS)
        self._polls = AiohttpRequest(1)
        self._bot = Bot(
            settings.token.reveal(),
            base_url=f"{settings.api_url}/bot",
            base_file_url=f"{settings.api_url}/file/bot",
            request=self._request,
            get_updates_request=self._polls,
        )
        self._channel = Channel(self._bot, self._request, guide, counts)
        secret = settings.webhook_secret
        self.webhook = Webhook(self._channel, secret.reveal()) if settings.public_url and secret else None

    async def run(self, stop: asyncio.Event, drained: asyncio.Event) -> None:
        """Connect, then serve until `stop`; stay connected until the web server has `drained` what came by webhook.

        Raises `ServiceError` when Telegram refuses the token or the address.
        """
        try:
            if not await _before(stop, self._connect()):
                return
            self._channel.connected.set()
            menu = asyncio.create_task(self._set_commands())
            tidying = asyncio.create_task(self._channel.let_go())
            if self.webhook is None:
                await Polling(self._bot, self._polls, self._channel).run(stop)
            else:
                await drained.wait()
            menu.cancel()
            tidying.cancel()
        finally:
            await self._bot.shutdown()
            await self._request.shutdown()
            await self._polls.shutdown()

    async def _connect(self) -> None:
        """Say who we are and how updates come, as often as it takes."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self._bot.initialize()
                if self.webhook is None:
                    await self._bot.delete_webhook()
                else:
                    await self._set_webhook()
            except InvalidToken:
                raise ServiceError(REFUSED) from None
            except TelegramError as error:
                log.warning("connect_failed", extra={"error": type(error).__name__})
                await asyncio.sleep(seconds(error) if isinstance(error, RetryAfter) else pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            log.info("connected", extra={"mode": "polling" if self.webhook is None else "webhook"})
            return

    async def _set_webhook(self) -> None:
        secret = self._settings.webhook_secret
        assert secret is not None
        assert self._settings.webhook_url is not None
        try:
            await self._bot.set_webhook(
                self._settings.webhook_url,
                secret_token=secret.reveal(),
                max_connections=CONNECTIONS,
                allowed_updates=list(HEARD),
            )
        except BadRequest:
            raise ServiceError(
                "Telegram does not accept UPR_PUBLIC_URL; use a public https address on port 443, 80, 88 or 8443."
            ) from None

    async def _set_commands(self) -> None:
        """Register the menu once per language that Telegram knows (two letters), the first language for everybody else too.

        The guide works without its menu, so nobody waits for it.
        """
        library = self._guide.knowledge.library
        menus = [(None, library.first), *((code.split("-")[0], book) for code, book in library.books.items())]
        for code, book in menus:
            try:
                if code is None or len(code) == 2:
                    await self._bot.set_my_commands(commands(book), language_code=code)
            except TelegramError as error:
                log.warning("commands_refused", extra={"error": type(error).__name__})


async def _before(event: asyncio.Event, work: Coroutine[Any, Any, object]) -> bool:
    """Run `work` unless an event comes first; tell whether it was run to its end."""
    task = asyncio.create_task(work)
    waiting = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            return False
        await task
        return True
    finally:
        task.cancel()
        waiting.cancel()


def commands(book: Book) -> list[BotCommand]:
    """Return the menu in one language."""
    return [BotCommand(name, getattr(book.phrases, f"command_{name}")) for name in COMMANDS]
