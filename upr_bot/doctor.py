"""`upr-bot doctor`: one line for each thing the guide needs, with the remedy when it is not there."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from upr_bot.channels.web.port import Taken, bound
from upr_bot.content import Library, packaged
from upr_bot.content.loader import parse
from upr_bot.errors import ContentError, ServiceError, SettingsError, StorageError
from upr_bot.journey import Journey, day_of
from upr_bot.journey.reminding import SURE
from upr_bot.settings import Settings, read_settings

if TYPE_CHECKING:
    from upr_bot.storage import Database

PATIENCE: Final = 5
"""Seconds to wait for the Bot API."""
CLOCK_TOLERANCE: Final = 60
"""Seconds the clock may be off: dates are given to the day and hours to the hour."""
DISK_NEEDED: Final = 50 * 1024 * 1024
CHECKED: Final = 60
"""Days after which a coming date is to be looked at again where it was published."""
OVERDUE: Final = dt.timedelta(hours=1)
"""A worker sends within seconds, and with Telegram away it goes on trying: what has waited for longer has no worker."""
TROUBLE: Final = dt.timedelta(hours=1)
"""For so long Telegram's last failure to bring updates counts: it goes on telling of one that is long mended."""

Clock = Callable[[], dt.datetime]


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


async def examine(environ: Mapping[str, str], clock: Clock) -> list[Finding]:
    """Look at settings, content, port, disk, database and, with a token, at Telegram. `clock` returns the moment it is, aware."""
    return [finding async for finding in _findings(environ, clock)]


async def _findings(environ: Mapping[str, str], clock: Clock) -> AsyncIterator[Finding]:
    try:
        settings = read_settings(environ)
    except SettingsError as error:
        for problem in error.problems:
            yield _bad("settings", problem)
        return
    yield _good("settings", "every variable is understood")
    library, finding = _content(settings, day_of(clock()))
    yield finding
    yield await asyncio.to_thread(_port, settings)
    for finding in _disks(settings):
        yield finding
    async for finding in _reminders(settings, library, clock()):
        yield finding
    if settings.token is None:
        yield _good("token", "none set: the guide runs on the web alone")
        return
    async for finding in _telegram(settings, settings.token.reveal(), clock):
        yield finding


def _content(settings: Settings, today: dt.date) -> tuple[Library | None, Finding]:
    try:
        parsed = parse(packaged(settings.content))
        library = parsed.library()
    except ContentError as error:
        return None, _bad("content", f"{len(error.problems)} mistake(s); run `upr-bot check` and mend them")
    book = library.first
    told = [f"{library.version}: {len(book.entries)} questions, {len(book.stages)} stages in {', '.join(library.books)}"]
    # No fault of this copy: an old answer with its source is better than none.
    if late := parsed.past_review(today):
        told.append(f"{late} text(s) are past their review_by: read them again, or install a newer release")
    dates = [when for session in library.calendar.sessions.values() for when in session.dates.values()]
    coming = [when for when in dates if when.status in SURE and when.last >= today]
    if old := sum((today - when.checked).days > CHECKED for when in coming):
        told.append(f"{old} coming date(s) were checked over {CHECKED} days ago: `upr-bot check` names them")
    return library, _good("content", "; ".join(told))


def _port(settings: Settings) -> Finding:
    try:
        bound(settings.host, settings.port).close()
    except Taken as error:
        return _bad("port", f"{error} Fine when it is the guide itself.")
    except ServiceError as error:
        return _bad("port", str(error))
    return _good("port", f"port {settings.port} on {settings.host} is free")


def _disks(settings: Settings) -> Iterator[Finding]:
    yield _disk("disk", settings.content or Path.cwd(), "updates of the program need some")
    address = settings.database.reveal()
    if settings.reminds and address.startswith("sqlite:"):
        folder = Path(address.removeprefix("sqlite:///")).absolute().parent
        there = next(path for path in (folder, *folder.parents) if path.exists())
        yield _disk("disk of the database", there, "no reminder is kept without it")


def _disk(what: str, folder: Path, why: str) -> Finding:
    free = shutil.disk_usage(folder).free
    if free < DISK_NEEDED:
        return _bad(what, f"only {free // 2**20} MB free; make room, {why}")
    return _good(what, f"{free // 2**20} MB free")


