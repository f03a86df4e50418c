"""Updates by polling, in a loop of our own: each update is read alone, and confirmed only after it was served.

python-telegram-bot's Updater confirms first (a kill -9 lost 59 of 60) and never gets past an update it cannot parse.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError

from upr_bot.channels.telegram.channel import Channel, NotServed, seconds
from upr_bot.channels.telegram.read import HEARD
from upr_bot.channels.telegram.transport import READ_TIMEOUT, AiohttpRequest, encode
from upr_bot.errors import ServiceError

log = logging.getLogger(__name__)

WAIT: Final = 30
"""Seconds that Telegram holds a poll open."""
BATCH: Final = 100
BUSY_PAUSE: Final = 0.05
"""Seconds between polls while updates are being served: they come again with every poll until they are confirmed."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
GRACE: Final = 8.0
"""Seconds that updates in flight get when the guide is stopped."""
TRIES: Final = 5
"""How often an update is served again when Telegram was away; then it is let go, so that it cannot stop the others."""

REFUSED: Final = "Telegram does not accept the token; copy UPR_TELEGRAM_TOKEN again from @BotFather."


class Polling:
    """Polls until it is stopped. Offsets are Telegram's; nothing is written anywhere."""

    def __init__(self, bot: Bot, request: AiohttpRequest, channel: Channel) -> None:
        self._bot = bot
        self._request = request
        self._channel = channel
        self._running: dict[int, asyncio.Task[None]] = {}
        self._unconfirmed: dict[int, bool] = {}
        """Update id → whether it was served, for everything that came since the offset."""
        self._tried: dict[int, int] = {}
        self._offset = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Poll and serve until `stop`; then finish what is in flight and confirm it."""
        stopping = asyncio.create_task(stop.wait())
        try:
            await self._until(stop, stopping)
        finally:
            stopping.cancel()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=GRACE)
        try:
            await asyncio.wait_for(self._poll(0, limit=1), timeout=3)
        except (TelegramError, TimeoutError):
            log.warning("confirm_failed", extra={"error": "unreachable"})

    async def _until(self, stop: asyncio.Event, stopping: asyncio.Task[bool]) -> None:
        pause = FIRST_PAUSE
        while not stop.is_set():
            poll = asyncio.create_task(self._poll(0 if self._running else WAIT))
            waiting: set[asyncio.Task[Any]] = {poll, stopping}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not poll.done():
                poll.cancel()
                break
            try:
                fresh = self._start(poll.result())
            except InvalidToken:
                raise ServiceError(REFUSED) from None
            except TelegramError as error:
                log.warning("poll_failed", extra={"error": type(error).__name__})
                wait = seconds(error) if isinstance(error, RetryAfter) else pause
                pause = min(pause * 2, LONGEST_PAUSE)
                await asyncio.wait({stopping}, timeout=wait)
                continue
            pause = FIRST_PAUSE
            if self._running and not fresh:
                waiting = {*self._running.values(), stopping}
                await asyncio.wait(waiting, timeout=BUSY_PAUSE, return_when=asyncio.FIRST_COMPLETED)

    def _start(self, updates: list[dict[str, Any]]) -> bool:
        """Start serving what is new; return whether anything was."""
        fresh = False
        for update in updates:
            number = update.get("update_id") if isinstance(update, dict) else None
            if not isinstance(number, int) or number < self._offset or number in self._running or self._unconfirmed.get(number):
                continue
            fresh = True
            self._unconfirmed[number] = False
            task = asyncio.create_task(self._serve(number, update))
            self._running[number] = task
            task.add_done_callback(lambda _, number=number: self._running.pop(number, None))  # type: ignore[misc]
        return fresh

    async def _serve(self, number: int, update: dict[str, Any]) -> None:
        try:
            await self._channel.serve(update)
        except NotServed:
            self._tried[number] = self._tried.get(number, 0) + 1
            if self._tried[number] < TRIES:
                return  # not marked: Telegram brings it again
            log.error("update_given_up", extra={"error": "NotServed"})
        self._tried.pop(number, None)
        if number in self._unconfirmed:
            self._unconfirmed[number] = True

    async def _poll(self, wait: int, limit: int = BATCH) -> list[dict[str, Any]]:
        """Ask for updates, and by the offset confirm everything that was served before the first that was not.

        When as many wait as a poll can bring, those behind them would never be seen; then the ones in flight are confirmed early.
        """
        full = len(self._unconfirmed) >= BATCH
        for number in sorted(self._unconfirmed):
            if not self._unconfirmed[number] and not (full and number in self._running):
                break
            del self._unconfirmed[number]
            self._offset = number + 1
        body = encode({"offset": self._offset, "limit": limit, "timeout": wait, "allowed_updates": HEARD})
        result = await self._request.call(f"{self._bot.base_url}/getUpdates", body, seconds=wait + READ_TIMEOUT)
        return result if isinstance(result, list) else []
