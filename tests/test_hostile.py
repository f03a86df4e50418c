"""What strangers send and say: nothing of it stops the guide, becomes code or a path, or holds others up."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import random
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from aiohttp import web
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests import NOW, clock
from tests.audit import Audit
from tests.botapi import SECRET, TOKEN, USERNAME, BotApi, Person, bot_api, parsed, post
from tests.process import ROOT, Bot, run, running
from tests.worst import worst_questions
from upr_bot import actions as a
from upr_bot.channels.telegram.render import clip, html_of, message, units
from upr_bot.channels.telegram.transport import encode
from upr_bot.channels.web import web_app
from upr_bot.dialog import Knowledge, Reader, respond
from upr_bot.faq.encoder import Encoder
from upr_bot.faq.match import Matcher
from upr_bot.faq.normalise import QUESTION_LENGTH
from upr_bot.guide import Guide
from upr_bot.replies import Button, Option, Reply, Run, plain

MODES = pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
ANY_UNICODE = st.text(st.one_of(st.characters(), st.sampled_from("<>&;#\"'/ab\n\U0001f642\ud83d")), max_size=60)
"""Every code point there is, halves of surrogate pairs and astral planes among them, and often what HTML is made of."""


# --- I1: updates that nobody sends -----------------------------------------------------------------------------------------------


def good_updates() -> list[dict[str, Any]]:
    """Return one update of each kind that is heard, with everything that is read in it."""
    person = Person(BotApi(), 55)
    card = {
        "message_id": 7,
        "date": 1,
        "chat": {"id": 55, "type": "private"},
        "from": {"id": 1, "is_bot": True},
        "text": "\u200bA card",
        "entities": [{"type": "text_link", "url": f"https://t.me/{USERNAME}?start=en__guide", "offset": 0, "length": 1}],
        "reply_markup": {"inline_keyboard": [[{"text": "Home", "callback_data": "en__home"}]]},
    }
    person.last = card
    left = {"chat": {"id": 55, "type": "private"}, "from": {"id": 55}, "date": 1}
    return [
        person.message(text="/guide"),
        person.message(text="2", reply=True),
        person.message(photo=[{"file_id": "x"}], caption="our evidence"),
        person.tap(data="en__tips__advocacy__2"),
        {
            "update_id": 1,
            "my_chat_member": {**left, "old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}},
        },
    ]


def deep(levels: int) -> Any:
    nested: Any = "x"
    for _ in range(levels):
        nested = [nested]
    return nested


WRONG: tuple[Any, ...] = (
    None, True, 0, -1, -700_000_001, 1.5, float("nan"), float("inf"), 2**70, 10**400, "", "x" * 5000, "0", "\ud83d", "\u0000\u202e",
    "en__stage__" + "x" * 60, [], {}, [[]], [{}], {"id": None}, deep(60), ["private"], {"type": "private"},
)  # fmt: skip
"""What stands in a field's place: every type of JSON, numbers that fit nowhere, halves of characters."""


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of every field in an update, but its own number, which is Telegram's."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        if key != "update_id":
            yield value, key
            yield from places(value[key])


