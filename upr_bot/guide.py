"""The guide as every channel sees it: an action in, a turn out, and what the turn asks for carried out in between."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from upr_bot.actions import Action
from upr_bot.dialog import Knowledge, Reader, respond
from upr_bot.errors import StorageError
from upr_bot.replies import Turn
from upr_bot.wish import Effect, Kept, NotReadError, Wish

log = logging.getLogger(__name__)


class Memory(Protocol):
    """What keeps reminders: `upr_bot.storage.Subscriptions`, for one."""

    async def of(self, chat: int) -> list[Wish]:
        """Return what is kept about a chat. Raises `StorageError`."""

    async def carry_out(self, chat: int, effect: Effect) -> None:
        """Keep, stop or forget. Doing it twice is doing it once. Raises `StorageError`; then nothing is changed."""


class Guide:
    """Serves actions. Holds knowledge, which may be renewed between two actions, and nothing about people.

    `clock` returns the moment it is, aware. `memory`: what keeps reminders, None where this copy keeps none.
    """

    def __init__(self, knowledge: Knowledge, clock: Callable[[], dt.datetime], memory: Memory | None = None) -> None:
        self.knowledge = knowledge
        self.clock = clock
        self.memory = memory

    def renew(self, knowledge: Knowledge) -> None:
        """Answer from other knowledge from the next action on."""
        self.knowledge = knowledge

    async def serve(self, action: Action, reader: Reader, chat: int | None = None) -> Turn:
        """Answer one action by one person. `chat`: whose reminders it may be about; None on the web and in the terminal."""
        memory, knowledge = self.memory, self.knowledge
        if memory is None or chat is None:
            return _turned(respond(action, reader, knowledge, self.clock()), knowledge)
        try:
            turn = await self._answered(action, reader, chat, memory, knowledge)
            if turn.effect is not None:
                await memory.carry_out(chat, turn.effect)
        except StorageError as error:
            log.warning("database_away", extra={"error": type(error).__name__})
            return _unchanged(reader, knowledge)
        return _turned(turn, knowledge)

    async def _answered(self, action: Action, reader: Reader, chat: int, memory: Memory, knowledge: Knowledge) -> Turn:
        """Answer an action; what is kept about the person is read only when the answer turns out to depend on it."""
        now = self.clock()
        try:
            return respond(action, reader, knowledge, now, Kept(chat, None))
        except NotReadError:
            return respond(action, reader, knowledge, now, Kept(chat, tuple(await memory.of(chat))))


def _turned(turn: Turn, knowledge: Knowledge) -> Turn:
    """Mark a card of a language that is written from right to left."""
    if turn.reply.rtl or knowledge.library.books[turn.language].direction == "ltr":
        return turn
    return replace(turn, reply=replace(turn.reply, rtl=True, shared=False))


def _unchanged(reader: Reader, knowledge: Knowledge) -> Turn:
    """Say that something could not be done and nothing was changed."""
    book = knowledge.library.book(reader.language)
    return Turn(knowledge.cards(book.language, reader.channel).help(book.phrases.not_saved), book.language)
