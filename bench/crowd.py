"""A crowd behind a Bot API server: people with cards who type and tap, and Telegram's way of bringing what they do.

By webhook an update comes again until it is answered with 200, at most 100 at once; by polling an offset that is asked for twice
brings one update alone. The cards are those of `tests/botapi.py`, the sockets those of `bench/wire.py`, since a server that is slow
itself would be measured as a slow guide.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httptools
import yaml

from bench.wire import Server
from tests.botapi import SECRET, BotApi, Person
from tests.process import ROOT

ONCE = 100
"""Updates that Telegram brings at once, as the guide asks for."""
PATIENCE = 30.0
"""Seconds after which an action counts as never answered."""
AGAIN = 0.5
"""Seconds before an update comes again, doubled each time up to `LONGEST_AGAIN`."""
LONGEST_AGAIN = 4.0
TOO_MANY = b'{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}'
SHOWN = {"sendMessage", "editMessageText", "sendDocument"}
_CHAT = re.compile(rb'name="chat_id"\r\n\r\n(-?\d+)')


class _Line(asyncio.Protocol):
    """One kept connection to a webhook, for one update at a time."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.ended: asyncio.Future[int] | None = None
        self.open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._end(self.parser.get_status_code())

    def connection_lost(self, _: Exception | None) -> None:
        self.open = False
        self._end(0)

    def _end(self, status: int) -> None:
        if self.ended and not self.ended.done():
            self.ended.set_result(status)

    async def post(self, body: bytes) -> int:
        """Bring an update; return the status, 0 when the connection broke."""
        self.ended = asyncio.get_running_loop().create_future()
        head = (
            "POST /telegram HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        self.transport.write(head + body)  # type: ignore[attr-defined]
        return await self.ended


class Hooks:
    """Brings updates to one webhook or to several in turn, each until it is answered with 200.

    What one replica did not take goes to the next one when it comes again, as with a balancer that knows nothing of its replicas.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = ports
        self.turn = itertools.count()
        self.free: dict[int, list[_Line]] = {port: [] for port in ports}
        self.room = asyncio.Semaphore(ONCE)
        self.statuses: Counter[int] = Counter()

    async def bring(self, update: dict[str, Any]) -> None:
        body = json.dumps(update).encode()
        pause, tries = AGAIN, itertools.count(next(self.turn))
        async with self.room:
            while (status := await self._post(self.ports[next(tries) % len(self.ports)], body)) != 200:
                self.statuses[status] += 1
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_AGAIN)
        self.statuses[200] += 1

    async def _post(self, port: int, body: bytes) -> int:
        try:
            while (line := self.free[port].pop() if self.free[port] else None) and not line.open:
                pass
            if line is None:
                _, line = await asyncio.get_running_loop().create_connection(_Line, "127.0.0.1", port)
        except OSError:
            return 0
        status = await line.post(body)
        if line.open:
            self.free[port].append(line)
        return status


class Crowd(BotApi):
    """Telegram: its people, their cards, and every call of the bot, counted.

    `delay`: seconds from the effect of a call to its answer. `spinners`: calls a second that end the spinner of a tap, 0 for no
    limit; more of them are refused with 429.
    """

    def __init__(self, delay: float = 0.0, spinners: int = 0) -> None:
        super().__init__()
        self.delay = delay
        self.spinners = spinners
        self._ended: deque[float] = deque(maxlen=spinners or 1)
        self.throttle = True
        self.hooks: Hooks | None = None
        self.counted: Counter[str] = Counter()
        self.arrived: dict[int, list[float]] = {}
        """Chat → when cards arrived there, for those who have no place among `people`."""
        self.waiting: dict[int, asyncio.Future[float]] = {}
        self.took: list[float] = []
        """Seconds from each action to its card."""
        self.silent = 0
        """Actions that were never answered."""
        self._tasks: set[asyncio.Future[Any]] = set()

    async def listen(self) -> None:
        """Open the server on a free port."""
        server = await asyncio.get_running_loop().create_server(lambda: Server(self), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def keep(self, work: Any) -> None:
        """Let something go on by itself, to its end."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def asked(self, method: str, body: bytes, answer: Callable[..., None]) -> None:
        """Take a call of the bot."""
        self.counted[method] += 1
        if method == "answerCallbackQuery" and b'"%b' % FLOOD.encode() in body:
            self.counted[FLOOD] += 1
        if method in SHOWN:
            result = self._card(method, body)
        elif method == "getUpdates":
            self.keep(self._hand_out(json.loads(body), answer))
            return
        elif method == "getMe":
            self.keep(self._me(answer))
            return
        else:
            result = b"true"
        status = 200
        if self.spinners and method == "answerCallbackQuery":
            now = time.perf_counter()
            if len(self._ended) == self.spinners and now - self._ended[0] < 1:
                status, result = 429, TOO_MANY
            else:
                self._ended.append(now)
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, answer, result, status)
        else:
            answer(result, status)

    async def _me(self, answer: Callable[..., None]) -> None:
        answer(json.dumps(await self.do_getMe({})).encode())

    async def _hand_out(self, asked: dict[str, Any], answer: Callable[..., None]) -> None:
        answer(json.dumps(await self.do_getUpdates(asked)).encode())

    def _card(self, method: str, body: bytes) -> bytes:
        now = time.perf_counter()
        if method == "sendDocument":
            found = _CHAT.search(body)
            assert found
            chat, parameters = int(found.group(1)), None
        else:
            parameters = json.loads(body)
            chat = int(parameters["chat_id"])
        number = 1
        if chat not in self.people:
            self.arrived.setdefault(chat, []).append(now)
        elif parameters is not None:
            number = parameters.get("message_id") or next(self.message_ids)
            self._shown(parameters, number)
        # A reminder is silent and answers nobody.
        if (
            not (parameters or {}).get("disable_notification")
            and (answered := self.waiting.pop(chat, None))
            and not answered.done()
        ):
            answered.set_result(now)
        return b'{"message_id":%d,"date":1,"chat":{"id":%d,"type":"private","first_name":"x"},"text":"x"}' % (number, chat)

    def bring(self, update: dict[str, Any]) -> None:
        """Hand an update to the bot, by whichever way it listens."""
        self.keep(self.hooks.bring(update) if self.hooks else self.push(update))

    async def act(self, update: dict[str, Any], chat: int) -> None:
        """Bring what somebody did, and note how long the card takes to arrive, or that it never does."""
        answered = self.waiting[chat] = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        self.bring(update)
        try:
            self.took.append(await asyncio.wait_for(answered, PATIENCE) - begun)
        except TimeoutError:
            self.waiting.pop(chat, None)
            self.silent += 1