def malformed(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return updates with every field removed once, replaced once by everything wrong, then by chance at several places."""
    made: list[dict[str, Any]] = []
    for good in good_updates():
        for number, _ in enumerate(places(good)):
            for wrong in (..., *WRONG):
                update = deepcopy(good)
                where, key = list(places(update))[number]
                if wrong is ...:
                    del where[key]
                else:
                    where[key] = wrong
                made.append(update)
    dice = random.Random(seed)
    assert len(made) < count, "room for chance is left"
    while len(made) < count:
        update = deepcopy(dice.choice(good_updates()))
        for _ in range(dice.randint(2, 5)):
            where, key = dice.choice(list(places(update)))
            where[key] = deepcopy(dice.choice(WRONG))
        made.append(update)
    return made


STRANGERS = 2_000
"""People whose updates arrive malformed: so many that each is heard, so few that remembering when each acted is no growth."""


def bodies_of(updates: list[dict[str, Any]], first: int = 1) -> dict[int, bytes]:
    """Return update number → body. Of one person all but 30 updates a minute would be passed over as a flood, unread."""
    made = {
        n: json.dumps({"update_id": n} | {k: v for k, v in u.items() if k != "update_id"}) for n, u in enumerate(updates, first)
    }
    return {n: text.replace('"id": 55', f'"id": {80_000 + n % STRANGERS}').encode() for n, text in made.items()}


def raw_bodies(seed: int = 2) -> list[bytes]:
    """Return what is no JSON, or JSON that readers disagree about."""
    dice = random.Random(seed)
    whole = [json.dumps(update).encode() for update in good_updates()]
    bodies = [
        b"", b"[]", b"null", b"NaN", b"1", b'"x"', b"{", b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"update_id": "x"}', b'{"a":' * 40_000,
        b"[" * 200_000, b'{"update_id":1,"message":{"text":' + b"[" * 100_000, b"9" * 5000, b'{"update_id":' + b"9" * 5000 + b"}",
        b'{"update_id":1,"message":{"text":"\xc3\x28"}}', b'{"update_id":1,"message":' * 2000 + b"}" * 2000,
        b'{"update_id":1,"message":null,"message":{"chat":{"id":1,"id":2}}}', b"\x00" * 100_000, "{}".encode("utf-16"),
        b'{"update_id":1,"message":{"text":"' + b"\\ud800" * 40_000 + b'"}}',
    ]  # fmt: skip
    for body in whole:
        bodies += [body[: dice.randrange(len(body))] for _ in range(40)]
        for _ in range(60):
            at = dice.randrange(len(body))
            bodies.append(body[:at] + dice.randbytes(dice.randint(1, 3)) + body[at + 1 :])
    return bodies


class RawApi(BotApi):
    """A Bot API server whose polls bring updates byte for byte, as they stand in `raw`: number → update."""

    def __init__(self) -> None:
        super().__init__()
        self.raw: dict[int, bytes] = {}
        self.offset = 0

    async def _handle(self, request: web.Request) -> web.Response:
        if request.match_info["method"] != "getUpdates":
            return await super()._handle(request)
        asked = await request.json()
        async with self.news:
            self.offset = int(asked["offset"])
            self.raw = {number: body for number, body in self.raw.items() if number >= self.offset}
            self.news.notify_all()
            if not self.raw:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.news.wait_for(lambda: bool(self.raw)), min(float(asked["timeout"]), 1))
            brought = [self.raw[number] for number in sorted(self.raw)[: int(asked["limit"])]]
        return web.Response(body=b'{"ok":true,"result":[' + b",".join(brought) + b"]}", content_type="application/json")

    async def bring(self, updates: dict[int, bytes]) -> None:
        async with self.news:
            self.raw |= updates
            self.news.notify_all()


def rss(bot: Bot) -> int:
    return int(psutil.Process(bot.process.pid).memory_info().rss)


def cards(api: BotApi, chat: int) -> int:
    return len([c for c in api.of("sendMessage") if c.answered == 200 and c.parameters["chat_id"] == chat])


MEGABYTE = 2**20


async def test_i1_ten_thousand_malformed_updates_by_webhook_stop_nobody():
    """I1: no crash, no 5xx, memory within 20 MB, and the next good update is answered within a second."""
    async with bot_api() as api, running(api, webhook=True, UPR_LOG_LEVEL="DEBUG") as bot:
        ann = api.person()
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        async with aiohttp.ClientSession(headers=headers) as session:

            async def bring(bodies: list[bytes]) -> set[int]:
                statuses: set[int] = set()
                waiting = iter(bodies)

                async def one_after_the_other() -> None:
                    for body in waiting:
                        async with session.post(bot.hook, data=body) as response:
                            statuses.add(response.status)

                await asyncio.gather(*(one_after_the_other() for _ in range(50)))
                return statuses

            bodies = [*bodies_of(malformed(10_000)).values(), *raw_bodies()]
            assert await bring(bodies[::20]) == {200}  # what is kept for good, such as cards, is kept now
            before = rss(bot)
            assert await bring(bodies) == {200}
            shown = cards(api, ann.id)
            async with asyncio.timeout(1):
                assert await post(bot.hook, ann.message(text="/guide")) == 200
            assert cards(api, ann.id) == shown + 1
        assert rss(bot) - before <= 20 * MEGABYTE
        assert bot.process.returncode is None
        assert b"Traceback" not in bot.output


async def test_i1_ten_thousand_malformed_updates_by_polling_stop_nobody():
    """I1: the same by polling, with some that no parser takes in between."""
    async with bot_api(RawApi) as api, running(api, UPR_LOG_LEVEL="DEBUG") as bot:
        ann = api.person()
        updates = bodies_of(malformed(10_000))
        poisons = [
            b',"message":{"text":"\xc3\x28"}}', b',"message":{"chat":{"id":' + b"9" * 5000 + b"}}}",
            b',"message":' + b"[" * 100_000,
            b',"message":{"chat":{"id":1}',
        ]  # fmt: skip
        for number, poison in zip(range(2003, 10_000, 2250), poisons, strict=True):
            updates[number] = b'{"update_id":%d%b' % (number, poison)
        await api.bring({n: body for n, body in updates.items() if n <= 500})
        await api.until(lambda: api.offset > 500, 30)
        before = rss(bot)
        await api.bring({n: body for n, body in updates.items() if n > 500})
        await api.until(lambda: api.offset > len(updates), 100)
        async with asyncio.timeout(1):
            await api.bring({20_001: json.dumps(ann.message(text="/guide") | {"update_id": 20_001}).encode()})
            await api.until(lambda: cards(api, ann.id) == 1)
        assert rss(bot) - before <= 20 * MEGABYTE
        assert bot.process.returncode is None
        assert b"Traceback" not in bot.output
        assert bot.output.count(b"update_unreadable") > 2000


# --- I2: who speaks for Telegram -------------------------------------------------------------------------------------------------


async def spoken(port: int, head: str, *body: bytes, headers: tuple[str, ...] = ()) -> int:
    """Speak HTTP word for word, never more than is given here; return the status of what comes back before we hang up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        lines = [f"{head} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode("latin-1"))
        for part in body:
            with contextlib.suppress(ConnectionError):
                writer.write(part)
                await writer.drain()
        async with asyncio.timeout(10):
            return int((await reader.readline()).split()[1])
    finally:
        writer.close()


def with_secret(secret: str) -> str:
    return f"X-Telegram-Bot-Api-Secret-Token: {secret}"


LARGEST = 256 * 1024


async def test_i2_the_webhook_refuses_before_it_reads_and_stops_reading_what_is_too_much():
    """I2: 403 without a byte of the body, 413 while it streams, 405 and 404 for everything else."""
    async with bot_api() as api, running(api, webhook=True) as bot:
        ann = api.person()
        # A body is announced and never sent: whoever waits for it would never answer.
        for secret in ("", "wrong", "x" * 5000, f"{SECRET}x", SECRET[:-1], SECRET.upper(), "\u00fc" * 40, f" {SECRET} x"):
            status = await spoken(bot.port, "POST /telegram", headers=(with_secret(secret), "Content-Length: 1000"))
            assert status == 403, secret
        assert await spoken(bot.port, "POST /telegram", headers=("Content-Length: 1000",)) == 403
        assert await spoken(bot.port, "POST /telegram", headers=("Transfer-Encoding: chunked",)) == 403

        # Too large by its own account: refused before the first byte.
        for length in (LARGEST + 1, 10**15, 10**40):
            assert await spoken(bot.port, "POST /telegram", headers=(with_secret(SECRET), f"Content-Length: {length}")) in {
                413,
                400,
            }
        # Too large while it comes, without a length, and the end is never sent.
        chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        headers = (with_secret(SECRET), "Transfer-Encoding: chunked")
        assert await spoken(bot.port, "POST /telegram", *[chunk] * 9, headers=headers) == 413
        # What is just small enough is read whole, with a length and in chunks.
        body = json.dumps(ann.message(text="/guide")).encode().ljust(LARGEST)
        assert await spoken(bot.port, "POST /telegram", body, headers=(with_secret(SECRET), f"Content-Length: {len(body)}")) == 200
        assert cards(api, ann.id) == 1
        body = json.dumps(ann.message(text="/guide")).encode()
        assert await spoken(bot.port, "POST /telegram", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), headers=headers) == 200
        assert cards(api, ann.id) == 2

        for method in ("GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"):
            assert await spoken(bot.port, f"{method} /telegram", headers=(with_secret(SECRET),)) == 405, method
        for path in ("/telegram/x", "/Telegram", "/telegrams", "/en/telegram"):
            assert await spoken(bot.port, f"GET {path}") == 404, path
            status = await spoken(bot.port, f"POST {path}", headers=(with_secret(SECRET), "Content-Length: 0"))
            assert status in {404, 405}, path
        assert cards(api, ann.id) == 2


def test_i2_the_secret_is_only_ever_compared_in_constant_time():
    """I2: read off the source, since how long a comparison takes cannot be told from the noise of a network."""
    tree = ast.parse((ROOT / "upr_bot/channels/telegram/webhook.py").read_text(encoding="utf-8"))
    compared = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "hmac.compare_digest"]
    inside = {id(node) for call in compared for node in ast.walk(call)}
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "_secret"]
    read = [node for node in uses if isinstance(node.ctx, ast.Load)]
    assert read
    assert all(id(node) in inside for node in read)


