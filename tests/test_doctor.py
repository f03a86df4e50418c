"""What `upr-bot doctor` finds: one line for each thing, with the remedy, and never a secret."""

from __future__ import annotations

import datetime as dt
import socket
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.botapi import SECRET, TOKEN, BotApi, bot_api
from tests.databases import key, keys_text
from tests.process import free_port, run
from tests.test_reminders import WEEK_BEFORE, Copy, copy, keep_all
from upr_bot.content import load, packaged
from upr_bot.doctor import Finding, examine
from upr_bot.journey import Journey
from upr_bot.reminders import sweep
from upr_bot.storage import Sealer, Subscriptions, migrate, open_database

PUBLIC = "https://guide.example.org"
MINUTE = dt.timedelta(minutes=1)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


async def found(environ: dict[str, str], moment: dt.datetime | None = None) -> dict[str, Finding]:
    """Return the findings by what was looked at, each of them without a secret."""
    findings = await examine({"PORT": str(free_port()), "HOST": "127.0.0.1"} | environ, lambda: moment or now())
    for finding in findings:
        for secret in (TOKEN, TOKEN.split(":")[1], SECRET, *(keys_text(number)[2:] for number in (1, 2)), "MARKER"):
            assert secret not in str(finding)
    named = {finding.what: finding for finding in findings}
    assert len(named) == len(findings)
    return named


async def test_a_copy_in_order_is_told_line_by_line(address: str, tmp_path: Path) -> None:
    async with copy(address, tmp_path, serving=False) as guide:
        await keep_all(guide, [7_001])
        named = await found(guide.settings)
    looked_at = {"settings", "content", "port", "disk", "database", "key", "worker", "token", "webhook", "clock"}
    assert named.keys() - {"disk of the database"} == looked_at
    assert ("disk of the database" in named) == address.startswith("sqlite")
    assert [str(finding) for finding in named.values() if not finding.good] == []
    assert "1 reminder(s), 0 message(s) waiting" in named["database"].how


async def test_a_look_makes_no_database_and_marks_none_as_ours(tmp_path: Path) -> None:
    """A mistyped path or a wrong key, tried with commands that only look, must not stand in the way of the right one."""
    file = tmp_path / "nowhere" / "guide.sqlite3"
    async with bot_api() as api:
        telegram = {"UPR_TELEGRAM_TOKEN": TOKEN, "UPR_TELEGRAM_API_URL": api.url}
        settings = telegram | {"UPR_KEYS": keys_text(2), "DATABASE_URL": f"sqlite:///{file}"}
        assert "none yet" in (await found(settings))["database"].how
        for call in (["remind", "--now", "2027-03-09T09:00Z"], ["disclose", "7001"]):
            code, _, err = await run(*call, **settings)
            assert (code, "There is no database" in err) == (1, True)
        assert not file.parent.exists()
        migrate(settings["DATABASE_URL"])
        assert (await found(settings))["database"].good
        right = await open_database(settings["DATABASE_URL"], Sealer([key(1)]))
        await right.close()


async def test_a_host_that_is_not_ours_is_told_apart_from_a_port_that_is_taken() -> None:
    named = await found({"HOST": "192.0.2.1"})
    assert "no address of this machine" in named["port"].how
    with socket.create_server(("127.0.0.1", 0)) as other:
        named = await found({"PORT": str(other.getsockname()[1])})
    assert "already in use" in named["port"].how
    assert "Fine when it is the guide itself" in named["port"].how


# --- database, key, worker -----------------------------------------------------------------------------------------------------


async def test_another_key_is_told_apart_from_a_database_that_is_away(address: str, tmp_path: Path) -> None:
    async with copy(address, tmp_path, serving=False) as guide:
        await keep_all(guide, [7_001])
        named = await found(guide.settings | {"UPR_KEYS": keys_text(2)})
        assert (named["database"].good, named["key"].good) == (True, False)
        assert "add the key it was made with" in named["key"].how
        named = await found(guide.settings | {"DATABASE_URL": "postgresql://nobody:MARKER@127.0.0.1:9/none"})
        assert "check that it runs" in named["database"].how
        assert "key" not in named


async def test_a_record_that_does_not_open_asks_for_the_older_key(address: str, tmp_path: Path) -> None:
    async with copy(address, tmp_path, serving=False) as guide:
        await keep_all(guide, [7_001, 7_002])
        database = await open_database(address, Sealer([key()]))
        async with database.writing() as connection:
            await connection.execute(text("UPDATE subscription SET sealed = owner"))
        await database.close()
        named = await found(guide.settings)
        assert not named["key"].good
        assert "2 record(s) do not open; add the older key" in named["key"].how


