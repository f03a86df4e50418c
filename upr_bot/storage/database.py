"""The database: SQLite in one file, or PostgreSQL. Opened, brought to its current form, and its mistakes told in one sentence."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from upr_bot.errors import StorageError
from upr_bot.storage.schema import HEAD, keycheck
from upr_bot.storage.seal import BrokenSeal, Sealer

BUSY: Final = 20_000
"""Milliseconds that a writer waits for another one: SQLite lets one write at a time."""
CONNECT: Final = 5
"""Seconds to wait for PostgreSQL."""
POOL: Final = 4
"""Connections of a process: a conversation writes rarely, a worker one thing at a time."""
LOCK: Final = 0x5550_5247
"""PostgreSQL's advisory lock around migrations: any number that nobody else uses."""
_KNOWN: Final = b"upr-guide"
_KNOWN_SIZE: Final = 16


class WrongKey(StorageError):
    """The keys that are given are not those of the database."""

    def __init__(self) -> None:
        super().__init__(
            "UPR_KEYS does not hold the key of this database, so nothing was written; add the key it was made with, "
            "or name another database if that key is lost."
        )


class NoDatabase(StorageError):
    """Nothing stands where the database should be."""

    def __init__(self) -> None:
        super().__init__("There is no database at DATABASE_URL yet; check its path, or call `upr-bot serve`, which makes it.")


class Database:
    """Connections to one database. `sealer`: what seals and opens its records."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer) -> None:
        self.engine = engine
        self.sealer = sealer
        self.sqlite = engine.dialect.name == "sqlite"
        # SQLite lets one write at a time, and a second one looks again and again for its turn: within a process they take turns.
        self._turn: contextlib.AbstractAsyncContextManager[object] = asyncio.Lock() if self.sqlite else contextlib.nullcontext()

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that writes. Raises `StorageError`; what was begun is then undone."""
        with told():
            async with self._turn, self.engine.begin() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Read without holding anybody up. Raises `StorageError`."""
        with told():
            async with self.engine.connect() as connection:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def check(self, *, as_it_is: bool = False) -> None:
        """See whether it can be used: reachable, of this release, and sealed under one of our keys. Raises `StorageError`.

        A new one is marked as sealed under ours, unless it is to stay `as_it_is`.
        """
        async with self.reading() as connection:
            await connection.run_sync(_check_revision)
            sealed = (await connection.execute(select(keycheck.c.sealed))).scalar()
        if sealed is None:
            if as_it_is:
                return
            async with self.writing() as connection:
                if (await connection.execute(select(keycheck.c.sealed))).scalar() is None:
                    await connection.execute(insert(keycheck).values(id=1, sealed=self.checkword()))
            return
        try:
            self.sealer.open("keycheck.sealed", b"1", sealed)
        except BrokenSeal:
            raise WrongKey from None

    def checkword(self) -> bytes:
        """Return the known word, sealed under the newest key."""
        return self.sealer.seal("keycheck.sealed", b"1", _KNOWN, _KNOWN_SIZE)

    async def wipe(self) -> None:
        """Leave no deleted byte behind where we can: SQLite's log is cut off, its pages were overwritten while deleting.

        PostgreSQL overwrites in its own time; what it leaves is sealed. A log that somebody reads at this moment is cut next time.
        """
        if self.sqlite:
            async with self.reading() as connection:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def open_database(address: str, sealer: Sealer, *, as_it_is: bool = False) -> Database:
    """Open a database. `address`: `sqlite:///path`, brought to its current form if need be, or `postgresql://…`, migrated before.

    `as_it_is`: to look at, so that nothing is made or changed. Raises `StorageError` when it cannot be used.
    """
    if as_it_is and not there(address):
        raise NoDatabase
    if address.startswith("sqlite:") and not as_it_is:
        migrate(address)
    database = Database(engine_of(address), sealer)
    try:
        await database.check(as_it_is=as_it_is)
    except BaseException:
        await database.close()
        raise
    return database


def engine_of(address: str) -> AsyncEngine:
    """Return the engine of an address; nothing is connected yet."""
    with told():
        url = make_url(address)
        quiet: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True, "pool_size": POOL, "max_overflow": 0}
        if url.get_backend_name() == "sqlite":
            engine = create_async_engine(url.set(drivername="sqlite+aiosqlite"), **quiet, connect_args={"timeout": BUSY / 1000})
            _as_we_need(engine.sync_engine)
            return engine
        return create_async_engine(
            url.set(drivername="postgresql+psycopg"), **quiet, connect_args={"connect_timeout": CONNECT}, pool_timeout=CONNECT
        )


def _as_we_need(engine: Engine) -> None:
    """Set what SQLite forgets with each connection; begin each transaction as the writer it is, so that no two collide.

    One that says it only reads holds no writer up.
    """

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={BUSY}", "foreign_keys=ON", "secure_delete=ON", "synchronous=FULL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN" if options.get("only_reads") else "BEGIN IMMEDIATE")


def there(address: str) -> bool:
    """Tell whether there may be a database: SQLite would make a file for the asking; PostgreSQL says by itself that it has none."""
    with told():
        url = make_url(address)
        return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


@contextlib.contextmanager
def snapshot(address: str) -> Iterator[Connection]:
    """Read a database as it is at one moment, while others write: one transaction. Raises `StorageError`."""
    with told():
        engine = _plain_engine(make_url(address))
        options: dict[str, Any] = {"only_reads": True}
        if engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        try:
            with engine.connect().execution_options(**options) as connection, connection.begin():
                yield connection
        finally:
            engine.dispose()


@contextlib.contextmanager
def change(address: str) -> Iterator[Connection]:
    """One transaction that writes, for a command that does nothing else. Raises `StorageError`; what was begun is then undone."""
    with told():
        engine = _plain_engine(make_url(address))
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


def _plain_engine(url: URL) -> Engine:
    """Return an engine for one connection that nobody shares; nothing is connected yet."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url.set(drivername="sqlite"), hide_parameters=True, connect_args={"timeout": BUSY / 1000})
        _as_we_need(engine)
        return engine
    drive = {"connect_timeout": CONNECT}
    return create_engine(url.set(drivername="postgresql+psycopg"), hide_parameters=True, connect_args=drive)


