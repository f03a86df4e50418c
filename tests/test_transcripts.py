"""The conversation, replayed by two guides that know nothing of each other, line by line in turn, and by two processes so.

`pytest --record` rewrites what the guide says; read the change before you commit it.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from tests import NOW, clock, talks
from tests.botapi import USERNAME, BotApi, Person, bot_api, html_lines, post
from tests.process import running
from upr_bot.channels.telegram.read import heard
from upr_bot.channels.telegram.render import message
from upr_bot.content import Library, packaged
from upr_bot.dialog import Knowledge, Reader
from upr_bot.guide import Guide

CASES = [
    pytest.param(file, id=f"{file.parent.name}-{file.stem}") for file in talks.files(talks.FOLDER, talks.CALENDAR, talks.JOURNEYS)
]
CLEARING = {"[Clear this chat]", "[Vider la discussion]", "[Vaciar este chat]"}
"""Buttons whose answer is a new message, so that all before it can be deleted."""


def language_of(file: Path) -> str:
    return file.parent.name


async def fresh_answer(person: Person, update: dict, knowledge: Knowledge) -> str:
    """Answer one update with nothing but the content: a guide of its own, and what Telegram hands back through JSON."""
    did = heard(json.loads(json.dumps(update)))
    assert did is not None
    turn = await Guide(knowledge, clock).serve(did.step.action, Reader(did.step.language, "telegram"))
    shown = message(turn.reply, USERNAME)
    person.api._shown({"chat_id": person.id, **json.loads(json.dumps(shown))}, 1)
    return html_lines(shown)


@pytest.mark.parametrize("file", CASES)
async def test_the_talk_goes_as_written_with_no_memory_between_lines(
    file: Path, knowledge: Knowledge, journeys: Knowledge, request: pytest.FixtureRequest
):
    head, lines = talks.read(file)
    told = journeys if file.is_relative_to(talks.JOURNEYS) else knowledge
    # What somebody was told by one guide the other does not know; two real processes take turns below.
    turns = itertools.cycle(Knowledge(told.library, compiled=packaged().compiled) for _ in range(2))
    person = BotApi().person(language_of(file))
    said = [talks.Line(line.did, await fresh_answer(person, person.hear(line.did), next(turns))) for line in lines]
    if request.config.getoption("--record"):
        talks.write(file, head, said)
    assert [(line.did, line.said) for line in said] == [(line.did, line.said) for line in talks.read(file)[1]]


async def test_two_processes_take_turns_in_every_talk():
    """Two replicas can serve two taps of one person."""
    async with bot_api() as api, running(api, webhook=True) as first, running(api, webhook=True) as second:
        turn = 0
        for file in talks.files():
            person = api.person(language_of(file))
            for line in talks.read(file)[1]:
                update = person.hear(line.did)
                turn += 1
                assert await post((first, second)[turn % 2].hook, update) == 200
                shown = [call for call in api.calls if call.method in {"sendMessage", "editMessageText"}][-1]
                assert html_lines(shown.parameters) == line.said, f"{file.stem}: {line.did}"
                tapped = "callback_query" in update
                assert shown.method == ("editMessageText" if tapped and line.did not in CLEARING else "sendMessage")
                assert not tapped or update["callback_query"]["id"] in api.answered
        assert turn > 60


def test_no_card_names_the_person(library: Library):
    """J7: what somebody writes never comes back, neither the name nor the number."""
    knowledge = Knowledge(library, compiled=packaged().compiled)
    from upr_bot.actions import Ask
    from upr_bot.dialog import respond

    for question in ("Can Ms Amina Yusuf +255 712 345 678 get a visa letter?", "Amina Yusuf", "<b>Amina</b> & Yusuf 712"):
        turn = respond(Ask(question), Reader("en"), knowledge, NOW)
        shown = json.dumps(message(turn.reply, USERNAME))
        assert "Amina" not in shown
        assert "712" not in shown
        assert all("Amina" not in str(b.to) for b in turn.reply.buttons)
