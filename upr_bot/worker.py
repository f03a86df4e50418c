"""What the commands about reminders run: the worker as a process of its own, a rehearsal, new keys, a disclosure."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import signal
from collections.abc import AsyncIterator, Callable

from upr_bot.actions import Export
from upr_bot.channels.telegram.post import reminders_post
from upr_bot.counts import Counts
from upr_bot.dialog import Knowledge, Reader, respond
from upr_bot.errors import UsageError
from upr_bot.guide import Guide
from upr_bot.metrics import shown
from upr_bot.reminders import Worker
from upr_bot.reminders import rehearse as rehearsed
from upr_bot.renewal import hang_ups, renew
from upr_bot.replies import plain
from upr_bot.settings import Settings
from upr_bot.storage import Database, Sealer, Subscriptions, keys_of, open_database
from upr_bot.storage import rotate as rotated
from upr_bot.wish import Kept

NO_KEY = "Reminders need a key: make one with `upr-bot keys new`, keep it safe, and set it as UPR_KEYS."
NO_TOKEN = "Reminders are sent on Telegram: set UPR_TELEGRAM_TOKEN to a token from @BotFather."  # noqa: S105 - a sentence


@contextlib.asynccontextmanager
async def database_of(settings: Settings, *, as_it_is: bool = False) -> AsyncIterator[Database]:
    """Open the database of the settings; `as_it_is` for who only looks.

    Raises `UsageError` without a key, `StorageError` when it cannot be used.
    """
    if not settings.keys:
        raise UsageError(NO_KEY)
    database = await open_database(settings.database.reveal(), Sealer(keys_of(settings)), as_it_is=as_it_is)
    try:
        yield database
    finally:
        await database.close()


async def work(
    settings: Settings,
    guide: Guide,
    say: Callable[[str], object],
    *,
    once: bool,
    seen: Callable[[int], object],
    read: Callable[[], Knowledge],
) -> None:
    """Sweep and send until SIGTERM, or once. Raises `UsageError` or `ServiceError`.

    `seen`: told how far a sweep is; `read`: reads the content anew, or raises `GuideError`.
    """
    if settings.token is None:
        raise UsageError(NO_TOKEN)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    counts = Counts()
    with shown(counts, None if once else settings.metrics_port):
        async with database_of(settings) as database, reminders_post(settings, counts) as post:
            worker = Worker(database, lambda: guide.knowledge, post, guide.clock)
            if once:
                swept, sent = await worker.once(stop, seen)
                say(f"{swept.wishes} reminder(s) looked at, {sent} message(s) sent, {swept.over} over and forgotten.")
                return
            renewing = asyncio.ensure_future(renew(hang_ups(stop), read, guide.renew, say))
            say("The reminder worker runs.")
            await worker.run(stop, seen)
            renewing.cancel()


async def rehearse(settings: Settings, knowledge: Knowledge, now: dt.datetime) -> list[str]:
    """Return what would go out at a moment; nothing is sent or changed."""
    async with database_of(settings, as_it_is=True) as database:
        return await rehearsed(database, knowledge.library, knowledge.journey, now)


async def rotate(settings: Settings, seen: Callable[[int], object]) -> tuple[int, int]:
    """Seal everything under the newest key; return how many rows were, and how many do not open."""
    async with database_of(settings) as database:
        return await rotated(database, seen)


async def disclosed(settings: Settings, knowledge: Knowledge, chat: int, now: dt.datetime) -> list[str]:
    """Return all that is stored about a chat, in the words of /export."""
    async with database_of(settings, as_it_is=True) as database:
        kept = Kept(chat, tuple(await Subscriptions(database).of(chat)))
    return plain(respond(Export(), Reader(None, "telegram"), knowledge, now, kept).reply.text).splitlines()
