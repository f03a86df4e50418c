"""What a copy leaves behind and whom it talks to: nothing in its output, no row, no file, no stranger on the network."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import logging
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from sqlalchemy.engine import make_url

from tests.audit import Audit
from tests.botapi import SECRET, TOKEN, USERNAME, BotApi, Person, bot_api, post
from tests.databases import KEYS, keys_text
from tests.process import ROOT, Bot, environment, run, running
from tests.test_reminders import calendar, copy, health
from upr_bot.settings import Secret

MODES = pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])


# --- N1: reading leaves nothing --------------------------------------------------------------------------------------------------


def rows(address: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table; of PostgreSQL also which transaction wrote it: one written anew as it was is seen."""
    if address.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {table: sorted(connection.execute(f'SELECT * FROM "{table}"'), key=repr) for table in tables}
    import psycopg

    with psycopg.connect(address) as connection_:
        found = connection_.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'").fetchall()
        return {
            t: sorted(connection_.execute(f'SELECT xmin::text, ctid::text, * FROM "{t}"').fetchall(), key=repr) for (t,) in found
        }  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, str]:
    """Return path → digest of every file below. SQLite's `-shm` is left out: it says who reads now, and goes with the process."""
    files = [file for file in folder.rglob("*") if file.is_file() and not file.name.endswith("-shm")]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


READING = (
    "/start", "[Guide]", "3", "[Tips]", "[Back]", "[Home]", "/now Alphaland", "[Dates]", "/dates Alphaland",
    "[Calendar file]", "[Neutral file]",
    "<< Betaland", "/dates", "<< alfaland", "/session 90", "/next", "/guide", "5", "[Video]", "[Read instead]",
    "/videos", "/ask", "1",
    "what is the upr", "what is the word limit", "deadline", "[None of these]", "who pays for my flight",
    "and for a coalition?", "troika", "visa",
    "xyzzy", "qué es el EPU", "date limite pour les ong", "/lang", "[Français]", "/help", "/about", "/privacy",
    "/export", "/remind",
    "/remind Alphaland", "[Message me]", "[7 days]", "[Done]", "[09:00]", "[Appointment reminder]", "/forget",
    "[Keep]", "/remind Alphaland",
    "[Calendar file]", "[Back]",
)  # fmt: skip


SHOWN = {"sendMessage", "editMessageText", "sendDocument"}


async def test_n1_fifty_readings_by_somebody_new_change_no_row_of_any_table_and_no_file(address: str, tmp_path: Path) -> None:
    """N1: over HTTP, by polling and webhook, on both engines; a reminder that is asked for and not confirmed is only read too."""
    webhook = address.startswith("postgresql")
    async with copy(address, tmp_path, webhook=webhook) as guide:
        await guide.ask(guide.api.person())  # somebody else is remembered, so that there is something to change
        reader = guide.api.person(language="en")
        before = rows(address), contents(tmp_path)
        assert before[0]["subscription"]
        did = 0
        for line in READING:
            if did == 25:  # a person is answered thirty times a minute: somebody else, as new, goes on from the same card
                card, reader = reader.last, guide.api.person(language="en")
                reader.last = card
            labels = [b["text"] for row in reader.last.get("reply_markup", {}).get("inline_keyboard", []) for b in row]
            if line.startswith("[") and line[1:-1] not in labels:
                continue  # another card came than on the day this was written; the count below sees to it that few are passed over
            calls = len(guide.api.calls)
            update = reader.hear(line)
            if webhook:
                assert await post(guide.bot.hook, update) == 200  # type: ignore[union-attr]
            else:
                await guide.api.push(update)
            await guide.api.until(lambda calls=calls: any(c.method in SHOWN for c in guide.api.calls[calls:]))
            did += 1
        photo = reader.message(photo=[{"file_id": "x"}], caption="our evidence")
        await guide.bring(photo)
        async with aiohttp.ClientSession() as session:
            for path in ("/en", "/en/dates/XAA", "/en/calendar/XAA", "/en/calendar/XAA/neutral", "/fr/guide"):
                await (await session.get(f"{guide.bot.web}{path}")).read()  # type: ignore[union-attr]
            await (await session.post(f"{guide.bot.web}/en/ask", data={"q": "our case"})).read()  # type: ignore[union-attr]
        assert did >= 43
        assert guide.api.of("sendDocument"), "calendar files among them"
        assert (rows(address), contents(tmp_path)) == before


# --- N2: nothing in the output ---------------------------------------------------------------------------------------------------

