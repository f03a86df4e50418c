"""A new key: every row is sealed and indexed anew under it, a page at a time, so that it can be stopped and started again."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, func, select, update

from upr_bot.storage.database import Database
from upr_bot.storage.due import Told
from upr_bot.storage.schema import delivery, keycheck, subscription
from upr_bot.storage.subscriptions import Row, Subscriptions


async def rotate(database: Database, say: Callable[[int], object] = lambda _: None) -> tuple[int, int]:
    """Seal everything under the newest key; return how many rows were, and how many do not open under any key.

    Raises `StorageError`. Killed in the middle, it goes on where it was: rows under both keys are readable all the time.
    """
    subscriptions = Subscriptions(database)
    done = broken = 0
    async for rows, shut in subscriptions.pages():
        broken += shut
        for row in rows:
            if not subscriptions.newest(row):
                await _renew(database, subscriptions, row)
                done += 1
        say(done)
    async with database.writing() as connection:
        await connection.execute(update(keycheck).values(sealed=database.checkword()))
    await database.wipe()
    return done, broken


async def _renew(database: Database, subscriptions: Subscriptions, row: Row) -> None:
    """Seal one row anew, if it is still as it was read; a message that waits goes with it."""
    fresh = subscriptions.sealed(row.chat, row.wish)
    async with database.writing() as connection:
        told = (await connection.execute(select(delivery.c.sealed).where(delivery.c.subscription == row.id))).scalar()
        there = select(func.count()).select_from(subscription).where(subscription.c.id == fresh["id"])
        if (await connection.execute(there)).scalar_one():
            # Asked for again meanwhile, under the new key: that one holds.
            await connection.execute(delete(subscription).where(subscription.c.id == row.id))
            return
        as_read = (subscription.c.id == row.id, subscription.c.sealed == row.sealed)
        changed = await connection.execute(update(subscription).where(*as_read).values(**fresh))
        if changed.rowcount and told is not None:
            again = Told.opened(database.sealer, row.id, told).sealed(database.sealer, fresh["id"])
            waiting = update(delivery).where(delivery.c.subscription == fresh["id"])
            await connection.execute(waiting.values(sealed=again, owner=fresh["owner"]))