# --- I3: poison ------------------------------------------------------------------------------------------------------------------


class Broken(Guide):
    """A guide with a defect: it fails at every action, each time it is asked."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge, clock)
        self.asked = 0

    async def serve(self, *_: Any, **__: Any) -> Any:
        self.asked += 1
        raise ValueError("MARKER")


async def test_i3_a_poison_update_is_acknowledged_once_and_its_person_hears_of_it(knowledge: Knowledge, caplog):
    """I3: also when what says so fails too: the tap is answered, a card comes, nothing is raised that would bring it again."""
    from telegram import Bot as TelegramBot

    from upr_bot.channels.telegram.channel import Channel
    from upr_bot.channels.telegram.transport import AiohttpRequest

    async with bot_api() as api:
        request, polls = AiohttpRequest(), AiohttpRequest()
        bot = TelegramBot(TOKEN, base_url=f"{api.url}/bot", request=request, get_updates_request=polls)
        await bot.initialize()
        guide = Broken(knowledge)
        channel = Channel(bot, request, guide)
        channel.connected.set()
        ann = api.person()
        await channel.serve(ann.message(text="/start"))
        assert knowledge.library.first.phrases.broken in ann.last["text"]
        tap = ann.tap(data="en__guide")
        await channel.serve(tap)
        assert tap["callback_query"]["id"] in api.answered
        assert guide.asked <= 4, "not asked again and again"
        assert "MARKER" not in caplog.text
        await bot.shutdown()
        for each in (request, polls):
            await each.shutdown()


# --- I4: what Telegram is given --------------------------------------------------------------------------------------------------


TEXTS = st.lists(
    st.builds(Run, ANY_UNICODE, st.booleans(), st.one_of(st.none(), ANY_UNICODE.map("https://example.org/{}".format))), max_size=5
).map(tuple)


@given(runs=TEXTS, limit=st.integers(1, 60))
@example(runs=(Run("a <b>x</i> & &lt; <script>"), Run("\U0001f642 & <", bold=True, url='https://example.org/?a=1&b="<>')), limit=60)
def test_i4_over_all_unicode_nothing_is_cut_inside_an_entity_or_a_pair_and_all_is_escaped(runs: tuple[Run, ...], limit: int):
    """I4: halves of surrogate pairs are shown as they came, whole pairs are never halved."""
    cut = clip(runs, limit)
    assert sum(units(run.text) for run in cut) <= limit
    shown, _ = parsed(html_of(cut), "HTML")
    said = plain(cut)
    if "\r" not in said and "\x00" not in said:
        assert shown == said
    if said != plain(runs):
        assert said.endswith("…")
        assert plain(runs).startswith(said[:-1])
        assert units(said[:-1]) >= limit - 2 or plain(runs)[len(said) - 1 :] == "", "no more is cut off than must be"


@settings(max_examples=40, deadline=None)
@given(runs=TEXTS, times=st.sampled_from([1, 300]), formatted=st.booleans(), caption=ANY_UNICODE)
def test_i4_every_card_can_be_sent_whatever_stands_in_it(runs: tuple[Run, ...], times: int, formatted: bool, caption: str):
    """I4: within Telegram's 4,096 units, as bytes that any reader of JSON takes; with its numbered choices."""
    choice = Button("One", a.Step(a.ShowHome(), "en"))
    reply = Reply(runs * times, asks=a.Step(a.ShowGuide(), "en"), options=(Option(caption, choice),))
    body = encode(message(reply, USERNAME, formatted=formatted))
    sent = json.loads(body.decode("utf-8"))
    shown, _ = parsed(sent["text"], sent.get("parse_mode"))
    assert units(shown) <= 4096


