"""New content while people are served: `kill -HUP` to the guide as a process, real files, a real database."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import pty
import re
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from tests.botapi import TOKEN, bot_api
from tests.databases import keys_text
from tests.process import ROOT, Bot, environment, free_port, running, start
from tests.test_hostile import BROKEN_FILES
from tests.test_reminders import PRESESSION, TODAY, Copy, at, calendar, keep_all
from tests.test_telegram import MODES, Line
from upr_bot.dialog import Knowledge
from upr_bot.errors import ContentError, Problem
from upr_bot.renewal import DONE, KEPT, renew

REVIEW = (ROOT / "dialogs/en/review.yaml").read_text(encoding="utf-8")


def write(overlay: Path, line: str) -> None:
    """Write a stage's text under a title of our own."""
    text = re.sub(r"(?m)^title: .*", f"title: {line}", REVIEW)
    assert text != REVIEW
    (overlay / "dialogs/en/review.yaml").write_text(text, encoding="utf-8")


async def hang_up(bot: Bot, *answers: str) -> None:
    """Ask for the new content as `systemctl reload` does, and wait until each of the answers was printed."""
    before = len(bot.output)
    bot.process.send_signal(signal.SIGHUP)
    async with asyncio.timeout(60):
        while not all(answer.encode() in bot.output[before:] for answer in answers):
            assert bot.process.returncode is None, bytes(bot.output).decode()
            await asyncio.sleep(0.05)


@MODES
async def test_i7_new_content_is_shown_without_a_stop_and_buttons_from_before_lead_on(webhook: bool, overlay: Path):
    write(overlay, "Before")
    async with bot_api() as api, running(api, webhook=webhook, UPR_CONTENT=str(overlay)) as bot, aiohttp.ClientSession() as session:
        line, ann = Line(api, bot, webhook=webhook), api.person()
        tap = "en__stage__review"
        await line.bring(ann.message(text="/guide"))
        await line.bring(ann.tap(data=tap))
        assert "Before" in ann.last["text"]
        write(overlay, "After")
        before = bot.output.count(DONE.encode())
        bot.process.send_signal(signal.SIGHUP)
        answered = 0
        async with asyncio.timeout(60):
            while bot.output.count(DONE.encode()) == before:  # people are answered while it reads
                await line.bring(api.person().tap(data="en__guide"))
                answered += 1
        assert answered > 2, "a guide that stood still would have answered the first, perhaps the second"
        await line.bring(ann.tap(data=tap))
        assert "After" in ann.last["text"]
        assert "Before" not in ann.last["text"]
        async with session.get(f"{bot.web}/en/stage/review") as response:
            assert "After" in await response.text()
        assert await bot.stop() == 0


async def test_i7_broken_content_at_a_reload_keeps_the_last_good_one(overlay: Path):
    """I7: whatever is wrong with it is told with its line, and readers notice nothing; mended, it is shown."""
    write(overlay, "The last good one")
    async with running(UPR_CONTENT=str(overlay)) as bot, aiohttp.ClientSession() as session:

        async def shown() -> str:
            async with session.post(f"{bot.web}/en/ask", data={"q": "what is the word limit"}) as response:
                assert response.status == 200
            async with session.get(f"{bot.web}/en/stage/review") as response:
                return await response.text()

        file = overlay / "dialogs/en/review.yaml"
        for raw in BROKEN_FILES.values():
            file.write_bytes(raw)
            await hang_up(bot, "dialogs/en/review.yaml:", KEPT)
            assert "The last good one" in await shown()
        file.write_text(REVIEW.replace("title:", "titel:", 1), encoding="utf-8")
        await hang_up(bot, "dialogs/en/review.yaml:", KEPT)
        assert "The last good one" in await shown()
        write(overlay, "Mended")
        await hang_up(bot, DONE)
        assert "Mended" in await shown()
        assert await bot.stop() == 0
    assert b"Traceback" not in bot.output


