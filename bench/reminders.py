"""Reminders measured: a sweep of many wishes, the pace of sending under faults, kill -9 of workers, and replies meanwhile.

`python -m bench sweep`, `dispatch`, `kills`, `replies`; the long ones take minutes and are part of `make bench` in a short form.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import yaml
from aiohttp import ClientSession, web
from sqlalchemy import insert

from tests.databases import Cluster, key, keys_text
from tests.process import ROOT, environment, free_port
from upr_bot.channels.telegram.post import Poster
from upr_bot.channels.telegram.transport import AiohttpRequest
from upr_bot.content import load, packaged
from upr_bot.journey import Journey, plan_of
from upr_bot.reminders.dispatch import Dispatch
from upr_bot.reminders.sweep import sweep as sweep_once
from upr_bot.storage import Database, Deliveries, Sealer, Subscriptions, migrate, open_database
from upr_bot.storage.schema import subscription
from upr_bot.wish import Wish, minutes

TOKEN = "123456789:bench-token-AAAAAAAAAAAAAAA"
SECRET = "bench-secret-0123456789-0123456789-0123"
NOW = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0)
TODAY = NOW.date()
SHORT = os.environ.get("BENCH_LONG") is None
"""Whether the long runs are shortened: 100,000 wishes, one minute of sending, two kills."""


def calendar(folder: Path) -> Path:
    """Write a calendar in which every State has a Pre-session and a review in the coming year; return the folder of the content."""
    countries = packaged_countries()
    source = "https://upr-info.org/en"
    sessions = []
    for number in range(6):
        first = TODAY + dt.timedelta(days=7 + 40 * number)
        checked = str(TODAY - dt.timedelta(days=1))
        dates = {
            kind: {
                "from": str(day),
                "to": str(day + dt.timedelta(days=9)),
                "status": "confirmed",
                "source": source,
                "checked": checked,
            }
            for kind, day in (("presession", first), ("review", first + dt.timedelta(days=20)))
        }
        states = countries[number::6]
        sessions.append({"number": 80 + number, "cycle": 9, "dates": dates, "states": states})
    (folder / "dialogs").mkdir(parents=True, exist_ok=True)
    (folder / "dialogs/sessions.yaml").write_text(yaml.safe_dump({"sessions": sessions}, sort_keys=False))
    return folder


def packaged_countries() -> list[str]:
    return sorted(load(packaged()).calendar.countries)


@contextlib.contextmanager
def databases() -> Iterator[list[tuple[str, str]]]:
    """Yield (engine, address) of an empty database of each engine."""
    folder = Path(tempfile.mkdtemp(prefix="upr-bench-"))
    cluster = Cluster(f"bench-{os.getpid()}")
    made = [("SQLite", f"sqlite:///{folder / 'guide.sqlite3'}"), ("PostgreSQL", cluster.database())]
    try:
        for _, address in made:
            migrate(address)
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def fill(database: Database, journey: Journey, count: int, due: int, *, target: str = "", first: int = 1_000_000) -> None:
    """Put in `count` wishes of as many people, `due` of which have a reminder due now: 7 days before, at this hour."""
    states = packaged_countries()
    plans = {state: plan_of(journey, state, 0, TODAY) for state in states}
    soon = [state for state in states if plans[state].session == 80]
    subscriptions = Subscriptions(database)
    before, now = minutes(NOW) - 60 * 24 * 3, minutes(NOW)
    rows = []
    for number in range(count):
        ready = number < due
        state = target or (soon if ready else states)[number % len(soon if ready else states)]
        hour, days = (NOW.hour, 0b010) if ready else ((NOW.hour + 1 + number % 22) % 24, 0b001)
        plan, since = plans[state], before if ready else now
        language = ("en", "fr", "es")[number % 3]
        wish = Wish(state, days, hour, number % 3, language, "", plan.session, plan.told, since, since)
        rows.append(subscriptions.sealed(first + number, wish))
        if len(rows) == 20_000 or number == count - 1:
            async with database.writing() as connection:
                await connection.execute(insert(subscription), rows)
            rows = []


# --- a sweep -------------------------------------------------------------------------------------------------------------------


def sweep() -> None:
    """A sweep of a million wishes with 10,000 due, and of fewer: time, time a wish, memory of the process that does it."""
    print("\n## A sweep\n\n| engine | wishes | due | seconds | µs a wish | MB resident |\n|---|---|---|---|---|---|")
    folder = calendar(Path(tempfile.mkdtemp(prefix="upr-bench-")))
    for count in (10_000, 100_000, *(() if SHORT else (1_000_000,))):
        with databases() as made:
            for engine, address in made:
                command = [sys.executable, "-W", "ignore", "-m", "bench.reminders", address, str(folder), str(count)]
                subprocess.run([*command, "fill"], check=True, cwd=ROOT, env=environment())
                done = subprocess.run([*command, "sweep"], check=True, cwd=ROOT, env=environment(), capture_output=True, text=True)
                found = json.loads(done.stdout)
                each = found["seconds"] / count * 1e6
                print(
                    f"| {engine} | {count:,} | {found['due']:,} | {found['seconds']:.1f} | {each:.1f} | {found['mb']:.0f} |",
                    flush=True,
                )
    shutil.rmtree(folder)


async def _part(address: str, folder: Path, count: int, part: str) -> None:
    journey = Journey(load(packaged(folder)).calendar)
    database = await open_database(address, Sealer([key(1)]))
    if part == "fill":
        await fill(database, journey, count, count // 100)
    else:
        begun = time.perf_counter()
        swept = await sweep_once(Subscriptions(database), journey, NOW)
        seconds = time.perf_counter() - begun
        mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        assert (swept.wishes, swept.broken) == (count, 0)
        print(json.dumps({"seconds": seconds, "due": swept.due, "mb": mb}))
    await database.close()


# --- sending -------------------------------------------------------------------------------------------------------------------


class Api:
    """A Bot API server that counts what arrives, and fails as it is told."""

    def __init__(self, faults: dict[str, float] | None = None) -> None:
        self.faults = faults or {}
        self.arrived: Counter[int] = Counter()
        self.blocked: set[int] = set()
        self.starts: list[float] = []
        self.replied: asyncio.Queue[float] = asyncio.Queue()
        self.chance = random.Random(5)

    async def handle(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        body = await request.json() if request.content_type == "application/json" and request.can_read_body else {}
        if method == "sendMessage" and body.get("disable_notification"):
            return await self._reminder(int(body["chat_id"]))
        if method in {"sendMessage", "editMessageText"}:
            self.replied.put_nowait(time.perf_counter())
        me = {"id": 123456789, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
        return web.json_response({"ok": True, "result": me if method == "getMe" else True})

    async def _reminder(self, chat: int) -> web.Response:
        self.starts.append(time.perf_counter())
        drawn = self.chance.random()
        if chat in self.blocked or drawn < self.faults.get("403", 0):
            self.blocked.add(chat)
            return _error(403, "Forbidden: bot was blocked by the user")
        drawn -= self.faults.get("403", 0)
        if drawn < self.faults.get("429", 0):
            return _error(429, "Too Many Requests", retry_after=1)
        drawn -= self.faults.get("429", 0)
        if drawn < self.faults.get("timeout", 0):
            await asyncio.sleep(11)  # longer than anybody waits; it never takes effect
            return _error(504, "Gateway Timeout")
        self.arrived[chat] += 1
        return web.json_response({"ok": True, "result": {"message_id": 1}})


def _error(code: int, text: str, **parameters: int) -> web.Response:
    return web.json_response({"ok": False, "error_code": code, "description": text, "parameters": parameters}, status=code)


@contextlib.asynccontextmanager
async def served(api: Api) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", api.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    finally:
        await runner.cleanup()


async def dispatch() -> None:
    """Ten minutes of sending with 1 % of 429s, 2 % of 403s and 2 % of timeouts: the pace, what was lost, what came twice."""
    seconds = 60 if SHORT else 600
    print(f"\n## {seconds} seconds of sending, 1 % 429, 2 % 403, 2 % timeouts\n")
    print("| engine | messages | sends a second | most within a second | lost | twice |\n|---|---|---|---|---|---|")
    folder = calendar(Path(tempfile.mkdtemp(prefix="upr-bench-")))
    library = load(packaged(folder))
    journey = Journey(library.calendar)
    with databases() as made:
        for engine, address in made:
            count = 25 * seconds
            database = await open_database(address, Sealer([key(1)]))
            await fill(database, journey, count, count)
            await sweep_once(Subscriptions(database), journey, NOW)
            api = Api({"429": 0.01, "403": 0.02, "timeout": 0.02})
            request = AiohttpRequest(50)
            await request.initialize()
            async with served(api) as url:
                post = Poster(request, f"{url}/bot{TOKEN}")
                sender = Dispatch(
                    Deliveries(database), Subscriptions(database), lambda: library, post, lambda: dt.datetime.now(dt.UTC)
                )
                begun = time.perf_counter()
                stop = asyncio.Event()
                while await Deliveries(database).count():
                    await sender.run(stop)
                    await asyncio.sleep(0.2)
            await request.shutdown()
            await database.close()
            # The rate until the first pass is nearly through; after that only those that failed are left.
            inside = [t for t in api.starts if t - begun <= seconds * 0.95]
            most = max(sum(1 for later in inside[at : at + 60] if later - t < 1) for at, t in enumerate(inside))
            rate = (len(inside) - 1) / (inside[-1] - inside[0])
            lost = count - len(api.arrived) - len(api.blocked - api.arrived.keys())
            twice = sum(n - 1 for n in api.arrived.values())
            print(f"| {engine} | {count:,} | {rate:.2f} | {most} | {lost} | {twice} |", flush=True)
    shutil.rmtree(folder)


async def kills() -> None:
    """3,000 reminders, four workers, ten kill -9: what was lost, what came twice."""
    count, deaths = (500, 2) if SHORT else (3000, 10)
    print(f"\n## {count:,} reminders, 4 workers, {deaths} × kill -9\n")
    print("| engine | seconds | lost | twice |\n|---|---|---|---|")
    folder = calendar(Path(tempfile.mkdtemp(prefix="upr-bench-")))
    journey = Journey(load(packaged(folder)).calendar)
    with databases() as made:
        for engine, address in made:
            database = await open_database(address, Sealer([key(1)]))
            await fill(database, journey, count, count)
            api = Api()
            async with served(api) as url:
                settings = _settings(url, address, folder)
                begun = time.perf_counter()
                workers = [_worker(settings) for _ in range(4)]
                for _ in range(deaths):
                    at = len(api.arrived) + count // (deaths + 1)
                    while len(api.arrived) < min(at, count - 1):
                        await asyncio.sleep(0.01)
                    victim = workers.pop(0)
                    victim.kill()
                    victim.wait()
                    workers.append(_worker(settings))
                while await Deliveries(database).count() or len(api.arrived) < count:
                    await asyncio.sleep(0.2)
                    if time.perf_counter() - begun > 600:
                        break
                for worker in workers:
                    worker.terminate()
                    worker.wait()
            await database.close()
            twice = sum(n - 1 for n in api.arrived.values())
            print(f"| {engine} | {time.perf_counter() - begun:.0f} | {count - len(api.arrived)} | {twice} |", flush=True)
    shutil.rmtree(folder)


def _settings(url: str, address: str, folder: Path) -> dict[str, str]:
    return {
        "UPR_TELEGRAM_TOKEN": TOKEN,
        "UPR_TELEGRAM_API_URL": url,
        "UPR_KEYS": keys_text(1),
        "DATABASE_URL": address,
        "UPR_CONTENT": str(folder),
    }


def _worker(settings: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore", "-m", "upr_bot", "remind"]
    return subprocess.Popen(command, env=environment(**settings), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def replies() -> None:
    """The time of a reply by webhook, without reminders on their way and during them; the worker in the same process."""
    print("\n## Replies while reminders are sent (SQLite, one process)\n")
    print("| | taps | p50 ms | p95 ms |\n|---|---|---|---|")
    folder = calendar(Path(tempfile.mkdtemp(prefix="upr-bench-")))
    journey = Journey(load(packaged(folder)).calendar)
    for name, due in (("without", 0), ("during 25 a second", 1000)):
        place = Path(tempfile.mkdtemp(prefix="upr-bench-"))
        address = f"sqlite:///{place / 'guide.sqlite3'}"
        database = await open_database(address, Sealer([key(1)]))
        await fill(database, journey, 2000 if due else 1, due)
        await database.close()
        api = Api()
        async with served(api) as url:
            port = free_port()
            settings = _settings(url, address, folder) | {
                "UPR_PUBLIC_URL": f"http://127.0.0.1:{port}",
                "UPR_WEBHOOK_SECRET": SECRET,
                "PORT": str(port),
                "HOST": "127.0.0.1",
            }
            command = [sys.executable, "-W", "ignore", "-m", "upr_bot", "serve"]
            bot = subprocess.Popen(
                command, env=environment(**settings), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                took = await _taps(f"http://127.0.0.1:{port}/telegram", api, wait_for=due // 10)
            finally:
                bot.terminate()
                bot.wait()
        p95 = statistics.quantiles(took, n=20)[-1]
        print(f"| {name} | {len(took)} | {statistics.median(took) * 1000:.1f} | {p95 * 1000:.1f} |", flush=True)
        shutil.rmtree(place)
    shutil.rmtree(folder)


async def _taps(hook: str, api: Api, *, wait_for: int) -> list[float]:
    """Tap for 20 seconds, one after the other; return the seconds from each tap to its answer."""
    async with ClientSession(headers={"X-Telegram-Bot-Api-Secret-Token": SECRET}) as session:
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(OSError):
                    async with session.post(hook, json=_tap(0)) as response:
                        if response.status == 200:
                            break
                await asyncio.sleep(0.2)
            while len(api.arrived) < wait_for:
                await asyncio.sleep(0.05)
        while not api.replied.empty():
            api.replied.get_nowait()
        took = []
        ends = time.perf_counter() + 20
        while time.perf_counter() < ends:
            begun = time.perf_counter()
            async with session.post(hook, json=_tap(len(took) + 1)):
                took.append(await api.replied.get() - begun)
            await asyncio.sleep(0.01)
        return took


def _tap(number: int) -> dict[str, object]:
    chat = 5 + number % 500  # a chat is answered 30 times a minute
    who = {"id": chat, "is_bot": False, "first_name": "x", "language_code": "en"}
    card = {"message_id": 7, "date": 1, "chat": {"id": chat, "type": "private"}, "text": "x"}
    query = {"id": str(number), "from": who, "chat_instance": "1", "data": "en__country__NPL", "message": card}
    return {"update_id": number, "callback_query": query}


if __name__ == "__main__":
    asyncio.run(_part(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