async def _reminders(settings: Settings, library: Library | None, now: dt.datetime) -> AsyncIterator[Finding]:
    """Look at the database, at its key and at what waits in it."""
    if not settings.reminds:
        yield _good("reminders", "off; they need UPR_TELEGRAM_TOKEN and UPR_KEYS, and until then nothing is kept of anybody")
        return
    from upr_bot.storage import NoDatabase, WrongKey
    from upr_bot.worker import database_of

    try:
        async with database_of(settings, as_it_is=True) as database:
            # Found first, told then: what fails half-way is told once.
            found = [finding async for finding in _kept(settings, database, library, now)]
    except WrongKey as error:
        found = [_good("database", "it answers and has its current form"), _bad("key", str(error))]
    except NoDatabase:
        found = [_good("database", "none yet at DATABASE_URL; `upr-bot serve` makes it")]
    except StorageError as error:
        found = [_bad("database", str(error))]
    for finding in found:
        yield finding


async def _kept(settings: Settings, database: Database, library: Library | None, now: dt.datetime) -> AsyncIterator[Finding]:
    from upr_bot.reminders import sweep
    from upr_bot.storage import Deliveries, Subscriptions

    subscriptions, deliveries = Subscriptions(database), Deliveries(database)
    kept, waiting = await subscriptions.count(), await deliveries.count()
    yield _good("database", f"it answers and has its current form; {kept} reminder(s), {waiting} message(s) waiting")
    if library is None:
        return
    # As it was an hour ago: what had been due by then was never looked at, or was queued and not sent.
    then = now - OVERDUE
    swept = await sweep(subscriptions, Journey(library.calendar), then, write=False)
    if swept.broken:
        yield _bad("key", f"{swept.broken} record(s) do not open; add the older key to UPR_KEYS again, behind the newest")
    else:
        yield _good("key", f"every record opens; the newest is key {settings.keys[0][0]}")
    # News counts from the moment it is found: a calendar that was installed just now has been seen by no worker yet.
    unseen = sum(count for (_, why, _), count in swept.whys.items() if why not in {"moved", "published"})
    if overdue := unseen + await deliveries.overdue(then.timestamp()):
        start = "start `upr-bot serve`, it sends them" if database.sqlite else "start `upr-bot remind` beside the web processes"
        yield _bad("worker", f"{overdue} message(s) should have gone out over an hour ago, so no worker runs; {start}")
    else:
        yield _good("worker", "no message is overdue")


async def _telegram(settings: Settings, token: str, clock: Clock) -> AsyncIterator[Finding]:
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
        yield _webhook(settings, hook, clock())
    if said_at:
        off = abs((clock() - parsedate_to_datetime(said_at)).total_seconds())
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


def _webhook(settings: Settings, hook: Mapping[str, Any], now: dt.datetime) -> Finding:
    url = str(hook.get("url") or "")
    wanted = settings.webhook_url or ""
    if url != wanted:
        if wanted:
            return _bad("webhook", "Telegram calls another address; start `upr-bot serve` once, it sets the webhook")
        return _bad("webhook", "one is set although UPR_PUBLIC_URL is not; start `upr-bot serve` once, it takes the webhook away")
    if not wanted:
        return _good("webhook", "none, since the guide polls")
    waiting = f"{_number(hook, 'pending_update_count')} update(s) waiting"
    failed = _number(hook, "last_error_date")
    if not failed:
        return _good("webhook", f"as it should be; {waiting}")
    # Only that there was an error: its words are somebody else's, and may hold an address.
    last = dt.datetime.fromtimestamp(failed, dt.UTC)
    when = f"on {last:%Y-%m-%d at %H:%M} UTC"
    if now - last < TROUBLE:
        told = (
            f"Telegram could not bring an update {when}; {waiting}; look at the proxy, its certificate, and whether the guide runs"
        )
        return _bad("webhook", told)
    return _good("webhook", f"as it should be; {waiting}; Telegram's last trouble was {when}")


def _number(answer: Mapping[str, Any], name: str) -> int:
    """Return a number of Telegram's answer, 0 where there is none or nonsense."""
    found = answer.get(name)
    return found if isinstance(found, int) and 0 <= found < 2**32 else 0
