"""The worker: sweeps now and then, and sends what waits, until it is stopped. Any number of them may run."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Callable
from typing import Final, Protocol

from upr_bot.content import Library
from upr_bot.errors import StorageError
from upr_bot.journey import Journey
from upr_bot.reminders.dispatch import Dispatch, Post
from upr_bot.reminders.sweep import Swept, sweep
from upr_bot.storage import Database, Deliveries, Subscriptions

log = logging.getLogger(__name__)

OFTEN: Final = 15.0
"""Seconds between sweeps at the least: reminders are given for an hour, and a record ends within a minute."""
SHARE: Final = 20
"""A sweep may take one part in so many of the time, so that a million wishes do not keep a core busy."""
GLANCE: Final = 1.0
"""Seconds between two looks at what waits."""
LONGEST_PAUSE: Final = 60.0
"""Seconds between tries while the database is away, at the most."""


class Content(Protocol):
    """What reminders come from: `upr_bot.dialog.Knowledge`, for one."""

    @property
    def library(self) -> Library:
        """Return the texts."""

    @property
    def journey(self) -> Journey:
        """Return the calendar."""


class Worker:
    """Sweeps and sends. `content` returns what holds now, `clock` the moment it is, aware."""

    def __init__(self, database: Database, content: Callable[[], Content], post: Post, clock: Callable[[], dt.datetime]) -> None:
        self._subscriptions = Subscriptions(database)
        self._content = content
        self._clock = clock
        deliveries = Deliveries(database)
        self._dispatch = Dispatch(deliveries, self._subscriptions, lambda: content().library, post, clock)

    async def once(self, stop: asyncio.Event, say: Callable[[int], object] = lambda _: None) -> tuple[Swept, int]:
        """Sweep once and send what may go now; return what was found, and how many were sent. Raises `StorageError`."""
        swept = await self._swept(say)
        await self._dispatch.run(stop)
        return swept, self._dispatch.sent

    async def run(self, stop: asyncio.Event, say: Callable[[int], object] = lambda _: None) -> None:
        """Sweep and send until `stop`. While the database is away it is tried again; nothing is lost, what is due stays due."""
        next_sweep, pause = 0.0, GLANCE
        seen = self._content()
        while not stop.is_set():
            try:
                # New content may say that a date has moved: who is reminded of it is told at once.
                if time.monotonic() >= next_sweep or seen is not self._content():
                    seen = self._content()
                    begun = time.monotonic()
                    await self._swept(say)
                    taken = time.monotonic() - begun
                    next_sweep = time.monotonic() + max(OFTEN, SHARE * taken)
                await self._dispatch.run(stop)
                pause = GLANCE
            except StorageError as error:
                log.warning("database_away", extra={"error": type(error).__name__})
                pause = min(pause * 2, LONGEST_PAUSE)
            except Exception as error:
                log.error("defect", extra={"error": type(error).__name__})
                pause = min(pause * 2, LONGEST_PAUSE)
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue

    async def _swept(self, say: Callable[[int], object]) -> Swept:
        swept = await sweep(self._subscriptions, self._content().journey, self._clock(), say=say)
        if swept.broken:
            log.error("record_broken", extra={"count": swept.broken})
        return swept