WORD = "MARKERWORD"
NUMBER = 987_654_321_012
KEPT = {"type", "status", "is_bot", "language_code", "update_id", "date"}
"""Fields by which an update is known for what it is."""


def crammed(person: Person) -> list[dict[str, Any]]:
    """Return updates of every kind with a marker in every field that somebody can fill: names, captions, links, ids, places."""
    who = {
        "id": NUMBER, "is_bot": False, "first_name": WORD, "last_name": WORD, "username": WORD, "language_code": "en",
        "added_to_attachment_menu": True,
    }  # fmt: skip
    chat = {"id": NUMBER, "type": "private", "first_name": WORD, "last_name": WORD, "username": WORD, "bio": WORD, "title": WORD}
    entity = {"type": "text_link", "url": f"https://t.me/{USERNAME}?start=en__entry__{WORD}", "offset": 0, "length": 1, "user": who}
    card = {
        "message_id": NUMBER, "date": 1, "chat": chat, "from": {**who, "is_bot": True}, "text": f"\u200b{WORD}",
        "entities": [entity],
        "reply_markup": {"inline_keyboard": [[{"text": WORD, "callback_data": f"en__{WORD}"}]]},
    }  # fmt: skip
    more = {
        "caption": WORD, "caption_entities": [entity], "entities": [{**entity, "type": "mention"}], "via_bot": who,
        "author_signature": WORD,
        "forward_origin": {"type": "user", "sender_user": who, "sender_user_name": WORD}, "media_group_id": WORD,
        "connected_website": WORD,
        "quote": {"text": WORD, "entities": [entity]}, "reply_to_message": card, "business_connection_id": WORD, "effect_id": WORD,
    }  # fmt: skip
    brought = {
        "photo": [{"file_id": WORD, "file_unique_id": WORD}], "document": {"file_id": WORD, "file_name": WORD, "mime_type": WORD},
        "voice": {"file_id": WORD}, "location": {"latitude": 1.0, "longitude": 2.0}, "venue": {"title": WORD, "address": WORD},
        "contact": {"phone_number": WORD, "first_name": WORD, "vcard": WORD, "user_id": NUMBER}, "poll": {"id": WORD,
        "question": WORD},
    }  # fmt: skip

    def message(**content: Any) -> dict[str, Any]:
        return {"message": {"message_id": NUMBER, "date": 1, "chat": chat, "from": who, **content}}

    def tap(data: str) -> dict[str, Any]:
        query = {
            "id": WORD,
            "from": who,
            "chat_instance": WORD,
            "data": data,
            "inline_message_id": WORD,
            "game_short_name": WORD,
            "message": card,
        }
        return {"callback_query": query}

    said = (
        f"{WORD} about our case",
        f"/start {WORD}",
        f"/now {WORD}",
        f"/remind {WORD}",
        f"/lang {WORD}",
        f"/ask {WORD}",
        f"/{WORD}",
    )
    updates = [message(text=text, **more) for text in said]
    updates += [message(**more, **{kind: content}) for kind, content in brought.items()]
    updates += [
        tap(f"en__entry__{WORD}"),
        tap(f"en__check__{WORD}__1__9__w{WORD}"),
        tap(WORD),
        tap("en__hide__NPL"),
        tap("en__guide"),
    ]
    changed = {"chat": {**chat, "type": "channel"}, "from": who, "date": 1, "invite_link": {"name": WORD, "creator": who}}
    updates += [{"my_chat_member": changed | {"new_chat_member": {"status": "left", "user": who, "custom_title": WORD}}}]
    updates += [{"edited_message": message(text=WORD)["message"]}, {"inline_query": {"id": WORD, "from": who, "query": WORD}}]
    updates += [{WORD: WORD}, {"poll_answer": {"poll_id": WORD, "user": who, "option_ids": [NUMBER]}}]
    return [{"update_id": next(person.api.update_ids), **update} for update in updates]


def spoilt(updates: list[dict[str, Any]], numbers: Iterator[int]) -> list[dict[str, Any]]:
    """Return them with each field in turn replaced by a marker of the wrong type, and each name of a field by a marker."""
    made = []
    for update in updates:
        for path in list(_paths(update)):
            for wrong in (WORD, NUMBER, [WORD], {WORD: WORD}, None):
                spoiled = {**deepcopy(update), "update_id": next(numbers)}
                where = spoiled
                for key in path[:-1]:
                    where = where[key]
                if wrong is None:
                    where[WORD] = where.pop(path[-1]) if isinstance(where, dict) else WORD  # type: ignore[call-overload]
                else:
                    where[path[-1]] = wrong
                made.append(spoiled)
    return made


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key in value if isinstance(value, dict) else ():
        if key != "update_id":
            yield (*path, key)
            if len(path) < 2:
                yield from _paths(value[key], (*path, key))


