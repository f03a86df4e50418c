"""The bot's life: who it is, its commands, polling or webhook, and its end."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from telegram import Bot, BotCommand
from telegram.error import InvalidToken, RetryAfter, TelegramError

from upr_bot.channels.telegram.channel import Channel, seconds
from upr_bot.channels.telegram.polling import FIRST_PAUSE, LONGEST_PAUSE, REFUSED, Polling
from upr_bot.channels.telegram.read import HEARD
from upr_bot.channels.telegram.transport import AiohttpRequest
from upr_bot.channels.telegram.webhook import PATH, Webhook
from upr_bot.content import Book
from upr_bot.errors import ServiceError
from upr_bot.guide import Guide
from upr_bot.settings import Settings
from upr_bot.typed import COMMANDS

log = logging.getLogger(__name__)

CONNECTIONS: Final = 100
"""Updates that Telegram may bring, and calls that we may have open, at once."""


class Telegram:
    """The Telegram channel of one copy of the guide."""

    def __init__(self, settings: Settings, guide: Guide) -> None:
        assert settings.token is not None
        self._settings = settings
        self._guide = guide
        self._request = AiohttpRequest(CONNECTIONS)
        self._bot = Bot(
            settings.token.reveal(),
            base_url=f"{settings.api_url}/bot",
            base_file_url=f"{settings.api_url}/file/bot",
            request=self._request,
            get_updates_request=AiohttpRequest(1),
        )
        self._channel = Channel(self._bot, self._request, guide)
        secret = settings.webhook_secret
        self.webhook = Webhook(self._channel, secret.reveal()) if settings.public_url and secret else None

    async def run(self, stop: asyncio.Event, drained: asyncio.Event) -> None:
        """Connect, then serve until `stop`; stay connected until the web server has `drained` what came by webhook.

        Raises `ServiceError` when Telegram refuses the token.
        """
        try:
            if not await self._connect(stop):
                return
            self._channel.connected.set()
            if self.webhook is None:
                await Polling(self._bot, self._request, self._channel).run(stop)
            else:
                await drained.wait()
        finally:
            await self._bot.shutdown()
            await self._request.shutdown()

    async def _connect(self, stop: asyncio.Event) -> bool:
        """Say who we are and how updates come, as often as it takes; False when stopped before."""
        pause = FIRST_PAUSE
        while not stop.is_set():
            try:
                await self._bot.initialize()
                if self.webhook is None:
                    await self._bot.delete_webhook()
                else:
                    await self._set_webhook()
                await self._set_commands()
            except InvalidToken:
                raise ServiceError(REFUSED) from None
            except TelegramError as error:
                log.warning("connect_failed", extra={"error": type(error).__name__})
                wait = seconds(error) if isinstance(error, RetryAfter) else pause
                pause = min(pause * 2, LONGEST_PAUSE)
                stopping = asyncio.ensure_future(stop.wait())
                await asyncio.wait({stopping}, timeout=wait)
                stopping.cancel()
                continue
            log.info("connected", extra={"mode": "polling" if self.webhook is None else "webhook"})
            return True
        return False

    async def _set_webhook(self) -> None:
        secret = self._settings.webhook_secret
        assert secret is not None
        await self._bot.set_webhook(
            f"{self._settings.public_url}{PATH}",
            secret_token=secret.reveal(),
            max_connections=CONNECTIONS,
            allowed_updates=list(HEARD),
        )

    async def _set_commands(self) -> None:
        """Register the menu once per language, the first language for everybody else too."""
        library = self._guide.knowledge.library
        await self._bot.set_my_commands(commands(library.first))
        for code, book in library.books.items():
            await self._bot.set_my_commands(commands(book), language_code=code.split("-")[0])


def commands(book: Book) -> list[BotCommand]:
    """Return the menu in one language."""
    return [BotCommand(name, getattr(book.phrases, f"command_{name}")) for name in COMMANDS]