def migrate(address: str) -> bool:
    """Bring a database to its current form; return whether anything was to do. Safe to start many times at once.

    Raises `StorageError`, also for a database of a newer release.
    """
    with told():
        url = make_url(address)
        if url.get_backend_name() == "sqlite":
            _prepare(Path(url.database or ""))
        engine = _plain_engine(url)
        try:
            if engine.dialect.name == "sqlite":
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            with engine.begin() as connection:
                if engine.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                if revision_of(connection) == HEAD:
                    return False
                _upgrade(connection)
                return True
        finally:
            engine.dispose()


def _prepare(file: Path) -> None:
    """Make the database's folder and file, readable by their owner alone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _upgrade(connection: Connection) -> None:
    # Imported late: it is needed once in the life of a database.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StorageError(NEWER) from None


NEWER: Final = "The database was made by a newer release of the guide; install that release again, or restore an older copy."


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database, or None for an empty one."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _check_revision(connection: Connection) -> None:
    found = revision_of(connection)
    if found == HEAD:
        return
    if found is None or found < HEAD:
        raise StorageError("The database is not in its current form; run `upr-bot migrate` once.")
    raise StorageError(NEWER)


_SAID: Final = (
    ("readonly", "The database cannot be written; check the rights of its file and folder, or the account's."),
    ("read-only", "The database cannot be written; check the rights of its file and folder, or the account's."),
    ("disk is full", "The disk of the database is full; make room on it. Nothing that was kept is lost."),
    ("no space left", "The disk of the database is full; make room on it. Nothing that was kept is lost."),
    ("could not extend", "The disk of the database is full; make room on it. Nothing that was kept is lost."),
    ("disk i/o error", "The disk of the database has an error; look at it, and restore a backup if need be."),
    ("malformed", "The database file is damaged; restore a backup. The guide wrote nothing into it."),
    ("not a database", "The database file is no database; check the path in DATABASE_URL. The guide wrote nothing into it."),
    ("unable to open", "The database cannot be opened; check the path in DATABASE_URL and the rights of its folder."),
    ("locked", "Another program holds the database; close it. Nothing that was kept is lost."),
    ("password", "The database refuses the account; check the name and password in DATABASE_URL."),
    ("does not exist", "The database in DATABASE_URL does not exist, or lacks its tables; create it, and run `upr-bot migrate`."),
)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what a database says into a sentence with its remedy; its own words may hold an address or a value."""
    try:
        yield
    except StorageError:
        raise
    except (ArgumentError, ModuleNotFoundError) as error:
        if isinstance(error, ModuleNotFoundError):
            raise StorageError("PostgreSQL needs one more package; install upr-guide[postgresql].") from None
        raise StorageError("DATABASE_URL cannot be read; write it like postgresql://name:password@host/database.") from None
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        words = str(error.orig if isinstance(error, DBAPIError) else error).lower()
        for sign, sentence in _SAID:
            if sign in words:
                raise StorageError(sentence) from None
        if isinstance(error, (OperationalError, OSError)) or "connection" in words:
            raise StorageError("The database does not answer; check that it runs and that DATABASE_URL is right.") from None
        raise StorageError(f"The database refused ({type(error).__name__}); see docs/operations.md.") from None