class Gate:
    """Stands between the bot and the Bot API: it can be shut, so that connections are refused, or answer with rubbish."""

    def __init__(self, api: BotApi) -> None:
        self._to = int(api.url.rsplit(":", 1)[1])
        self.port = 0
        self.rubbish = b""
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        assert self._server
        self._server.close()
        for writer in self._open:
            writer.close()
        self._open.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        there, back = await asyncio.open_connection("127.0.0.1", self._to)

        async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter, *, coming_back: bool) -> None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                while chunk := await source.read(65_536):
                    target.write(self.rubbish if coming_back and self.rubbish else chunk)
                    await target.drain()
            target.close()

        await asyncio.gather(carry(reader, back, coming_back=False), carry(there, writer, coming_back=True))


FAULTS: tuple[tuple[int, dict[str, Any]], ...] = tuple(
    (status, {"description": f"{said}: {WORD} {TOKEN} {NUMBER}", **more})
    for status, said, more in (
        (401, "Unauthorized", {}), (403, "Forbidden", {}), (404, "Not Found", {}), (409, "Conflict", {}),
        (429, "Too Many Requests", {"parameters": {"retry_after": 0}}), (400, "Bad Request: can't parse entities",
        {}), (500, "Internal", {}),
    )
)  # fmt: skip
FORBIDDEN = (
    WORD, str(NUMBER), "our case", TOKEN, TOKEN.split(":")[1], SECRET, keys_text(1).split(":")[1], KEYS[1].hex(),
    "Marker-Name", "Traceback",
)  # fmt: skip


def quiet(said: bytes | str) -> None:
    text = said if isinstance(said, str) else said.decode()
    assert not [word for word in FORBIDDEN if word in text]


@MODES
async def test_n2_markers_in_every_field_through_every_refusal_never_reach_the_output(webhook: bool, tmp_path: Path) -> None:
    """N2: at DEBUG, good and malformed updates, 401 to 500, rubbish for an answer, connections refused; /healthz too."""
    settings = {"UPR_KEYS": keys_text(1), "DATABASE_URL": f"sqlite:///{tmp_path / 'guide.sqlite3'}", "UPR_LOG_LEVEL": "DEBUG"}
    async with bot_api() as api:
        gate = Gate(api)
        await gate.open()
        api.url = f"http://127.0.0.1:{gate.port}"
        async with running(api, webhook=webhook, **settings) as bot:
            ann = api.person()
            good = crammed(ann)
            async with aiohttp.ClientSession(headers={"X-Telegram-Bot-Api-Secret-Token": SECRET}) as session:

                async def bring(updates: list[dict[str, Any]], seconds: float = 20) -> None:
                    if not webhook:
                        await api.push(*updates)
                        with contextlib.suppress(TimeoutError):
                            await api.until(lambda: not api.queue or api.queue[0]["update_id"] > updates[-1]["update_id"], seconds)
                        return

                    async def one(update: dict[str, Any]) -> None:
                        with contextlib.suppress(TimeoutError):
                            async with asyncio.timeout(seconds), session.post(bot.hook, json=update) as answer:
                                assert answer.status in {200, 503}

                    for at in range(0, len(updates), 50):
                        await asyncio.gather(*map(one, updates[at : at + 50]))

                await bring(good)
                for method in ("sendMessage", "editMessageText", "answerCallbackQuery", "getUpdates"):
                    # A poll that fails is tried again after twice as long, so that a few of them must do.
                    api.faults.extend((method, *fault) for fault in (FAULTS[:4:3] if method == "getUpdates" else FAULTS))
                await bring([{**update, "update_id": next(api.update_ids)} for update in good], 4)
                api.faults.clear()
                gate.rubbish = f"HTTP/1.1 502 {WORD}\r\nContent-Length: {len(WORD)}\r\nX-Token: {TOKEN}\r\n\r\n{WORD}".encode()
                await bring([api.person().message(text=f"/guide {WORD}")], 1.5)
                gate.rubbish = b""
                await gate.shut()
                await bring([ann.message(text=f"/guide {WORD}"), api.person().tap(data=f"en__{WORD}")], 6 if webhook else 1.5)
                async with session.get(f"{bot.web}/healthz") as response:
                    assert await response.text() == '{"status":"ok"}'
                await gate.open()
                await bring(spoilt(good[3::8], api.update_ids), 40)
                for path in (f"/{WORD}", f"/en/entry/{WORD}?{WORD}", f"/en/{WORD}/{TOKEN}"):
                    async with session.get(
                        f"{bot.web}{path}", headers={"User-Agent": WORD, "Cookie": WORD, "Referer": WORD}
                    ) as page:
                        assert page.status in {200, 404}
                async with session.post(f"{bot.web}/en/ask", data={"q": WORD, "of": WORD}) as page:
                    assert page.status == 200
            bob = api.person()
            update = bob.message(text="/guide")
            if webhook:
                assert await post(bot.hook, update) == 200
            else:
                await api.push(update)
            await api.until(lambda: bool(bob.last), 40)
            assert await bot.stop() == 0
        await gate.shut()
    quiet(bytes(bot.output))
    assert b"update_unreadable" in bot.output, "what was malformed was met"
    assert b'"NetworkError"' in bot.output, "what was refused was met"


