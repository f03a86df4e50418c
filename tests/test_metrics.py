"""The numbers for Prometheus: on loopback, only when asked for, and with nobody in them."""

from __future__ import annotations

import asyncio
import re

import aiohttp
import pytest

from tests.botapi import TOKEN, bot_api
from tests.process import free_port, run, running
from tests.test_telegram import MODES, Line


@MODES
async def test_n2_the_metrics_hold_no_word_no_person_and_no_secret(webhook: bool):
    """N2: markers in every field; what is shown is names of ours, types of errors and numbers."""
    port = free_port()
    async with bot_api() as api, running(api, webhook=webhook, UPR_METRICS_PORT=str(port)) as bot:
        line, ann = Line(api, bot, webhook=webhook), api.person(name="MARKERNAME")
        await line.bring(ann.message(text="MARKERTEXT police came to our office because of our UN report"))
        await line.bring(ann.message(text="/guide"))
        await line.bring(ann.message(text="/clear"))
        await api.until(lambda: api.of("deleteMessages"))
        api.faults.append(("sendMessage", 400, {"description": "Bad Request: MARKERDESCRIPTION"}))
        await line.bring(ann.tap(data="en__guide"))
        async with aiohttp.ClientSession() as session, asyncio.timeout(10):
            text = ""
            while 'upr_updates_total{end="served"} 4.0' not in text:  # an update is counted a moment after its tap was answered
                async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
                    text = await response.text()
        assert 'upr_api_calls_total{answer="ok",of="answer"}' in text
        assert "upr_update_seconds_bucket" in text
        assert "process_resident_memory_bytes" in text
        for marker in ("MARKER", str(ann.id), TOKEN, TOKEN.split(":")[1], "guide", "police", "danger", "delete", "clear"):
            assert marker not in text
        labels = {name for found in re.findall(r"{([^}]*)}", text) for name in re.findall(r"(\w+)=", found)}
        assert labels == {"end", "of", "answer", "le"}


async def test_without_the_setting_nothing_listens_and_with_a_taken_port_one_sentence_says_so():
    async with bot_api() as api, running(api) as bot:
        code, _, err = await run("serve", UPR_METRICS_PORT=str(bot.port), PORT=str(free_port()), HOST="127.0.0.1")
        assert code == 1
        assert err.count("\n") == 1
        assert "UPR_METRICS_PORT" in err


@pytest.mark.parametrize("value", ["0", "65536", "x", "-1"])
async def test_a_mistaken_port_is_named(value: str):
    code, _, err = await run("serve", UPR_METRICS_PORT=value)
    assert code == 2
    assert "UPR_METRICS_PORT must be a number from 1 to 65535." in err
