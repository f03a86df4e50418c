"""`upr-bot doctor`: one line for each thing the guide needs, with the remedy when it is not there."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

import aiohttp

from upr_bot.content import load, packaged
from upr_bot.errors import ContentError, SettingsError, StorageError
from upr_bot.settings import Settings, read_settings

PATIENCE: Final = 5
"""Seconds to wait for the Bot API."""
CLOCK_TOLERANCE: Final = 60
"""Seconds the clock may be off: dates are given to the day and hours to the hour."""
DISK_NEEDED: Final = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and the remedy when it is not good."""

    what: str
    good: bool
    how: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.good else 'BAD '} {self.what}: {self.how}"


def _good(what: str, how: str) -> Finding:
    return Finding(what, good=True, how=how)


def _bad(what: str, how: str) -> Finding:
    return Finding(what, good=False, how=how)


async def examine(environ: Mapping[str, str]) -> list[Finding]:
    """Look at settings, content, port, disk and, with a token, at Telegram."""
    return [finding async for finding in _findings(environ)]


async def _findings(environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    try:
        settings = read_settings(environ)
    except SettingsError as error:
        for problem in error.problems:
            yield _bad("settings", problem)
        return
    yield _good("settings", "every variable is understood")
    yield _content(settings)
    yield await asyncio.to_thread(_port, settings)
    yield _disk(settings)
    yield await _database(settings)
    if settings.token is None:
        yield _good("token", "none set: the guide runs on the web alone")
        return
    async for finding in _telegram(settings, settings.token.reveal()):
        yield finding


def _content(settings: Settings) -> Finding:
    try:
        library = load(packaged(settings.content))
    except ContentError as error:
        return _bad("content", f"{len(error.problems)} mistake(s); run `upr-bot check` and mend them")
    book = library.first
    return _good(
        "content",
        f"{library.version}: {len(book.entries)} questions, {len(book.stages)} stages in {', '.join(library.books)}",
    )


def _port(settings: Settings) -> Finding:
    where = f"port {settings.port} on {settings.host}"
    try:
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError:
        return _bad(
            "port", f"{where} is taken or not allowed; stop the other program or set PORT (fine when it is the guide itself)"
        )
    return _good("port", f"{where} is free")


async def _database(settings: Settings) -> Finding:
    if not settings.reminds:
        return _good("reminders", "off; they need UPR_TELEGRAM_TOKEN and UPR_KEYS, and until then nothing is kept of anybody")
    from upr_bot.storage import Deliveries, Subscriptions
    from upr_bot.worker import database_of

    try:
        async with database_of(settings) as database:
            kept, waiting = await Subscriptions(database).count(), await Deliveries(database).count()
    except StorageError as error:
        return _bad("reminders", str(error))
    key = settings.keys[0][0]
    return _good("reminders", f"the database opens with key {key}; {kept} reminder(s), {waiting} message(s) waiting")


def _disk(settings: Settings) -> Finding:
    folder = settings.content or Path.cwd()
    free = shutil.disk_usage(folder).free
    if free < DISK_NEEDED:
        return _bad("disk", f"only {free // 2**20} MB free; make room, updates of the program need some")
    return _good("disk", f"{free // 2**20} MB free")


async def _telegram(settings: Settings, token: str) -> AsyncIterator[Finding]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:
        try:
            status, who, said_at = await _call(session, settings, token, "getMe")
            hooked, hook, _ = await _call(session, settings, token, "getWebhookInfo")
        except (aiohttp.ClientError, TimeoutError, ValueError):
            yield _bad("telegram", "the Bot API server does not answer; check the network and UPR_TELEGRAM_API_URL")
            return
    if status in {401, 404}:
        yield _bad("token", "Telegram does not accept it; copy UPR_TELEGRAM_TOKEN again from @BotFather")
        return
    if status != 200:
        yield _bad("telegram", f"the Bot API server answers with an error ({status}); wait a little and look again")
        return
    yield _good("token", f"the bot is @{who.get('username', '?')}")
    if hooked == 200:
        yield _webhook(settings, hook)
    if said_at:
        off = abs((dt.datetime.now(dt.UTC) - parsedate_to_datetime(said_at)).total_seconds())
        good = off <= CLOCK_TOLERANCE
        yield Finding(
            "clock", good, f"{off:.0f} seconds from Telegram's" + ("" if good else "; set the clock, for example with NTP")
        )


async def _call(
    session: aiohttp.ClientSession, settings: Settings, token: str, method: str
) -> tuple[int, dict[str, Any], str | None]:
    async with session.get(f"{settings.api_url}/bot{token}/{method}") as response:
        body = await response.json(content_type=None)
        result = body.get("result") if isinstance(body, dict) else None
        return response.status, result if isinstance(result, dict) else {}, response.headers.get("Date")


def _webhook(settings: Settings, hook: Mapping[str, Any]) -> Finding:
    url = str(hook.get("url") or "")
    wanted = settings.webhook_url or ""
    if url == wanted:
        waiting = hook.get("pending_update_count", 0)
        return _good("webhook", f"as it should be; {waiting} update(s) waiting" if wanted else "none, since the guide polls")
    if wanted:
        return _bad("webhook", "Telegram calls another address; start `upr-bot serve` once, it sets the webhook")
    return _bad("webhook", "one is set although UPR_PUBLIC_URL is not; start `upr-bot serve` once, it takes the webhook away")
