"""The store, on both engines: what is kept, found, changed once, forgotten to the last byte."""

from __future__ import annotations

import asyncio
import base64
import itertools
import re
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.databases import Cluster, bytes_of, key
from tests.process import ROOT, environment
from upr_bot.errors import StorageError
from upr_bot.storage import (
    BrokenSeal,
    Change,
    Database,
    Deliveries,
    Row,
    Sealer,
    Subscriptions,
    Told,
    TooMany,
    migrate,
    open_database,
    rotate,
)
from upr_bot.storage.schema import metadata
from upr_bot.storage.seal import mark
from upr_bot.wish import MOST, OWN_WORDS, Forget, Keep, Stop, Wish, packed, unpacked

CHAT = 7_123_456_789
NOW = 1_800_000_000.0
WISH = Wish("NPL", 0b010, 9, -1, "fr", "Dentiste demain", 54, bytes(30), 29_000_000, 28_900_000)


async def row_of(subscriptions: Subscriptions) -> Row:
    async for rows, _ in subscriptions.pages():
        return rows[0]
    raise AssertionError("no row")


async def queue(subscriptions: Subscriptions, wish: Wish = WISH, chat: int = CHAT) -> None:
    """Keep a wish and queue its message."""
    await subscriptions.carry_out(chat, Keep(wish))
    async for rows, _ in subscriptions.pages():
        due = [Change(row, replace(row.wish, since=row.wish.since + 1), Told(29_000_000, "due")) for row in rows]
        await subscriptions.settle([], [d for d in due if d.row.chat == chat])


# --- what is kept --------------------------------------------------------------------------------------------------------------


async def test_what_was_kept_is_found_by_its_person_alone(database: Database) -> None:
    subscriptions = Subscriptions(database)
    await subscriptions.carry_out(CHAT, Keep(WISH))
    assert await subscriptions.of(CHAT) == [WISH]
    assert await subscriptions.of(CHAT + 1) == []


async def test_asking_again_changes_and_asking_twice_is_asking_once(database: Database) -> None:
    subscriptions = Subscriptions(database)
    await asyncio.gather(*(subscriptions.carry_out(CHAT, Keep(WISH)) for _ in range(4)))
    later = replace(WISH, hour=18, own="", wording=1)
    await subscriptions.carry_out(CHAT, Keep(later))
    assert await subscriptions.of(CHAT) == [later]


async def test_one_target_can_be_stopped_and_the_others_stay(database: Database) -> None:
    subscriptions = Subscriptions(database)
    for target in ("NPL", "54"):
        await subscriptions.carry_out(CHAT, Keep(replace(WISH, target=target)))
    await subscriptions.carry_out(CHAT, Stop("NPL"))
    assert [wish.target for wish in await subscriptions.of(CHAT)] == ["54"]


async def test_one_person_cannot_fill_the_database(database: Database) -> None:
    subscriptions = Subscriptions(database)
    for number in range(MOST):
        await subscriptions.carry_out(CHAT, Keep(replace(WISH, target=str(40 + number))))
    with pytest.raises(TooMany):
        await subscriptions.carry_out(CHAT, Keep(WISH))
    await subscriptions.carry_out(CHAT, Keep(replace(WISH, target="41", hour=7)))  # a change is no addition
    assert len(await subscriptions.of(CHAT)) == MOST


@pytest.mark.parametrize("words", ["x", "é" * OWN_WORDS, "\U0001f9b7" * OWN_WORDS, ""])
def test_a_record_comes_back_whole_from_its_bytes(words: str) -> None:
    wish = replace(WISH, own=words, target="54", language="zh-Hant")
    assert unpacked(packed(-CHAT, wish)) == (-CHAT, wish)


# --- changed once --------------------------------------------------------------------------------------------------------------


async def test_of_many_sweepers_one_queues_a_message(database: Database) -> None:
    subscriptions, deliveries = Subscriptions(database), Deliveries(database)
    await subscriptions.carry_out(CHAT, Keep(WISH))
    row = await row_of(subscriptions)
    change = Change(row, replace(WISH, since=WISH.since + 1), Told(29_000_000, "due"))
    await asyncio.gather(*(subscriptions.settle([], [change]) for _ in range(5)))
    first, _ = await deliveries.claim(NOW, 5)
    assert len(first) == 1
    await deliveries.done(first[0], NOW)
    await subscriptions.settle([], [change])  # somebody who was slow
    assert await deliveries.claim(NOW + 100, 5) == ([], 0)


