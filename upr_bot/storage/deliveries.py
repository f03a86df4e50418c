"""Messages that wait to be sent. The database decides who sends which, and how fast all workers together are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, delete, exists, func, or_, select, update

from upr_bot.storage.database import Database
from upr_bot.storage.due import Told
from upr_bot.storage.schema import delivery, pace, subscription
from upr_bot.storage.seal import BrokenSeal, Sealer
from upr_bot.storage.subscriptions import PLACE
from upr_bot.wish import Wish, unpacked

RATE: Final = 25.0
"""Messages a second over all workers: Telegram lets a bot send about 30 to different chats, and replies need some of them."""
LEASE: Final = 30.0
"""Seconds for which a worker holds a message: twice what its turn and a send that times out can take. After a crash another one
takes it up."""
APART: Final = 1.0
"""Seconds between two messages to one person."""
SOON: Final = 5.0
"""Seconds: when the next free moment is further away, nothing is claimed, since a lease would run out meanwhile."""
STALE: Final = 3600.0
"""Seconds: a time that lies further ahead was written by a clock that was wrong, and does not count."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that this worker holds: to whom, what the wish says, why it is due, and when it may start (seconds since 1970)."""

    id: bytes
    owner: bytes
    chat: int
    wish: Wish
    told: Told
    attempts: int
    unclear: int
    starts: float


class Deliveries:
    """The table of messages."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sealer = database.sealer

    async def count(self) -> int:
        """Return how many messages wait."""
        async with self._database.reading() as connection:
            return int((await connection.execute(select(func.count()).select_from(delivery))).scalar_one())

    async def overdue(self, then: float) -> int:
        """Return how many messages were due before `then` (seconds since 1970), when no worker has sent anything since."""
        at_work = exists().where(pace.c.next_at.between(then, then + 2 * STALE))
        free = (delivery.c.not_before < then, delivery.c.lease < then, ~at_work)
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(delivery.c.subscription, delivery.c.sealed).where(*free))).all()
        return sum(_due_before(then, self._sealer, *row) for row in rows)

    async def claim(self, now: float, most: int) -> tuple[list[Waiting], int]:
        """Take up to `most` messages for `LEASE` seconds, and the next free moments for them; return also how many do not open.

        One message a person at a time, the longest waiting first. `now`: seconds since 1970.
        """
        other = delivery.alias()
        ready = (
            or_(delivery.c.not_before <= now, delivery.c.not_before > now + STALE),
            or_(delivery.c.lease <= now, delivery.c.lease > now + STALE),
        )
        # Somebody with several messages gets them one after the other, in the order of their rows.
        before = (other.c.not_before <= now) & (other.c.subscription < delivery.c.subscription)
        busy = exists().where(other.c.owner == delivery.c.owner, or_(other.c.lease.between(now, now + STALE), before))
        async with self._database.reading() as connection:
            if (await connection.execute(select(delivery.c.subscription).where(*ready).limit(1))).first() is None:
                return [], 0
            free_at = (await connection.execute(select(pace.c.next_at))).scalar_one()
            if now + SOON < free_at < now + STALE:
                return [], 0
        free = select(delivery.c.subscription).where(*ready, ~busy).order_by(delivery.c.not_before).limit(most)
        async with self._database.writing() as connection:
            ids = [id_ for (id_,) in (await connection.execute(free.with_for_update(skip_locked=True))).all()]
            if not ids:
                return [], 0
            await connection.execute(update(delivery).where(delivery.c.subscription.in_(ids)).values(lease=now + LEASE))
            ends = case((pace.c.next_at.between(now, now + STALE), pace.c.next_at), else_=now) + len(ids) / RATE
            starts = (await connection.execute(update(pace).values(next_at=ends).returning(pace.c.next_at))).scalar_one()
            asked = (
                select(delivery, subscription.c.sealed)
                .join(subscription, subscription.c.id == delivery.c.subscription)
                .where(delivery.c.subscription.in_(ids))
            )
            rows = (await connection.execute(asked)).all()
        starts -= len(ids) / RATE
        held: list[Waiting] = []
        broken: list[bytes] = []
        for row in rows:
            try:
                chat, wish = unpacked(self._sealer.open(PLACE, row[0], row[-1]))
                told = Told.opened(self._sealer, row[0], row.sealed)
            except (BrokenSeal, ValueError):
                broken.append(row[0])
                continue
            held.append(Waiting(row[0], row.owner, chat, wish, told, row.attempts, row.unclear, starts + len(held) / RATE))
        if broken:  # it can never be sent: it would come up for ever
            await self._delete(broken)
        return held, len(broken)

    async def done(self, waiting: Waiting, now: float) -> None:
        """A message was sent, or need not be sent any more."""
        async with self._database.writing() as connection:
            await connection.execute(delete(delivery).where(delivery.c.subscription == waiting.id))
            rest = update(delivery).where(delivery.c.owner == waiting.owner, delivery.c.not_before < now + APART)
            await connection.execute(rest.values(not_before=now + APART))

    async def again(self, waiting: Waiting, at: float, *, tried: bool = True, unclear: bool = False) -> None:
        """Send a message later, at `at` (seconds since 1970). `tried`: it counts as an attempt."""
        values = {"not_before": at, "lease": 0.0, "attempts": waiting.attempts + tried, "unclear": waiting.unclear + unclear}
        async with self._database.writing() as connection:
            await connection.execute(update(delivery).where(delivery.c.subscription == waiting.id).values(**values))

    async def pause(self, until: float) -> None:
        """Let no worker send before `until` (seconds since 1970)."""
        async with self._database.writing() as connection:
            await connection.execute(update(pace).where(pace.c.next_at < until).values(next_at=until))

    async def _delete(self, ids: Sequence[bytes]) -> None:
        async with self._database.writing() as connection:
            await connection.execute(delete(delivery).where(delivery.c.subscription.in_(ids)))


def _due_before(then: float, sealer: Sealer, row: bytes, sealed: bytes) -> bool:
    try:
        return Told.opened(sealer, row, sealed).at * 60 < then
    except BrokenSeal:  # the next claim throws it away
        return False
