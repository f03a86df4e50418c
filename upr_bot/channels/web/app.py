"""The pages over HTTP: every action is a path, a question is a POST, and no answer is kept by anybody between us and the reader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Final
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from upr_bot.actions import Action, Ask, ShowStart, Unknown, from_parts
from upr_bot.channels.web.page import STYLE_HASH, page
from upr_bot.content import Library
from upr_bot.dialog import Reader
from upr_bot.errors import StorageError
from upr_bot.guide import Guide
from upr_bot.journey import day_of

MAX_FORM: Final = 40_000
"""Bytes of a form: 2,000 characters of question, percent-encoded, with room."""

HEADERS: Final = (
    (
        b"content-security-policy",
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'".encode(),
    ),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"permissions-policy", b"interest-cohort=()"),
)


class _Guarded:
    """Puts the same headers on every answer, and refuses foreign host names where only this machine should ask."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        if self._hosts and _host(scope) not in self._hosts:
            response = PlainTextResponse(
                "This address is not served here. Use the address that the guide printed at its start.\n", 421
            )
            await response(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


def _host(scope: Scope) -> str:
    value = next((v for k, v in scope["headers"] if k == b"host"), b"").decode("latin-1").lower()
    return (value.rsplit(":", 1)[0] if not value.endswith("]") else value).removesuffix(".")


def web_app(guide: Guide, *, hosts: Collection[str] = (), healthy: Callable[[], Awaitable[None]] | None = None) -> ASGIApp:
    """Return the web channel. `hosts`: the only host names served, or empty for any (behind a platform's router).

    `healthy`: raises `StorageError` when the database or its key cannot be used; None where nothing is kept.
    """

    async def healthz(_: Request) -> Response:
        # The content was read before the port was opened: a process that answers has it.
        try:
            if healthy is not None:
                await healthy()
        except StorageError:
            return Response('{"status":"database"}', 503, media_type="application/json")
        return Response('{"status":"ok"}', media_type="application/json")

    async def answer(action: Action, language: str | None, status: int = 200) -> Response:
        turn = await guide.serve(action, Reader(language, "web"))
        if turn.file:
            saved = {"content-disposition": f'attachment; filename="{turn.file.name}"'}
            return Response(turn.file.content, media_type=turn.file.media, headers=saved)
        library = guide.knowledge.library
        return HTMLResponse(page(turn.reply, library.book(turn.language), tuple(library.books.values())), status)

    async def root(request: Request) -> Response:
        return RedirectResponse(f"/{_preferred(request, guide.knowledge.library)}", 303)

    async def show(request: Request) -> Response:
        library = guide.knowledge.library
        words = [word for word in request.path_params["path"].split("/") if word]
        if words and words[0] not in library.books:
            return await answer(Unknown(), _preferred(request, library), 404)
        step = from_parts(words) if len(words) > 1 else None
        action = step.action if step else ShowStart()
        known = guide.knowledge.card(action, words[0], "web", day_of(guide.clock())) is not None and not isinstance(action, Unknown)
        return await answer(action, words[0], 200 if known else 404)

    async def ask(request: Request) -> Response:
        library, language = guide.knowledge.library, request.path_params["language"]
        language = language if language in library.books else _preferred(request, library)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_FORM:
                return await answer(Ask(""), language, 413)
        form = _form(body)
        return await answer(Ask(form.get("q", [""])[0], form.get("of", [""])[0]), language)

    async def robots(_: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow:\n")

    routes = [
        Route("/healthz", healthz),
        Route("/robots.txt", robots),
        Route("/", root),
        Route("/{language:str}/ask", ask, methods=["POST"]),
        Route("/{path:path}", show),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(GZipMiddleware, minimum_size=600)])
    return _Guarded(app, hosts)


def _form(body: bytes) -> dict[str, list[str]]:
    """Return the fields of a form, or none of one that no page of ours sends."""
    try:
        return parse_qs(body.decode("utf-8", "replace"), max_num_fields=8, errors="replace")
    except ValueError:
        return {}


def _preferred(request: Request, library: Library) -> str:
    """Return the first language of the browser that we have, else the first we have."""
    for part in request.headers.get("accept-language", "")[:200].split(","):
        tag = part.split(";")[0].strip()
        if tag and library.book(tag).language.split("-")[0] == tag.split("-")[0].lower():
            return library.book(tag).language
    return library.first.language
