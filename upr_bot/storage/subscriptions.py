"""Who asked to be reminded of what. A row is found by keyed marks and opened by the keys; nothing else is kept about a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import LargeBinary, Select, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from upr_bot.errors import StorageError
from upr_bot.storage.database import Database
from upr_bot.storage.due import Told
from upr_bot.storage.schema import delivery, restored, subscription
from upr_bot.storage.seal import BrokenSeal, Key, mark
from upr_bot.wish import MOST, SIZE, Effect, Forget, Keep, Stop, Wish, packed, unpacked

PLACE: Final = "subscription.sealed"
PAGE: Final = 1000
"""Rows that are read at once."""


class TooMany(StorageError):
    """Somebody asks for more than `MOST` reminders."""

    def __init__(self) -> None:
        super().__init__(f"At most {MOST} reminders can be kept for one person; stop one first.")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was read, and what is in it."""

    id: bytes
    owner: bytes
    sealed: bytes
    chat: int
    wish: Wish


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a row: the wish as it now is, and the message that is due, if any."""

    row: Row
    wish: Wish
    due: Told | None = None


class Subscriptions:
    """The table of wishes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sealer = database.sealer

    # --- one person ------------------------------------------------------------------------------------------------------------

    async def of(self, chat: int) -> list[Wish]:
        """Return what is kept about a chat, the oldest first."""
        async with self._database.reading() as connection:
            rows = await self._rows(connection, self._owned(chat))
        return [row.wish for row in sorted(rows, key=lambda row: row.wish.created)]

    async def carry_out(self, chat: int, effect: Effect) -> None:
        """Carry out what a turn asks for. Doing it twice is doing it once. Raises `StorageError`, then nothing is changed."""
        match effect:
            case Keep(wish):
                await self._keep(chat, wish)
            case Stop(target):
                async with self._database.writing() as connection:
                    ids = [_id(key, chat, target) for key in self._sealer.keys]
                    await connection.execute(delete(subscription).where(subscription.c.id.in_(ids)))
                await self._database.wipe()
            case Forget():
                async with self._database.writing() as connection:
                    await connection.execute(delete(subscription).where(subscription.c.owner.in_(self._owners(chat))))
                await self._database.wipe()

    async def _keep(self, chat: int, wish: Wish) -> None:
        made = self.sealed(chat, wish)
        older = [_id(key, chat, wish.target) for key in self._sealer.keys[1:]]
        others = select(func.count()).where(subscription.c.owner.in_(self._owners(chat)), subscription.c.id != made["id"])
        async with self._database.writing() as connection:
            await connection.execute(delete(subscription).where(subscription.c.id.in_(older)))
            if (await connection.execute(others)).scalar_one() >= MOST:
                raise TooMany
            await connection.execute(_KEEP[connection.dialect.name], made)

    def sealed(self, chat: int, wish: Wish) -> dict[str, bytes]:
        """Return the row of a wish under the newest key."""
        key = self._sealer.newest
        id_ = _id(key, chat, wish.target)
        return {"id": id_, "owner": _owner(key, chat), "sealed": self._sealer.seal(PLACE, id_, packed(chat, wish), SIZE)}

    def newest(self, row: Row) -> bool:
        """Tell whether a row is sealed and found by the newest key alone. A changed row is sealed anew, but found as before."""
        newest = self._sealer.newest
        return self._sealer.number_of(row.sealed) == newest.number and row.id == _id(newest, row.chat, row.wish.target)

    def _owners(self, chat: int) -> list[bytes]:
        return [_owner(key, chat) for key in self._sealer.keys]

    def _owned(self, chat: int) -> Select[Any]:
        return select(subscription).where(subscription.c.owner.in_(self._owners(chat)))

    # --- everybody -------------------------------------------------------------------------------------------------------------

    async def count(self) -> int:
        """Return how many wishes there are."""
        async with self._database.reading() as connection:
            return int((await connection.execute(select(func.count()).select_from(subscription))).scalar_one())

    async def restored(self) -> int:
        """Return the minute (since 1970) at which this database was restored from a backup, 0 when it never was."""
        async with self._database.reading() as connection:
            return int((await connection.execute(select(restored.c.at))).scalar() or 0)

    async def pages(self) -> AsyncIterator[tuple[list[Row], int]]:
        """Yield all rows, `PAGE` at a time, and how many of these did not open."""
        after = b""
        while True:
            asked = select(subscription).where(subscription.c.id > after).order_by(subscription.c.id).limit(PAGE)
            async with self._database.reading() as connection:
                found = (await connection.execute(asked)).all()
            if not found:
                return
            rows = [row for one in found if (row := self._opened(*one))]
            yield rows, len(found) - len(rows)
            after = found[-1][0]

    def _opened(self, id_: bytes, owner: bytes, sealed: bytes) -> Row | None:
        """Return a row, or None when it does not open: one broken row holds up nobody else."""
        try:
            chat, wish = unpacked(self._sealer.open(PLACE, id_, sealed))
        except (BrokenSeal, ValueError):
            return None
        return Row(id_, owner, sealed, chat, wish)

    async def _rows(self, connection: AsyncConnection, asked: Select[Any]) -> list[Row]:
        return [row for one in (await connection.execute(asked)).all() if (row := self._opened(*one))]

    async def settle(self, over: Sequence[Row], changes: Iterable[Change]) -> None:
        """Forget the wishes that are over; write the changed ones and queue what is due, each only if nobody was faster.

        A row is changed only while it is as it was read, and a message is queued only by whoever changed it: any number of workers
        may sweep at once, and each message is queued once. A message that still waits takes up what falls due meanwhile.
        """
        changed, queued = [], []
        for change in changes:
            row = change.row
            sealed = self._sealer.seal(PLACE, row.id, packed(row.chat, change.wish), SIZE)
            changed.append({"the_id": row.id, "old": row.sealed, "new": sealed})
            if change.due:
                told = change.due.sealed(self._sealer, row.id)
                queued.append({"the_id": row.id, "new": sealed, "told": told, "at": change.due.at * 60.0})
        if not (over or changed):
            return
        async with self._database.writing() as connection:
            if over:
                gone = [{"the_id": row.id, "old": row.sealed} for row in over]
                await connection.execute(_DELETE, gone)
            if changed:
                await connection.execute(_UPDATE, changed)
            if queued:
                await connection.execute(_QUEUE[connection.dialect.name], queued)
        if over:
            await self._database.wipe()

    async def erase(self, owner: bytes) -> None:
        """Forget the person behind a mark: who blocked the bot, or is gone."""
        async with self._database.writing() as connection:
            await connection.execute(delete(subscription).where(subscription.c.owner == owner))
        await self._database.wipe()