async def test_a_row_that_changed_meanwhile_is_not_overwritten_or_removed(database: Database) -> None:
    subscriptions = Subscriptions(database)
    await subscriptions.carry_out(CHAT, Keep(WISH))
    stale = await row_of(subscriptions)
    newer = replace(WISH, hour=18)
    await subscriptions.carry_out(CHAT, Keep(newer))
    await subscriptions.settle([stale], [Change(stale, replace(WISH, since=1), Told(1, "due"))])
    assert await subscriptions.of(CHAT) == [newer]
    assert await Deliveries(database).count() == 0


# --- messages that wait --------------------------------------------------------------------------------------------------------


async def test_r1_a_message_is_held_by_one_worker_and_comes_free_after_a_crash(database: Database) -> None:
    subscriptions, deliveries = Subscriptions(database), Deliveries(database)
    await queue(subscriptions)
    held, _ = await deliveries.claim(NOW, 5)
    assert [(w.chat, w.wish.own, w.told.why) for w in held] == [(CHAT, "Dentiste demain", "due")]
    assert (await deliveries.claim(NOW + 29, 5))[0] == []
    again, _ = await deliveries.claim(NOW + 31, 5)
    assert [w.chat for w in again] == [CHAT]
    await deliveries.done(again[0], NOW + 32)
    assert await deliveries.count() == 0


async def test_l2_many_workers_share_the_messages_and_the_pace(database: Database) -> None:
    subscriptions, deliveries = Subscriptions(database), Deliveries(database)
    for chat in range(20):
        await queue(subscriptions, chat=chat + 1)
    claims = await asyncio.gather(*(deliveries.claim(NOW, 5) for _ in range(4)))
    held = [w for claim, _ in claims for w in claim]
    rest = 20 - len(held)
    while rest:
        more, _ = await deliveries.claim(NOW, 5)
        held += more
        rest -= len(more)
    assert sorted(w.chat for w in held) == list(range(1, 21))
    starts = sorted(w.starts for w in held)
    assert all(b - a > 1 / 25 - 1e-6 for a, b in itertools.pairwise(starts))


async def test_l2_one_person_gets_one_message_a_second(database: Database) -> None:
    subscriptions, deliveries = Subscriptions(database), Deliveries(database)
    await queue(subscriptions)
    await queue(subscriptions, replace(WISH, target="54"))
    first, _ = await deliveries.claim(NOW, 5)
    assert len(first) == 1
    await deliveries.done(first[0], NOW)
    assert (await deliveries.claim(NOW + 0.5, 5))[0] == []
    assert len((await deliveries.claim(NOW + 1.1, 5))[0]) == 1


async def test_r3_what_falls_due_while_a_message_waits_is_merged_into_it(database: Database) -> None:
    subscriptions, deliveries = Subscriptions(database), Deliveries(database)
    await queue(subscriptions)
    row = await row_of(subscriptions)
    await subscriptions.settle([], [Change(row, replace(row.wish, since=row.wish.since + 9), Told(30_000_000, "due"))])
    assert await deliveries.count() == 1
    held, _ = await deliveries.claim(NOW, 5)
    assert held[0].told.at == 29_000_000, "as late as the first of them"


async def test_l2_a_pause_holds_every_worker_until_its_second(database: Database) -> None:
    subscriptions, deliveries = Subscriptions(database), Deliveries(database)
    await queue(subscriptions)
    await deliveries.pause(NOW + 30)
    assert await deliveries.claim(NOW + 20, 5) == ([], 0)
    held, _ = await deliveries.claim(NOW + 28, 5)
    assert held[0].starts >= NOW + 30


async def test_r4_a_clock_that_was_a_day_ahead_holds_nothing_up(database: Database) -> None:
    subscriptions, deliveries = Subscriptions(database), Deliveries(database)
    await queue(subscriptions)
    wrong = NOW + 86_400
    held, _ = await deliveries.claim(wrong, 5)
    await deliveries.again(held[0], wrong + 60)
    await deliveries.pause(wrong + 60)
    held, _ = await deliveries.claim(NOW, 5)
    assert held
    assert held[0].starts == pytest.approx(NOW, abs=1)


