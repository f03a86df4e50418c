"""Content read anew while people are served, at SIGHUP: what is broken is told, and what was read before stays."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from typing import Final

from upr_bot.dialog import Knowledge
from upr_bot.errors import GuideError

log = logging.getLogger(__name__)

DONE: Final = "The content was read anew."
KEPT: Final = "The guide goes on with the content that it had."


def hang_ups(stop: asyncio.Event) -> asyncio.Event:
    """Return what each SIGHUP sets from now on, and one that came before.

    On a terminal it sets `stop`, since it says there that the terminal was closed.
    """
    asked = asyncio.Event()
    on_terminal = sys.stdin is not None and sys.stdin.isatty()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, stop.set if on_terminal else asked.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # `cli` lets it wait until here
    return asked


async def renew(
    asked: asyncio.Event, read: Callable[[], Knowledge], put: Callable[[Knowledge], object], say: Callable[[str], object]
) -> None:
    """Read the content anew whenever it is asked for, until cancelled. `put` takes what was read, `say` one line a mistake.

    Reading takes a second, in a thread, so that others are answered meanwhile. What is asked for meanwhile is read once more.
    """
    while True:
        await asked.wait()
        asked.clear()
        try:
            knowledge = await asyncio.to_thread(read)
        except GuideError as error:
            log.error("content_kept", extra={"error": type(error).__name__})
            for line in (*str(error).splitlines(), KEPT):
                say(line)
        except Exception as error:
            log.error("content_kept", extra={"error": type(error).__name__})
            say(KEPT)
        else:
            put(knowledge)
            say(DONE)