# --- what people do --------------------------------------------------------------------------------------------------------------

LANGUAGES = ("en", "fr", "es")
_ASKINGS = {code: yaml.safe_load((ROOT / f"tests/faq/{code}.yaml").read_text(encoding="utf-8")) for code in LANGUAGES}
QUESTIONS = {code: [asking for askings in _ASKINGS[code]["askings"].values() for asking in askings] for code in LANGUAGES}
DANGER = {code: yaml.safe_load((ROOT / f"tests/danger/{code}.yaml").read_text(encoding="utf-8"))["danger"] for code in LANGUAGES}
COUNTRIES = ("Nepal", "Togo", "Peru", "Chad", "Kenya", "Fiji", "Cuba", "Mali", "Jordan", "Malta")
REMINDER = ("days", "days", "hour", "wording", "check", "save")
"""The buttons from a country to a kept reminder, by their verbs: Message me, a tick, Done, an hour, a wording, Confirm."""
FLOOD = "flood"
"""What the callbacks of the one who floods begin with."""
FLOODER = 41


def buttons(person: Person) -> list[str]:
    """Return what the buttons of somebody's last card carry."""
    rows = person.last.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["callback_data"] for row in rows for button in row if "callback_data" in button]


def life(person: Person, dice: random.Random, *, calm: bool = False) -> Iterator[dict[str, Any]]:
    """Yield what somebody does, one update after the other, each made when the card before it is there.

    Menus, questions, danger, reminders from the country to Confirm and back, /clear and whatever is tapped in between.
    `calm`: only menus, taps and questions.
    """
    while True:
        drawn = dice.random()
        if calm or drawn < 0.7:
            said = dice.choice(("/guide", "/start", "/help", dice.choice(QUESTIONS[person.language])))
            yield person.message(text=said)
            for _ in range(dice.randint(0, 3)):
                if found := buttons(person):
                    yield person.tap(data=dice.choice(found))
        elif drawn < 0.8:
            yield person.message(text=dice.choice(DANGER[person.language]))
        elif drawn < 0.9:
            yield from _reminder(person, dice)
        elif drawn < 0.95:
            yield person.message(text=dice.choice(("/remind", "/export", "/forget", "/now", "/dates", "/safety", "/words")))
            if found := buttons(person):
                yield person.tap(data=dice.choice(found))
        else:
            yield person.message(text="/clear")


def _reminder(person: Person, dice: random.Random) -> Iterator[dict[str, Any]]:
    yield person.message(text=f"/remind {dice.choice(COUNTRIES)}")
    for verb in REMINDER:
        if found := [data for data in buttons(person) if data.split("__")[1] == verb]:
            yield person.tap(data=dice.choice(found))
    if dice.random() < 0.5:
        yield person.message(text="/remind")
        if stops := [data for data in buttons(person) if data.split("__")[1] == "stop"]:
            yield person.tap(data=stops[0])
