"""Measure everything and print it as the tables of docs/performance.md; `python -m bench start matching` measures parts."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import endurance, reminders
from bench.danger import danger
from bench.names import names
from bench.questions import fit, matching
from bench.wire import SECRET, TOKEN, Api, menu, question, tap
from bench.worst import worst
from tests import NOW
from tests.process import ROOT, environment, free_port
from upr_bot.actions import Ask, ShowGuide, ShowStage
from upr_bot.channels.telegram.render import encoded
from upr_bot.content import load, packaged
from upr_bot.dialog import Knowledge, Reader, respond

PEOPLE = 50
SECONDS = 2.0
ROUNDS = 3


@dataclass
class Figures:
    per_second: float
    cpu_ms: float
    rss_mb: float


async def drive(module: str, act: Callable[[int, int], dict], *, webhook: bool) -> Figures:
    """Run a bot and let people talk to it: answers a second, CPU an answer, memory."""
    api = Api(act)
    port, hook = await api.start(), free_port()
    settings = {
        "UPR_TELEGRAM_TOKEN": TOKEN,
        "UPR_TELEGRAM_API_URL": f"http://127.0.0.1:{port}",
        "HOST": "127.0.0.1",
        "PORT": str(hook),
        "OPENBLAS_NUM_THREADS": "1",  # as `upr-bot serve` sets it for itself
    }
    if webhook:
        settings |= {"UPR_PUBLIC_URL": f"http://127.0.0.1:{hook}", "UPR_WEBHOOK_SECRET": SECRET}
    process = subprocess.Popen(
        [sys.executable, "-m", module], env=environment(**settings), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        await asyncio.wait_for(api.ready.wait(), 30)
        await asyncio.sleep(0.5)
        if webhook:
            await api.by_webhook([hook], "/telegram", 1.0, PEOPLE)
        used = psutil.Process(process.pid)
        cpu, answered, begun = sum(used.cpu_times()[:2]), api.answered, time.perf_counter()
        if webhook:
            await api.by_webhook([hook], "/telegram", SECONDS, PEOPLE)
        else:
            await api.by_polling(SECONDS, PEOPLE)
        count, lasted = api.answered - answered, time.perf_counter() - begun
        return Figures(count / lasted, (sum(used.cpu_times()[:2]) - cpu) / max(count, 1) * 1e3, used.memory_info().rss / 1e6)
    finally:
        process.kill()  # a stop is not what is measured
        process.wait(15)


async def updates() -> None:
    print("\n## An update: answers a second, CPU of the bot's process an update (best of", ROUNDS, "alternating rounds)\n")
    print("| | stock, polling | guide, polling | guide, webhook | webhook against stock |")
    print("|---|---|---|---|---|")
    for name, act in (("menu: /guide", menu), ("a tap (edit and callback)", tap), ("a typed question", question)):
        best: dict[str, Figures] = {}
        for _ in range(ROUNDS):
            for case, module, webhook in (
                ("stock", "bench.stock", False),
                ("polling", "upr_bot", False),
                ("webhook", "upr_bot", True),
            ):
                found = await drive(module, act, webhook=webhook)
                if case not in best or found.cpu_ms < best[case].cpu_ms:
                    best[case] = found
        cells = [f"{best[c].per_second:,.0f}/s, {best[c].cpu_ms:.2f} ms" for c in ("stock", "polling", "webhook")]
        print(f"| {name} | {' | '.join(cells)} | {best['webhook'].per_second / best['stock'].per_second:.1f} × |", flush=True)


def start() -> None:
    print("\n## Starting\n")
    command = [sys.executable, "-m", "upr_bot"]
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([*command, "--help"], env=environment(), cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        taken.append(time.perf_counter() - begun)
    print(f"- `upr-bot --help`: {min(taken):.2f} s best of 5, {statistics.median(taken):.2f} s in the middle")
    first = []
    resident = []
    import urllib.request

    for _ in range(5):
        port = free_port()
        begun = time.perf_counter()
        process = subprocess.Popen(
            [*command, "serve"],
            env=environment(PORT=str(port), HOST="127.0.0.1"),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while True:
            try:
                request = urllib.request.Request(f"http://127.0.0.1:{port}/en/ask", data=b"q=word+limit+of+a+report")
                urllib.request.urlopen(request, timeout=5).read()
                break
            except OSError:
                time.sleep(0.01)
        first.append(time.perf_counter() - begun)
        resident.append(psutil.Process(process.pid).memory_info().rss / 1e6)
        process.terminate()
        process.wait(15)
    best, middle = min(first), statistics.median(first)
    print(f"- first answer to a typed question after start: {best:.2f} s best of 5, {middle:.2f} s in the middle")
    print(f"- resident with all content, after that answer: {statistics.median(resident):.0f} MB")


def parts() -> None:
    """What each part weighs, each imported in a process of its own on top of the ones before."""
    print("\n## Memory, part by part (MB resident, added up in this order)\n")
    steps = (
        ("Python", "pass"),
        ("numpy", "import numpy"),
        ("PyYAML and pydantic", "import yaml, pydantic"),
        ("the content, read and checked", "from upr_bot.content import load, packaged; library = load(packaged())"),
        (
            "the question index",
            "from upr_bot.dialog import Knowledge; knowledge = Knowledge(library, compiled=packaged().compiled); knowledge.matcher",
        ),
        ("aiohttp", "import aiohttp"),
        ("python-telegram-bot (brings httpx)", "import telegram"),
        ("Starlette, uvicorn, uvloop", "import starlette.applications, uvicorn, uvloop, upr_bot.serve"),
    )
    code = "import os\nimport psutil\nof = psutil.Process()\nlast = 0\n"
    for name, statement in steps:
        code += f"{statement}\nnow = of.memory_info().rss / 1e6\nprint(f'- {name}: +{{now - last:.0f}}')\nlast = now\n"
    code += "print(f'- together: {last:.0f}')\n"
    print(
        subprocess.run(
            [sys.executable, "-c", code], env=environment(), cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout,
        end="",
    )


def sizes(knowledge: Knowledge) -> None:
    print("\n## Small\n")
    steps = (Ask("/start"), ShowGuide(), ShowStage("pre_session"))
    shown = [len(encoded(respond(step, Reader("en"), knowledge, NOW).reply, "upr_guide_bot")) for step in steps]
    each = " + ".join(map(str, shown))
    print(
        f"- first contact to a stage's tips: {len(steps)} actions, {sum(shown) / 1000:.1f} kB of text and keyboard ({each} bytes)"
    )


def main() -> None:
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?"
    )
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {model}")
    knowledge = Knowledge(load(packaged()), compiled=packaged().compiled)
    _ = knowledge.matcher
    sections: dict[str, Callable[[], object]] = {
        "start": start,
        "parts": parts,
        "sizes": lambda: sizes(knowledge),
        "names": names,
        "worst": worst,
        "matching": matching,
        "danger": danger,
        "updates": lambda: asyncio.run(updates()),
        "sweep": reminders.sweep,
        "dispatch": lambda: asyncio.run(reminders.dispatch()),
        "kills": lambda: asyncio.run(reminders.kills()),
        "replies": lambda: asyncio.run(reminders.replies()),
        "malformed": lambda: asyncio.run(endurance.malformed_updates()),
        "flood": lambda: asyncio.run(endurance.flood()),
        "replicas": lambda: asyncio.run(endurance.replicas()),
        "crashes": lambda: asyncio.run(endurance.crashes()),
        "reloads": lambda: asyncio.run(endurance.reloads()),
        "hour": lambda: asyncio.run(endurance.hour()),
    }
    for name in sys.argv[1:] or sections:
        ({"fit": fit} | sections)[name]()


if __name__ == "__main__":
    main()