# --- forgotten -----------------------------------------------------------------------------------------------------------------


async def test_n5_forgetting_leaves_no_byte_in_the_file_or_its_log(tmp_path: Path) -> None:
    file = tmp_path / "guide.sqlite3"
    database = await open_database(f"sqlite:///{file}", Sealer([key()]))
    subscriptions = Subscriptions(database)
    for chat in range(30):
        await queue(subscriptions, chat=CHAT + chat)
    rows = [row async for page, _ in subscriptions.pages() for row in page]
    mine = next(row for row in rows if row.chat == CHAT)
    pieces = [mine.owner, mine.id, *(mine.sealed[at : at + 16] for at in range(0, len(mine.sealed) - 16, 16))]
    assert any(piece in bytes_of(file) for piece in pieces)
    await subscriptions.carry_out(CHAT, Forget())
    assert not [piece for piece in pieces if piece in bytes_of(file)]
    assert await subscriptions.count() == 29
    assert await Deliveries(database).count() == 29
    await database.close()


async def test_n4_nobody_reads_anything_from_the_database(database: Database, cluster: Cluster, address: str) -> None:
    subscriptions = Subscriptions(database)
    for number in range(50):
        await queue(
            subscriptions, replace(WISH, own=f"Zahnarzt-{number:03}", target="NPL" if number % 2 else "54"), chat=CHAT + number
        )
    sizes = {len(row.sealed) for page in [p async for p in subscriptions.pages()] for row in page[0]}
    assert len(sizes) == 1
    if address.startswith("sqlite"):
        raw = bytes_of(Path(address.removeprefix("sqlite:///")))
    else:
        raw = cluster.dump(address)
        raw += b"".join(bytes.fromhex(found.decode()) for found in re.findall(rb"\\\\x((?:[0-9a-f]{2})+)", raw))
    # Short values, such as a language, stand in any random bytes: that they are sealed is shown by N3 and the one length.
    for number in range(50):
        chat = (CHAT + number).to_bytes(8, "little")
        for forbidden in (
            str(CHAT + number).encode(), chat, chat[::-1], chat[::-1].lstrip(b"\0"), chat.hex().encode(), chat[::-1].hex().encode(),
            base64.b64encode(chat), base64.b64encode(chat[::-1]), base64.b64encode(str(CHAT + number).encode()),
            f"Zahnarzt-{number:03}".encode(),
        ):  # fmt: skip
            assert forbidden not in raw, forbidden
    for forbidden in (b"Zahnarzt", b"Dentiste", b"Nepal", "Zahnarzt".encode("utf-16-le")):
        assert forbidden not in raw, forbidden
    assert raw.count(b"NPL") < 3, "25 rows are about Nepal; that sealed bytes read so once happens"


def test_n3_every_column_says_why_it_may_be_read_or_that_it_is_sealed() -> None:
    for table in metadata.tables.values():
        for column in table.columns:
            assert column.info.keys() in ({"clear"}, {"sealed"}), f"{table.name}.{column.name}"
    sealed = {f"{t.name}.{c.name}" for t in metadata.tables.values() for c in t.columns if "sealed" in c.info}
    assert sealed == {"subscription.sealed", "delivery.sealed", "keycheck.sealed"}


async def test_the_tables_are_those_that_the_migrations_make(database: Database) -> None:
    def there(connection: object) -> dict[str, set[str]]:
        from sqlalchemy import inspect

        found = inspect(connection)
        return {t: {c["name"] for c in found.get_columns(t)} for t in found.get_table_names() if t != "alembic_version"}

    async with database.reading() as connection:
        assert await connection.run_sync(there) == {t.name: {c.name for c in t.columns} for t in metadata.tables.values()}


# --- keys ----------------------------------------------------------------------------------------------------------------------


async def test_s1_a_wrong_key_stops_before_it_writes(address: str) -> None:
    right = await open_database(address, Sealer([key(1)]))
    await Subscriptions(right).carry_out(CHAT, Keep(WISH))
    await right.close()
    with pytest.raises(StorageError, match="UPR_KEYS"):
        await open_database(address, Sealer([key(2)]))
    right = await open_database(address, Sealer([key(1)]))
    assert await Subscriptions(right).of(CHAT) == [WISH]
    await right.close()


