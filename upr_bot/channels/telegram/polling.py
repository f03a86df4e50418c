"""Updates by polling, in a loop of our own: each update is read alone, and confirmed only after it was served.

python-telegram-bot's Updater confirms first (a kill -9 lost 59 of 60) and never gets past an update it cannot parse.

Telegram answers a poll that repeats its offset with one update at a time. So what cannot be served within `HOLD` seconds, because
Telegram is slow or says 429 for one chat, goes on in its task while it is confirmed, and the others are not held up.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
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
HOLD: Final = 2.0
"""Seconds for which an update in flight is not confirmed; a kill -9 in that time loses nothing."""
BUSY_PAUSE: Final = 0.05
LONGEST_BUSY: Final = 0.25
"""Seconds between polls while updates are in flight, growing."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
GRACE: Final = 7.0
CONFIRM: Final = 2.0
"""Seconds that updates in flight, then their confirmation, get when the guide is stopped; it has ended within ten."""
TRIES: Final = 5
"""How often an update is served again when Telegram was away; then it is let go."""
REFUSALS: Final = 3
"""Polls refused in a row after which the token is believed to be revoked."""

REFUSED: Final = "Telegram does not accept the token; copy UPR_TELEGRAM_TOKEN again from @BotFather."
_UPDATE_ID = re.compile(rb'"update_id"\s*:\s*(\d{1,15})')


class Polling:
    """Polls until it is stopped. Offsets are Telegram's; nothing is written anywhere."""

    def __init__(self, bot: Bot, request: AiohttpRequest, channel: Channel) -> None:
        self._bot = bot
        self._request = request
        self._channel = channel
        self._running: dict[int, asyncio.Task[None]] = {}
        self._came: dict[int, float] = {}
        """Update id → when it came on the loop's clock, for everything since the offset."""
        self._offset = 0
        self._alone = 0
        """Polls that ask for one update each, since an answer with more of them could not be read."""

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
            await asyncio.wait_for(self._poll(0), timeout=CONFIRM)
        except (TelegramError, TimeoutError):
            log.warning("confirm_failed", extra={"error": "unreachable"})

    async def _until(self, stop: asyncio.Event, stopping: asyncio.Task[bool]) -> None:
        pause, busy, refusals = FIRST_PAUSE, BUSY_PAUSE, 0
        while not stop.is_set():
            poll = asyncio.create_task(self._poll(0 if self._running else WAIT))
            waiting: set[asyncio.Task[Any]] = {poll, stopping}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not poll.done():
                poll.cancel()
                break
            try:
                fresh = self._start(poll.result())
            except TelegramError as error:
                refusals = refusals + 1 if isinstance(error, InvalidToken) else 0
                if refusals == REFUSALS:
                    raise ServiceError(REFUSED) from None
                log.warning("poll_failed", extra={"error": type(error).__name__})
                await asyncio.wait({stopping}, timeout=seconds(error) if isinstance(error, RetryAfter) else pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            pause, refusals = FIRST_PAUSE, 0
            if fresh or not self._running:
                busy = BUSY_PAUSE
            else:
                waiting = {*self._running.values(), stopping}
                await asyncio.wait(waiting, timeout=busy, return_when=asyncio.FIRST_COMPLETED)
                busy = min(busy * 2, LONGEST_BUSY)

    def _start(self, updates: list[Any]) -> bool:
        """Start serving what is new; return whether anything was."""
        fresh = False
        for update in updates:
            number = update.get("update_id") if isinstance(update, dict) else None
            if not isinstance(number, int) or number < self._offset or number in self._came:
                continue
            fresh = True
            self._came[number] = asyncio.get_running_loop().time()
            task = asyncio.create_task(self._serve(update))
            self._running[number] = task
            task.add_done_callback(lambda _, number=number: self._running.pop(number, None))  # type: ignore[misc]
        return fresh

    async def _serve(self, update: dict[str, Any]) -> None:
        """Serve one update, again and again while Telegram is away; a 429 is obeyed to the second and is no try."""
        tries = 0
        pause = FIRST_PAUSE
        while True:
            try:
                await self._channel.serve(update)
                return
            except NotServed as error:
                tries += not error.after
                if tries == TRIES:
                    log.error("update_given_up", extra={"error": "NotServed"})
                    return
                await asyncio.sleep(error.after or pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _poll(self, wait: int) -> list[Any]:
        """Ask for updates, and by the offset confirm everything before the first that is in flight and not older than `HOLD`."""
        old = asyncio.get_running_loop().time() - HOLD
        for number in sorted(self._came):
            if number in self._running and self._came[number] > old:
                break
            del self._came[number]
            self._offset = number + 1
        limit = 1 if self._alone else BATCH
        body = encode({"offset": self._offset, "limit": limit, "timeout": wait, "allowed_updates": HEARD})
        answer = await self._request.call_raw(f"{self._bot.base_url}/getUpdates", body, seconds=wait + READ_TIMEOUT)
        return self._parsed(answer)

    def _parsed(self, answer: bytes) -> list[Any]:
        """Return the updates of an answer. One that cannot be parsed at all is found by asking one by one, and passed over."""
        alone = self._alone > 0
        try:
            result = json.loads(answer)["result"]
            if isinstance(result, list):
                self._alone = max(0, self._alone - 1)
                return result
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        if alone and (found := _UPDATE_ID.search(answer)):
            self._offset = max(self._offset, int(found.group(1)) + 1)
            self._channel.pass_over()
            self._alone = 0
            return []
        self._alone = BATCH  # those before it are served meanwhile, without another pause for each of them
        raise TelegramError("unreadable answer")