CRASHING = f"""
import asyncio, datetime as dt, gc, logging, os, sys
import uvloop
from upr_bot import logs
from upr_bot.content import load, packaged
from upr_bot.dialog import Knowledge
from upr_bot.guide import Guide
from upr_bot.serve import serve
from upr_bot.settings import read_settings

async def left_behind():
    raise ValueError("{WORD} {TOKEN}")

class Clock:
    \"\"\"A defect of ours: it fails as it is told to, then tells the time.\"\"\"
    def __init__(self, how):
        self.how = how
    def __call__(self):
        did = self.how.pop(0) if self.how else ""
        if did == "raise":
            raise ValueError("{WORD} {TOKEN}")
        if did == "orphan":
            asyncio.get_running_loop().create_task(left_behind())
            asyncio.get_running_loop().call_later(0.2, gc.collect)
        if did == "cancel":
            asyncio.current_task().cancel("{WORD}")
        return dt.datetime.now(dt.UTC)

settings = read_settings(os.environ)
logs.set_up(logging.DEBUG)
knowledge = Knowledge(load(packaged()), compiled=packaged().compiled)
uvloop.run(serve(settings, Guide(knowledge, Clock(sys.argv[1:])), lambda: knowledge, print))
"""


@contextlib.asynccontextmanager
async def crashing(api: BotApi, *how: str, webhook: bool) -> AsyncIterator[Bot]:
    """Run the guide with a clock that is passed in and fails: every action meets the defect."""
    from tests.process import free_port

    port = free_port()
    settings = {"PORT": str(port), "HOST": "127.0.0.1", "UPR_TELEGRAM_TOKEN": TOKEN, "UPR_TELEGRAM_API_URL": api.url}
    if webhook:
        settings |= {"UPR_PUBLIC_URL": f"http://127.0.0.1:{port}", "UPR_WEBHOOK_SECRET": SECRET}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CRASHING, *how, env=environment(**settings), cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    bot = Bot(process, port, bytearray())

    async def collect() -> None:
        assert process.stdout
        while chunk := await process.stdout.read(4096):
            bot.output += chunk

    collecting = asyncio.ensure_future(collect())
    try:
        async with asyncio.timeout(20):
            while b'"connected"' not in bot.output:
                assert process.returncode is None, bytes(bot.output).decode()
                await asyncio.sleep(0.02)
        yield bot
    finally:
        if process.returncode is None:
            await bot.stop()
        await collecting


@MODES
async def test_n2_i3_a_defect_of_ours_tells_its_type_alone_and_stops_nobody(webhook: bool) -> None:
    """N2 and I3: an error in the answer and in what apologises for it, a task that nobody waits for, a task that is killed."""
    async with bot_api() as api, crashing(api, "raise", "raise", "orphan", "cancel", webhook=webhook) as bot:
        ann = api.person()
        tap = ann.tap(data="en__guide")
        for update, known in ((tap, True), (ann.message(text=f"/guide {WORD}"), True), (ann.message(text=WORD), False)):
            calls = len(api.calls)
            if webhook:
                assert await post(bot.hook, update) == (200 if known else 500)
            else:
                await api.push(update)
            if known:
                await api.until(lambda calls=calls: any(c.method == "sendMessage" for c in api.calls[calls:]))
            else:
                await asyncio.sleep(0.5)  # nobody is told of what was killed; the next one shows that it stopped nobody
        assert tap["callback_query"]["id"] in api.answered
        before = len(api.of("sendMessage"))
        update = ann.message(text="/guide")
        assert (await post(bot.hook, update) if webhook else await api.push(update)) in {200, None}
        await api.until(lambda: len(api.of("sendMessage")) == before + 1)
        assert (await health(bot))[1] == '{"status":"ok"}'
        assert await bot.stop() == 0
    quiet(bytes(bot.output))
    assert bot.output.count(b'"defect"') == 2, "one for the action, once, and one for what was left behind"
    assert b'"error": "ValueError"' in bot.output