async def test_questions_that_changed_are_learnt_first(overlay: Path):
    """Learning takes a minute of a core: a process that serves does not do it, and says what does."""
    file = overlay / "faq/en/basics.yaml"
    shipped = (ROOT / "faq/en/basics.yaml").read_text(encoding="utf-8")
    async with running(UPR_CONTENT=str(overlay)) as bot:
        file.write_text(shipped.replace("    also asked:\n", "    also asked:\n      - a wording of ours\n", 1), encoding="utf-8")
        await hang_up(bot, "learn them with `upr-bot index`", KEPT)
        file.write_text(shipped, encoding="utf-8")
        await hang_up(bot, DONE)
        assert await bot.stop() == 0


@pytest.mark.parametrize("apart", [False, True], ids=["serve", "worker"])
async def test_a_date_that_moved_is_told_after_a_reload(apart: bool, tmp_path: Path):
    """The worker reads anew too, in the process of `serve` and in one of its own."""
    async with bot_api() as api:
        settings = {
            "UPR_KEYS": keys_text(1),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'guide.sqlite3'}",
            "UPR_CONTENT": str(calendar(tmp_path / "content")),
            "UPR_TELEGRAM_TOKEN": TOKEN,
            "UPR_TELEGRAM_API_URL": api.url,
        }
        guide = Copy(api, settings, webhook=False)
        await keep_all(guide, [7_001, 7_002])
        await guide.remind(at(TODAY, 1), "--send")
        assert guide.arrived() == []
        bot = await start("remind" if apart else "serve", **settings)
        async with asyncio.timeout(30):
            while (b"worker runs" if apart else b'"connected"') not in bot.output:
                await asyncio.sleep(0.05)
        calendar(tmp_path / "content", PRESESSION + dt.timedelta(days=6))
        await hang_up(bot, DONE)
        await api.until(lambda: len(guide.arrived()) == 2, 60)
        assert sorted(guide.arrived()) == [7_001, 7_002]
        assert await bot.stop() == 0


@contextlib.asynccontextmanager
async def renewing(read: Callable[[], Knowledge]) -> AsyncIterator[tuple[asyncio.Event, list[object]]]:
    """Yield what asks for new content, and the list of what was put and said, in order."""
    asked, told = asyncio.Event(), list[object]()
    task = asyncio.ensure_future(renew(asked, read, told.append, told.append))
    async with asyncio.timeout(10):
        yield asked, told
    task.cancel()


async def test_what_is_asked_for_while_it_is_read_is_read_once_more(knowledge: Knowledge):
    """The files may have changed behind the reader's back: two edits close to each other both arrive."""
    reads, go = 0, threading.Event()

    def read() -> Knowledge:
        nonlocal reads
        reads += 1
        assert go.wait(10)
        return knowledge

    async with renewing(read) as (asked, told):
        asked.set()
        while reads < 1:
            await asyncio.sleep(0.01)
        for _ in range(3):
            asked.set()
        assert told == []
        go.set()
        while len(told) < 4:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert told == [knowledge, DONE] * 2
        assert reads == 2


async def test_whatever_fails_while_it_is_read_the_next_reload_works(knowledge: Knowledge):
    """Every mistake is told with its place; a defect of ours or of a disk is told without its words, which may be anybody's."""
    mistakes = [Problem("dialogs/a.yaml", 3, "no title"), Problem("dialogs/b.yaml", 1, "a tab")]
    failing: list[Exception] = [ContentError(mistakes), OSError("MARKER"), RecursionError("MARKER")]

    def read() -> Knowledge:
        if failing:
            raise failing.pop(0)
        return knowledge

    async with renewing(read) as (asked, told):
        for count in (3, 4, 5, 7):
            asked.set()
            while len(told) < count:
                await asyncio.sleep(0.01)
        assert told == ["dialogs/a.yaml:3: no title", "dialogs/b.yaml:1: a tab", KEPT, KEPT, KEPT, knowledge, DONE]


async def test_a_terminal_that_is_closed_ends_the_guide():
    """There SIGHUP says that nobody is left to see it."""
    ours, theirs = pty.openpty()
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "upr_bot", stdin=theirs, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=environment(PORT=str(port), HOST="127.0.0.1"), cwd=ROOT,
    )  # fmt: skip
    os.close(theirs)
    try:
        assert process.stdout
        async with asyncio.timeout(30):
            while b"Telegram is off" not in await process.stdout.readline():
                pass
        process.send_signal(signal.SIGHUP)
        assert await asyncio.wait_for(process.wait(), 12) == 0
    finally:
        os.close(ours)
