"""What attackers, crowds, crashes, new content and hours do to the guide: `python -m bench malformed flood crashes reloads hour`.

The guide is always the real process. `BENCH_LONG=1` makes the hour an hour instead of a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import wire
from bench.crowd import FLOOD, FLOODER, LANGUAGES, Crowd, Hooks, life
from tests.botapi import SECRET, TOKEN, Person, bot_api
from tests.databases import Cluster, keys_text
from tests.process import Bot, free_port, running, start
from tests.test_hostile import RawApi, bodies_of, cards, malformed, raw_bodies, rss
from upr_bot.renewal import DONE
from upr_bot.storage import migrate

LONG = os.environ.get("BENCH_LONG") is not None
MB = 1e6


def _load() -> str:
    """Return the work that all cores had in the last minute: what else ran beside."""
    return f"load of this machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _used(*processes: psutil.Process) -> float:
    """Return the CPU seconds that processes and their children took, those that ended too."""
    spent = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            spent += sum(process.cpu_times()[:4])
    return spent


def _spread(took: list[float]) -> str:
    """Return median, 95th percentile and the longest, in milliseconds, as cells of a table."""
    return f"{statistics.median(took) * 1e3:.0f} | {statistics.quantiles(took, n=20)[-1] * 1e3:.0f} | {max(took) * 1e3:.0f}"


@contextlib.contextmanager
def _postgresql() -> Iterator[tuple[Cluster, str]]:
    """Yield a PostgreSQL and the address of a database in it, in its current form."""
    cluster = Cluster(f"bench-{os.getpid()}")
    address = cluster.database()
    migrate(address)
    yield cluster, address


async def _copy(url: str, secret: str = SECRET, port: int = 0, **settings: str) -> Bot:
    """Start one webhook replica and wait until it serves."""
    port = port or free_port()
    settings |= {"UPR_TELEGRAM_TOKEN": TOKEN, "UPR_TELEGRAM_API_URL": url, "UPR_WEBHOOK_SECRET": secret, "PORT": str(port)}
    bot = await start("serve", **settings, UPR_PUBLIC_URL=f"http://127.0.0.1:{port}", UPR_KEYS=keys_text(1))
    await bot.listening()
    async with asyncio.timeout(20):
        while b'"connected"' not in bot.output:
            await asyncio.sleep(0.02)
    return bot


# --- what nobody sends ----------------------------------------------------------------------------------------------------------


async def malformed_updates() -> None:
    """10,000 malformed updates each way, twice: the second time shows whether memory still grows."""
    print("\n## 10,000 malformed updates, twice\n")
    print("| | seconds | statuses | crashes | MB grown, first | MB grown, second | next good answer, ms |")
    print("|---|---|---|---|---|---|---|")
    updates = malformed(10_000)
    firsts = itertools.count(1, len(updates))

    def bodies() -> list[bytes]:
        return list(bodies_of(updates, next(firsts)).values())

    for webhook in (True, False):
        async with bot_api(RawApi) as api, running(api, webhook=webhook, UPR_LOG_LEVEL="DEBUG") as bot:
            ann = api.person()
            hooks = _Bodies(bot.port)
            newest = 0

            async def bring(
                made: list[bytes], webhook: bool = webhook, hooks: _Bodies = hooks, bot: Bot = bot, api: RawApi = api
            ) -> None:
                nonlocal newest
                if webhook:
                    await asyncio.gather(*(hooks.bring_body(body) for body in made))
                else:
                    newest = max(newest, *(json.loads(body)["update_id"] for body in made))
                    await api.bring({json.loads(body)["update_id"]: body for body in made})
                    await api.until(lambda: api.offset > newest, 300)
                # Lists of what the test server was told grow on this side alone, and nobody looks at them here.
                del api.calls[:]
                del bot.output[:]

            await bring(bodies()[::20])  # what is kept for good, such as cards, is kept now
            memory, begun = [rss(bot)], time.perf_counter()
            for _ in range(2):
                await bring(bodies() + (raw_bodies() if webhook else []))
                memory.append(rss(bot))
            took = (time.perf_counter() - begun) / 2
            begun = time.perf_counter()
            good = json.dumps(ann.message(text="/guide") | {"update_id": 10**6}).encode()
            if webhook:
                await hooks.bring_body(good)
            else:
                await api.bring({10**6: good})
            await api.until(lambda api=api, ann=ann: cards(api, ann.id) == 1, 30)
            answer = time.perf_counter() - begun
            statuses = ", ".join(f"{n:,} × {status}" for status, n in hooks.statuses.items()) if webhook else ""
            grown = [(after - before) / MB for before, after in itertools.pairwise(memory)]
            print(
                f"| {'webhook' if webhook else 'polling'} | {took:.1f} | {statuses} | {int(bot.process.returncode is not None)} "
                f"| {grown[0]:.1f} | {grown[1]:.1f} | {answer * 1e3:.0f} |",
                flush=True,
            )
    print(f"\n{_load()}")


class _Bodies(Hooks):
    """Brings bodies as they are, once each: whatever comes back is counted."""

    def __init__(self, port: int) -> None:
        super().__init__([port])
        self.port = port

    async def bring_body(self, body: bytes) -> None:
        async with self.room:
            self.statuses[await self._post(self.port, body)] += 1


# --- one who floods -------------------------------------------------------------------------------------------------------------

FLOODED = 20.0
A_SECOND = 500
OTHERS = 20
SPINNERS = 30
"""Ends of spinners a second that Telegram takes in the rows with 429."""
TELEGRAM = 0.03
"""Seconds from a call's effect to its answer: about what the Bot API takes."""


