"""Order within a chat, while many chats run at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class Lanes:
    """Runs the work of one chat in the order it came; a lane is gone as soon as it is empty."""

    def __init__(self) -> None:
        self._last: dict[int, asyncio.Future[None]] = {}

    def __len__(self) -> int:
        return len(self._last)

    async def run(self, chat: int, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` after everything that was given for this chat before."""
        before = self._last.get(chat)
        done = asyncio.get_running_loop().create_future()
        self._last[chat] = done
        try:
            if before is not None:
                await asyncio.shield(before)
            return await work()
        finally:
            if before is None or before.done():
                self._leave(chat, done)
            else:  # cancelled while it waited: whoever comes next still waits for what was before
                before.add_done_callback(lambda _: self._leave(chat, done))

    def _leave(self, chat: int, done: asyncio.Future[None]) -> None:
        done.set_result(None)
        if self._last.get(chat) is done:
            del self._last[chat]
