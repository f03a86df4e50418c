"""A Bot API server light enough to measure bots with: a process of its own, on raw sockets, that answers everything at once.

It speaks to one bot: hands out updates by long polling, or brings them to webhooks over kept-alive connections, and counts what
comes back. `bench/crowd.py` puts people with cards behind the same sockets.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import httptools
import yaml

from tests.process import ROOT

TOKEN = "123456789:bench-token-AAAAAAAAAAAAAAA"
SECRET = "bench-secret-0123456789-0123456789-0123"
CHATS = 5_000
"""People who act in turn: a chat is answered 30 times a minute, and the fastest bot gets 10,000 updates in three seconds."""
ME = {"id": 123456789, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


PERSON = {"id": 5, "is_bot": False, "first_name": "x", "language_code": "en"}
CHAT = {"id": 5, "type": "private", "first_name": "x"}
OPEN = yaml.safe_load((ROOT / "tests/faq/en.yaml").read_text(encoding="utf-8"))
QUESTIONS = [asking for askings in OPEN["askings"].values() for asking in askings]


def message(number: int, person: int, text: str) -> dict:
    who = {"id": 10_000 + person}
    return {"message": {"message_id": number, "date": 1, "chat": CHAT | who, "from": PERSON | who, "text": text}}


def menu(number: int, person: int) -> dict:
    return message(number, person, "/guide")


def question(number: int, person: int) -> dict:
    return message(number, person, QUESTIONS[number % len(QUESTIONS)])


def tap(number: int, person: int, data: str = "en__guide") -> dict:
    who = {"id": 10_000 + person}
    card = {"message_id": 7, "date": 1, "chat": CHAT | who, "text": "x"}
    return {"callback_query": {"id": str(number), "from": PERSON | who, "chat_instance": "1", "data": data, "message": card}}


class Asked(Protocol):
    """Whoever stands behind a connection of the bot."""

    def asked(self, method: str, body: bytes, answer: Callable[..., None]) -> None:
        """Take a call; `answer` with the JSON of its result, or with the whole of an error and its status."""


class Server(asyncio.Protocol):
    """One connection of the bot."""

    def __init__(self, api: Asked) -> None:
        self.api = api

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.body = b""

    def on_url(self, url: bytes) -> None:
        self.url = url

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.api.asked(self.url.rsplit(b"/", 1)[1].decode(), self.body, self.answer)

    def answer(self, result: bytes, status: int = 200) -> None:
        body = b'{"ok":true,"result":' + result + b"}" if status == 200 else result
        head = b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        self.transport.write(head + body)  # type: ignore[attr-defined]


class _Hook(asyncio.Protocol):
    """One connection to the bot's webhook; one update at a time."""

    def __init__(self, done: Callable[[_Hook, bytes], None]) -> None:
        self.done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.body = b""

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        assert self.parser.get_status_code() == 200, self.parser.get_status_code()
        self.done(self, self.body)


class Api:
    """The server and its people, who each wait for an answer before they act again."""

    def __init__(self, act: Callable[[int, int], dict]) -> None:
        self.act = act
        self.numbers = itertools.count(1)
        self.answered = 0
        self.waiting: deque[bytes] = deque()
        self.poll: Callable[[bytes], None] | None = None
        self.ready = asyncio.Event()
        self.stopped = False
        self.offered: list[bytes] = []

    def asked(self, method: str, _: bytes, answer: Callable[[bytes], None]) -> None:
        if method == "getUpdates":
            self.ready.set()
            self.poll = answer
            self._hand_out()
        elif method == "getMe":
            answer(json.dumps(ME).encode())
        elif method in {"sendMessage", "editMessageText"}:
            self.answered += 1
            answer(b'{"message_id":1,"date":1,"chat":{"id":1,"type":"private","first_name":"x"},"text":"x"}')
            if not self.hooked:
                self._next()
        else:
            if method == "setWebhook":
                self.ready.set()
            answer(b"true")

    hooked = False

    def _next(self) -> bytes:
        number = next(self.numbers)
        update = json.dumps({"update_id": number, **self.act(number, number % CHATS)}).encode()
        if not self.hooked and not self.stopped:
            self.waiting.append(update)
            asyncio.get_running_loop().call_soon(self._hand_out)
        return update

    def _hand_out(self) -> None:
        if self.poll and self.waiting:
            batch = [self.waiting.popleft() for _ in range(min(100, len(self.waiting)))]
            answer, self.poll = self.poll, None
            answer(b"[" + b",".join(batch) + b"]")

    async def start(self) -> int:
        server = await asyncio.get_running_loop().create_server(lambda: Server(self), "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])

    async def by_polling(self, seconds: float, people: int) -> None:
        """Let `people` talk for some seconds by polling."""
        for _ in range(people):
            self._next()
        await asyncio.sleep(seconds)
        self.stopped = True

    async def by_webhook(self, ports: Sequence[int], path: str, seconds: float, people: int) -> None:
        """Let `people` talk for some seconds by webhook; as many connections as people, to each port in turn."""
        self.hooked = True
        stop = asyncio.get_running_loop().time() + seconds

        def post(connection: _Hook, _: bytes = b"") -> None:
            if asyncio.get_running_loop().time() > stop:
                connection.transport.close()
                return
            body = self._next()
            head = (
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
            ).encode()
            connection.transport.write(head + body)  # type: ignore[attr-defined]

        for person in range(people):
            port = ports[person % len(ports)]
            _, connection = await asyncio.get_running_loop().create_connection(lambda: _Hook(post), "127.0.0.1", port)
            post(connection)
        await asyncio.sleep(seconds + 0.2)