async def flood() -> None:
    """One person sends 500 updates a second for 20 seconds; what 20 others wait for their cards meanwhile."""
    print(f"\n## One person sends {A_SECOND} updates a second for {FLOODED:.0f} s, {OTHERS} others act every 2 s\n")
    print("| | others' actions | p50 ms | p95 ms | longest ms | without an answer | CPU of the guide, s | calls the flood caused |")
    print("|---|---|---|---|---|---|---|---|")
    for webhook in (True, False):
        for flooding, spinners in ((False, 0), (True, 0), (True, SPINNERS)):
            crowd = Crowd(TELEGRAM, spinners)
            await crowd.listen()
            async with running(crowd, webhook=webhook) as bot:
                crowd.hooks = Hooks([bot.port]) if webhook else None
                guide = psutil.Process(bot.process.pid)
                spent = _used(guide)
                sent = await _flooded(crowd, flooding=flooding)
                spent = _used(guide) - spent
            shown = len(crowd.arrived.get(FLOODER, ()))
            caused = f"{shown} cards, {crowd.counted[FLOOD]:,} ends of spinners for {sent:,} updates" if flooding else "none"
            name = f"{'webhook' if webhook else 'polling'}, {'with' if flooding else 'without'}{', 429' if spinners else ''}"
            print(f"| {name} | {len(crowd.took)} | {_spread(crowd.took)} | {crowd.silent} | {spent:.1f} | {caused} |", flush=True)
    print(f"\n{_load()}")


async def _flooded(crowd: Crowd, *, flooding: bool) -> int:
    """Let people act, and one of them too much; return how many updates the flood had."""
    ends = time.perf_counter() + FLOODED
    sent = 0

    async def person(number: int) -> None:
        dice = random.Random(number)
        somebody = crowd.person(LANGUAGES[number % 3])
        await asyncio.sleep(dice.uniform(0, 2))
        for update in life(somebody, dice, calm=True):
            if time.perf_counter() > ends:
                return
            await crowd.act(update, somebody.id)
            await asyncio.sleep(dice.uniform(2.0, 2.4))  # under 30 a minute

    async def flooder() -> None:
        nonlocal sent
        begun = time.perf_counter()
        while (now := time.perf_counter()) < ends:
            while sent < (now - begun) * A_SECOND:
                sent += 1
                crowd.bring({"update_id": next(crowd.update_ids), **_act(sent)})
            await asyncio.sleep(0.005)

    await asyncio.gather(*(person(number) for number in range(OTHERS)), *((flooder(),) if flooding else ()))
    return sent


