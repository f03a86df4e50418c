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


def _in_terminal() -> bool:
    """Tell whether this process hangs on a terminal: SIGHUP then says that it was closed."""
    return sys.stdin is not None and sys.stdin.isatty()


async def renew(
    read: Callable[[], Knowledge], put: Callable[[Knowledge], object], say: Callable[[str], object], stop: asyncio.Event
) -> None:
    """Read the content anew whenever SIGHUP asks for it, until cancelled. `put` takes what was read, `say` one line a mistake.

    Reading takes seconds, in a thread, so that others are answered meanwhile. Where a terminal was closed, `stop` is set instead.
    """
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, stop.set if _in_terminal() else asked.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # what came before is heard now
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
