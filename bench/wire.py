"""A Bot API server light enough to measure bots with: a process of its own, on raw sockets, that answers everything at once.

It speaks to one bot: hands out updates by long polling, or brings them to a webhook over kept-alive connections, and counts what
comes back.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable

import httptools

TOKEN = "123456789:bench-token-AAAAAAAAAAAAAAA"
SECRET = "bench-secret-0123456789-0123456789-0123"
ME = {"id": 123456789, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


class _Server(asyncio.Protocol):
    """One connection of the bot."""

    def __init__(self, api: Api) -> None:
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
        self.api.asked(self.url.rsplit(b"/", 1)[1].decode(), self.answer)

    def answer(self, result: bytes) -> None:
        body = b'{"ok":true,"result":' + result + b"}"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
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

    def asked(self, method: str, answer: Callable[[bytes], None]) -> None:
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
        update = json.dumps({"update_id": number, **self.act(number, number % 100)}).encode()
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
        server = await asyncio.get_running_loop().create_server(lambda: _Server(self), "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])

    async def by_polling(self, seconds: float, people: int) -> None:
        """Let `people` talk for some seconds by polling."""
        for _ in range(people):
            self._next()
        await asyncio.sleep(seconds)
        self.stopped = True

    async def by_webhook(self, port: int, path: str, seconds: float, people: int) -> None:
        """Let `people` talk for some seconds by webhook."""
        self.hooked = True
        stop = asyncio.get_running_loop().time() + seconds

        def post(connection: _Hook, _: bytes = b"") -> None:
            if asyncio.get_running_loop().time() > stop:
                connection.transport.close()
                return
            body = self._next()
            head = (
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
                f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
            ).encode()
            connection.transport.write(head + body)  # type: ignore[attr-defined]

        for _ in range(people):
            _, connection = await asyncio.get_running_loop().create_connection(lambda: _Hook(post), "127.0.0.1", port)
            post(connection)
        await asyncio.sleep(seconds + 0.2)
