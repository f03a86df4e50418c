"""How calls reach the Bot API: python-telegram-bot's `Bot` on aiohttp.

The same bot served 6.4 times the updates of the stock transport (`docs/performance.md`).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from upr_bot.replies import File

READ_TIMEOUT: Final = 10.0
"""Seconds to wait for an answer of the Bot API; getUpdates adds its own waiting time."""
DONE: Final = b'{"ok":true'


@dataclass(slots=True)
class _Payload:
    """What stands in the place of `RequestData`, which would encode each parameter, then all of them again.

    `answer`: the body that came back with a success, as it came.
    """

    body: bytes
    raw: bool
    answer: bytes = b""
    media: str = "application/json"


def encode(value: Any) -> bytes:
    """Return a value as the shortest JSON; half of a surrogate pair, which has no bytes, becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def form(parameters: Mapping[str, Any], field: str, file: File) -> tuple[bytes, str]:
    """Return parameters and a file as the bytes of a form (RFC 7578), which can be sent again, and their media type."""
    boundary = uuid.uuid4().hex.encode()
    parts = []
    for name, value in parameters.items():
        said = value.encode() if isinstance(value, str) else encode(value)
        parts.append(b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (boundary, name.encode(), said))
    head = f'form-data; name="{field}"; filename="{file.name}"\r\nContent-Type: {file.media}'.encode()
    parts.append(b"--%b\r\nContent-Disposition: %b\r\n\r\n%b\r\n--%b--\r\n" % (boundary, head, file.content, boundary))
    return b"".join(parts), f"multipart/form-data; boundary={boundary.decode()}"


class Unanswered(NetworkError):
    """The connection broke after the request was sent: nobody knows whether it took effect."""


class AiohttpRequest(BaseRequest):
    """A transport for `Bot` on aiohttp. Errors carry no address, since it holds the token."""

    def __init__(self, connections: int = 100) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._timeouts: dict[float, aiohttp.ClientTimeout] = {}

    @property
    def read_timeout(self) -> float:
        """Return the seconds to wait for an answer."""
        return READ_TIMEOUT

    async def initialize(self) -> None:
        """Open the pool of connections."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=60)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def shutdown(self) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(self, url: str, body: bytes, media: str = "application/json") -> bytes:
        """Call a method with parameters as a JSON object (or a form); return the answer of a success as it came.

        Hardly anybody reads it. Raises python-telegram-bot's own errors. `post` hands its second argument to `do_request` as it is.
        """
        payload = _Payload(body, raw=False, media=media)
        await self.post(url, cast("RequestData", payload), read_timeout=READ_TIMEOUT)
        return payload.answer

    async def call_raw(self, url: str, body: bytes, *, seconds: float) -> bytes:
        """Call a method and return the answer as it came, for somebody who reads it with more care."""
        payload = _Payload(body, raw=True)
        await self.post(url, cast("RequestData", payload), read_timeout=seconds)
        return payload.answer

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Send one request; return status and body. Raises `TimedOut` or `NetworkError`."""
        assert self._session is not None, "initialize() first"
        seconds = read_timeout if isinstance(read_timeout, int | float) else READ_TIMEOUT
        body: Any = None
        headers = None
        given: object = request_data
        if isinstance(given, _Payload):
            body, headers = given.body, {"Content-Type": given.media}
        elif request_data is not None:
            body = request_data.json_parameters
        timeout = self._timeouts.setdefault(seconds, aiohttp.ClientTimeout(total=seconds))
        try:
            async with self._session.request(method, url, data=body, headers=headers, timeout=timeout) as response:
                answer = await response.read()
                # The message that comes back with a send or an edit is read by nobody, and parsing it cost as much as the update.
                if isinstance(given, _Payload) and response.status == 200:
                    given.answer = answer
                    if given.raw or answer.startswith(DONE):
                        return 200, b'{"ok":true,"result":true}'
                return response.status, answer
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientConnectorError, ConnectionRefusedError) as error:
            raise NetworkError(type(error).__name__) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unanswered(type(error).__name__) from None
