"""Every page of docs/runbooks.md, gone through with the commands that stand on it, against a local Bot API server."""

from __future__ import annotations

import datetime as dt
import re
import shlex
from pathlib import Path

from aiohttp import ClientSession

from tests.botapi import TOKEN, BotApi, bot_api
from tests.databases import keys_text
from tests.process import ROOT, Bot, run, start
from tests.test_reminders import TODAY, WEEK_BEFORE, Copy, at, calendar, health, keep_all

RUNBOOKS = (ROOT / "docs/runbooks.md").read_text(encoding="utf-8")
NEW_TOKEN = "123456789:another-token-of-the-bot-BBBBBB"


def pages() -> dict[str, str]:
    """Return title → text of each page."""
    return dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", RUNBOOKS, re.MULTILINE | re.DOTALL))


class Page:
    """One page: its commands, run in the order in which they stand there."""

    def __init__(self, title: str) -> None:
        blocks = re.findall(r"```\n(.*?)```", pages()[title], re.DOTALL)
        self._left = [shlex.split(line)[1:] for block in blocks for line in block.splitlines() if line.strip()]

    async def next(self, *changed: tuple[str, str], **settings: str) -> tuple[int, str]:
        """Run the next command; `changed`: words of the page and what stands for them here. Return code and output."""
        words = [dict(changed).get(word, word) for word in self._left.pop(0)]
        code, out, err = await run(*words, **settings)
        return code, out + err

    def done(self) -> None:
        assert self._left == [], "the page has more commands than were rehearsed"


async def serving(**settings: str) -> Bot:
    bot = await start("serve", **settings)
    await bot.listening()
    return bot


def settings_of(api: BotApi, folder: Path, *keys: int, token: str = TOKEN) -> dict[str, str]:
    return {
        "UPR_TELEGRAM_TOKEN": token,
        "UPR_TELEGRAM_API_URL": api.url,
        "UPR_KEYS": keys_text(*keys),
        "DATABASE_URL": f"sqlite:///{folder / 'guide.sqlite3'}",
        "UPR_CONTENT": str(calendar(folder / "content")),
    }


def test_every_page_is_rehearsed():
    here = Path(__file__).read_text(encoding="utf-8")
    assert all(f'Page("{title}")' in here for title in pages())
    assert len(pages()) == 5


async def test_the_token_is_revoked_and_the_bot_goes_on_with_a_new_one(tmp_path: Path):
    page = Page("The token is known to somebody else")
    async with bot_api() as api:
        old = settings_of(api, tmp_path, 1)
        ann = api.person()
        bot = await serving(**old)
        guide = Copy(api, old, webhook=False, bot=bot)
        await guide.ask(ann, words="Dentist")
        api.token = NEW_TOKEN  # what /revoke does
        assert await bot.process.wait() == 1, "it stops by itself, and says why"
        assert b"Telegram does not accept the token" in bot.output
        new = old | {"UPR_TELEGRAM_TOKEN": NEW_TOKEN}
        guide.settings, guide.bot = new, await serving(**new)
        code, said = await page.next(**new)
        assert (code, "BAD" in said.replace("BAD  port", "")) in {(0, False), (1, False)}, said
        await guide.bring(ann.tap(data="en__guide"))
        assert "step by step" in ann.last["text"], "a button from before"
        await guide.bot.stop()
        await guide.remind(WEEK_BEFORE, "--send")
        assert guide.arrived() == [ann.id]
        page.done()


async def test_a_lost_key_costs_the_reminders_and_nothing_else(tmp_path: Path):
    page = Page("The key is lost")
    async with bot_api() as api:
        old = settings_of(api, tmp_path, 1)
        await keep_all(Copy(api, old | {"UPR_CONTENT": old["UPR_CONTENT"]}, webhook=False), [7_001])
        file = tmp_path / "guide.sqlite3"
        before = file.read_bytes()
        wrong = old | {"UPR_KEYS": keys_text(2)}
        code, _, err = await run("serve", **wrong)
        assert code == 1
        assert "does not hold the key of this database" in err
        code, said = await page.next(**wrong)
        assert code == 1
        assert re.search(r"BAD +key", said), said
        assert file.read_bytes() == before, "nothing was written"
        keys = tmp_path / "keys"
        without = {name: value for name, value in old.items() if name != "UPR_KEYS"}
        code, said = await page.next(("upr-keys", str(keys)), **without)
        assert code == 0, said
        new = without | {"UPR_KEYS_FILE": str(keys), "DATABASE_URL": f"sqlite:///{tmp_path / 'new.sqlite3'}"}
        code, said = await page.next(**new)
        assert code == 0, said
        guide = Copy(api, new, webhook=False, bot=await serving(**new))
        ann = api.person()
        await guide.bring(ann.message(text="/export"))
        assert "Nothing is kept" in ann.last["text"]
        await guide.ask(ann)
        assert guide.bot is not None
        await guide.bot.stop()
        page.done()