def _act(number: int) -> dict:
    """Return a message or a tap of the one who floods."""
    made = wire.tap(number, 0) if number % 2 else wire.menu(number, 0)
    who = {"id": FLOODER}
    if query := made.get("callback_query"):
        query["id"] = f"{FLOOD}{number}"
        query["from"] |= who
        query["message"]["chat"] |= who
    else:
        made["message"]["chat"] |= who
        made["message"]["from"] |= who
    return made


# --- two replicas ---------------------------------------------------------------------------------------------------------------

AT_ONCE = 64
ROUNDS = 3
WINDOW = 8.0


def _mixed(number: int, person: int) -> dict:
    """Return what people do: of 20 actions 6 menus, 9 taps, 3 questions, one look at the reminders one has, one kept."""
    match number % 20:
        case 0 | 1 | 2 | 3 | 4 | 5:
            return wire.menu(number, person)
        case 6 | 7 | 8:
            return wire.question(number, person)
        case 9:
            return wire.message(number, person, "/remind")
        case 10:
            return wire.tap(number, person, "en__save__NPL__2__9__0")
        case _:
            return wire.tap(number, person, ("en__guide", "en__stage__review", "en__country__NPL", "en__home")[number % 4])


@dataclass
class _Run:
    """What one round of load brought, and the CPU seconds that each part of it took."""

    answers: float
    seconds: float
    replicas: float
    database: float
    bench: float

    @property
    def rate(self) -> float:
        return self.answers / self.seconds

    @property
    def a_cpu_second(self) -> float:
        return self.answers / self.replicas

    def cells(self) -> str:
        cpu = " | ".join(f"{part / self.seconds:.2f}" for part in (self.replicas, self.database, self.bench))
        return f"{self.rate:,.0f} | {cpu} | {self.a_cpu_second:,.0f}"


async def replicas() -> None:
    """Throughput of one and of two webhook replicas on one PostgreSQL; the taps of each person go to both."""
    print(f"\n## One webhook replica and two on PostgreSQL, {AT_ONCE} updates at once\n")
    print("| round | replicas | answers/s | cores used: replicas | PostgreSQL | bench | answers a CPU second of the replicas |")
    print("|---|---|---|---|---|---|---|")
    with _postgresql() as (cluster, address):
        api = wire.Api(_mixed)
        url = f"http://127.0.0.1:{await api.start()}"
        bots = [await _copy(url, wire.SECRET, DATABASE_URL=address) for _ in range(2)]
        cores = sorted(psutil.Process().cpu_affinity() or [])
        for bot, core in zip(bots, itertools.cycle(cores), strict=False):
            psutil.Process(bot.process.pid).cpu_affinity([core])
        runs: dict[int, list[_Run]] = {1: [], 2: []}
        await _driven(api, bots, cluster, 2.0)  # what is kept for good is kept now
        for number in range(ROUNDS):
            for count in (1, 2):
                done = await _driven(api, bots[:count], cluster, WINDOW)
                runs[count].append(done)
                print(f"| {number + 1} | {count} | {done.cells()} |", flush=True)
        for bot in bots:
            await bot.stop()
    rates = statistics.median(two.rate / one.rate for one, two in zip(runs[1], runs[2], strict=True))
    each = statistics.median(two.a_cpu_second / one.a_cpu_second for one, two in zip(runs[1], runs[2], strict=True))
    print(
        f"\n- two against one as measured, the bench and PostgreSQL on the same {len(cores)} cores: {rates:.2f} ×\n"
        f"- each of two answers {each:.2f} times as much a CPU second as one alone: two free cores would give {2 * each:.2f} ×\n"
        f"- {_load()}"
    )


