"""The guide as every channel sees it: an action in, a turn out. Effects that a turn will carry one day are run here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from upr_bot.actions import Action
from upr_bot.dialog import Knowledge, Reader, respond
from upr_bot.replies import Turn


class Guide:
    """Serves actions. Holds knowledge and nothing about people. `clock` returns the moment it is, aware."""

    def __init__(self, knowledge: Knowledge, clock: Callable[[], dt.datetime]) -> None:
        self.knowledge = knowledge
        self.clock = clock

    async def serve(self, action: Action, reader: Reader) -> Turn:
        """Answer one action by one person."""
        return respond(action, reader, self.knowledge, self.clock())
