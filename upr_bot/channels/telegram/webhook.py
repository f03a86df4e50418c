"""Updates by webhook: `POST /telegram` answers 200 only after the update was served."""

from __future__ import annotations

import hmac
import json
import math
from typing import Final

from starlette.types import Receive, Scope, Send

from upr_bot.channels.telegram.channel import Channel, NotServed

MAX_BODY: Final = 256 * 1024
SECRET_HEADER: Final = b"x-telegram-bot-api-secret-token"


class Webhook:
    """A bare ASGI application for one path: a framework's routing would cost as much as the answer."""

    def __init__(self, channel: Channel, secret: str) -> None:
        self._channel = channel
        self._secret = secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the secret before reading a byte of the body, then serve, then answer."""
        if scope["method"] != "POST":
            await _finish(send, 405, (b"allow", b"POST"))
            return
        headers = dict(scope["headers"])
        if not hmac.compare_digest(headers.get(SECRET_HEADER, b""), self._secret):
            await _finish(send, 403)
            return
        if (body := await _body(receive, headers.get(b"content-length", b"0"))) is None:
            await _finish(send, 413)
            return
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            update = None
        if not isinstance(update, dict):
            self._channel.pass_over()
            await _finish(send, 200)
            return
        try:
            await self._channel.serve(update)
        except NotServed as error:
            await _finish(send, 503, (b"retry-after", b"%d" % max(1, math.ceil(error.after))))
        else:
            await _finish(send, 200)


async def _body(receive: Receive, announced: bytes) -> bytes | None:
    """Read the body; None as soon as it is larger than `MAX_BODY`, or when the other side went away."""
    if announced.isdigit() and int(announced[:12]) > MAX_BODY:
        return None
    chunks: list[bytes] = []
    size = 0
    while True:
        part = await receive()
        if part["type"] == "http.disconnect":
            return None
        chunks.append(part.get("body", b""))
        size += len(chunks[-1])
        if size > MAX_BODY:
            return None
        if not part.get("more_body"):
            return b"".join(chunks)


async def _finish(send: Send, status: int, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0"), *headers]})
    await send({"type": "http.response.body", "body": b""})
