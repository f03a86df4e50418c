"""A backup and what is restored from it: whole, sealed, from either engine into either, and nothing of it sent a second time."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

import upr_bot.storage
from tests.databases import ENGINES, KEYS, Cluster, key, keys_text
from tests.process import run
from tests.test_reminders import REVIEW, TODAY, Copy, at, calendar, copy, keep_all
from tests.test_storage import CHAT, WISH, queue
from upr_bot.errors import StorageError
from upr_bot.storage import Database, Deliveries, Sealer, Subscriptions, Told, backup, migrate, open_database, restore
from upr_bot.storage.backup import PAGE
from upr_bot.storage.database import engine_of
from upr_bot.wish import Keep

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=3)


def fresh(engine: str, cluster: Cluster, folder: Path) -> str:
    """Return the address of a database that nobody has made yet, or of an empty one."""
    return f"sqlite:///{folder / 'new' / 'copy.sqlite3'}" if engine == "sqlite" else cluster.database()


def past_the_program(address: str, statement: str) -> list[tuple[object, ...]]:
    """Carry a statement out as another program would."""
    if address.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()
    import psycopg

    with psycopg.connect(address) as connection_:
        done = connection_.execute(statement)
        return done.fetchall() if done.description else []


@pytest.fixture
async def kept(database: Database, address: str, tmp_path: Path) -> Path:
    """A backup of two reminders, one of which has a message that waits."""
    subscriptions = Subscriptions(database)
    await queue(subscriptions)
    await subscriptions.carry_out(CHAT + 1, Keep(WISH))
    file = tmp_path / "kept.backup"
    assert backup(address, file, NOW) == 2
    return file


# --- whole ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_was_kept_comes_back_in_either_engine(kept: Path, engine: str, cluster: Cluster, tmp_path: Path) -> None:
    target = fresh(engine, cluster, tmp_path)
    done = restore(target, kept, LATER)
    assert (done.reminders, done.made) == (2, NOW)
    database = await open_database(target, Sealer([key()]))
    subscriptions = Subscriptions(database)
    assert await subscriptions.of(CHAT) == [replace(WISH, since=WISH.since + 1)]
    assert await subscriptions.of(CHAT + 1) == [WISH]
    assert await Deliveries(database).count() == 0, "what waited then may have been sent since"
    assert await subscriptions.restored() == LATER.timestamp() // 60
    await database.close()
    with pytest.raises(StorageError, match="does not hold the key"):
        await open_database(target, Sealer([key(2)]))


async def test_a_backup_is_for_its_owner_alone_and_holds_no_key_and_no_word(kept: Path) -> None:
    assert kept.stat().st_mode & 0o777 == 0o600
    assert not [file.name for file in kept.parent.iterdir() if file.name not in {"kept.backup", *names("guide.sqlite3")}]
    raw = kept.read_bytes()
    for forbidden in (KEYS[1], keys_text(1).encode()[2:], str(CHAT).encode(), CHAT.to_bytes(8, "big"), b"Dentiste"):
        assert forbidden not in raw


def names(file: str) -> set[str]:
    return {file, f"{file}-wal", f"{file}-shm"}


async def test_a_backup_is_one_moment_while_others_write(database: Database, address: str, tmp_path: Path) -> None:
    subscriptions = Subscriptions(database)
    async with database.writing() as connection:
        rows = [subscriptions.sealed(CHAT + number, WISH) for number in range(PAGE + 7)]
        await connection.execute(text("INSERT INTO subscription VALUES (:id, :owner, :sealed)"), rows)
    seen: list[int] = []

    def meanwhile(count: int) -> None:
        if not seen:
            past_the_program(address, "DELETE FROM subscription")
        seen.append(count)

    assert backup(address, tmp_path / "kept", NOW, meanwhile) == PAGE + 7
    assert seen == [PAGE, PAGE + 7]
    assert await subscriptions.count() == 0


class StopHereError(Exception):
    pass


def interrupt(_: int) -> None:
    raise StopHereError


async def test_what_is_interrupted_leaves_nothing_behind(kept: Path, address: str, cluster: Cluster, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    with pytest.raises(StopHereError):
        backup(address, folder / "kept", NOW, interrupt)
    assert list(folder.iterdir()) == []
    for engine in ENGINES:
        target = fresh(engine, cluster, tmp_path)
        with pytest.raises(StopHereError):
            restore(target, kept, LATER, interrupt)
        for table in ("subscription", "restored", "keycheck"):
            assert past_the_program(target, f"SELECT * FROM {table}") == []


# --- refused -------------------------------------------------------------------------------------------------------------------


async def test_a_file_that_exists_is_left_as_it_is(database: Database, address: str, tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_text("my notes")
    with pytest.raises(StorageError, match="exists already"):
        backup(address, file, NOW)
    with pytest.raises(StorageError, match="check its folder"):
        backup(address, tmp_path / "none" / "kept", NOW)
    assert file.read_text() == "my notes"


def test_what_does_not_exist_cannot_be_kept(cluster: Cluster, tmp_path: Path) -> None:
    for address in (f"sqlite:///{tmp_path / 'none.sqlite3'}", cluster.database()):
        with pytest.raises(StorageError, match="nothing to keep a copy of"):
            backup(address, tmp_path / "kept", NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (NOW + dt.timedelta(days=30, minutes=1), "asked to be forgotten"),
        (NOW - dt.timedelta(minutes=61), "set the clock"),
    ],
)
async def test_a_backup_has_its_time(kept: Path, moment: dt.datetime, told: str, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite3"
    with pytest.raises(StorageError, match=told):
        restore(f"sqlite:///{target}", kept, moment)
    assert not target.exists()
    restore(f"sqlite:///{target}", kept, min(max(moment, NOW - dt.timedelta(hours=1)), NOW + dt.timedelta(days=30)))


async def test_a_database_that_holds_reminders_is_left_as_it_is(kept: Path, database: Database, address: str) -> None:
    before = past_the_program(address, "SELECT * FROM subscription ORDER BY id")
    with pytest.raises(StorageError, match="holds reminders already"):
        restore(address, kept, LATER)
    assert past_the_program(address, "SELECT * FROM subscription ORDER BY id") == before
    assert past_the_program(address, "SELECT * FROM restored") == []


async def test_a_backup_of_a_newer_release_asks_for_it(kept: Path, database: Database, address: str, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(kept)) as connection, connection:
        connection.execute("UPDATE backup SET format = 2")
    with pytest.raises(StorageError, match="newer release"):
        restore(f"sqlite:///{tmp_path / 'copy.sqlite3'}", kept, LATER)
    past_the_program(address, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="newer release"):
        backup(address, tmp_path / "again", NOW)


@pytest.fixture
async def whole(tmp_path: Path) -> bytes:
    """The bytes of a backup of one reminder."""
    address = f"sqlite:///{tmp_path / 'guide.sqlite3'}"
    database = await open_database(address, Sealer([key()]))
    await Subscriptions(database).carry_out(CHAT, Keep(WISH))
    await database.close()
    backup(address, tmp_path / "whole", NOW)
    return (tmp_path / "whole").read_bytes()


def test_a_damaged_backup_is_refused_or_comes_back_whole(whole: bytes, tmp_path: Path) -> None:
    """A byte that nobody uses may be anything; whatever else is damaged is told in one sentence, and nothing is restored."""
    file, target = tmp_path / "damaged", tmp_path / "copy.sqlite3"
    damaged = [whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :] for at in (*range(0, 100, 3), *range(100, len(whole), 499))]
    damaged += [whole[:at] for at in range(0, len(whole), 1024)] + [b"my notes " * 500]
    refused: list[str] = []
    restore(f"sqlite:///{tmp_path / 'right.sqlite3'}", tmp_path / "whole", LATER)
    right = past_the_program(f"sqlite:///{tmp_path / 'right.sqlite3'}", "SELECT * FROM subscription")
    for raw in damaged:
        file.write_bytes(raw)
        try:
            restore(f"sqlite:///{target}", file, LATER)
        except StorageError as error:
            refused.append(str(error))
        else:
            assert past_the_program(f"sqlite:///{target}", "SELECT * FROM subscription") == right
            for left in tmp_path.glob("copy.sqlite3*"):
                left.unlink()
    assert not target.exists()
    assert len(refused) > 16
    assert all("no backup of the guide, or it is damaged" in sentence for sentence in refused)


def test_a_value_that_was_changed_is_found(whole: bytes, tmp_path: Path) -> None:
    for change in ("subscription SET owner = zeroblob(32)", "keycheck SET sealed = zeroblob(3)", "backup SET made = made - 1",
                   "backup SET made = 'x'", "backup SET revision = '0001'", "subscription SET sealed = 'words'"):  # fmt: skip
        file = tmp_path / "changed"
        file.write_bytes(whole)
        with contextlib.closing(sqlite3.connect(file)) as connection, connection:
            connection.execute(f"UPDATE {change}")
        with pytest.raises(StorageError, match="damaged"):
            restore(f"sqlite:///{tmp_path / 'copy.sqlite3'}", file, LATER)


# --- the form of the release before --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_database_of_the_first_form_is_brought_to_this_one_with_all_it_holds(
    engine: str, cluster: Cluster, tmp_path: Path
) -> None:
    """Its backup can be taken before, too."""
    address = f"sqlite:///{tmp_path / 'guide.sqlite3'}" if engine == "sqlite" else cluster.database()
    sealer, config = Sealer([key()]), Config()
    closed = Database(engine_of(address), sealer)
    row = Subscriptions(closed).sealed(CHAT, WISH)
    config.set_main_option("script_location", str(Path(upr_bot.storage.__file__).with_name("migrations")))
    made = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    with made.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO subscription VALUES (:id, :owner, :sealed)"), row)
        waiting = {"id": row["id"], "owner": row["owner"], "sealed": Told(29_000_000, "due").sealed(sealer, row["id"])}
        connection.execute(text("INSERT INTO delivery VALUES (:id, :owner, :sealed, 0, 0, 0, 0)"), waiting)
        connection.execute(text("INSERT INTO keycheck VALUES (1, :sealed)"), {"sealed": closed.checkword()})
    made.dispose()
    assert backup(address, tmp_path / "before", NOW) == 1
    assert migrate(address)
    database = await open_database(address, sealer)
    assert await Subscriptions(database).of(CHAT) == [WISH]
    assert [w.chat for w in (await Deliveries(database).claim(NOW.timestamp(), 5))[0]] == [CHAT]
    assert await Subscriptions(database).restored() == 0
    await database.close()
    assert restore(f"sqlite:///{tmp_path / 'copy.sqlite3'}", tmp_path / "before", LATER).reminders == 1


# --- nothing twice -------------------------------------------------------------------------------------------------------------


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


async def restored(guide: Copy, file: Path, target: str) -> None:
    """Move a copy to a new database, by the commands, without key or token."""
    code, out, err = await run("restore", str(file), DATABASE_URL=target)
    assert code == 0, err
    assert "2 reminder(s) restored" in out
    assert "erased theirs" in out
    code, _, err = await run("restore", str(file), DATABASE_URL=target)
    assert (code, err.count("\n"), "holds reminders already" in err) == (1, 1, True)
    guide.settings["DATABASE_URL"] = target


async def kept_by_two(guide: Copy, file: Path) -> None:
    """Keep a reminder for two people, due since midnight, and back them up."""
    await keep_all(guide, [guide.api.person().id for _ in range(2)], since=at(TODAY - dt.timedelta(days=1)), hour=0)
    code, out, err = await run("backup", str(file), DATABASE_URL=guide.settings["DATABASE_URL"])
    assert (code, "2 reminder(s)" in out) == (0, True), err


async def test_what_the_original_sent_the_copy_does_not_and_the_next_comes_once(
    address: str, cluster: Cluster, tmp_path: Path
) -> None:
    other = "postgresql" if address.startswith("sqlite") else "sqlite"
    async with copy(address, tmp_path, serving=False, presession=TODAY + dt.timedelta(days=7)) as guide:
        await kept_by_two(guide, tmp_path / "kept")
        assert "2 message(s) sent" in await guide.remind(now(), "--send")
        await restored(guide, tmp_path / "kept", fresh(other, cluster, tmp_path))
        assert "0 message(s) would be queued" in await guide.remind(now())
        assert "0 message(s) sent" in await guide.remind(now(), "--send")
        assert len(guide.reminders()) == 2
        week_before_the_review = at(REVIEW - dt.timedelta(days=7), 0)
        assert "2 message(s) sent" in await guide.remind(week_before_the_review, "--send")
        assert "0 message(s) sent" in await guide.remind(week_before_the_review + dt.timedelta(hours=1), "--send")


async def test_news_that_the_original_told_the_copy_does_not_and_later_news_come_once(
    address: str, cluster: Cluster, tmp_path: Path
) -> None:
    async with copy(address, tmp_path, serving=False, presession=TODAY + dt.timedelta(days=60)) as guide:
        await kept_by_two(guide, tmp_path / "kept")
        calendar(tmp_path / "content", TODAY + dt.timedelta(days=70))
        assert "2 message(s) sent" in await guide.remind(now(), "--send")
        await restored(guide, tmp_path / "kept", fresh("sqlite", cluster, tmp_path))
        assert "0 message(s) sent" in await guide.remind(now() + dt.timedelta(hours=1), "--send")
        calendar(tmp_path / "content", TODAY + dt.timedelta(days=80))
        assert "2 message(s) sent" in await guide.remind(now() + dt.timedelta(hours=2), "--send")
        assert "0 message(s) sent" in await guide.remind(now() + dt.timedelta(hours=3), "--send")
        assert {str(m["text"]) for m in guide.reminders()} == {"Appointment reminder (changed)"}
