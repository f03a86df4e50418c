"""Reminders end to end: the bot as a process, a Bot API server over real HTTP, a real database, a clock that is passed in."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from aiohttp import ClientSession

from tests.botapi import TOKEN, BotApi, Person, bot_api, post
from tests.databases import bytes_of, keys_text
from tests.process import Bot, free_port, run, running, start
from upr_bot.channels.telegram.post import reminders_post
from upr_bot.counts import Counts
from upr_bot.reminders import Away, Gone, Refused, Wait
from upr_bot.replies import Reply, Run
from upr_bot.settings import Secret, Settings

MODES = pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
HOUR = 9
TODAY = dt.datetime.now(dt.UTC).date()
PRESESSION = TODAY + dt.timedelta(days=100)
REVIEW = TODAY + dt.timedelta(days=140)


def calendar(folder: Path, presession: dt.date = PRESESSION) -> Path:
    """Write the calendar of the journeys, in days from today; return the folder."""
    source = "https://upr-info.org/en"

    def date(first: dt.date, status: str, last: dt.date | None = None) -> dict[str, str]:
        span = {"from": str(first), "to": str(last)} if last else {"on": str(first)}
        return {**span, "status": status, "source": source, "checked": str(TODAY - dt.timedelta(days=1))}

    dates = {
        "presession-statement": date(presession - dt.timedelta(days=14), "tentative"),
        "presession": date(presession, "confirmed", presession + dt.timedelta(days=3)),
        "review": date(REVIEW, "confirmed", REVIEW + dt.timedelta(days=11)),
    }
    waiting = {"review": {"earliest": f"{TODAY.year + 2}-01-01", "latest": f"{TODAY.year + 2}-02-28", **date(TODAY, "tentative")}}
    del waiting["review"]["on"]
    sessions = [
        {"number": 90, "cycle": 7, "dates": dates, "states": ["XAA"]},
        {"number": 92, "cycle": 7, "dates": waiting, "states": ["XBB"]},
    ]
    (folder / "dialogs").mkdir(parents=True, exist_ok=True)
    (folder / "dialogs/sessions.yaml").write_text(yaml.safe_dump({"sessions": sessions}, sort_keys=False))
    countries = (Path(__file__).parent / "journeys/dialogs/countries.yaml").read_text(encoding="utf-8")
    (folder / "dialogs/countries.yaml").write_text(countries)
    return folder


@dataclass
class Copy:
    """A copy of the guide that keeps reminders, and somebody who talks to it."""

    api: BotApi
    settings: dict[str, str]
    webhook: bool
    bot: Bot | None = None

    async def bring(self, *updates: dict[str, object]) -> None:
        """Bring updates one after the other, as a person who waits for each answer would."""
        assert self.bot
        for update in updates:
            if self.webhook:
                assert await post(self.bot.hook, update) == 200
            else:
                shown = len([c for c in self.api.calls if c.method in {"sendMessage", "editMessageText"}])
                await self.api.push(update)
                await self.api.until(
                    lambda shown=shown: len([c for c in self.api.calls if c.method in {"sendMessage", "editMessageText"}]) > shown
                )

    async def ask(
        self, person: Person, *, words: str = "Dentist", days: tuple[str, ...] = ("7 days",), about: str = "Alphaland"
    ) -> None:
        """Ask for a reminder, as J8 does."""
        await self.bring(person.message(text="/remind"))
        await self.bring(person.tap("Message me"))
        await self.bring(person.message(text=about, reply=True))
        for label in (*days, "Done", f"{HOUR:02}:00"):
            await self.bring(person.tap(label))
        if words == "Appointment reminder":
            await self.bring(person.tap(words))
        else:
            await self.bring(person.tap("My own words"))
            await self.bring(person.message(text="UPR in Geneva", reply=True))
            assert "could give away" in person.last["text"]
            await self.bring(person.message(text=words, reply=True))
        await self.bring(person.tap("Confirm"))
        assert person.last["text"].lstrip("\u200b").startswith("Saved."), person.last["text"]

    async def remind(self, moment: dt.datetime, *more: str) -> str:
        """Run the worker once at a moment; return what it printed."""
        code, out, err = await run("remind", "--once", "--now", moment.isoformat(), *more, **self.settings)
        assert code == 0, err
        return out

    def reminders(self) -> list[dict[str, object]]:
        """Return what was sent silently, or was tried to."""
        return [c.parameters for c in self.api.of("sendMessage") if c.parameters.get("disable_notification")]

    def arrived(self) -> list[int]:
        """Return to whom a reminder arrived."""
        calls = self.api.of("sendMessage")
        return [int(c.parameters["chat_id"]) for c in calls if c.answered == 200 and c.parameters.get("disable_notification")]


@contextlib.asynccontextmanager
async def copy(
    address: str,
    tmp_path: Path,
    *,
    webhook: bool = False,
    serving: bool = True,
    presession: dt.date = PRESESSION,
    level: str = "INFO",
) -> AsyncIterator[Copy]:
    async with bot_api() as api:
        settings = {
            "UPR_KEYS": keys_text(1),
            "DATABASE_URL": address,
            "UPR_CONTENT": str(calendar(tmp_path / "content", presession)),
            "UPR_TELEGRAM_TOKEN": TOKEN,
            "UPR_TELEGRAM_API_URL": api.url,
        }
        guide = Copy(api, settings, webhook)
        if not serving:
            yield guide
            return
        more = {name: value for name, value in settings.items() if name not in {"UPR_TELEGRAM_TOKEN", "UPR_TELEGRAM_API_URL"}}
        async with running(api, webhook=webhook, UPR_LOG_LEVEL=level, **more) as guide.bot:
            yield guide


async def health(bot: Bot) -> tuple[int, str]:
    """Return what /healthz says."""
    async with ClientSession() as session, session.get(f"{bot.web}/healthz") as response:
        return response.status, await response.text()


def at(day: dt.date, hour: int = HOUR) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, tzinfo=dt.UTC)


WEEK_BEFORE = at(PRESESSION - dt.timedelta(days=7))


@MODES
async def test_j8_a_reminder_comes_once_discreetly_and_its_record_ends(address: str, tmp_path: Path, webhook: bool) -> None:
    async with copy(address, tmp_path, webhook=webhook) as guide:
        ann = guide.api.person()
        await guide.ask(ann)
        # The minute before: nothing. Three hours late: once, and marked.
        assert "0 message(s) sent" in await guide.remind(WEEK_BEFORE - dt.timedelta(minutes=1), "--send")
        assert "1 message(s) sent" in await guide.remind(WEEK_BEFORE + dt.timedelta(hours=3), "--send")
        assert "0 message(s) sent" in await guide.remind(WEEK_BEFORE + dt.timedelta(hours=4), "--send")
        (sent,) = guide.reminders()
        assert sent["text"] == "Dentist (late)"
        assert sent["link_preview_options"] == {"is_disabled": True}
        assert [b["text"] for b in sent["reply_markup"]["inline_keyboard"][0]] == ["Open", "Hide", "Stop"]  # type: ignore[index]
        for label, expected, hidden in (
            ("Open", "Alphaland", False),
            ("Hide", "Dentist (late)", True),
            ("Open", "tentative", False),
        ):
            await guide.bring(ann.tap(label))
            assert expected in ann.last["text"]
            assert (ann.last["text"] == "Dentist (late)") == hidden
        out = await guide.remind(at(REVIEW + dt.timedelta(days=13), 0), "--send")
        assert "1 over and forgotten" in out
        await guide.bring(ann.message(text="/export"))
        assert "Nothing is kept" in ann.last["text"]


@MODES
async def test_j9_a_moved_date_is_told_once_and_a_changed_text_to_nobody(address: str, tmp_path: Path, webhook: bool) -> None:
    async with copy(address, tmp_path, webhook=webhook) as guide:
        people = [guide.api.person() for _ in range(3)]
        for person in people:
            await guide.ask(person, words="Appointment reminder")
        assert guide.bot is not None
        await guide.bot.stop()  # as docs/runbooks.md has it: a copy that still read the old calendar would tell it back
        now = at(TODAY + dt.timedelta(days=2))
        calendar(tmp_path / "content", PRESESSION + dt.timedelta(days=7))
        assert "3 message(s) sent" in await guide.remind(now, "--send")
        assert "0 message(s) sent" in await guide.remind(now + dt.timedelta(hours=1), "--send")
        assert {str(m["text"]) for m in guide.reminders()} == {"Appointment reminder (changed)"}
        words = "dialogs/en"
        (tmp_path / "content" / words).mkdir(parents=True)
        tips = (Path(__file__).parents[1] / words / "tips.yaml").read_text(encoding="utf-8")
        edited = tips.replace("the", "this", 3)
        assert edited != tips
        (tmp_path / "content" / words / "tips.yaml").write_text(edited, encoding="utf-8")
        assert "0 message(s) sent" in await guide.remind(now + dt.timedelta(hours=2), "--send")


@MODES
async def test_j12_forgetting_is_the_same_for_everybody_and_leaves_no_byte(address: str, tmp_path: Path, webhook: bool) -> None:
    """J12, N1, N5."""
    async with copy(address, tmp_path, webhook=webhook) as guide:
        ann, stranger = guide.api.person(), guide.api.person()
        await guide.ask(ann)
        before = stored(address)
        assert len(before) == 1
        answers = []
        for person in (ann, stranger):
            await guide.bring(person.message(text="/forget"))
            asked = person.last["text"]
            await guide.bring(person.tap("Erase"))
            answers.append((asked, person.last["text"]))
        assert answers[0] == answers[1]
        assert stored(address) == []
        if address.startswith("sqlite"):
            raw = bytes_of(Path(address.removeprefix("sqlite:///")))
            for row in before:
                assert not [value for value in row if value[-16:] in raw]


def stored(address: str) -> list[tuple[bytes, ...]]:
    """Return the rows of people, read past the program."""
    asked = "SELECT id, owner, sealed FROM subscription"
    if address.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as connection:
            return list(connection.execute(asked))
    import psycopg

    with psycopg.connect(address) as connection_:
        return list(connection_.execute(asked))


@pytest.mark.parametrize(
    ("status", "said", "more", "expected"),
    [
        (403, "Forbidden: bot was blocked by the user", {}, Gone()),
        (403, "Forbidden: user is deactivated", {}, Gone()),
        (400, "Bad Request: chat not found", {}, Gone()),
        (400, "Bad Request: PEER_ID_INVALID", {}, Gone()),
        (400, "Bad Request: message text is empty", {}, Refused()),
        (429, "Too Many Requests: retry after 37", {"parameters": {"retry_after": 37}}, Wait(37.0)),
        (401, "Unauthorized", {}, Away()),
        (502, "Bad Gateway", {}, Away()),
    ],
)
@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")  # of the type that a 429's seconds will have once
async def test_n6_l2_r3_what_telegram_says_of_a_reminder_is_understood(
    status: int, said: str, more: dict[str, object], expected: object
) -> None:
    """N6: who is gone, and only they, are forgotten. L2: a 429 is waited for to the second. R3: an outage is no refusal."""
    async with bot_api() as api:
        settings = Settings(token=Secret(TOKEN), api_url=api.url)
        async with reminders_post(settings, Counts()) as deliver:
            api.faults.append(("sendMessage", status, {"description": said, **more}))
            assert await deliver(5, Reply((Run("Dentist"),))) == expected
            assert len(api.of("sendMessage")) == 1, "once; trying again is for whoever keeps the pace"


@MODES
async def test_j15_telegram_says_429_and_goes_away_and_all_arrive_once(address: str, tmp_path: Path, webhook: bool) -> None:
    """J15, R3: what is due now, while Telegram refuses and goes away; sent by the worker inside `serve`, or by one beside it."""
    async with copy(address, tmp_path, webhook=webhook, presession=TODAY + dt.timedelta(days=7)) as guide:
        people = [guide.api.person() for _ in range(60)]
        guide.api.faults.extend([("sendMessage", 429, {"description": "Too Many Requests", "parameters": {"retry_after": 1}})] * 4)
        guide.api.faults.extend([("sendMessage", 502, {"description": "Bad Gateway"})] * 8)
        await keep_all(guide, [person.id for person in people], since=at(TODAY - dt.timedelta(days=1)), hour=0)
        worker = None if address.startswith("sqlite") else await start("remind", **guide.settings)
        await guide.api.until(lambda: len(guide.arrived()) >= len(people), 60)
        await asyncio.sleep(1)
        assert sorted(guide.arrived()) == sorted(person.id for person in people)
        if worker:
            assert await worker.stop() == 0


async def keep_all(guide: Copy, chats: list[int], since: dt.datetime | None = None, hour: int = HOUR, target: str = "XAA") -> None:
    """Keep a wish for each chat, past the talk: 7 days before, asked for at `since`, today at midnight without it."""
    from tests.databases import key
    from upr_bot.content import load, packaged
    from upr_bot.journey import Journey, plan_of
    from upr_bot.storage import Sealer, Subscriptions, open_database
    from upr_bot.wish import Keep, Wish, minutes

    journey = Journey(load(packaged(Path(guide.settings["UPR_CONTENT"]))).calendar)
    plan = plan_of(journey, target, 0, TODAY)
    now = minutes(since or at(TODAY, 0))
    database = await open_database(guide.settings["DATABASE_URL"], Sealer([key(1)]))
    for chat in chats:
        wish = Wish(target, 2, hour, 0, "en", "", plan.session, plan.told, now, now)
        await Subscriptions(database).carry_out(chat, Keep(wish))
    await database.close()


async def test_what_is_kept_is_told_however_one_asks(tmp_path: Path) -> None:
    """By command, by a link, by the words of a button, and by typing a button's words in reply; never "nothing" to who has some."""
    database = f"sqlite:///{tmp_path / 'guide.sqlite3'}"
    async with copy(database, tmp_path) as guide:
        ann = guide.api.person()
        await keep_all(guide, [ann.id])
        for text in ("/export", "/start export", "/start en__reminders", "Remind me", "/remind"):
            await guide.bring(ann.message(text=text))
            assert "Appointment reminder" in ann.last["text"], text
        await guide.bring(ann.message(text="Stop: Alphaland", reply=True))
        assert ann.last["text"].lstrip("\u200b").startswith("Stopped.")
        assert stored(database) == []


