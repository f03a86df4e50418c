"""Messages on their way: claimed with a lease, started at the common pace, marked one by one as they arrive."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from upr_bot.content import Library
from upr_bot.replies import Reply
from upr_bot.storage import RATE, Deliveries, Subscriptions, Waiting
from upr_bot.wish import minutes
from upr_bot.wording import message

log = logging.getLogger(__name__)

BATCH: Final = 10
"""Messages claimed at once: less than half a second's worth, so that workers share, and a crash leaves few behind a lease."""
EARLY: Final = 6
"""Messages of a batch that are still to start when the next one is claimed: a quarter of a second, so that the pace has no gaps."""
CATCH_UP: Final = 1 / RATE
"""Seconds: one message, by which a worker that was late may run ahead of an even pace."""
FLYING: Final = 40
"""Messages in flight at once. With one in fifty unanswered for ten seconds there are five; when none is answered, these."""
LOOK: Final = 0.2
"""Seconds between looks for new messages while some are in flight."""
GRACE: Final = 7.0
"""Seconds that messages in flight get when the worker is stopped; it has ended within ten."""
FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 60.0
"""Seconds before a message is tried again, doubling."""
UNCLEAR: Final = 4
"""How often a message is sent when no answer says whether it arrived. A second copy of `Appointment reminder` harms less than none;
of messages whose every fiftieth answer gets lost, one in six million is given up."""
TRIES: Final = 5000
"""After this many tries, three days and a half at the longest pause, a message that never gets there is let go."""
IN_A_ROW: Final = 3
"""Refusals without a success between them that hold everybody back: it is the bot that is too fast or cut off, not one chat."""


@dataclass(frozen=True, slots=True)
class Sent:
    """It arrived."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The person blocked the bot, or is no more."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Too fast: wait this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be taken as it is: a defect of ours."""


@dataclass(frozen=True, slots=True)
class Away:
    """It did not get there; try later."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows whether it arrived."""


Outcome = Sent | Gone | Wait | Refused | Away | Unclear
Post = Callable[[int, Reply], Awaitable[Outcome]]
"""Sends a card to a chat, silently, once."""


class Dispatch:
    """Sends what waits. Any number of them may run.

    `library` returns what messages are worded from now. `clock` returns the moment it is, aware: a rehearsal may say another one,
    and by it a message is late. Leases and the pace are shared with workers that do not rehearse, so they go by the wall's clock.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        subscriptions: Subscriptions,
        library: Callable[[], Library],
        post: Post,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._deliveries = deliveries
        self._subscriptions = subscriptions
        self._library = library
        self._post = post
        self._clock = clock
        self._flying: set[asyncio.Task[None]] = set()
        self._failed = 0
        self._pauses = 0
        """Failures, and pauses for everybody, since the last success."""
        self._paused_until = 0.0
        self._next = 0.0
        """When the next message may start."""
        self._marking = asyncio.Lock()
        """Held while it is written down that a message arrived: none is started meanwhile, so that a crash sends few again."""
        self._trouble: BaseException | None = None
        """What went wrong with a message in flight: told by `run`, which nobody awaits each message for."""
        self.sent = 0

    async def run(self, stop: asyncio.Event) -> bool:
        """Send until nothing waits that may go now, or until `stop`; return whether anything was sent. Raises `StorageError`."""
        sent = self.sent
        claimed: asyncio.Task[list[Waiting]] | None = None
        try:
            while not stop.is_set():
                self._tell()
                held = await (claimed or self._claim())
                claimed = None
                if not held:
                    if not self._flying:
                        break
                    # What is in flight may come back to be sent again; whoever waits for an answer holds nobody up.
                    await asyncio.wait({*self._flying}, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
                for number, waiting in enumerate(held):
                    if number == len(held) - min(EARLY, len(held)):
                        claimed = asyncio.create_task(self._claim())
                    await self._start(waiting, stop)
        except BaseException:
            if claimed:  # what it took comes free with its lease
                claimed.cancel()
            raise
        for waiting in await claimed if claimed else ():
            await self._deliveries.again(waiting, 0.0, tried=False)
        await self._landed(GRACE if stop.is_set() else None)
        self._tell()
        return self.sent > sent

    def _tell(self) -> None:
        """Raise what went wrong with a message in flight, once."""
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble

    async def _claim(self) -> list[Waiting]:
        held, broken = await self._deliveries.claim(time.time(), BATCH)
        if broken:
            log.error("record_broken", extra={"count": broken})
        return held

    async def _start(self, waiting: Waiting, stop: asyncio.Event) -> None:
        """Start one message at its moment, or give it back when the worker is stopped before.

        What is late is caught up within `CATCH_UP`, not in a rush.
        """
        while len(self._flying) >= FLYING:
            await asyncio.wait({*self._flying}, return_when=asyncio.FIRST_COMPLETED)
        turn = max(waiting.starts, self._next)
        await self._sleep(turn, stop)
        self._next = max(turn, time.time() - CATCH_UP) + 1 / RATE
        if stop.is_set():
            await self._deliveries.again(waiting, 0.0, tried=False)
            return
        async with self._marking:
            task = asyncio.create_task(self._send(waiting))
        self._flying.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        if not task.cancelled() and (trouble := task.exception()) is not None:
            self._trouble = trouble

    async def _landed(self, seconds: float | None) -> None:
        """Wait for what is in flight, or for so long: what has not landed then comes up again when its lease is over."""
        if not self._flying:
            return
        await asyncio.wait({*self._flying}, timeout=seconds)

    async def _send(self, waiting: Waiting) -> None:
        late = minutes(self._clock()) - waiting.told.at
        outcome = await self._post(waiting.chat, message(waiting.wish, waiting.told.why, late, self._library()))
        now = time.time()
        match outcome:
            case Sent():
                self._failed = self._pauses = 0
                self.sent += 1
                async with self._marking:
                    await self._deliveries.done(waiting, now)
            case Gone():
                self._failed = self._pauses = 0
                await self._subscriptions.erase(waiting.owner)
            case Refused():
                log.error("send_refused", extra={"error": "BadRequest"})
                await self._deliveries.done(waiting, now)
            case Wait(seconds):
                self._failed += 1
                await self._deliveries.again(waiting, now + seconds, tried=False)
                if self._failed >= IN_A_ROW:
                    await self._deliveries.pause(now + seconds)
            case Away() | Unclear():
                await self._later(waiting, now, unclear=isinstance(outcome, Unclear))

    async def _later(self, waiting: Waiting, now: float, *, unclear: bool) -> None:
        """Try again later, each time after twice as long; when several fail in a row, nobody is tried for a while."""
        self._failed += 1
        if waiting.attempts >= TRIES or (unclear and waiting.unclear + 1 >= UNCLEAR):
            log.warning("reminder_given_up", extra={"error": "Unclear" if unclear else "Away"})
            await self._deliveries.done(waiting, now)
            return
        await self._deliveries.again(waiting, now + _pause(waiting.attempts), unclear=unclear)
        if self._failed >= IN_A_ROW and now >= self._paused_until:  # what was in flight together fails together, and counts once
            self._paused_until = now + _pause(self._pauses)
            self._pauses += 1
            await self._deliveries.pause(self._paused_until)

    async def _sleep(self, until: float, stop: asyncio.Event) -> None:
        seconds = until - time.time()
        if seconds > 0:
            try:
                await asyncio.wait_for(stop.wait(), seconds)
            except TimeoutError:
                return


def _pause(tries: int) -> float:
    return float(min(FIRST_PAUSE * 2 ** min(tries, 10), LONGEST_PAUSE))
