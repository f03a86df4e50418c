"""How much one person may ask, and what /clear reaches: with a clock and a Telegram of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import BadRequest

from upr_bot.channels.telegram.clear import PASSED_OVER, REACH, clear
from upr_bot.channels.telegram.pace import ACTIONS, PERIOD, Pace, Verdict

ANN = 7_123_456_789


class Clock:
    """Seconds that go on when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def asked(pace: Pace, times: int, chat: int = ANN) -> list[Verdict]:
    return [pace.verdict(chat) for _ in range(times)]


# --- thirty a minute -----------------------------------------------------------------------------------------------------------


def test_l1_who_goes_on_is_told_once_and_answered_as_soon_as_the_first_is_a_minute_old() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    assert pace.verdict(ANN) is Verdict.GO
    clock.now += 1
    assert asked(pace, ACTIONS - 1) == [Verdict.GO] * 29
    assert asked(pace, 3) == [Verdict.NOTICE, Verdict.QUIET, Verdict.QUIET]
    assert asked(pace, 1, ANN + 1) == [Verdict.GO], "nobody else notices"
    clock.now += PERIOD - 1.25
    assert asked(pace, 1) == [Verdict.QUIET]
    clock.now += 0.25
    assert asked(pace, 3) == [Verdict.GO, Verdict.QUIET, Verdict.QUIET], "one place came free"
    clock.now += 1
    assert asked(pace, 31) == [*[Verdict.GO] * 29, Verdict.NOTICE, Verdict.QUIET], "a minute later the notice may come again"


def test_l1_what_was_not_answered_does_not_count() -> None:
    pace = Pace(2, Clock())
    pace.take_back(ANN)
    assert asked(pace, 2) == [Verdict.GO] * 2
    pace.take_back(ANN)
    assert asked(pace, 2) == [Verdict.GO, Verdict.NOTICE]


def test_l1_a_flood_gets_its_notice_some_ended_spinners_and_then_nothing() -> None:
    """Each ended spinner is a call, of which Telegram lets a bot make only so many for everybody."""
    clock = Clock()
    pace = Pace(clock=clock)
    for _ in range(2):
        assert asked(pace, ACTIONS + 63) == [
            *[Verdict.GO] * ACTIONS,
            Verdict.NOTICE,
            *[Verdict.QUIET] * 60,
            Verdict.DROP,
            Verdict.DROP,
        ]
        clock.now += PERIOD


@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=ACTIONS),
    st.lists(st.one_of(st.just(0.0), st.floats(0, 2), st.just(PERIOD / ACTIONS)), max_size=300),
)
def test_l1_in_no_minute_does_anybody_get_more_however_they_space_it(begin: list[float], pauses: list[float]) -> None:
    """Thirty answers, one notice, sixty ended spinners: also for who keeps a place free every other second."""
    clock = Clock()
    pace = Pace(clock=clock)
    given: list[tuple[float, Verdict]] = []
    for pause in (*begin, *[PERIOD / ACTIONS] * (ACTIONS - len(begin)), *pauses):
        clock.now += pause
        given.append((clock.now, pace.verdict(ANN)))
        pace.tidy()
    most = {Verdict.GO: ACTIONS, Verdict.NOTICE: 1}
    for verdict, count in most.items():
        moments = [moment for moment, got in given if got is verdict]
        assert all(later - first >= PERIOD for first, later in zip(moments, moments[count:], strict=False))
    told = [moment for moment, got in given if got is Verdict.NOTICE]
    for first, last in pairwise([*told, float("inf")]):
        assert sum(first <= moment < last for moment, got in given if got is Verdict.QUIET) <= 2 * ACTIONS


def test_l1_an_update_that_could_not_be_served_is_one_action_however_often_it_comes() -> None:
    pace = Pace(clock=Clock())
    for _ in range(100):
        assert asked(pace, 1) == [Verdict.GO]
        pace.take_back(ANN)


def test_l1_letting_go_frees_nobody_who_is_limited() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    assert asked(pace, ACTIONS + 1)[-1] is Verdict.NOTICE
    clock.now += PERIOD - 1
    pace.tidy()
    assert len(pace) == 1
    assert asked(pace, 1) == [Verdict.QUIET]


def test_l1_after_a_minute_of_stillness_no_trace_is_in_memory() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    asked(pace, ACTIONS + 1)
    asked(pace, 1, ANN + 1)
    pace.take_back(ANN + 1)
    clock.now += 1
    asked(pace, 1, ANN + 2)
    clock.now += PERIOD - 1
    pace.tidy()
    assert str(ANN) not in repr(vars(pace))
    assert len(pace) == 1, "who acted within the minute"


# --- /clear --------------------------------------------------------------------------------------------------------------------


class Chat:
    """A chat as Telegram has it: messages up to `old` are older than 48 hours, some stick, and a call that names one is refused."""

    def __init__(self, newest: int, old: int, stuck: Sequence[int] = ()) -> None:
        self.there = set(range(1, newest + 1))
        self.old = old
        self.stuck = set(stuck)
        self.calls: list[Sequence[int]] = []

    async def delete(self, ids: Sequence[int]) -> None:
        self.calls.append(ids)
        assert 1 <= len(ids) <= 100, "what Telegram takes in one call"
        assert min(ids) >= 1
        if min(ids) <= self.old or self.stuck & set(ids):
            raise BadRequest("Message can't be deleted for everyone")
        self.there -= set(ids)


@given(st.integers(1, 2_500), st.integers(0, 2_500), st.lists(st.integers(1, 2_500), max_size=PASSED_OVER))
def test_clear_takes_all_that_it_can_reach_the_latest_first_in_few_calls(newest: int, old: int, stuck: list[int]) -> None:
    """What sticks, such as a dice of today, is passed over; where everything sticks, it ends."""
    chat = Chat(newest, min(old, newest - 1), stuck)
    asyncio.run(clear(chat.delete, newest))
    gone = set(range(1, newest + 1)) - chat.there
    wanted = set(range(max(1, newest - REACH, chat.old + 1), newest)) - chat.stuck
    assert gone == wanted, "all before the newest, and not the newest itself"
    assert [max(ids) for ids in chat.calls] == sorted((max(ids) for ids in chat.calls), reverse=True)
    assert len(chat.calls) <= REACH // 100 + 2 * 7 * (PASSED_OVER + 1)


@pytest.mark.parametrize(("newest", "calls"), [(1, 0), (2, 1), (101, 1), (102, 2), (1_001, 10), (1_000_000, 10)])
def test_clear_asks_telegram_no_more_often_than_it_must(newest: int, calls: int) -> None:
    chat = Chat(0, 0)
    asyncio.run(clear(chat.delete, newest))
    assert len(chat.calls) == calls
    assert sum(map(len, chat.calls)) == min(newest - 1, REACH)