async def test_r3_whoever_blocks_the_bot_is_forgotten(address: str, tmp_path: Path) -> None:
    async with copy(address, tmp_path) as guide:
        ann, ben, eve = (guide.api.person() for _ in range(3))
        await keep_all(guide, [ann.id, ben.id, eve.id])
        # Ann blocks the bot and Telegram says so; to Ben a message is refused.
        left = {"chat": {"id": ann.id, "type": "private"}, "from": {"id": ann.id}, "date": 1}
        change = left | {"old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}
        await guide.api.push({"update_id": next(guide.api.update_ids), "my_chat_member": change})
        async with asyncio.timeout(10):
            while len(stored(address)) != 2:
                await asyncio.sleep(0.05)
        guide.api.faults.append(("sendMessage", 403, {"description": "Forbidden: bot was blocked by the user"}))
        await guide.remind(WEEK_BEFORE, "--send")
        assert len(stored(address)) == 1
        assert len(guide.reminders()) == 2, "the refused one and the one that arrived; no second try"


async def test_a_rehearsal_tells_what_would_go_out_and_changes_nothing(address: str, tmp_path: Path) -> None:
    async with copy(address, tmp_path, serving=False) as guide:
        await keep_all(guide, [7_001, 7_002])
        before = stored(address)
        out = await guide.remind(WEEK_BEFORE)
        assert "2 message(s) about session 90, 7 days before: Pre-session in Geneva" in out
        assert "Nothing was sent or changed" in out
        assert "700" not in out
        assert stored(address) == before
        assert guide.reminders() == []


async def test_r1_r2_two_workers_send_nothing_twice_and_stop_when_asked(address: str, tmp_path: Path) -> None:
    """R1 without kills, R2: SIGTERM ends a worker within ten seconds, exit 0."""
    async with copy(address, tmp_path, serving=False) as guide:
        for _ in range(40):
            guide.api.person()
        chats = list(guide.api.people)
        await keep_all(guide, chats)
        outs = await asyncio.gather(*(guide.remind(WEEK_BEFORE, "--send") for _ in range(3)))
        while len(guide.reminders()) < len(chats):
            outs.append(await guide.remind(WEEK_BEFORE + dt.timedelta(minutes=2), "--send"))
        assert sorted(int(m["chat_id"]) for m in guide.reminders()) == sorted(chats)  # type: ignore[call-overload]
        worker = await start("remind", **guide.settings)
        async with asyncio.timeout(30):
            while b"worker runs" not in worker.output:
                await asyncio.sleep(0.05)
        assert await worker.stop() == 0


async def test_the_commands_about_keys_and_disclosure(address: str, tmp_path: Path) -> None:
    async with copy(address, tmp_path, serving=False) as guide:
        await keep_all(guide, [7_003])
        code, out, _ = await run("disclose", "7003", **guide.settings)
        assert code == 0
        for expected in ("7003", "Alphaland", "Appointment reminder"):
            assert expected in out
        code, out, _ = await run("disclose", "7004", **guide.settings)
        assert "Nothing is kept" in out
        code, out, err = await run("keys", "rotate", **guide.settings | {"UPR_KEYS": keys_text(2, 1)})
        assert (code, "1 record(s)" in out) == (0, True), err
        code, _, err = await run("disclose", "7003", **guide.settings)
        assert code == 1
        assert "UPR_KEYS does not hold the key" in err
        code, out, _ = await run("disclose", "7003", **guide.settings | {"UPR_KEYS": keys_text(2)})
        assert "Alphaland" in out


async def test_s1_keys_new_makes_a_key_of_mode_0600_that_works_and_puts_it_in_front(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    for number in (1, 2):
        code, out, err = await run("keys", "new", "--file", str(file))
        assert code == 0, err
        assert file.read_text().startswith(f"{number}:")
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_text().split(",")[0].split(":")[1].strip() not in out
    code, out, err = await run("doctor", UPR_KEYS_FILE=str(file), PORT=str(free_port()))
    assert code == 0, out
    file.chmod(0o644)
    code, _, err = await run("migrate", UPR_KEYS_FILE=str(file), DATABASE_URL=f"sqlite:///{tmp_path / 'x'}")
    assert code == 2
    assert "chmod 600" in err


@pytest.mark.parametrize(
    ("more", "code", "expected"),
    [
        ({"UPR_KEYS": ""}, 2, "keys new"),
        ({"UPR_TELEGRAM_TOKEN": ""}, 2, "UPR_TELEGRAM_TOKEN"),
        ({"UPR_KEYS": "1:" + "A" * 43 + "="}, 2, "sample"),
        ({"UPR_KEYS": "1:c2hvcnQ="}, 2, "UPR_KEYS must be"),
        ({"DATABASE_URL": "postgresql://nobody:MARKER@127.0.0.1:9/none"}, 1, "does not answer"),
        ({"DATABASE_URL": "sqlite:////proc/none/guide.sqlite3"}, 1, "database"),
        ({"DYNO": "worker.1"}, 2, "PostgreSQL"),
    ],
)
async def test_s1_r5_what_is_missing_is_one_sentence_with_its_remedy(
    tmp_path: Path, more: dict[str, str], code: int, expected: str
) -> None:
    settings = {"UPR_TELEGRAM_TOKEN": TOKEN, "UPR_KEYS": keys_text(1), "DATABASE_URL": f"sqlite:///{tmp_path / 'guide.sqlite3'}"}
    ended, out, err = await run("remind", "--once", **settings | more)
    assert ended == code, err
    assert expected in err
    assert "Traceback" not in out + err
    assert "MARKER" not in out + err


async def test_n1_without_a_key_nothing_is_kept_and_no_file_is_made(tmp_path: Path) -> None:
    async with bot_api() as api:
        async with running(api, XDG_DATA_HOME=str(tmp_path)) as bot:
            ann = api.person()
            await api.push(ann.message(text="/remind Nepal"))
            await api.until(lambda: bool(ann.last))
            assert "does not write to you" in ann.last["text"]
        assert list(tmp_path.iterdir()) == []
        assert b"Reminders are off" in bot.output


async def test_s1_health_names_the_database_when_its_key_is_not_ours(tmp_path: Path) -> None:
    file = tmp_path / "guide.sqlite3"
    async with copy(f"sqlite:///{file}", tmp_path) as guide:
        assert guide.bot
        assert await health(guide.bot) == (200, '{"status":"ok"}')
        with contextlib.closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE keycheck SET sealed = zeroblob(40)")
        assert await health(guide.bot) == (503, '{"status":"database"}')


async def test_n2_no_output_of_serve_or_worker_holds_what_was_asked_or_by_whom(address: str, tmp_path: Path) -> None:
    """At DEBUG, through refusals of every kind and a database that breaks."""
    async with copy(address, tmp_path, level="DEBUG") as guide:
        ann = guide.api.person(name="Marker-Name")
        await guide.ask(ann, words="Zahnarzt-Marker")
        outs = []
        for status, body in (
            (401, {}),
            (400, {"description": "Bad Request: x"}),
            (429, {"parameters": {"retry_after": 1}}),
            (500, {}),
        ):
            guide.api.faults.append(("sendMessage", status, {"description": "Zahnarzt-Marker", **body}))
            moment = WEEK_BEFORE + dt.timedelta(hours=status - 400)
            code, out, err = await run(
                "remind", "--once", "--now", moment.isoformat(), "--send", UPR_LOG_LEVEL="DEBUG", **guide.settings
            )
            outs.append(out + err)
            assert code == 0, err
        assert guide.bot
        outs.append(guide.bot.output.decode())
        key = keys_text(1).split(":")[1]
        for forbidden in ("Zahnarzt", str(ann.id), "Marker-Name", "XAA", "Alphaland", TOKEN, TOKEN.split(":")[1], key, "sealed"):
            assert not [out for out in outs if forbidden in out], forbidden