@pytest.mark.parametrize("looked", [False, True], ids=["nobody looked", "queued"])
async def test_what_waits_for_over_an_hour_has_no_worker(address: str, tmp_path: Path, looked: bool) -> None:
    async with copy(address, tmp_path, serving=False) as guide:
        await keep_all(guide, [7_001, 7_002])
        if looked:
            await queued(guide)
        assert (await found(guide.settings, WEEK_BEFORE + 59 * MINUTE))["worker"].good
        worker = (await found(guide.settings, WEEK_BEFORE + 61 * MINUTE))["worker"]
        assert not worker.good
        assert worker.how.startswith("2 message(s) should have gone out over an hour ago")
        assert ("upr-bot serve" if address.startswith("sqlite") else "upr-bot remind") in worker.how
        await guide.remind(WEEK_BEFORE + 62 * MINUTE, "--send")
        assert (await found(guide.settings, WEEK_BEFORE + 125 * MINUTE))["worker"].good


async def queued(guide: Copy) -> None:
    """Queue what is due a week before, as a worker does that ends before it sends."""
    database = await open_database(guide.settings["DATABASE_URL"], Sealer([key()]))
    journey = Journey(load(packaged(Path(guide.settings["UPR_CONTENT"]))).calendar)
    await sweep(Subscriptions(database), journey, WEEK_BEFORE)
    await database.close()


# --- Telegram ------------------------------------------------------------------------------------------------------------------


def hooked(api: BotApi) -> dict[str, str]:
    """Return the settings of a copy by webhook that has set it."""
    api.hook = {"url": f"{PUBLIC}/telegram"}
    telegram = {"UPR_TELEGRAM_TOKEN": TOKEN, "UPR_TELEGRAM_API_URL": api.url}
    return telegram | {"UPR_PUBLIC_URL": PUBLIC, "UPR_WEBHOOK_SECRET": SECRET}


async def test_telegrams_last_trouble_is_told_by_its_time_alone() -> None:
    async with bot_api() as api:
        settings = hooked(api)
        api.queue = [{"update_id": 1}, {"update_id": 2}]
        for ago, good in ((5, False), (65, True)):
            last = now() - ago * MINUTE
            api.hook_trouble = {"last_error_date": int(last.timestamp()), "last_error_message": "MARKER of 10.0.0.7"}
            webhook = (await found(settings))["webhook"]
            assert webhook.good == good
            assert f"{last:%Y-%m-%d at %H:%M} UTC" in webhook.how
            assert "2 update(s) waiting" in webhook.how
            assert ("look at the proxy" in webhook.how) == (not good)
        for nonsense in ("MARKER", -1, 10**30, None, []):
            api.hook_trouble = {"last_error_date": nonsense, "pending_update_count": nonsense}
            assert "as it should be; 0 update(s) waiting" in (await found(settings))["webhook"].how


async def test_a_webhook_that_is_another_ones_or_nobodys_is_told() -> None:
    async with bot_api() as api:
        settings = hooked(api)
        api.hook = {"url": "https://MARKER.example.org/telegram"}
        assert "calls another address" in (await found(settings))["webhook"].how
        polling = {name: value for name, value in settings.items() if name.startswith("UPR_TELEGRAM")}
        assert "takes the webhook away" in (await found(polling))["webhook"].how
        api.hook = {}
        assert (await found(polling))["webhook"].good


async def test_a_refused_token_and_a_wrong_clock_are_told() -> None:
    async with bot_api() as api:
        settings = hooked(api)
        assert "set the clock" in (await found(settings, now() + 2 * MINUTE))["clock"].how
        api.wrong_token = True
        named = await found(settings)
        assert "copy UPR_TELEGRAM_TOKEN again" in named["token"].how
        assert named.keys().isdisjoint({"webhook", "clock"})


# --- the content ---------------------------------------------------------------------------------------------------------------


async def test_texts_and_dates_that_were_not_read_for_long_are_counted_and_no_fault() -> None:
    for day, texts, dates in (
        (dt.date(2026, 11, 22), False, False),
        (dt.date(2027, 2, 20), False, True),
        (dt.date(2028, 1, 1), True, False),
    ):
        content = (await found({}, dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)))["content"]
        assert content.good
        assert ("text(s) are past their review_by: read them again" in content.how) == texts
        assert ("coming date(s) were checked over 60 days ago: `upr-bot check` names them" in content.how) == dates
