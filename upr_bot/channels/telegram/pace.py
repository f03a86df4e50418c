"""How much one person may ask in a minute. In memory alone, and for a minute alone: when each chat acted, not what it did."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum
from time import monotonic
from typing import Final

ACTIONS: Final = 30
"""Actions of one chat that are answered within `PERIOD`."""
PERIOD: Final = 60.0
"""Seconds."""
QUIETLY: Final = 2 * ACTIONS
"""Further actions within `PERIOD` of which the spinner still ends. Each costs a call, and Telegram lets a bot make only so many."""
TIDY: Final = 15.0
"""Seconds between two looks at which chats have been still for `PERIOD`, and are let go."""


class Verdict(Enum):
    """What becomes of an action."""

    GO = "go"
    NOTICE = "notice"
    """Too many: say so, once in `PERIOD`."""
    QUIET = "quiet"
    """Too many, and that was said."""
    DROP = "drop"
    """A flood: nothing at all is done about it."""


class Pace:
    """Counts the actions of each chat in the last minute. `clock`: seconds that never run backwards."""

    def __init__(self, actions: int = ACTIONS, clock: Callable[[], float] = monotonic) -> None:
        self._actions = actions
        self._clock = clock
        self._done: dict[int, deque[float]] = {}
        """Chat → when its last actions were, at most as many as are answered."""
        self._over: dict[int, tuple[float, int]] = {}
        """Chat → when it was told that this is too much, and how many actions were too many since."""

    def __len__(self) -> int:
        return len(self._done)

    def verdict(self, chat: int) -> Verdict:
        """Count one action of a chat, and judge it. What is not answered does not count, so that nobody stays shut out."""
        now = self._clock()
        if (done := self._done.get(chat)) is None:
            done = self._done[chat] = deque(maxlen=self._actions)
        if len(done) == self._actions and now - done[0] < PERIOD:
            told, over = self._over.get(chat, (now, 0))
            if now - told >= PERIOD:
                told, over = now, 0
            self._over[chat] = told, over + 1
            return Verdict.NOTICE if over == 0 else Verdict.QUIET if over <= QUIETLY else Verdict.DROP
        done.append(now)
        return Verdict.GO

    def take_back(self, chat: int) -> None:
        """Let the last action of a chat count no more: it was not answered, and comes again."""
        if done := self._done.get(chat):
            done.pop()

    def tidy(self) -> None:
        """Let go what is a minute old."""
        now = self._clock()
        for chat in [chat for chat, done in self._done.items() if not done or now - done[-1] >= PERIOD]:
            del self._done[chat]
        for chat in [chat for chat, (told, _) in self._over.items() if now - told >= PERIOD]:
            del self._over[chat]