@pytest.mark.parametrize("place", ["message", "arguments", "exc_info", "extra", "stack"])
@pytest.mark.parametrize(
    "name",
    ["httpx", "httpcore.http11", "telegram", "telegram.ext.Application", "uvicorn", "uvicorn.error", "uvicorn.access",
    "sqlalchemy.engine.Engine",
     "sqlalchemy.pool", "asyncio", "aiohttp.client", "aiohttp.access", "aiosqlite", "psycopg",
     "alembic.runtime.migration", "concurrent.futures",
     "upr_bot.channels.telegram.channel", "a logger of\nours"],
)  # fmt: skip
def test_n2_no_logger_quotes_a_token_or_a_text_wherever_it_stands(stream: io.StringIO, name: str, place: str) -> None:
    """N2: ours too, when somebody logs a sentence or a field that is not on the list."""
    said = f"{WORD} {TOKEN}"
    logger = logging.getLogger(name)
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        match place:
            case "message":
                logger.log(level, f"https://api.telegram.org/bot{said}/getMe")  # noqa: G004 - what others do
            case "arguments":
                logger.log(level, "%s for %r", said, {"token": said})
            case "exc_info":
                try:
                    raise ValueError(said) from KeyError(said)  # noqa: TRY301 - a traceback is wanted
                except ValueError:
                    logger.log(level, "failed", exc_info=True)
            case "extra":
                more = dict.fromkeys(("text", "chat", "url", "event", "taskName", "detail"), said) | {"error": said}
                logger.log(level, "event", extra=more if not name.startswith("upr_bot") else {**more, "error": "Type"})
            case "stack":
                logger.log(level, said, stack_info=True, stacklevel=1)
    logging.getLogger("py.warnings").warning(said)
    assert stream.getvalue()
    quiet(stream.getvalue())
    for line in stream.getvalue().splitlines():
        assert set(json.loads(line)) <= {"at", "level", "logger", "event", "error", "count", "mode"}


def test_n2_a_secret_of_the_settings_prints_nowhere() -> None:
    secret = Secret(TOKEN)
    quiet(f"{secret} {secret!r} {[secret]} {vars(secret) if hasattr(secret, '__dict__') else ''}")


# --- N8: whom it talks to --------------------------------------------------------------------------------------------------------


async def watched(bot: Bot, seen: set[tuple[str, int]]) -> None:
    """Note every other end of a connection that the process opened, as the system sees them."""
    process = psutil.Process(bot.process.pid)
    while True:
        with contextlib.suppress(psutil.Error):
            assert process.children(recursive=True) == []
            for connection in process.net_connections(kind="inet"):
                if connection.raddr and connection.laddr.port != bot.port:
                    seen.add((connection.raddr.ip, connection.raddr.port))
        await asyncio.sleep(0.01)


