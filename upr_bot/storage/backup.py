"""A backup: one small SQLite file with every reminder as it is sealed, from either engine into either; no key and no token in it.

A copy must not send again what the original sent after the backup, and nobody can know what that was. So it keeps the minute at
which it was restored, and `journey.reminding.look` takes everything up to then for dealt with.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from upr_bot.errors import StorageError
from upr_bot.storage.database import NEWER, change, migrate, revision_of, snapshot, there
from upr_bot.storage.schema import HEAD, keycheck, restored, subscription
from upr_bot.wish import BACKUPS, minutes

FORMAT: Final = 1
"""The form of the file. Another one gets the next number, and this one stays readable."""
AHEAD: Final = dt.timedelta(hours=1)
"""A backup from further in the future says that a clock is wrong, this machine's or the other's."""
PAGE: Final = 1000
"""Rows that are held at once."""

_TABLES: Final = """
CREATE TABLE backup (format INTEGER NOT NULL, made INTEGER NOT NULL, revision TEXT NOT NULL, digest BLOB NOT NULL);
CREATE TABLE keycheck (id INTEGER PRIMARY KEY, sealed BLOB NOT NULL);
CREATE TABLE subscription (id BLOB PRIMARY KEY, owner BLOB NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
"""
_THERE: Final = "That file exists already and was left as it is; name a new one for the backup."
_UNWRITTEN: Final = "The backup could not be written, and no file was made; check its folder, the rights and the room on its disk."
_UNREAD: Final = "The backup cannot be read; check its path and its rights."
_NO_BACKUP: Final = "This file is no backup of the guide, or it is damaged; nothing was restored from it: take another one."
_NEWER_FILE: Final = "This backup was made by a newer release of the guide; install that release, and restore it there."
_FULL: Final = "The database holds reminders already, so nothing was restored; name a new database in DATABASE_URL."
_FUTURE: Final = "By this machine's clock this backup lies in the future, so nothing was restored; set the clock and try again."

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: how many reminders, and from when the backup is (aware)."""

    reminders: int
    made: dt.datetime


def backup(address: str, file: Path, now: dt.datetime, say: Callable[[int], object] = lambda _: None) -> int:
    """Write every reminder of a database into a new file, mode 0600, there whole or not at all; return how many they are.

    The guide may run meanwhile: what is written is one moment. `now`: aware. Raises `StorageError`, also when the file exists.
    """
    if os.path.lexists(file):
        raise StorageError(_THERE)
    if not there(address):
        raise StorageError("There is no database at DATABASE_URL, so there is nothing to keep a copy of; check its path.")
    with snapshot(address) as source:
        revision = revision_of(source)
        if revision is None:
            raise StorageError("The database holds nothing yet, so there is nothing to keep a copy of; check DATABASE_URL.")
        if revision > HEAD:
            raise StorageError(NEWER)
        with _new(file) as target:
            return _written(source, target, minutes(now), revision, say)


def _written(source: Connection, target: sqlite3.Connection, made: int, revision: str, say: Callable[[int], object]) -> int:
    digest = _Digest(made, revision)
    words = [tuple(row) for row in source.execute(select(keycheck.c.id, keycheck.c.sealed).order_by(keycheck.c.id))]
    digest.add(words)
    target.executemany("INSERT INTO keycheck VALUES (?, ?)", words)
    count, after = 0, b""
    while True:
        asked = select(subscription).where(subscription.c.id > after).order_by(subscription.c.id).limit(PAGE)
        rows = [tuple(row) for row in source.execute(asked)]
        if not rows:
            break
        digest.add(rows)
        target.executemany("INSERT INTO subscription VALUES (?, ?, ?)", rows)
        count, after = count + len(rows), rows[-1][0]
        say(count)
    target.execute("INSERT INTO backup VALUES (?, ?, ?, ?)", (FORMAT, made, revision, digest.value()))
    return count


@contextlib.contextmanager
def _new(file: Path) -> Iterator[sqlite3.Connection]:
    """Make a file that gets its name when it is whole, and takes no other file's place. Raises `StorageError`."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        beside = Path(name)
        try:
            with contextlib.closing(sqlite3.connect(beside, isolation_level=None)) as target:
                # Half a file is thrown away, so it needs no journal, and it is flushed once, below.
                target.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TABLES)
                target.execute("BEGIN")
                yield target
                target.execute("COMMIT")
            os.fsync(handle)
            _named(beside, file)
        finally:
            os.close(handle)
            beside.unlink(missing_ok=True)
    except (sqlite3.Error, OSError):
        raise StorageError(_UNWRITTEN) from None


def _named(beside: Path, file: Path) -> None:
    try:
        file.hardlink_to(beside)  # unlike a rename, it refuses when the name is taken
    except FileExistsError:
        raise StorageError(_THERE) from None
    except OSError:  # a disk without links, such as a memory stick
        if os.path.lexists(file):
            raise StorageError(_THERE) from None
        beside.rename(file)
    with contextlib.suppress(OSError):  # the file is there: that its name is on the disk too, not every disk can promise
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def restore(address: str, file: Path, now: dt.datetime, say: Callable[[int], object] = lambda _: None) -> Restored:
    """Put a backup into a database without reminders, which is brought to its current form; return what was restored.

    All of it or nothing. `now`: aware; what fell due up to then, this copy will not send. Raises `StorageError`.
    """
    with _opened(file) as source:
        found = _verified(source, now)
        if there(address):  # looked at first, so that what is refused is not brought to a new form either
            with snapshot(address) as target:
                _refuse_full(target)
        migrate(address)
        with change(address) as target:
            _refuse_full(target)
            words = list(source.execute("SELECT id, sealed FROM keycheck"))
            if words:
                target.execute(delete(keycheck))
                target.execute(insert(keycheck), [{"id": id_, "sealed": sealed} for id_, sealed in words])
            target.execute(delete(restored))
            # Later than any record says, so that what the original did in the minute of the backup counts too.
            target.execute(insert(restored).values(id=1, at=max(minutes(now), minutes(found.made) + 1)))
            done, reading = 0, source.execute("SELECT id, owner, sealed FROM subscription")
            while rows := reading.fetchmany(PAGE):
                target.execute(insert(subscription), [{"id": id_, "owner": owner, "sealed": sealed} for id_, owner, sealed in rows])
                done += len(rows)
                say(done)
    return found


def _refuse_full(target: Connection) -> None:
    if revision_of(target) is not None and target.execute(select(subscription.c.id).limit(1)).first() is not None:
        raise StorageError(_FULL)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        file.open("rb").close()
        source = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    except (sqlite3.Error, OSError):
        raise StorageError(_UNREAD) from None
    with contextlib.closing(source):
        yield source


def _verified(source: sqlite3.Connection, now: dt.datetime) -> Restored:
    """Return what is in a file when every byte of it is as it was written, and it may be restored now. Raises `StorageError`."""
    try:
        form = source.execute("SELECT format FROM backup").fetchone()
        if form and isinstance(form[0], int) and form[0] > FORMAT:
            raise StorageError(_NEWER_FILE)
        made, revision, wanted = source.execute("SELECT made, revision, digest FROM backup").fetchone()
        digest = _Digest(made, revision)
        digest.add(source.execute("SELECT id, sealed FROM keycheck ORDER BY id"))
        count = digest.add(source.execute("SELECT id, owner, sealed FROM subscription ORDER BY id"))
        found = Restored(count, dt.datetime.fromtimestamp(made * 60, dt.UTC))
    except (sqlite3.Error, TypeError, ValueError, OverflowError):
        raise StorageError(_NO_BACKUP) from None
    if digest.value() != wanted:
        raise StorageError(_NO_BACKUP)
    if revision > HEAD:
        raise StorageError(_NEWER_FILE)
    age = now - found.made
    if age < -AHEAD:
        raise StorageError(_FUTURE)
    if age > BACKUPS:
        raise StorageError(
            f"This backup is {age.days} days old, and after {BACKUPS.days} none is restored: whoever has asked to be forgotten "
            "since would be back. Take a newer one, or delete it and let people ask again."
        )
    return found


class _Digest:
    """The digest of a backup: of its head and of every row in order. It finds what was damaged, not what somebody forged."""

    def __init__(self, made: int, revision: str) -> None:
        self._made = hashlib.sha256(f"{FORMAT}/{made}/{revision}\n".encode())

    def add(self, rows: Iterable[Row]) -> int:
        """Take rows in; return how many they were. Raises TypeError for a value that is none of ours."""
        count = 0
        for row in rows:
            for value in row:
                said = b"%d" % value if isinstance(value, int) else value
                self._made.update(b"%d:" % len(said) + said)
            count += 1
        return count

    def value(self) -> bytes:
        """Return the digest."""
        return self._made.digest()
