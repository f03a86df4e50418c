"""Emptying a chat without knowing what is in it: no ids are kept, so those just before the bot's newest message are tried.

Message ids rise over all private chats of a bot together. An id that belongs to another chat, or to nothing, is passed over by
Telegram, since every call names the chat. What is older than 48 hours makes Telegram refuse a whole call, so the calls become
smaller until that border is found. A single message may be refused before it, such as a dice of today: a few are passed over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from telegram.error import BadRequest

REACH: Final = 1_000
"""Ids that are tried: ten calls. A bot that writes 500 messages an hour reaches two hours back, one that writes ten four days."""
AT_ONCE: Final = 100
"""Ids that Telegram takes in one call."""
PASSED_OVER: Final = 2
"""Messages that stay because Telegram refuses them alone; with the next one the border of 48 hours is taken for found."""


async def clear(delete: Callable[[Sequence[int]], Awaitable[None]], newest: int) -> None:
    """Delete what lies before the message `newest`, the latest first. `delete` raises `BadRequest` when its ids are refused."""
    upper, size, refused = newest - 1, AT_ONCE, 0
    lowest = max(1, newest - REACH)
    while upper >= lowest:
        ids = range(max(lowest, upper - size + 1), upper + 1)
        try:
            await delete(ids)
        except BadRequest:
            if len(ids) > 1:
                size = len(ids) // 2
                continue
            refused += 1
            if refused > PASSED_OVER:
                return
            size = AT_ONCE
        upper -= len(ids)
