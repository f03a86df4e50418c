"""`upr-bot serve`: the web and Telegram in one process, started and stopped together."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from upr_bot.channels.telegram import Telegram
from upr_bot.channels.web import web_app
from upr_bot.channels.web.port import bound
from upr_bot.counts import Counts
from upr_bot.dialog import Knowledge
from upr_bot.guide import Guide
from upr_bot.metrics import shown
from upr_bot.renewal import hang_ups, renew
from upr_bot.settings import TELEGRAM_PATH, Settings

if TYPE_CHECKING:
    from upr_bot.storage import Database

log = logging.getLogger(__name__)

GRACE: Final = 8
"""Seconds that requests in flight get after SIGTERM; the process has ended within ten."""


class _Server(uvicorn.Server):
    """Leaves signals to `serve`, which stops every part and exits 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """Open the web server's port. Raises `ServiceError` when it is taken or not allowed."""
    listener = bound(host, port)
    listener.listen(1024)
    listener.setblocking(False)  # noqa: FBT003 - the standard library takes it so
    return listener


def both(web: ASGIApp, telegram: ASGIApp | None, public_url: str | None) -> ASGIApp:
    """Return one application: Telegram's updates on their path, pages everywhere else.

    Updates for a public address with a path of its own come with and without it, since some proxies take it off.
    """
    if telegram is None:
        return web
    paths = {TELEGRAM_PATH, urlsplit(public_url or "").path + TELEGRAM_PATH}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in paths:
            await telegram(scope, receive, send)
        else:
            await web(scope, receive, send)

    return app


def hosts_served(settings: Settings) -> frozenset[str]:
    """Return the host names that are answered: on a loopback address only its own, else all."""
    if not settings.loopback:
        return frozenset()
    own = {"127.0.0.1", "localhost", "[::1]", settings.host.lower()}
    if settings.public_url:
        own.add((urlsplit(settings.public_url).hostname or "").lower())
    return frozenset(own)


async def _remind(settings: Settings, guide: Guide, database: Database, counts: Counts, stop: asyncio.Event) -> None:
    from upr_bot.channels.telegram.post import reminders_post
    from upr_bot.reminders import Worker

    async with reminders_post(settings, counts) as post:
        await Worker(database, lambda: guide.knowledge, post, guide.clock).run(stop)


def _settle() -> None:
    """Set apart what lives as long as its content does, and give back what reading took beside it: 10 MB of 128."""
    gc.unfreeze()  # the content before this one, whose cards lead back to it
    gc.collect()
    gc.freeze()  # no collection need walk it again
    # Only glibc has a call for it.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _renewed(guide: Guide, knowledge: Knowledge) -> None:
    guide.renew(knowledge)
    _settle()


async def serve(settings: Settings, guide: Guide, read: Callable[[], Knowledge], say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. Raises `ServiceError` when the port, the token or the database is refused.

    `read` reads the content anew, when SIGHUP asks for it; it may raise `GuideError`.
    """
    listener = listen(settings.host, settings.port)
    counts = Counts()
    with shown(counts, settings.metrics_port):
        await _opened(settings, guide, read, counts, listener, say)


async def _opened(
    settings: Settings,
    guide: Guide,
    read: Callable[[], Knowledge],
    counts: Counts,
    listener: socket.socket,
    say: Callable[[str], None],
) -> None:
    if not settings.reminds:
        await _serve(settings, guide, read, None, counts, listener, say)
        return
    # Where nothing is kept, nothing of it is loaded: SQL and ciphers take 20 MB.
    from upr_bot.storage import Subscriptions
    from upr_bot.worker import database_of

    async with database_of(settings) as database:
        guide.memory = Subscriptions(database)
        await _serve(settings, guide, read, database, counts, listener, say)


async def _serve(
    settings: Settings,
    guide: Guide,
    read: Callable[[], Knowledge],
    database: Database | None,
    counts: Counts,
    listener: socket.socket,
    say: Callable[[str], None],
) -> None:
    telegram = Telegram(settings, guide, counts) if settings.token else None
    web = web_app(guide, hosts=hosts_served(settings), healthy=database.check if database else None)
    config = uvicorn.Config(
        both(web, telegram.webhook if telegram else None, settings.public_url),
        log_config=None,
        http="httptools",
        ws="none",
        interface="asgi3",
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=30,
    )
    server = _Server(config)
    _settle()
    gc.set_threshold(20_000, 20, 20)  # serving leaves hardly any cycles behind
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: log.error("defect", extra={"error": type(context.get("exception")).__name__}))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    renewing = asyncio.ensure_future(renew(hang_ups(stop), read, lambda knowledge: _renewed(guide, knowledge), say))
    pages = asyncio.ensure_future(server.serve(sockets=[listener]))
    drained = asyncio.Event()
    bot = asyncio.ensure_future(telegram.run(stop, drained)) if telegram else None
    # One machine runs all in one process; beside PostgreSQL the worker is a process of its own, as many as one likes.
    worker = asyncio.ensure_future(_remind(settings, guide, database, counts, stop)) if database and database.sqlite else None
    shown = "127.0.0.1" if settings.host == "0.0.0.0" else f"[{settings.host}]" if ":" in settings.host else settings.host  # noqa: S104 - compared, not bound
    address = f"http://{shown}:{settings.port}"
    say(f"UPR Guide is on {address}")
    if bot is None:
        say("Telegram is off; to add it, set UPR_TELEGRAM_TOKEN to a token from @BotFather (see README.md).")
    elif database is None:
        say("Reminders are off; to add them, make a key with `upr-bot keys new` and set it as UPR_KEYS (see docs/operations.md).")
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({pages, stopping, *((bot,) if bot else ())}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    server.should_exit = True
    await asyncio.wait({pages})
    drained.set()
    ended = await asyncio.gather(pages, *((bot,) if bot else ()), *((worker,) if worker else ()), return_exceptions=True)
    stopping.cancel()
    renewing.cancel()
    for end in ended:
        if isinstance(end, Exception):
            raise end
