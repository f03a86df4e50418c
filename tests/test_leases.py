"""Who sends which message, and when: the edges of leases, of order, of pace, of clocks that differ."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.databases import key
from tests.test_storage import CHAT, NOW, WISH, queue
from upr_bot.storage import Database, Deliveries, Sealer, Subscriptions, Told, due
from upr_bot.storage.deliveries import Waiting

DUE = 29_000_000 * 60.0
"""Since when the messages of these tests are due."""
HOUR = 3600.0
NONE: tuple[list[Waiting], int] = ([], 0)


async def queued(database: Database, *people: int) -> Deliveries:
    """Queue a message for each person."""
    for person in people or (CHAT,):
        await queue(Subscriptions(database), chat=person)
    return Deliveries(database)


async def take(deliveries: Deliveries, now: float, most: int = 9) -> dict[int, Waiting]:
    """Claim; return person → message."""
    held, shut = await deliveries.claim(now, most)
    assert shut == 0
    return {waiting.chat: waiting for waiting in held}


async def damage(database: Database, table: str, owner: bytes) -> None:
    async with database.writing() as connection:
        await connection.execute(
            text(f"UPDATE {table} SET sealed = :broken WHERE owner = :owner"), {"broken": b"\0" * 40, "owner": owner}
        )


# --- leases --------------------------------------------------------------------------------------------------------------------


async def test_r1_what_is_tried_again_comes_at_its_second_and_counts_what_happened(database: Database) -> None:
    deliveries = await queued(database, 1, 2)
    held = await take(deliveries, NOW)
    assert [(w.attempts, w.unclear) for w in held.values()] == [(0, 0)] * 2
    await deliveries.again(held[1], NOW + 10)
    assert await deliveries.claim(NOW + 9.9, 9) == NONE
    held = await take(deliveries, NOW + 10)
    assert [(w.chat, w.attempts, w.unclear) for w in held.values()] == [(1, 1, 0)], "the other worker still holds the other one"
    await deliveries.again(held[1], NOW + 11, unclear=True)
    held = await take(deliveries, NOW + 11)
    assert (held[1].attempts, held[1].unclear) == (2, 1)
    await deliveries.again(held[1], NOW + 12, tried=False)
    held = await take(deliveries, NOW + 12)
    assert (held[1].attempts, held[1].unclear) == (2, 1)


async def test_r1_a_lease_and_a_wait_hold_for_an_hour_at_most_whatever_the_clock_said(database: Database) -> None:
    """A crash of a worker whose clock was ahead delays nobody; a wait of up to an hour that Telegram asked for is kept."""
    deliveries = await queued(database)
    await take(deliveries, NOW + 2 * HOUR)
    held = await take(deliveries, NOW)
    assert set(held) == {CHAT}, "a lease of two hours ahead is none"
    await deliveries.again(held[CHAT], NOW + HOUR)
    assert await deliveries.claim(NOW, 9) == NONE
    assert set(await take(deliveries, NOW - 1)) == {CHAT}


async def test_l2_two_workers_whose_clocks_differ_never_hold_two_messages_of_one_person(database: Database) -> None:
    deliveries = await queued(database)
    await queue(Subscriptions(database), replace(WISH, target="54"))
    first = await take(deliveries, NOW)
    await deliveries.again(first[CHAT], NOW + 20)
    held = await take(deliveries, NOW + 20)
    assert held[CHAT].id == first[CHAT].id, "in the order of their rows, also at the very second"
    assert await deliveries.claim(NOW + 16, 9) == NONE, "a worker whose clock is four seconds behind"


# --- order and pace ------------------------------------------------------------------------------------------------------------


async def test_l2_the_longest_waiting_come_first_and_no_more_than_were_asked_for(database: Database) -> None:
    deliveries = await queued(database, *range(1, 7))
    ago = {1: 20.0, 2: 60.0, 3: 10.0, 4: 50.0, 5: 30.0, 6: -40.0}
    for person, waiting in (await take(deliveries, NOW - 100)).items():
        await deliveries.again(waiting, NOW - ago[person])
    assert set(await take(deliveries, NOW, 2)) == {2, 4}
    assert set(await take(deliveries, NOW, 1)) == {5}
    assert set(await take(deliveries, NOW, 9)) == {1, 3}, "the sixth waits until its own second"
    assert await deliveries.claim(NOW, 9) == NONE


async def test_l2_messages_start_25_a_second_from_the_first_free_moment(database: Database) -> None:
    deliveries = await queued(database, 1, 2, 3)
    held = await take(deliveries, NOW, 2)
    assert sorted(w.starts - NOW for w in held.values()) == pytest.approx([0, 0.04], abs=1e-4)
    held = await take(deliveries, NOW, 2)
    assert [w.starts - NOW for w in held.values()] == pytest.approx([0.08], abs=1e-4)


@pytest.mark.parametrize(("ahead", "starts"), [(4.9, 4.9), (5, 5), (5.1, None), (HOUR - 1, None), (HOUR + 1, 0)])
async def test_l2_nothing_is_held_longer_than_its_lease_could_last(database: Database, ahead: float, starts: float | None) -> None:
    """Telegram asked for a pause; one of more than an hour was written by a wrong clock and holds nobody up."""
    deliveries = await queued(database)
    await deliveries.pause(NOW + ahead)
    held = await take(deliveries, NOW)
    assert [w.starts - NOW for w in held.values()] == pytest.approx([] if starts is None else [starts], abs=1e-4)


async def test_l2_a_shorter_pause_does_not_end_a_longer_one(database: Database) -> None:
    deliveries = await queued(database)
    await deliveries.pause(NOW + 30)
    await deliveries.pause(NOW + 3)
    assert await deliveries.claim(NOW, 9) == NONE


async def test_l2_after_a_message_its_person_alone_waits_a_second(database: Database) -> None:
    deliveries = await queued(database, 1, 2)
    await queue(Subscriptions(database), replace(WISH, target="54"), chat=1)
    held = await take(deliveries, NOW)
    await deliveries.again(held[2], NOW)
    await deliveries.done(held[1], NOW)
    assert set(await take(deliveries, NOW)) == {2}
    assert set(await take(deliveries, NOW + 1)) == {1}


async def test_l2_each_message_of_a_person_waits_a_second_after_the_one_before(database: Database) -> None:
    deliveries = await queued(database)
    for target in ("54", "55"):
        await queue(Subscriptions(database), replace(WISH, target=target))
    await deliveries.done((await take(deliveries, NOW - 1.5))[CHAT], NOW - 1.5)
    await deliveries.done((await take(deliveries, NOW))[CHAT], NOW)
    assert await deliveries.claim(NOW + 0.5, 9) == NONE
    assert set(await take(deliveries, NOW + 1)) == {CHAT}


async def test_l2_a_message_that_was_put_off_does_not_come_earlier_since_another_was_sent(database: Database) -> None:
    deliveries = await queued(database)
    first = (await take(deliveries, NOW - 60))[CHAT]
    await deliveries.again(first, NOW + 500)
    await queue(Subscriptions(database), replace(WISH, target="54"))
    second = (await take(deliveries, NOW))[CHAT]
    await deliveries.done(second, NOW)
    assert await deliveries.claim(NOW + 499, 9) == NONE
    assert set(await take(deliveries, NOW + 500)) == {CHAT}


# --- what does not open --------------------------------------------------------------------------------------------------------


async def test_s1_what_does_not_open_is_thrown_away_and_all_others_are_sent(database: Database) -> None:
    deliveries = await queued(database, *range(1, 7))
    rows = [row async for page, _ in Subscriptions(database).pages() for row in page]
    by_chat = {row.chat: row for row in rows}
    for person in (1, 3):
        await damage(database, "subscription", by_chat[person].owner)
    await damage(database, "delivery", by_chat[5].owner)
    held, shut = await deliveries.claim(NOW, 9)
    assert (sorted(w.chat for w in held), shut) == ([2, 4, 6], 3)
    assert sorted(round((w.starts - NOW) * 25) for w in held) == [0, 1, 2], "they leave no gap"
    assert await deliveries.count() == 3
    for waiting in held:
        await deliveries.done(waiting, NOW)
    assert await deliveries.claim(NOW + 100, 9) == NONE


def test_a_message_whose_reason_a_newer_release_wrote_is_told_as_news() -> None:
    sealer = Sealer([key()])
    sealed = sealer.seal(due.PLACE, b"row", struct.pack(">IB", 29_000_000, 9), 16)
    assert Told.opened(sealer, b"row", sealed) == Told(29_000_000, "published")


# --- what the doctor tells -----------------------------------------------------------------------------------------------------


async def test_a_message_is_overdue_from_its_own_minute(database: Database) -> None:
    deliveries = await queued(database)
    assert await deliveries.overdue(DUE) == 0
    assert await deliveries.overdue(DUE + 1) == 1


@pytest.mark.parametrize(
    ("sent", "counted"),
    [
        (-0.001, 3),  # the last message went just before
        (0, 0),
        (HOUR, 0),
        (2 * HOUR, 0),  # by a clock that is an hour ahead
        (2 * HOUR + 0.001, 3),  # by a clock that was wrong
    ],
)
async def test_nothing_is_overdue_while_a_worker_sends(database: Database, sent: float, counted: int) -> None:
    deliveries = await queued(database, 1, 2, 3)
    then = DUE + 60
    await deliveries.pause(then + sent)
    assert await deliveries.overdue(then) == counted


async def test_what_is_put_off_or_held_or_broken_is_not_overdue(database: Database) -> None:
    deliveries = await queued(database, *range(1, 8))
    then = DUE + HOUR
    held = await take(deliveries, then - 29)
    await deliveries.again(held[1], then + 100)
    await deliveries.again(held[2], then)
    await deliveries.again(held[3], then - 1)
    await deliveries.again(held[4], then - 2)
    await deliveries.again(held[5], then - 3)
    await damage(database, "delivery", held[5].owner)
    # Nobody has sent anything since, and two are still held.
    assert await deliveries.overdue(then) == 2
    assert await deliveries.overdue(then + 0.5) == 3
    assert await deliveries.overdue(then + 1) == 3, "the leases end at this second"
    assert await deliveries.overdue(then + 1.5) == 5
    assert await deliveries.overdue(then + 101) == 6