async def test_s1_a_new_key_reads_the_old_and_the_old_can_be_taken_out_after_rotation(address: str) -> None:
    first = await open_database(address, Sealer([key(1)]))
    await queue(Subscriptions(first))
    await first.close()
    both = await open_database(address, Sealer([key(2), key(1)]))
    subscriptions = Subscriptions(both)
    await subscriptions.carry_out(CHAT + 1, Keep(WISH))
    assert await subscriptions.of(CHAT) == [replace(WISH, since=WISH.since + 1)]
    row = next(r for page in [p async for p in subscriptions.pages()] for r in page[0] if r.chat == CHAT)
    await subscriptions.settle([], [Change(row, row.wish)])  # sealed anew by a sweep, but still found by the old key
    assert await rotate(both) == (1, 0)
    assert await rotate(both) == (0, 0)
    await both.close()
    second = await open_database(address, Sealer([key(2)]))
    assert [w.own for w in await Subscriptions(second).of(CHAT)] == ["Dentiste demain"]
    held, _ = await Deliveries(second).claim(NOW, 5)
    assert [w.chat for w in held] == [CHAT], "a message that waits goes with its row"
    await Subscriptions(second).carry_out(CHAT, Forget())
    assert await Subscriptions(second).of(CHAT) == []
    await second.close()


def test_s1_a_seal_opens_in_its_place_alone_and_fails_only_as_a_broken_seal() -> None:
    sealer = Sealer([key(1)])
    sealed = sealer.seal("subscription.sealed", b"row", b"words", 64)
    assert sealer.open("subscription.sealed", b"row", sealed) == b"words"
    assert len(sealed) == len(sealer.seal("subscription.sealed", b"row", b"", 64))
    assert sealed != sealer.seal("subscription.sealed", b"row", b"words", 64)
    wrong = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    wrong += [sealed[:at] for at in range(len(sealed))] + [sealed + b"\0", b"\xff" * 80]
    for broken in wrong:
        with pytest.raises(BrokenSeal):
            sealer.open("subscription.sealed", b"row", broken)
    for place, row in (("delivery.sealed", b"row"), ("subscription.sealed", b"other")):
        with pytest.raises(BrokenSeal):
            sealer.open(place, row, sealed)
    with pytest.raises(BrokenSeal):
        Sealer([key(2)]).open("subscription.sealed", b"row", sealed)


def test_s1_seals_of_earlier_releases_open() -> None:
    """A known answer: bytes that version 1 wrote must open in every later release."""
    sealed = bytes.fromhex(KNOWN)
    assert Sealer([key(1)]).open("subscription.sealed", b"row", sealed) == b"known words"


def test_s1_a_person_is_found_by_the_mark_of_earlier_releases_and_records_are_read() -> None:
    """Known answers: were they others, nobody's reminders would be found again, or read."""
    assert mark(key(1), "owner", 7_123_456_789).hex() == MARK
    assert packed(CHAT, WISH).hex() == RECORD
    assert unpacked(bytes.fromhex(RECORD)) == (CHAT, WISH)


MARK = "d1f628cdfad2ed0d40a7d9bdb301b4765e24798c6b64a00adc88f369615007fe"
RECORD = (
    "0100000001a897531500360209ff0000004e504c0000000000667200000000000001ba814001b8faa000000000000000000000000000000000000000"
    "000000000000000000000044656e74697374652064656d61696e"
)
KNOWN = "01000103be71f5931f786c9ac4c8f8ea3513bdd15b35ca5af1681fda05eccab01bbdb308d09333cbe7a87fe35eb8018eac8b23e71f7618fef9"


async def test_s1_a_corrupted_row_is_passed_over_and_said_so(database: Database) -> None:
    subscriptions, deliveries = Subscriptions(database), Deliveries(database)
    await queue(subscriptions)
    await queue(subscriptions, chat=CHAT + 1)
    row = next(r for page in [p async for p in subscriptions.pages()] for r in page[0] if r.chat == CHAT)
    async with database.writing() as connection:
        broken = {"sealed": row.sealed[:-1] + b"\0", "id": row.id}
        await connection.execute(text("UPDATE subscription SET sealed = :sealed WHERE id = :id"), broken)
    pages = [page async for page in subscriptions.pages()]
    assert [(len(rows), shut) for rows, shut in pages] == [(1, 1)]
    held, shut = await deliveries.claim(NOW, 5)
    assert ([w.chat for w in held], shut) == ([CHAT + 1], 1)
    assert await subscriptions.of(CHAT) == []