async def test_a_seized_server_is_left_behind_with_its_token_and_its_key(tmp_path: Path):
    page = Page("The server was seized, or somebody was on it")
    async with bot_api() as api:
        old = settings_of(api, tmp_path, 1)
        guide = Copy(api, old, webhook=False)
        await keep_all(guide, [7_001, 7_002])
        kept = tmp_path / "kept.backup"
        code, _, err = await run("backup", str(kept), **old)
        assert code == 0, err
        api.token = NEW_TOKEN
        keys = tmp_path / "keys"
        keys.write_text(keys_text(1))
        keys.chmod(0o600)
        new = {k: v for k, v in old.items() if k != "UPR_KEYS"} | {
            "UPR_TELEGRAM_TOKEN": NEW_TOKEN,
            "UPR_KEYS_FILE": str(keys),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}",
        }
        code, said = await page.next(("upr-keys", str(keys)), **new)
        assert code == 0, said
        for _ in range(2):  # restore, rotate
            code, said = await page.next(("kept.backup", str(kept)), **new)
            assert code == 0, said
        only_new = keys.read_text().strip().split(",")[0].split("\n")[0]
        assert not only_new.startswith("1:")
        keys.write_text(only_new)
        code, said = await page.next(**new)
        assert re.search(r"ok +key", said), said
        code, _, err = await run("disclose", "7001", **(new | {"UPR_KEYS": keys_text(1)}))
        assert (code, "does not hold the key" in err) == (1, True), "the key they took opens nothing here"
        guide.settings = new
        await guide.remind(WEEK_BEFORE, "--send")
        await guide.remind(WEEK_BEFORE + dt.timedelta(hours=1), "--send")
        assert sorted(guide.arrived()) == [7_001, 7_002]
        page.done()


SOURCE = "https://upr-info.org/en/get-involved/cso/take-action"


async def test_a_wrong_date_is_mended_and_told_once(tmp_path: Path):
    page = Page("A wrong date was published")
    wrong, right, review = dt.date(2032, 3, 15), dt.date(2032, 3, 23), dt.date(2032, 5, 3)  # after all that is in the calendar
    checked = f"status: confirmed, source: {SOURCE}, checked: {TODAY - dt.timedelta(days=1)}"
    published = f"""
  - number: 90
    cycle: 7
    dates:
      presession: {{from: {wrong}, to: {wrong + dt.timedelta(days=3)}, {checked}}}
      review: {{from: {review}, to: {review + dt.timedelta(days=11)}, {checked}}}
    states: [NPL]
"""
    async with bot_api() as api:
        settings = settings_of(api, tmp_path, 1) | {"UPR_CONTENT": str(tmp_path / "published")}
        sessions = tmp_path / "published/dialogs/sessions.yaml"
        sessions.parent.mkdir(parents=True)
        real = (ROOT / "dialogs/sessions.yaml").read_text(encoding="utf-8")
        sessions.write_text(
            real.replace("\n# What is different for one State", f"{published}# What is different for one State", 1),
            encoding="utf-8",
        )
        guide = Copy(api, settings, webhook=False)
        await keep_all(guide, [7_001, 7_002], target="90")
        await guide.remind(at(TODAY, 1), "--send")
        assert guide.arrived() == []
        days = (("2027-03-23", str(right)), ("2027-03-26", str(right + dt.timedelta(days=3))))
        code, said = await page.next(*days, **settings)
        assert code == 0, said
        assert f"from: {right}" in sessions.read_text(encoding="utf-8")
        code, said = await page.next(**settings)
        assert code == 0, said
        for hour in (2, 3):
            await guide.remind(at(TODAY, hour), "--send")
        assert sorted(guide.arrived()) == [7_001, 7_002], "each once"
        page.done()


async def test_while_telegram_is_away_the_web_goes_on_and_afterwards_all_is_sent_once(tmp_path: Path):
    page = Page("Telegram is blocked, or away")
    async with bot_api() as api:
        near = settings_of(api, tmp_path, 1)
        guide = Copy(api, near, webhook=False)
        due = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
        calendar(tmp_path / "content", due.date() + dt.timedelta(days=7))
        await keep_all(guide, [7_001, 7_002], since=due - dt.timedelta(days=1), hour=due.hour)
        blocked = near | {"UPR_TELEGRAM_API_URL": "http://127.0.0.1:9"}
        code, said = await page.next(**blocked)
        assert code == 1
        assert "does not answer" in said
        bot = await serving(**blocked)
        assert await health(bot) == (200, '{"status":"ok"}')
        async with ClientSession() as session, session.get(f"{bot.web}/en/guide") as shown:
            assert "step by step" in await shown.text()
        assert await bot.stop() == 0
        bot = await serving(**near)  # a Bot API server that can be reached
        await api.until(lambda: len(guide.arrived()) == 2)
        assert await bot.stop() == 0
        code, said = await page.next(**near)
        assert code == 0, said
        assert sorted(guide.arrived()) == [7_001, 7_002], "each once"
        assert all("(late)" in str(sent["text"]) for sent in guide.reminders())
        page.done()
