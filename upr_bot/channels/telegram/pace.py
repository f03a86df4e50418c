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
"""Further actions of which the spinner still ends. Each costs a call, and Telegram lets a bot make only so many for everybody."""
TIDY: Final = 15.0
"""Seconds between two looks at which chats have been still for `PERIOD`, and are let go."""


class Verdict(Enum):
    """What becomes of an action."""

    GO = "go"
    NOTICE = "notice"
    """Too many: say so, once until an action is answered again."""
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
        self._over: dict[int, int] = {}
        """Chat → actions since the last one that was answered."""

    def __len__(self) -> int:
        return len(self._done)

    def verdict(self, chat: int) -> Verdict:
        """Count one action of a chat, and judge it. What is not answered does not count, so that nobody stays shut out."""
        now = self._clock()
        if (done := self._done.get(chat)) is None:
            done = self._done[chat] = deque(maxlen=self._actions)
        if len(done) == self._actions and now - done[0] < PERIOD:
            over = self._over[chat] = self._over.get(chat, 0) + 1
            return Verdict.NOTICE if over == 1 else Verdict.QUIET if over <= QUIETLY else Verdict.DROP
        done.append(now)
        self._over.pop(chat, None)
        return Verdict.GO

    def take_back(self, chat: int) -> None:
        """Let the last action of a chat count no more: it was not answered, and comes again."""
        if done := self._done.get(chat):
            done.pop()

    def tidy(self) -> None:
        """Let go every chat that has been still for a minute."""
        now = self._clock()
        for chat in [chat for chat, done in self._done.items() if not done or now - done[-1] >= PERIOD]:
            del self._done[chat]
            self._over.pop(chat, None)
