"""Kill -9, crashes and outages of what reminders rest on: nothing lost, hardly anything twice. Longer in `make soak`."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import json
import random
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.botapi import TOKEN, Person, bot_api, post
from tests.databases import Cluster, key, keys_text
from tests.process import run, start
from tests.test_reminders import TODAY, Copy, at, copy, health, keep_all, stored
from tests.test_storage import WISH, queue
from upr_bot.channels.telegram.pace import ACTIONS
from upr_bot.content import Library
from upr_bot.storage import Deliveries, Sealer, Subscriptions, migrate, open_database
from upr_bot.wish import Keep, Wish


async def test_r1_killed_workers_lose_nothing_and_send_at_most_one_twice_a_kill(address: str, tmp_path: Path) -> None:
    count, deaths = 250, 3
    async with copy(address, tmp_path, serving=False, presession=TODAY + dt.timedelta(days=7)) as guide:
        for _ in range(count):
            guide.api.person()
        await keep_all(guide, list(guide.api.people), since=at(TODAY - dt.timedelta(days=1)), hour=0)
        workers = [await start("remind", **guide.settings) for _ in range(3)]
        for number in range(1, deaths + 1):
            await guide.api.until(lambda number=number: len(guide.arrived()) > number * 50, 60)
            await workers.pop(0).kill()
            workers.append(await start("remind", **guide.settings))
        # What a dead worker held comes free half a minute after it was taken.
        await guide.api.until(lambda: len(set(guide.arrived())) == count, 100)
        await asyncio.sleep(1)
        arrived = Counter(guide.arrived())
        assert arrived.keys() == guide.api.people.keys()
        # One a kill is what is promised and what `make soak` counts; on a machine that does much else a second may be in flight.
        assert sum(n - 1 for n in arrived.values()) <= deaths + 1
        for worker in workers:
            assert await worker.stop() == 0


async def test_r6_a_worker_goes_on_after_postgresql_crashed(tmp_path: Path, testrun_uid: str) -> None:
    cluster = Cluster(f"{testrun_uid}-crash")  # of its own: others use theirs meanwhile
    address = cluster.database()
    migrate(address)
    async with copy(address, tmp_path, serving=False, presession=TODAY + dt.timedelta(days=7)) as guide:
        for _ in range(100):
            guide.api.person()
        await keep_all(guide, list(guide.api.people), since=at(TODAY - dt.timedelta(days=1)), hour=0)
        worker = await start("remind", **guide.settings)
        await guide.api.until(lambda: len(guide.arrived()) > 30, 60)
        await asyncio.to_thread(cluster.restart)
        await guide.api.until(lambda: len(set(guide.arrived())) == 100, 100)
        assert sum(n - 1 for n in Counter(guide.arrived()).values()) <= 5, "those whose arrival could not be written down"
        assert await worker.stop() == 0


async def test_s1_a_rotation_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'guide.sqlite3'}"
    database = await open_database(address, Sealer([key(1)]))
    subscriptions = Subscriptions(database)
    for chat in range(400):
        await subscriptions.carry_out(chat, Keep(WISH))
    await database.close()
    settings = {"UPR_KEYS": keys_text(2, 1), "DATABASE_URL": address}
    before = stored(address)
    rotation = await start("keys", "rotate", **settings)
    async with asyncio.timeout(30):
        while not set(stored(address)) - set(before):
            await asyncio.sleep(0.005)
    await rotation.kill()
    assert set(stored(address)) & set(before), "killed in the middle"
    both = await open_database(address, Sealer([key(2), key(1)]))
    assert [len(await Subscriptions(both).of(chat)) for chat in range(400)] == [1] * 400
    await both.close()
    code, _, err = await run("keys", "rotate", **settings)
    assert code == 0, err
    newest = await open_database(address, Sealer([key(2)]))
    assert [len(await Subscriptions(newest).of(chat)) for chat in range(400)] == [1] * 400
    await newest.close()


async def test_r3_a_message_whose_answer_got_lost_is_sent_again_and_not_for_ever(tmp_path: Path, library: Library) -> None:
    """R3: the connection breaks after Telegram took it; nobody knows, so it is sent once more, a few times at most."""
    from upr_bot.reminders import Sent, Unclear
    from upr_bot.reminders.dispatch import UNCLEAR, Dispatch
    from upr_bot.replies import Reply

    database = await open_database(f"sqlite:///{tmp_path / 'guide.sqlite3'}", Sealer([key(1)]))
    await queue(Subscriptions(database))
    tried: list[int] = []

    async def post(chat: int, _: Reply) -> Unclear | Sent:
        tried.append(chat)
        return Unclear()

    deliveries = Deliveries(database)
    sender = Dispatch(deliveries, Subscriptions(database), lambda: library, post, lambda: dt.datetime.now(dt.UTC))
    async with asyncio.timeout(60):
        while await deliveries.count():
            await sender.run(asyncio.Event())
            await asyncio.sleep(0.2)
    assert len(tried) == UNCLEAR
    assert await Subscriptions(database).count() == 1
    await database.close()


async def test_r3_a_message_waits_out_an_outage_of_six_hours(tmp_path: Path) -> None:
    """Every minute a try: it is not let go before Telegram is back."""
    from upr_bot.reminders.dispatch import LONGEST_PAUSE, TRIES

    assert TRIES * LONGEST_PAUSE > 2 * 24 * 3600
    database = await open_database(f"sqlite:///{tmp_path / 'guide.sqlite3'}", Sealer([key(1)]))
    subscriptions, deliveries = Subscriptions(database), Deliveries(database)
    await queue(subscriptions)
    now = 1_800_000_000.0
    for _ in range(6 * 60):
        held, _ = await deliveries.claim(now, 5)
        assert len(held) == 1
        await deliveries.again(held[0], now + 60)
        now += 61
    held, _ = await deliveries.claim(now, 5)
    assert held[0].attempts == 360 < TRIES
    await database.close()


async def test_the_bot_serves_while_its_database_is_away(tmp_path: Path, testrun_uid: str) -> None:
    """Reading needs no database; what needs one says kindly that nothing was changed."""
    from tests.process import running

    cluster = Cluster(f"{testrun_uid}-away")
    address = cluster.database()
    migrate(address)
    async with bot_api() as api, running(api, UPR_KEYS=keys_text(1), DATABASE_URL=address):
        ann = api.person()
        cluster.server.get_postmaster_info().process.kill()
        for text, expected in (("/start", "UPR Guide"), ("/export", "nothing was changed"), ("/now Nepal", "Nepal")):
            shown = len(api.calls)
            await api.push(ann.message(text=text))
            await api.until(lambda shown=shown: any(c.method == "sendMessage" for c in api.calls[shown:]), 20)
            assert expected in ann.last["text"]


async def test_r6_replicas_that_start_together_on_an_empty_database_all_serve_after_one_migration(
    cluster: Cluster, tmp_path: Path
) -> None:
    """R6: `serve` makes its SQLite file itself, `migrate` brings PostgreSQL to its form; nobody fails, whoever comes first."""
    file = tmp_path / "new" / "guide.sqlite3"
    async with bot_api() as api:
        settings = {"UPR_KEYS": keys_text(1), "UPR_TELEGRAM_TOKEN": TOKEN, "UPR_TELEGRAM_API_URL": api.url}
        replicas = [await start("serve", **settings, DATABASE_URL=f"sqlite:///{file}") for _ in range(3)]
        for replica in replicas:
            await replica.listening()
            assert await health(replica) == (200, '{"status":"ok"}')
        for replica in replicas:
            assert await replica.stop() == 0
            assert b"Traceback" not in replica.output
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert len(list(connection.execute("SELECT * FROM alembic_version"))) == 1
        assert len(list(connection.execute("SELECT * FROM keycheck"))) == 1, "one key, whoever wrote it down"
    address = cluster.database()
    ended = await asyncio.gather(*(run("migrate", DATABASE_URL=address) for _ in range(3)))
    assert [code for code, _, _ in ended] == [0] * 3
    assert stored(address) == []


async def test_r6_serving_goes_on_within_ten_seconds_after_postgresql_crashed_under_load(tmp_path: Path, testrun_uid: str) -> None:
    """R6: people ask what is kept about them all the time; the same process reads it again soon after the database is back."""
    cluster = Cluster(f"{testrun_uid}-load")
    address = cluster.database()
    migrate(address)
    async with copy(address, tmp_path, webhook=True) as guide:
        assert guide.bot
        crowds = [[guide.api.person() for _ in range(40)] for _ in range(4)]  # each of them thirty times a minute at most
        await keep_all(guide, [person.id for people in crowds for person in people])
        newest = [""] * len(crowds)
        asking = True

        async def ask(number: int) -> None:
            for person in itertools.cycle(crowds[number]):
                if not asking:
                    return
                await guide.bring(person.message(text="/export"))
                newest[number] = person.last["text"]
                assert "Alphaland" in newest[number] or "nothing was changed" in newest[number]

        load = [asyncio.ensure_future(ask(number)) for number in range(len(crowds))]
        await guide.api.until(lambda: len(guide.api.of("sendMessage")) > 20)
        process = guide.bot.process.pid
        await asyncio.to_thread(cluster.restart)
        async with asyncio.timeout(10):
            while not all("Alphaland" in text for text in newest) or (await health(guide.bot))[0] != 200:
                await asyncio.sleep(0.05)
        asking = False
        await asyncio.gather(*load)
        before = guide.api.of("sendMessage")
        last = crowds[0][-1]
        await guide.bring(last.message(text="/export"))
        assert "Alphaland" in last.last["text"]
        assert len(guide.api.of("sendMessage")) == len(before) + 1
        assert (guide.bot.process.pid, guide.bot.process.returncode) == (process, None)


class Recorded:
    """A day of updates as people made them, person by person."""

    def __init__(self, guide: Copy) -> None:
        self.guide = guide
        self.days: dict[int, list[dict[str, Any]]] = {}

    async def does(self, person: Person, *lines: str) -> None:
        for line in lines:
            update = person.hear(line)
            self.days.setdefault(person.id, []).append(copied(update))
            await self.guide.bring(update)


async def kept_by(guide: Copy) -> set[tuple[int, Wish]]:
    """Return chat and wish of every record, opened with the key, without the moments at which it was made."""
    database = await open_database(guide.settings["DATABASE_URL"], Sealer([key(1)]))
    rows = [row async for page, _ in Subscriptions(database).pages() for row in page]
    await database.close()
    return {(row.chat, replace(row.wish, since=0, created=0)) for row in rows}


FIRST_STEPS = ("[Message me]", "[7 days]", "[Done]", "[09:00]")


async def test_r7_a_day_that_is_brought_twice_and_shuffled_ends_in_the_same_state(address: str, tmp_path: Path) -> None:
    """R7: Telegram brings updates again and webhooks overtake each other; nothing is kept twice, or forgotten by that.

    Each person's own order is kept, as `lanes` keep it: who saves and then stops means something else than the reverse.
    What does not depend on an order, reading and saving about different targets, is shuffled whole.
    """
    async with copy(address, tmp_path / "first", webhook=True) as guide:
        day = Recorded(guide)
        ann, ben, eve, dan, may = (guide.api.person() for _ in range(5))
        for person in (ann, ben, eve):
            await day.does(person, "/start", "what is the word limit")
        for person in (ann, ben, eve, dan):
            await day.does(person, "/remind Alphaland", *FIRST_STEPS, "[Appointment reminder]", "[Confirm]")
        await day.does(ben, "/remind", "[Stop: Alphaland]")
        await day.does(eve, "/forget", "[Erase]", "/export")
        await day.does(dan, "/remind Alphaland", *FIRST_STEPS[:3], "[18:00]", "[My own words]", "<< Dentist", "[Confirm]")
        await day.does(ann, "/dates Alphaland", "/guide", "troika")
        for target in ("90", "Betaland"):
            await day.does(may, f"/remind {target}", *FIRST_STEPS, "[Appointment reminder]", "[Confirm]")
        expected = await kept_by(guide)
        assert {chat for chat, _ in expected} == {ann.id, dan.id, may.id}
        assert len(expected) == 4
    again = f"sqlite:///{tmp_path / 'again.sqlite3'}" if address.startswith("sqlite") else emptied(address)
    migrate(again)
    dice = random.Random(7)
    async with copy(again, tmp_path / "again", webhook=True) as guide:
        for person in (ann, ben, eve, dan, may):
            guide.api.people[person.id] = person
        lanes = {chat: [copied(update) for update in updates] * 2 for chat, updates in day.days.items()}
        dice.shuffle(lanes[may.id])
        spare = {chat: ACTIONS - len(updates) for chat, updates in lanes.items()}  # a day's actions, in less than a minute
        assert min(spare.values()) >= 0
        while any(lanes.values()):
            chat = dice.choice([chat for chat, left in lanes.items() if left])
            update = lanes[chat].pop(0)
            again_at_once = spare[chat] > 0 and dice.random() < 0.3
            spare[chat] -= again_at_once
            for _ in range(1 + again_at_once):
                assert await post(guide.bot.hook, update) == 200  # type: ignore[union-attr]
        assert await kept_by(guide) == expected


def emptied(address: str) -> str:
    """Return the same PostgreSQL, with nothing of people in it."""
    import psycopg

    with psycopg.connect(address) as connection:
        connection.execute("DELETE FROM delivery")
        connection.execute("DELETE FROM subscription")
    return address


def copied(update: dict[str, Any]) -> dict[str, Any]:
    """Return an update that later changes of a card do not reach."""
    return json.loads(json.dumps(update))  # type: ignore[no-any-return]