# --- I5: questions that cost -----------------------------------------------------------------------------------------------------


class Counting(Encoder):
    """An encoder that notes how long what it was given was. Made by its constructor, used in the place of the usual one."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[int] = []

    def __call__(self, text: str) -> Any:
        self.read.append(len(text))
        return super().__call__(text)

    def many(self, texts: Any) -> Any:
        self.read += [len(text) for text in texts]
        return super().many(texts)


@pytest.fixture(scope="module")
def counting(knowledge: Knowledge) -> tuple[Matcher, Counting]:
    encoder = Counting()
    matcher = Matcher(knowledge.matcher.index, encoder)
    assert isinstance(matcher.encoder, Counting)
    return matcher, matcher.encoder


def test_i5_the_worst_question_is_read_as_300_characters_of_words(counting: tuple[Matcher, Counting]):
    """I5: the work is bounded by what is looked at; `python -m bench worst` measures its milliseconds."""
    matcher, encoder = counting
    for name, text in worst_questions().items():
        encoder.read.clear()
        reading = matcher.read(text)
        # A run of Chinese is read as pairs, each character twice.
        assert len("".join(reading.typed)) <= 2 * QUESTION_LENGTH, name
        assert len(reading.typed) <= QUESTION_LENGTH, name
        matcher.match(text)
        assert len(encoder.read) <= 4, f"{name}: the whole and three questions in it"
        assert all(length <= 3 * QUESTION_LENGTH for length in encoder.read), f"{name}: pairs, and a space after each"


def test_i5_names_of_countries_and_the_language_are_looked_for_in_300_characters_too(knowledge: Knowledge):
    """I5: what stands behind them is not read by any look-up."""
    filler = "zzq " * 75
    assert len(filler) == QUESTION_LENGTH
    assert knowledge.names.find(f"{filler}Nepal") is None
    assert knowledge.names.whole(f"{'.' * 300}Nepal") is None
    assert knowledge.names.slip(f"{'.' * 300}Nepaal") is None
    assert knowledge.language_of(f"{filler}quelle est la date limite pour les organisations", "en") == "en"
    assert knowledge.language_of("quelle est la date limite pour les organisations", "en") == "fr", "this would be found"
    unfolding = "\ufdfa " * 20  # 40 characters that unfold into 380
    assert knowledge.language_of(f"{unfolding}quelle est la date limite pour les organisations", "en") == "en"


def test_i5_every_worst_question_is_answered_wherever_it_is_typed(knowledge: Knowledge):
    for text in worst_questions().values():
        for card in ("", "en__which__dates", "en__entry__word-limit-individual"):
            turn = respond(a.Ask(text, card), Reader("fr", "telegram", card), knowledge, NOW)
            assert plain(turn.reply.text)


async def test_i5_many_who_ask_the_worst_do_not_hold_another_person_up():
    """I5: somebody's tap is answered while the costly questions of ten others still wait for their turn."""
    worst = [text for name, text in worst_questions().items() if name in {"eight letters", "han", "five letters", "long"}]
    async with bot_api() as api, running(api, webhook=True) as bot:
        ann = api.person()
        costly = [api.person() for _ in range(10)]
        left = 0

        async def asks(person: Person) -> None:
            nonlocal left
            for text in worst * 2:
                left += 1
                assert await post(bot.hook, person.message(text=text)) == 200
                left -= 1

        flood = [asyncio.ensure_future(asks(person)) for person in costly]
        await api.until(lambda: len(api.of("sendMessage")) >= 5)
        assert await post(bot.hook, ann.message(text="/guide")) == 200
        assert [task for task in flood if not task.done()], "they were still being answered"
        await asyncio.gather(*flood)