async def test_n8_the_bot_api_and_the_database_are_all_it_connects_to(address: str, tmp_path: Path) -> None:
    """N8: told by the interpreter and seen by the system, while people do everything there is to do, by polling and webhook."""
    webhook = address.startswith("postgresql")
    audit = Audit(tmp_path / "audit")
    async with bot_api() as api:
        settings = {"UPR_KEYS": keys_text(1), "DATABASE_URL": address, "UPR_CONTENT": str(calendar(tmp_path / "content"))}
        async with running(api, webhook=webhook, **settings, **audit.settings) as bot:
            seen: set[tuple[str, int]] = set()
            watching = asyncio.ensure_future(watched(bot, seen))
            ann = api.person()
            said = (
                "/start", "/now Alphaland", "what is the word limit", "https://example.org/evidence.pdf", "/export",
                "[Back]", "/remind Alphaland",
                "[Message me]", "[7 days]", "[Done]", "[09:00]", "[Appointment reminder]", "[Confirm]", "/videos",
                "/about", "/forget", "[Erase]",
            )  # fmt: skip
            for line in said:
                before = len(api.calls)
                update = ann.hear(line)
                assert (await post(bot.hook, update) if webhook else await api.push(update)) in {200, None}
                await api.until(
                    lambda before=before: any(c.method in {"sendMessage", "editMessageText"} for c in api.calls[before:])
                )
            brought = ann.message(document={"file_id": "x", "file_name": "http://example.org/x"}, caption="https://example.org")
            assert (await post(bot.hook, brought) if webhook else await api.push(brought)) in {200, None}
            async with aiohttp.ClientSession() as session:
                for path in (
                    "/",
                    "/en/videos",
                    "/en/dates/XAA",
                    "/en/calendar/XAA",
                    "/healthz",
                    "/http://example.org/",
                    "/en/about",
                ):
                    await (await session.get(f"{bot.web}{path}", headers={"Referer": "http://example.org"})).read()
            await asyncio.sleep(0.3)
            watching.cancel()
            assert await bot.stop() == 0
    hosts = {("127.0.0.1", int(api.url.rsplit(":", 1)[1]))}
    url = make_url(address)
    if url.port:
        hosts |= {(ip, url.port) for ip in ("127.0.0.1", "::1")}
    assert ("127.0.0.1", int(api.url.rsplit(":", 1)[1])) in seen, "the watch sees what there is"
    assert seen <= hosts
    told = {event[0] for event in audit.events("socket.connect") if isinstance(event[0], tuple)}
    assert {tuple(peer[:2]) for peer in told if isinstance(peer, tuple)} <= hosts
    looked_up = {event[0] for event in audit.events("socket.getaddrinfo", "socket.gethostbyname")}
    assert looked_up <= {"127.0.0.1", "localhost", None, url.host}
    assert audit.events("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "urllib.Request") == []


# --- R8: on one's own machine ----------------------------------------------------------------------------------------------------


async def test_r8_the_local_run_needs_no_network_token_or_key_and_writes_nothing(tmp_path: Path) -> None:
    """R8: the web and the terminal, with an empty environment and an empty home."""
    home = {name: str(tmp_path / "home") for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR")}
    (tmp_path / "home").mkdir()
    audit = Audit(tmp_path / "audit")
    async with running(cwd=tmp_path / "home", **home, **audit.settings) as bot, aiohttp.ClientSession() as session:
        seen: set[tuple[str, int]] = set()
        watching = asyncio.ensure_future(watched(bot, seen))
        for path in ("/en", "/fr/guide", "/es/videos", "/en/dates/NPL", "/en/calendar/TGO/neutral", "/healthz"):
            async with session.get(f"{bot.web}{path}") as response:
                assert response.status == 200
        async with session.post(f"{bot.web}/en/ask", data={"q": "what is the word limit"}) as response:
            assert response.status == 200
        await asyncio.sleep(0.1)
        watching.cancel()
        assert await bot.stop() == 0
    code, _, err = await run("chat", typed=b"/guide\nwhat is the word limit\n/dates Nepal\n", **home, **audit.settings)
    assert (code, err) == (0, "")
    assert seen == set()
    assert audit.events("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "sqlite3.connect") == []
    assert not [path for path in audit.opened(writing=True) if path != "/dev/null"]
    assert audit.events("os.mkdir", "os.rename") == []
    assert list((tmp_path / "home").iterdir()) == []


async def test_r8_with_reminders_everything_lies_in_one_folder_of_the_user(tmp_path: Path) -> None:
    """R8: with a token and a key and nothing else set."""
    home = tmp_path / "home"
    home.mkdir()
    where = {"HOME": str(home), "TMPDIR": str(home), "XDG_DATA_HOME": str(home / "data")}
    async with bot_api() as api, running(api, cwd=home, UPR_KEYS=keys_text(1), PYTHONDONTWRITEBYTECODE="1", **where) as bot:
        ann = api.person()
        for line in ("/remind Nepal", "/export"):
            await api.push(ann.hear(line))
            before = len(api.calls)
            await api.until(lambda before=before: any(c.method == "sendMessage" for c in api.calls[before:]))
        written = {file.relative_to(home) for file in home.rglob("*") if file.is_file()}
        assert {file.parent for file in written} == {Path("data/upr-guide")}
        assert all(file.name.startswith("guide.sqlite3") for file in written)
        assert (home / "data/upr-guide").stat().st_mode & 0o077 == 0
        assert (home / "data/upr-guide/guide.sqlite3").stat().st_mode & 0o077 == 0
        assert await bot.stop() == 0