# --- migration and mistakes ----------------------------------------------------------------------------------------------------


async def test_r6_many_migrations_at_once_all_succeed(cluster: Cluster, tmp_path: Path) -> None:
    for address in (f"sqlite:///{tmp_path / 'deep' / 'new.sqlite3'}", cluster.database()):
        done = await asyncio.gather(*(asyncio.to_thread(migrate, address) for _ in range(6)))
        assert sorted(done) == [False] * 5 + [True]


async def test_a_database_of_a_newer_release_is_left_alone(address: str) -> None:
    database = await open_database(address, Sealer([key()]))
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    with pytest.raises(StorageError, match="newer release"):
        await open_database(address, Sealer([key()]))
    with pytest.raises(StorageError, match="newer release"):
        migrate(address)


async def test_an_empty_postgresql_asks_for_its_migration(cluster: Cluster) -> None:
    with pytest.raises(StorageError, match="upr-bot migrate"):
        await open_database(cluster.database(), Sealer([key()]))


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("these are my notes " * 100)
    with pytest.raises(StorageError, match="no database"):
        await open_database(f"sqlite:///{file}", Sealer([key()]))
    assert file.read_text().startswith("these are my notes")


async def test_r5_a_full_disk_is_said_and_harms_nothing(tmp_path: Path) -> None:
    file = tmp_path / "guide.sqlite3"
    database = await open_database(f"sqlite:///{file}", Sealer([key()]))
    subscriptions = Subscriptions(database)
    await subscriptions.carry_out(CHAT, Keep(WISH))
    async with database.reading() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
    await database.close()
    database = await open_database(f"sqlite:///{file}", Sealer([key()]))
    # The limit holds for one connection: the pool hands the same one out again while nobody else needs one.
    async with database.reading() as connection:
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    async def fill_it() -> None:
        for chat in range(2000):
            await Subscriptions(database).carry_out(chat, Keep(WISH))

    with pytest.raises(StorageError, match="full"):
        await fill_it()
    assert await Subscriptions(database).of(CHAT) == [WISH]
    await database.close()
    with sqlite3.connect(file) as connection_:
        assert connection_.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection_.close()


WRITER = """
import asyncio, sys
from tests.databases import key
from tests.test_storage import WISH
from upr_bot.storage import Sealer, Subscriptions, open_database
from upr_bot.wish import Forget, Keep

async def write(address, first):
    database = await open_database(address, Sealer([key()]))
    for chat in range(first, first + 60):
        await Subscriptions(database).carry_out(chat, Keep(WISH))
        if chat % 3 == 0:
            await Subscriptions(database).carry_out(chat, Forget())
    await database.close()

asyncio.run(write(sys.argv[1], int(sys.argv[2])))
"""


async def test_r5_four_processes_of_writers_never_meet_a_locked_database(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'guide.sqlite3'}"
    writers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, address, str(number * 60), env=environment(), cwd=ROOT, stderr=asyncio.subprocess.PIPE
        )
        for number in range(4)
    ]
    for writer in writers:
        _, err = await writer.communicate()
        assert writer.returncode == 0, err.decode()[-500:]
    database = await open_database(address, Sealer([key()]))
    assert await Subscriptions(database).count() == 160
    await database.close()


async def test_r5_a_database_that_cannot_be_written_is_said_and_nothing_is_lost(address: str) -> None:
    database = await open_database(address, Sealer([key()]))
    await Subscriptions(database).carry_out(CHAT, Keep(WISH))
    forbid = "PRAGMA query_only=ON" if database.sqlite else "SET default_transaction_read_only = on"
    async with database.reading() as connection:
        await connection.exec_driver_sql(forbid)
    with pytest.raises(StorageError, match="cannot be written"):
        await Subscriptions(database).carry_out(CHAT, Forget())
    assert await Subscriptions(database).of(CHAT) == [WISH]
    await database.close()