def _id(key: Key, chat: int, target: str) -> bytes:
    return mark(key, "row", chat, target)[:16]


def _owner(key: Key, chat: int) -> bytes:
    return mark(key, "owner", chat)


_the_id, _old, _new, _told = (bindparam(name, type_=LargeBinary) for name in ("the_id", "old", "new", "told"))
_AS_READ: Final = (subscription.c.id == _the_id, subscription.c.sealed == _old)
_DELETE: Final = delete(subscription).where(*_AS_READ)
_UPDATE: Final = update(subscription).where(*_AS_READ).values(sealed=_new)
_WON: Final = select(
    subscription.c.id, subscription.c.owner, _told, literal(0.0), literal(0.0), literal(0), literal(0)
).where(subscription.c.id == _the_id, subscription.c.sealed == _new)  # fmt: skip
_COLUMNS: Final = ["subscription", "owner", "sealed", "not_before", "lease", "attempts", "unclear"]
_DIALECTS: Final = (("sqlite", sqlite), ("postgresql", postgresql))
_KEEP: Final[dict[str, Any]] = {
    name: (made := dialect.insert(subscription)).on_conflict_do_update(
        index_elements=["id"], set_={"sealed": made.excluded.sealed, "owner": made.excluded.owner}
    )
    for name, dialect in _DIALECTS
}
_QUEUE: Final[dict[str, Any]] = {
    name: dialect.insert(delivery).from_select(_COLUMNS, _WON).on_conflict_do_nothing() for name, dialect in _DIALECTS
}