# --- I6: words that would be code or a path --------------------------------------------------------------------------------------


SOURCES = {
    file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "upr_bot").rglob("*.py")
}
RUNNING = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
NEVER_IMPORTED = {"pickle", "marshal", "shelve", "subprocess", "pty", "code", "codeop", "runpy", "multiprocessing", "jinja2"}
SHELL = re.compile(
    r"os\.(system|popen|exec\w*|spawn\w*|posix_spawn\w*|fork\w*)|asyncio\.create_subprocess_\w+|importlib\.import_module"
)

PATTERNS = {
    ("upr_bot/wording.py", "f'\\\\b{re.escape(sign)}'"): "a give-away word of the content, escaped",
    ("upr_bot/faq/normalise.py", "f'[{_HAN}]'"): "a constant above it",
    ("upr_bot/faq/normalise.py", "f'[{_HAN}]+|[^{_HAN}]+'"): "a constant above it",
}  # fmt: skip
"""Patterns that are put together, and from what."""

FILES = {
    "upr_bot/cli.py": "paths given at the terminal; the one made of --lang is made after it was found among the languages",
    "upr_bot/settings.py": "paths of the environment",
    "upr_bot/doctor.py": "paths of the environment",
    "upr_bot/content/loader.py": "the content's folders, walked",
    "upr_bot/storage/backup.py": "the file that `upr-bot backup` or `restore` was told at the terminal",
    "upr_bot/content/lessons.py": "files that were found while the content's folders were walked",
    "upr_bot/content/reader.py": "the content's folders, walked",
    "upr_bot/content/scaffold.py": "a new language's folders; its code was matched against [a-z]{2,3}(-[A-Z]…)?",
    "upr_bot/check/__init__.py": "what `upr-bot check` and `dates add` were told at the terminal",
    "upr_bot/check/questions.py": "the askings beside the content; languages are those of the content",
    "upr_bot/check/preview.py": "the page that `upr-bot preview` was told to write",
    "upr_bot/faq/index.py": "the question index beside the content",
    "upr_bot/faq/compiled.py": "the question index beside the content",
    "upr_bot/faq/encoder.py": "two files of the package",
    "upr_bot/journey/days.py": "the time zones of tzdata",
    "upr_bot/storage/database.py": "the path of DATABASE_URL",
    "upr_bot/storage/migrations/env.py": "the migrations of the package",
}
"""Modules that touch files at all, and which. None of them gets a word of a person in a chat or on a page."""
TOUCHING = {
    "open",
    "Path",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "unlink",
    "mkdir",
    "iterdir",
    "glob",
    "rglob",
    "walk",
}
TALKING = (
    "channels/",
    "dialog.py",
    "guide.py",
    "typed.py",
    "actions.py",
    "cards.py",
    "calendar_cards.py",
    "reminder_cards.py",
    "reminding.py",
)


def calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def called(call: ast.Call) -> str:
    """Return the last word of what is called: `open` of `path.open(…)`."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""


@pytest.mark.parametrize("file", SOURCES)
def test_i6_no_source_can_run_what_somebody_wrote(file: str):
    """I6: no eval, pickle or shell; no `str.format`, whose fields can reach into objects; no pattern out of content or of words."""
    tree = SOURCES[file]
    imported = {name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & NEVER_IMPORTED
    for call in calls(tree):
        said = ast.unparse(call.func)
        assert not (isinstance(call.func, ast.Name) and said in RUNNING), said
        assert not SHELL.fullmatch(said), said
        assert called(call) not in {"format_map", "Template"}, said
        # `format` of a logging formatter is defined here, and nowhere called.
        assert called(call) != "format", said
        if said.startswith("re.") and call.args and not isinstance(call.args[0], ast.Constant):
            pattern = ast.unparse(call.args[0])
            whole = isinstance(call.args[0], ast.JoinedStr)
            names = {n.id for n in ast.walk(call.args[0]) if isinstance(n, ast.Name)}
            constants = {t.id for n in ast.walk(tree) if isinstance(n,
            ast.Assign | ast.AnnAssign) and isinstance(n.value, ast.Constant)
                         for t in (n.targets if isinstance(n, ast.Assign) else [n.target]) if isinstance(t, ast.Name)}  # fmt: skip
            assert said == "re.escape" or (file, pattern) in PATTERNS or (whole and names <= constants), f"{said}({pattern})"
        if said in {"np.load", "numpy.load"}:
            assert [k.value.value for k in call.keywords if k.arg == "allow_pickle" and isinstance(k.value, ast.Constant)] == [
                False
            ]
        if said.startswith("yaml.") and called(call) in {"load", "load_all", "unsafe_load", "full_load", "safe_load"}:
            pytest.fail("YAML is read as events, never built into objects")


@pytest.mark.parametrize("file", SOURCES)
def test_i6_only_known_modules_touch_files_and_none_that_hears_people(file: str):
    """I6: so no language code, button or payload can become a path."""
    touching = {called(call) for call in calls(SOURCES[file])} & TOUCHING
    touching -= (
        {"open"}
        if file in {"upr_bot/storage/subscriptions.py", "upr_bot/storage/deliveries.py", "upr_bot/storage/due.py"}
        else set()
    )  # a seal is opened
    assert not touching or file in FILES, touching
    if file.removeprefix("upr_bot/").startswith(TALKING):
        assert not touching


CLIMBING = (
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "..\\..\\etc\\passwd",
    "....//....//etc/passwd", "en/../../../etc/passwd",
    "en/%00", "en/stage/..%2f..%2fsettings", "~/.ssh/id_rsa", "en/entry/" + "x" * 3000, "file:///etc/passwd",
    "/etc/passwd", "en/entry/{0.__class__}",
    "en/entry/%s%n", "en/entry/(.*)+$",
)  # fmt: skip


async def test_i6_nothing_that_is_said_opens_a_file(tmp_path: Path):
    """I6: in addresses, forms, buttons, links and language codes; the process itself tells what it opened."""
    audit = Audit(tmp_path / "audit")
    async with bot_api() as api, running(api, webhook=True, **audit.settings) as bot:
        ann = api.person(language="../../etc/passwd")
        await post(bot.hook, ann.message(text="what is the word limit"))
        await post(bot.hook, ann.message(text="/about"))  # the names of months are read when the first day is said
        assert await spoken(bot.port, "GET /en") == 200
        before = len(audit.opened())
        assert before > 100, "this would be seen"
        for word in CLIMBING:
            for path in (f"/{word}", f"/en/stage/{word}", f"/en/calendar/{word}", f"/{word}/ask"):
                assert await spoken(bot.port, f"GET {path}") in {200, 303, 404, 405}, path
            sent = f"q={word}&of={word}".encode()
            assert await spoken(bot.port, "POST /en/ask", sent, headers=(f"Content-Length: {len(sent)}",)) == 200
            for language in (word, "en", f"en-{word}"):
                person = api.person(language=language)
                for said in (f"/start {word}", f"/start en__{word}", f"/now {word}", f"/lang {word}", f"/remind {word}", word):
                    assert await post(bot.hook, person.message(text=said)) == 200
                for data in (word, f"en__tips__{word}__1", f"{word}__home", f"calendar__{word}__neutral", f"speak__{word}"):
                    assert await post(bot.hook, person.tap(data=data)) == 200
                    assert "root:" not in person.last["text"]
        assert audit.opened()[before:] == []
        assert audit.events("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn") == []


@pytest.mark.parametrize("language", ["../../etc/passwd", "en\n", "x" * 5000])
async def test_i6_a_language_that_is_a_path_is_refused_with_one_sentence(language: str):
    """I6 at the terminal."""
    code, out, err = await run("ask", "x", "--lang", language)
    assert (code, out) == (2, "")
    assert "--lang takes a language code" in err
    assert len(err.splitlines()) == 1


def test_i6_the_pages_lead_a_climbing_address_to_a_page(knowledge: Knowledge):
    client = TestClient(web_app(Guide(knowledge, clock)), base_url="http://guide.example.org", follow_redirects=False)
    for word in CLIMBING:
        response = client.get("/" + word.replace("#", ""))
        assert response.status_code in {200, 404}
        assert "root:" not in response.text


# --- I7: content that breaks -----------------------------------------------------------------------------------------------------


BROKEN_FILES = {
    "alias": b"a: &x 1\nb: *x\n", "tag": b"a: !!python/object:os.system x\n", "twice": b"a: 1\na: 2\n",
    "second": b"a: 1\n---\nb: 2\n",
    "tab": b"a:\n\tb: 1\n", "mark": b"\xef\xbb\xbfa: 1\n", "bytes": b"a: 1\nb: \xff\n", "brackets": b"a: " + b"[" * 100_000,
    "braces": b"{a: " * 100_000, "dashes": b"- " * 100_000, "half": b'a: "\\ud83d"\n',
}  # fmt: skip


SAID = {
    "alias": "anchors and aliases", "tag": "tags", "twice": "doubled key", "second": "a second document", "tab": "a tab",
    "mark": "byte order mark", "bytes": "not valid UTF-8",
}  # fmt: skip


async def test_i7_every_broken_file_is_told_with_its_line_and_nothing_crashes(tmp_path: Path):
    """I7: as files that curators may really have: `file:line`, exit 1, no traceback, no signal."""
    folder = tmp_path / "dialogs/en"
    folder.mkdir(parents=True)
    for name, raw in BROKEN_FILES.items():
        (folder / f"{name}.yaml").write_bytes(raw)
    code, out, err = await run("check", UPR_CONTENT=str(tmp_path))
    assert code == 1
    for name in BROKEN_FILES:
        assert re.search(rf"dialogs/en/{name}\.yaml:\d+: .*{SAID.get(name, '')}", out + err), name
    assert "Traceback" not in out + err
