"""Kill -9, crashes and outages of what reminders rest on: nothing lost, hardly anything twice. Longer in `make soak`."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from pathlib import Path

from tests.botapi import bot_api
from tests.databases import Cluster, key, keys_text
from tests.process import run, start
from tests.test_reminders import TODAY, at, copy, keep_all, stored
from tests.test_storage import WISH, queue
from upr_bot.storage import Deliveries, Sealer, Subscriptions, migrate, open_database
from upr_bot.wish import Keep


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


async def test_a_message_whose_answer_got_lost_is_sent_again_and_not_for_ever(tmp_path: Path) -> None:
    """R3: the connection breaks after Telegram took it; nobody knows, so it is sent once more, a few times at most."""
    from upr_bot.content import load, packaged
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
    sender = Dispatch(deliveries, Subscriptions(database), load(packaged()), post, lambda: dt.datetime.now(dt.UTC))
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