async def _driven(api: wire.Api, bots: list[Bot], cluster: Cluster, seconds: float) -> _Run:
    served = [psutil.Process(bot.process.pid) for bot in bots]
    postmaster = psutil.Process(cluster.server.get_postmaster_info().process.pid)
    backends = [postmaster, *postmaster.children()]
    own = psutil.Process()
    before = [_used(*served), _used(*backends), sum(own.cpu_times()[:2])]
    answered, begun = api.answered, time.perf_counter()
    await api.by_webhook([bot.port for bot in bots], "/telegram", seconds, AT_ONCE)
    lasted = time.perf_counter() - begun
    after = [_used(*served), _used(*backends), sum(own.cpu_times()[:2])]
    return _Run(api.answered - answered, lasted, *(b - a for a, b in zip(before, after, strict=True)))


# --- crashes --------------------------------------------------------------------------------------------------------------------

DEATHS = 10
PACE = 50
"""Updates a second while replicas die."""


async def crashes() -> None:
    """Two webhook replicas, one or the other killed ten times. Every update has a chat of its own: its answers are told by it."""
    print(f"\n## Two webhook replicas, {PACE} updates a second, {DEATHS} × kill -9\n")
    print("| updates | lost | answered twice | brought again | p50 ms | p95 ms | longest ms | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    with _postgresql() as (_, address):
        crowd = Crowd(TELEGRAM)  # updates are in flight when a replica dies
        await crowd.listen()
        bots = [await _copy(crowd.url, DATABASE_URL=address) for _ in range(2)]
        crowd.hooks = hooks = Hooks([bot.port for bot in bots])
        posted: dict[int, float] = {}
        going = True
        begun = time.perf_counter()

        async def send() -> None:
            for number in itertools.count(1):
                if not going:
                    return
                await asyncio.sleep(max(0.0, begun + number / PACE - time.perf_counter()))
                posted[10_000 + number] = time.perf_counter()
                crowd.bring({"update_id": number, **_mixed(number, number)})

        sending = asyncio.ensure_future(send())
        dice = random.Random(9)
        for _ in range(DEATHS):
            await asyncio.sleep(dice.uniform(1, 2))
            victim = dice.randrange(2)
            port = bots[victim].port
            await bots[victim].kill()
            bots[victim] = await _copy(crowd.url, port=port, DATABASE_URL=address)
        await asyncio.sleep(1)
        going = False
        await sending
        async with asyncio.timeout(60):
            while hooks.statuses[200] < len(posted):
                await asyncio.sleep(0.05)
        lasted = time.perf_counter() - begun
        for bot in bots:
            await bot.stop()
    arrived = Counter({chat: len(times) for chat, times in crowd.arrived.items()})
    took = [crowd.arrived[chat][0] - at for chat, at in posted.items() if chat in crowd.arrived]
    twice = sum(n - 1 for n in arrived.values())
    again = sum(n for status, n in hooks.statuses.items() if status != 200)
    lost = len(posted.keys() - arrived.keys())
    print(f"| {len(posted):,} | {lost} | {twice} | {again} | {_spread(took)} | {lasted:.0f} |\n\n{_load()}")


# --- new content ----------------------------------------------------------------------------------------------------------------

RELOADS = 20


async def reloads() -> None:
    """The content is read anew twenty times while others act: what they wait meanwhile, and whether memory grows."""
    print(f"\n## {RELOADS} × SIGHUP, {OTHERS} people act all the while\n")
    print("| | actions | p50 ms | p95 ms | longest ms | without an answer |\n|---|---|---|---|---|---|")
    crowd = Crowd()
    await crowd.listen()
    async with running(crowd, webhook=True) as bot:
        crowd.hooks = Hooks([bot.port])
        memory, seconds = [], []
        for anew in (False, True):
            crowd.took.clear()
            acting = asyncio.ensure_future(_flooded(crowd, flooding=False))
            memory.append(rss(bot) / MB)
            for _ in range(RELOADS if anew else 0):
                begun, done = time.perf_counter(), bot.output.count(DONE.encode())
                bot.process.send_signal(signal.SIGHUP)
                while bot.output.count(DONE.encode()) == done:
                    await asyncio.sleep(0.01)
                seconds.append(time.perf_counter() - begun)
                memory.append(rss(bot) / MB)
            await acting
            print(
                f"| {'while it is read anew' if anew else 'before'} | {len(crowd.took)} | {_spread(crowd.took)} | {crowd.silent} |"
            )
    print(
        f"\n- a reload takes {statistics.median(seconds):.1f} s\n"
        f"- MB resident at first, before the reloads and after each: {' '.join(f'{mb:.0f}' for mb in memory)}\n- {_load()}"
    )


# --- an hour --------------------------------------------------------------------------------------------------------------------

LASTS, SAMPLE, SETTLED = (3600, 60, 300) if LONG else (60, 5, 20)
"""Seconds that it lasts, between looks at the memory, and until what is kept for good is kept."""
EACH_SECOND = 20
PEOPLE = 600
"""So that the busiest of them stays well under 30 actions a minute: two on average."""


async def hour() -> None:
    """20 updates a second, for an hour, to one process that keeps reminders: does its memory grow?"""
    print(f"\n## {LASTS // 60} minutes of {EACH_SECOND} updates a second, {PEOPLE} people, SQLite and a key\n", flush=True)
    place = Path(tempfile.mkdtemp(prefix="upr-bench-"))
    crowd = Crowd()
    await crowd.listen()
    address = f"sqlite:///{place / 'guide.sqlite3'}"
    async with running(crowd, webhook=True, UPR_KEYS=keys_text(1), DATABASE_URL=address) as bot:
        crowd.hooks = Hooks([bot.port])
        guide = psutil.Process(bot.process.pid)
        spent = _used(guide)
        memory = await _lived(crowd, guide)
        spent = _used(guide) - spent
        defects = bot.output.count(b'"defect"')
    shutil.rmtree(place)
    after = [mb for at, mb in memory if at >= SETTLED]
    calls = ", ".join(f"{n:,} {method}" for method, n in crowd.counted.most_common(5))
    took = crowd.took
    print(
        f"\n- MB resident every {SAMPLE} s: {' '.join(f'{mb:.1f}' for _, mb in memory)}\n"
        f"- growth after the first {SETTLED} s: {after[-1] - after[0]:.1f} MB to the end, {max(after) - after[0]:.1f} MB at most\n"
        f"- {len(took):,} actions answered, {crowd.silent} never; {defects} defects logged; calls: {calls}\n"
        f"- p50, p95, longest, ms: {_spread(took).replace(' |', ',')}\n"
        f"- CPU of the guide: {spent:.0f} s, {spent / LASTS:.0%} of a core, {spent / len(took) * 1e3:.2f} ms an update\n"
        f"- {_load()}"
    )


async def _lived(crowd: Crowd, guide: psutil.Process) -> list[tuple[float, float]]:
    """Let people live for `LASTS` seconds; return the memory of the guide over that time."""
    dice = random.Random(2026)
    people: list[Person] = [crowd.person(LANGUAGES[number % 3]) for number in range(PEOPLE)]
    lives = {person.id: life(person, random.Random(person.id)) for person in people}
    memory: list[tuple[float, float]] = []
    begun = time.perf_counter()
    for number in itertools.count():
        due = begun + number / EACH_SECOND
        if due - begun >= len(memory) * SAMPLE:
            memory.append((len(memory) * SAMPLE, guide.memory_info().rss / MB))
            if LONG:
                print(f"{memory[-1][0]} s: {memory[-1][1]:.1f} MB", flush=True)
        if due - begun >= LASTS:
            return memory
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        person = dice.choice(people)
        while person.id in crowd.waiting:  # nobody acts before the card is there
            person = dice.choice(people)
        crowd.keep(crowd.act(next(lives[person.id]), person.id))
    raise AssertionError
