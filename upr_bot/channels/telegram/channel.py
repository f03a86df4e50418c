"""One update, served to its end: read, answered, rendered, sent. What cannot be sent now is `NotServed`, never lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, Final

from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError, TimedOut

from upr_bot.actions import Block, ShowHome
from upr_bot.channels.telegram.clear import clear
from upr_bot.channels.telegram.lanes import Lanes
from upr_bot.channels.telegram.pace import TIDY, Pace, Verdict
from upr_bot.channels.telegram.read import Heard, heard
from upr_bot.channels.telegram.render import captioned, encoded
from upr_bot.channels.telegram.transport import AiohttpRequest, Unanswered, encode, form
from upr_bot.counts import Counts
from upr_bot.dialog import Reader
from upr_bot.guide import Guide
from upr_bot.replies import Button, Reply, Turn, rich

log = logging.getLogger(__name__)

PAUSES: Final = (0.3, 1.0, 3.0)
"""Seconds before each further try when the Bot API does not answer."""
LONGEST_WAIT: Final = 10.0
"""Seconds that a `retry_after` is waited for within one update; a longer one makes the update come again after that time."""
SENDS: Final = 2
"""How often a message is sent when no answer says whether it arrived: a second copy is better than silence, a third is not."""


class NotServed(Exception):
    """The Bot API could not be reached in time: the update must come again, `after` seconds if a 429 said so."""

    def __init__(self, after: float = 0.0) -> None:
        super().__init__()
        self.after = after


class Channel:
    """Serves updates. Holds the connection, the lanes and, for a minute, how often each chat acted; nothing else about people."""

    def __init__(
        self, bot: Bot, request: AiohttpRequest, guide: Guide, counts: Counts | None = None, pace: Pace | None = None
    ) -> None:
        self._bot = bot
        self._request = request
        self._guide = guide
        self._lanes = Lanes()
        self._pace = pace or Pace()
        self._counts = counts or Counts()
        self.connected = asyncio.Event()
        """Set once the bot knows its own name; what comes before is asked to come again."""

    async def let_go(self) -> None:
        """Let go, as long as it runs, what is known of chats that have been still for a minute."""
        while True:
            await asyncio.sleep(TIDY)
            self._pace.tidy()

    async def serve(self, update: Mapping[str, Any]) -> None:
        """Serve one update to its end.

        An update that cannot be read, or that trips a defect of ours, is acknowledged once; the log names the type of the error,
        never its text. Raises `NotServed` when Telegram must bring it again.
        """
        self._counts.updates[await self._ended(update)] += 1

    def pass_over(self) -> None:
        """Count what came in the place of an update and is no JSON; it would be the same the next time."""
        log.warning("update_unreadable", extra={"error": "not JSON"})
        self._counts.updates["unreadable"] += 1

    async def _ended(self, update: Mapping[str, Any]) -> str:
        """Serve an update; return how it ended, as `Counts.updates` names it. Raises `NotServed`."""
        try:
            did = heard(update)
        except Exception as error:
            log.warning("update_unreadable", extra={"error": type(error).__name__})
            return "unreadable"
        if did is None:
            return "not_ours"
        if not self.connected.is_set():
            self._counts.updates["again"] += 1
            raise NotServed
        begun, end = monotonic(), "too_many"
        # That somebody blocked the bot is no action of a flood: who blocks is forgotten.
        verdict = Verdict.GO if isinstance(did.step.action, Block) else self._pace.verdict(did.chat)
        try:
            if verdict is Verdict.GO:
                end = await self._lanes.run(did.chat, lambda: self._answer(did))
            elif verdict is not Verdict.DROP:
                await self._slow_down(did, say=verdict is Verdict.NOTICE)
        except NotServed:
            if verdict is Verdict.GO:
                self._pace.take_back(did.chat)  # it comes again, and is one action
            self._counts.updates["again"] += 1
            raise
        except Exception as error:
            log.error("defect", extra={"error": type(error).__name__})
            return "defect"
        if verdict is Verdict.GO:
            self._counts.took(monotonic() - begun)
        return end

    async def _answer(self, did: Heard) -> str:
        """Answer; return how it ended, as `Counts.updates` names it. Whoever trips a defect of ours is told so."""
        try:
            turn, end = await self._turn(did), "served"
        except Exception as error:
            log.error("defect", extra={"error": type(error).__name__})
            turn, end = await self._apology(did), "defect"
        if isinstance(did.step.action, Block):  # nobody is there any more to be told
            return end
        if did.callback is None:
            await self._show(did, turn)
            return end
        # The card and the end of the spinner do not wait for each other; a failure is told only after both ended.
        ended = self._call("answerCallbackQuery", encode({"callback_query_id": did.callback}))
        for outcome in await asyncio.gather(self._show(did, turn), ended, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        return end

    async def _slow_down(self, did: Heard, *, say: bool) -> None:
        """Say once that this is too much; the spinner of a tap ends all the same.

        That is tried once: a flood that waited out Telegram's 429s would take every connection on which others' updates come.
        """
        words = self._guide.knowledge.library.book(did.step.language).phrases.too_fast
        if did.callback is not None:
            told = {"text": words} if say else {}
            with contextlib.suppress(TelegramError):
                await self._once("answerCallbackQuery", encode({"callback_query_id": did.callback, **told}))
        elif say:
            await self._say("sendMessage", b'{"chat_id":%d,' % did.chat, Reply(rich(words)), self._bot.username)

    async def _turn(self, did: Heard) -> Turn:
        reader = Reader(did.step.language, "telegram", did.carried, did.said)
        return await self._guide.serve(did.step.action, reader, did.chat)

    async def _apology(self, did: Heard) -> Turn:
        book = self._guide.knowledge.library.book(did.step.language)
        rows: tuple[tuple[Button, ...], ...] = ()
        with contextlib.suppress(Exception):  # what broke may break Home too: the sentence comes all the same
            rows = (await self._guide.serve(ShowHome(), Reader(did.step.language, "telegram"))).reply.rows
        return Turn(Reply(rich(book.phrases.broken), rows), book.language)

    async def _show(self, did: Heard, turn: Turn) -> None:
        """Edit the card that was tapped; send a new one when there is none, or when it can no longer be edited.

        A file comes as a message of its own, with the card as its caption: a text cannot be edited into a file.
        """
        name = self._bot.username
        reply = turn.reply
        if turn.file is not None:
            body, media = form({"chat_id": did.chat, **captioned(reply)}, "document", turn.file)
            try:
                await self._call("sendDocument", body, media)
            except BadRequest:
                log.warning("send_refused", extra={"error": "BadRequest"})
            return
        if turn.clears:
            sent = await self._say("sendMessage", b'{"chat_id":%d,' % did.chat, reply, name)
            # When no answer says whether the card arrived, at least what was there before it goes.
            newest = int(json.loads(sent)["result"]["message_id"]) if sent else did.at + 1
            await clear(lambda ids: self._delete(did.chat, ids), newest)
            return
        # A message that opens the keyboard cannot be made of one that does not.
        if (
            did.card is not None
            and not reply.writes
            and await self._say("editMessageText", b'{"chat_id":%d,"message_id":%d,' % (did.chat, did.card), reply, name)
            is not None
        ):
            return
        await self._say("sendMessage", b'{"chat_id":%d,' % did.chat, reply, name)

    async def _say(self, method: str, target: bytes, reply: Reply, name: str) -> bytes | None:
        """Show a card; return what Telegram says of it, None when the message to edit is gone.

        Falls back to plain text when Telegram refuses the HTML.
        """
        for formatted in (True, False):
            try:
                return await self._call(method, target + encoded(reply, name, formatted=formatted) + b"}")
            except BadRequest as error:
                reason = error.message.lower()
                if "not modified" in reason:
                    return b""
                if formatted and ("entit" in reason or "parse" in reason or "tag" in reason):
                    log.warning("html_refused", extra={"error": "BadRequest"})
                    continue
                if method != "editMessageText":
                    log.warning("send_refused", extra={"error": "BadRequest"})
                    return b""
            break
        return None if method == "editMessageText" else b""

    async def _delete(self, chat: int, ids: Sequence[int]) -> None:
        await self._call("deleteMessages", encode({"chat_id": chat, "message_ids": list(ids)}))

    async def _once(self, method: str, body: bytes, media: str = "application/json") -> bytes:
        """Call the Bot API once, and count what it said. Raises `TelegramError`."""
        try:
            answer = await self._request.call(f"{self._bot.base_url}/{method}", body, media)
        except TelegramError as error:
            self._counts.calls["answer", type(error).__name__] += 1
            raise
        self._counts.calls["answer", "ok"] += 1
        return answer

    async def _call(self, method: str, body: bytes, media: str = "application/json") -> bytes:
        """Call the Bot API; return its answer, or nothing where nobody is there any more or no answer came.

        Waits as long as a 429 says, tries again when it is away. Raises `BadRequest` or `NotServed`.
        """
        waited = 0.0
        tries = 0
        while True:
            try:
                return await self._once(method, body, media)
            except BadRequest:
                if method != "answerCallbackQuery":
                    raise
                # Too old, or answered by another replica: nothing is owed any more.
            except (Forbidden, ChatMigrated):
                pass  # blocked by the person: Telegram tells that apart, and whoever blocks is forgotten
            except RetryAfter as error:
                pause = seconds(error)
                if waited + pause > LONGEST_WAIT:
                    raise NotServed(pause) from None
                waited += pause
                await asyncio.sleep(pause)
                continue
            except InvalidToken:
                log.error("token_refused", extra={"error": "InvalidToken"})
                raise NotServed from None
            except TelegramError as error:
                tries += 1
                unclear = isinstance(error, TimedOut | Unanswered) and method.startswith("send")
                if unclear and tries == SENDS:
                    log.warning("send_unclear", extra={"error": type(error).__name__})
                    return b""
                if tries > len(PAUSES):
                    log.warning("not_served", extra={"error": type(error).__name__})
                    raise NotServed from None
                await asyncio.sleep(PAUSES[tries - 1])
                continue
            return b""


def seconds(error: RetryAfter) -> float:
    """Return how long a 429 asks to wait."""
    after = error.retry_after
    return float(after if isinstance(after, int | float) else after.total_seconds())
