"""The bot as a process against a Bot API server over real HTTP, by polling and by webhook, in fair weather and foul."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from pathlib import Path

import aiohttp
import pytest

from tests.botapi import SECRET, TOKEN, BotApi, bot_api, post
from tests.process import Bot, running, start

MODES = pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])


class Line:
    """How updates reach the bot in one mode."""

    def __init__(self, api: BotApi, bot: Bot, *, webhook: bool) -> None:
        self.api, self.bot, self.webhook = api, bot, webhook

    async def bring(self, update: dict, *, shown: int = 1) -> list[dict]:
        """Bring one update; return the parameters of what was shown for it."""
        before = len(self.shown())
        if self.webhook:
            assert await post(self.bot.hook, update) == 200
        else:
            await self.api.push(update)
            await self.api.until(lambda: len(self.shown()) >= before + shown)
            if "callback_query" in update:
                await self.api.until(lambda: update["callback_query"]["id"] in self.api.answered)
        return [call.parameters for call in self.shown()[before:]]

    def shown(self) -> list:
        return [c for c in self.api.calls if c.method in {"sendMessage", "editMessageText"} and c.answered == 200]


@contextlib.asynccontextmanager
async def talk(*, webhook: bool, **settings: str):
    async with bot_api() as api, running(api, webhook=webhook, **settings) as bot:
        yield Line(api, bot, webhook=webhook), api.person()


@MODES
async def test_one_live_card_is_edited_and_every_tap_is_answered(webhook: bool):
    """J1."""
    async with talk(webhook=webhook) as (line, ann):
        (first,) = await line.bring(ann.message(text="/start"))
        assert "end-to-end" in first["text"]
        live = ann.last["message_id"]
        for label, expected in (
            ("Guide", "step by step"),
            ("Pre-session in Geneva", "UPR Info Pre-session"),
            ("Video", "Participating"),
            ("Read instead", "Marília"),
        ):
            update = ann.tap(label)
            (card,) = await line.bring(update)
            assert expected in card["text"]
            assert card["message_id"] == live
            assert card["link_preview_options"] == {"is_disabled": True}
            assert update["callback_query"]["id"] in line.api.answered
        assert len(line.api.of("sendMessage")) == 1


@MODES
async def test_commands_are_registered_for_everybody_and_per_language(webhook: bool):
    async with talk(webhook=webhook) as (line, _):
        await line.api.until(lambda: len(line.api.of("setMyCommands")) == 4)
        calls = line.api.of("setMyCommands")
        assert [call.parameters.get("language_code") for call in calls] == [None, "en", "fr", "es"]
        assert json.loads(calls[2].parameters["commands"])[0]["description"] == "Commencer"
        names = [c["command"] for c in json.loads(calls[0].parameters["commands"])]
        assert names[:8] == ["start", "now", "dates", "session", "next", "guide", "videos", "ask"]
        assert names[8:] == ["remind", "forget", "export", "lang", "help", "about", "privacy", "safety", "clear"]


@MODES
async def test_a_calendar_file_comes_as_a_document_with_a_way_back(webhook: bool, tmp_path: Path):
    """J10 over HTTP: one message, the tap is answered, the card stays."""
    (tmp_path / "dialogs").mkdir()
    for file in (Path(__file__).parent / "journeys/dialogs").iterdir():
        # Far enough ahead that the dates are still to come whenever this runs.
        (tmp_path / "dialogs" / file.name).write_text(re.sub(r"\b202([5-8])-", r"209\1-", file.read_text(encoding="utf-8")))
    async with talk(webhook=webhook, UPR_CONTENT=str(tmp_path)) as (line, ann):
        await line.bring(ann.message(text="/dates Betaland"))
        tap = ann.tap("Neutral file")
        await line.bring(tap, shown=0)
        await line.api.until(lambda: bool(line.api.of("sendDocument")))
        await line.api.until(lambda: tap["callback_query"]["id"] in line.api.answered)
        (sent,) = line.api.of("sendDocument")
        name, content = sent.parameters["document"]
        assert name == "calendar.ics"
        assert content.startswith(b"BEGIN:VCALENDAR")
        assert b"Betaland" not in content
        assert "Betaland" not in sent.parameters["caption"]
        assert "dates__XBB" in sent.parameters["reply_markup"]


async def test_the_webhook_is_set_with_its_secret_and_what_is_heard():
    async with talk(webhook=True) as (line, _):
        hook = line.api.hook
        assert hook["url"] == line.bot.hook
        assert hook["secret_token"] == SECRET
        assert json.loads(hook["allowed_updates"]) == ["message", "callback_query", "my_chat_member"]


@pytest.mark.parametrize(
    ("webhook", "kind"),
    [(False, "photo"), *((True, kind) for kind in ("photo", "document", "voice", "location", "contact", "sticker", "video_note"))],
)
async def test_i8_files_are_refused_kindly_and_nothing_is_downloaded(webhook: bool, kind: str):
    """I8."""
    async with talk(webhook=webhook) as (line, ann):
        content = [{"file_id": "f"}] if kind == "photo" else {"file_id": "f", "latitude": 1.0, "longitude": 1.0}
        (card,) = await line.bring(ann.message(**{kind: content}, caption="our evidence"))
        assert "takes no files" in card["text"]
        assert not line.api.of("getFile")


@MODES
@pytest.mark.parametrize("data", ["en__entry__never-existed", "garbage \u202e", "en__stage__review__extra__args", ""])
async def test_i3_a_stale_or_forged_button_leads_home_or_somewhere_real(webhook: bool, data: str):
    """I3, J13."""
    async with talk(webhook=webhook) as (line, ann):
        await line.bring(ann.message(text="/start"))
        update = ann.tap(data=data)
        (card,) = await line.bring(update)
        assert "older version" in card["text"] or "What happens" in card["text"]
        assert update["callback_query"]["id"] in line.api.answered


@MODES
async def test_i3_a_tap_is_answered_through_refusals_and_outages(webhook: bool):
    """Every tap is answered: the end of the spinner is tried again like everything else."""
    async with talk(webhook=webhook) as (line, ann):
        await line.bring(ann.message(text="/start"))
        for status, more in ((502, {}), (429, {"parameters": {"retry_after": 1}})):
            line.api.faults.append(("answerCallbackQuery", status, {"description": "x", **more}))
            update = ann.tap("Guide" if status == 502 else "Home")
            await line.bring(update)
            assert update["callback_query"]["id"] in line.api.answered


async def test_a_button_whose_message_is_gone_gets_a_new_card():
    async with talk(webhook=True) as (line, ann):
        await line.bring(ann.message(text="/start"))
        old = dict(ann.last)
        await line.bring(ann.message(text="/guide"))
        update = ann.tap("Home")
        update["callback_query"]["message"] = old | {"message_id": 1}
        ann.last = old | {"message_id": 999}
        (card,) = await line.bring(update)
        assert line.shown()[-1].method == "sendMessage"
        assert "message_id" not in card
        inaccessible = ann.tap(data="en__guide")
        inaccessible["callback_query"]["message"] = {"message_id": 1, "date": 0, "chat": {"id": ann.id, "type": "private"}}
        (card,) = await line.bring(inaccessible)
        assert "step by step" in card["text"]


@MODES
async def test_i4_an_entity_error_falls_back_to_plain_text(webhook: bool):
    """I4: never to silence."""
    async with talk(webhook=webhook) as (line, ann):
        await line.bring(ann.message(text="/start"))
        for method, did in (("sendMessage", "/start"), ("editMessageText", "[Guide]")):
            line.api.faults.append((method, 400, {"description": "Bad Request: can't parse entities: Unsupported start tag"}))
            (card,) = await line.bring(ann.hear(did))
            assert "parse_mode" not in card
            assert "<" not in card["text"]


@MODES
async def test_l2_a_429_is_waited_for_and_a_5xx_is_tried_again(webhook: bool):
    """L2: to the second; R3."""
    async with talk(webhook=webhook) as (line, ann):
        line.api.faults.append(("sendMessage", 429, {"description": "Too Many Requests", "parameters": {"retry_after": 1}}))
        begun = time.monotonic()
        (card,) = await line.bring(ann.message(text="/start"))
        assert time.monotonic() - begun >= 1
        line.api.faults.append(("editMessageText", 502, {"description": "Bad Gateway"}))
        (card,) = await line.bring(ann.tap("Guide"))
        assert "step by step" in card["text"]


@MODES
async def test_r3_a_message_whose_answer_got_lost_comes_twice_at_most(webhook: bool):
    """R3: nobody can know whether it arrived; a second copy is better than silence, a third is not."""
    async with talk(webhook=webhook) as (line, ann):
        line.api.lost += ["sendMessage"] * 4
        await line.bring(ann.message(text="/start"))
        await line.api.until(lambda: len(line.api.of("sendMessage")) == 2)
        assert await line.bot.stop() == 0  # what is in flight is finished first
        assert len(line.api.of("sendMessage")) == 2


@MODES
async def test_r3_somebody_who_blocked_the_bot_stops_nobody(webhook: bool):
    async with talk(webhook=webhook) as (line, ann):
        line.api.faults.append(("sendMessage", 403, {"description": "Forbidden: bot was blocked by the user"}))
        bob = line.api.person()
        if webhook:
            assert await post(line.bot.hook, ann.message(text="/start")) == 200
        else:
            await line.api.push(ann.message(text="/start"))
        (card,) = await line.bring(bob.message(text="/start"))
        assert card["chat_id"] == bob.id


@MODES
async def test_the_words_of_a_card_do_not_change_and_the_tap_is_answered(webhook: bool):
    async with talk(webhook=webhook) as (line, ann):
        await line.bring(ann.message(text="/start"))
        line.api.faults.append(("editMessageText", 400, {"description": "Bad Request: message is not modified"}))
        update = ann.tap("Guide")
        if webhook:
            assert await post(line.bot.hook, update) == 200
        else:
            await line.api.push(update)
        await line.api.until(lambda: update["callback_query"]["id"] in line.api.answered)
        assert len(line.api.of("sendMessage")) == 1


async def test_r2_what_comes_while_telegram_is_away_is_asked_to_come_again():
    """R2 by webhook: 200 only after serving."""
    async with talk(webhook=True) as (line, ann):
        for _ in range(4):
            line.api.faults.append(("sendMessage", 502, {"description": "Bad Gateway"}))
        update = ann.message(text="/start")
        assert await post(line.bot.hook, update) == 503
        assert await post(line.bot.hook, update) == 200
        assert len(line.shown()) == 1


async def test_order_within_a_chat_is_kept_while_many_chats_run_at_once():
    async with talk(webhook=True) as (line, ann):
        people = [line.api.person() for _ in range(20)]
        line.api.faults.append(("sendMessage", 429, {"description": "Too Many Requests", "parameters": {"retry_after": 2}}))
        first = asyncio.ensure_future(post(line.bot.hook, ann.message(text="/start")))
        await line.api.until(lambda: len(line.api.of("sendMessage")) == 1)
        second = asyncio.ensure_future(post(line.bot.hook, ann.message(text="/guide")))
        await asyncio.gather(*(post(line.bot.hook, p.message(text="/videos")) for p in people))
        assert not first.done(), "the others did not wait for the one that Telegram slowed down"
        await asyncio.gather(first, second)
        anns = [call.parameters["text"] for call in line.shown() if call.parameters["chat_id"] == ann.id]
        assert "end-to-end" in anns[0]
        assert "step by step" in anns[1]


async def test_one_chat_that_telegram_slows_down_does_not_stop_a_crowd_by_polling():
    """L1: more updates than one poll brings, behind one that waits for a 429, from a server that throttles like Telegram's."""
    async with talk(webhook=False) as (line, ann):
        line.api.throttle = True
        line.api.faults.append(("sendMessage", 429, {"description": "Too Many Requests", "parameters": {"retry_after": 8}}))
        await line.api.push(ann.message(text="/start"))
        await line.api.until(lambda: len(line.api.of("sendMessage")) == 1)
        crowd = [line.api.person() for _ in range(250)]
        await line.api.push(*(person.message(text="/guide") for person in crowd))
        await line.api.until(lambda: len(line.shown()) >= len(crowd), 6)
        assert ann.id not in {call.parameters["chat_id"] for call in line.shown()}
        await line.api.until(lambda: len(line.shown()) == len(crowd) + 1)


@MODES
async def test_r2_kill_9_while_serving_loses_no_update(webhook: bool):
    """R2: what was in flight when the process died comes again, and is answered by the next one."""
    async with bot_api() as api:
        people = [api.person() for _ in range(40)]
        updates = {p.id: p.message(text="/start") for p in people}
        stuck = {p.id for p in people[::4]}
        if not webhook:
            await api.push(*updates.values())  # once: whatever the bot confirms is gone

        def answered() -> set[int]:
            return {c.parameters["chat_id"] for c in api.of("sendMessage") if c.answered == 200}

        for _ in range(3):
            api.held = stuck - answered()
            api.holding = set()
            waiting = {chat: update for chat, update in updates.items() if chat not in answered()}
            async with running(api, webhook=webhook) as bot:
                if webhook:
                    posts = [asyncio.create_task(post(bot.hook, update)) for update in waiting.values()]
                # The others are answered; these wait in the middle of being served, and the process dies with them.
                await api.until(lambda held=api.held: api.holding == held)
                await asyncio.sleep(0.4)  # time for a bot that confirms first to do so
                await bot.kill()
                if webhook:
                    await asyncio.gather(*posts, return_exceptions=True)
            async with api.news:
                api.held = set(sorted(api.held)[1:])
                api.news.notify_all()
            lost = stuck - answered()
            assert lost
        api.held = set()
        async with running(api, webhook=webhook) as bot:
            for chat, update in updates.items():
                if webhook and chat not in answered():
                    assert await post(bot.hook, update) == 200
            await api.until(lambda: answered() == set(updates))


async def test_an_update_that_waits_and_is_brought_no_more_does_not_stop_the_others():
    """A day passed, or another poller confirmed it: the offset moves on, and no poll runs idle."""
    async with talk(webhook=False) as (line, ann):
        for _ in range(4):
            line.api.faults.append(("sendMessage", 502, {"description": "Bad Gateway"}))
        gone = ann.message(text="/start")
        await line.api.push(gone)
        await line.api.until(lambda: len(line.api.of("sendMessage")) == 4)
        line.api.queue = [update for update in line.api.queue if update != gone]
        crowd = [line.api.person() for _ in range(150)]
        await line.api.push(*(person.message(text="/guide") for person in crowd))
        await line.api.until(lambda: len({call.parameters["chat_id"] for call in line.shown()}) >= len(crowd))
        await asyncio.sleep(1)
        before = len(line.api.of("getUpdates"))
        await asyncio.sleep(1)
        assert len(line.api.of("getUpdates")) - before <= 3


async def test_i1_an_answer_to_a_poll_that_cannot_be_read_is_passed_over():
    """I1 by polling: one update that no parser takes costs nobody an answer, and does not end the process."""
    async with talk(webhook=False) as (line, ann):
        poison = ann.message(text="x")
        line.api.poisoned = f'{{"ok":true,"result":[{{"update_id":{poison["update_id"]},"a":{"[" * 100_000}'
        await line.api.push(poison)
        await asyncio.sleep(1)
        (card,) = await line.bring(ann.message(text="/guide"))
        assert "step by step" in card["text"]


async def test_l2_a_long_429_is_obeyed_and_the_answer_comes_after_it():
    """L2: not before Telegram said, and not lost."""
    async with talk(webhook=False) as (line, ann):
        line.api.faults.append(("sendMessage", 429, {"description": "Too Many Requests", "parameters": {"retry_after": 12}}))
        begun = time.monotonic()
        await line.api.push(ann.message(text="/start"))
        await line.api.until(lambda: len(line.shown()) == 1, 20)
        assert time.monotonic() - begun >= 12
        assert len(line.api.of("sendMessage")) == 2


async def test_an_address_that_telegram_refuses_is_one_sentence():
    async with bot_api() as api:
        api.faults.append(
            (
                "setWebhook",
                400,
                {"description": "Bad Request: bad webhook: only on ports 80, 88, 443 or 8443"},
            )
        )
        settings = {"UPR_TELEGRAM_TOKEN": TOKEN, "UPR_TELEGRAM_API_URL": api.url}
        bot = await start("serve", **settings, UPR_PUBLIC_URL="https://guide.example.org:9999", UPR_WEBHOOK_SECRET=SECRET)
        assert await asyncio.wait_for(bot.process.wait(), 20) == 1
        await bot.collecting
        assert b"Telegram does not accept UPR_PUBLIC_URL" in bot.output


async def test_a_menu_that_telegram_refuses_stops_nobody():
    async with bot_api() as api:
        api.faults.append(("setMyCommands", 400, {"description": "Bad Request"}))
        async with running(api) as bot:
            ann = api.person()
            assert await Line(api, bot, webhook=False).bring(ann.message(text="/start"))


@MODES
async def test_r2_sigterm_finishes_what_is_in_flight_and_exits_0(webhook: bool):
    """R2."""
    async with talk(webhook=webhook) as (line, ann):
        line.api.faults.append(("sendMessage", 429, {"description": "Too Many Requests", "parameters": {"retry_after": 1}}))
        update = ann.message(text="/start")
        waiting = asyncio.ensure_future(post(line.bot.hook, update)) if webhook else None
        if not webhook:
            await line.api.push(update)
        await line.api.until(lambda: len(line.api.of("sendMessage")) == 1)
        assert await line.bot.stop() == 0
        assert len(line.shown()) == 1
        if waiting:
            assert await waiting == 200


async def test_r2_polling_confirms_what_it_served_before_it_ends():
    async with talk(webhook=False) as (line, ann):
        update = ann.message(text="/start")
        await line.bring(update)
        assert await line.bot.stop() == 0
        assert line.api.of("getUpdates")[-1].parameters["offset"] == update["update_id"] + 1


@MODES
async def test_groups_and_service_messages_are_left_alone(webhook: bool):
    async with talk(webhook=webhook) as (line, ann):
        group = ann.message(text="hello")
        group["message"]["chat"] = {"id": -100, "type": "supergroup", "title": "t"}
        service = ann.message(new_chat_title="x")
        edited = {"update_id": next(line.api.update_ids), "edited_message": ann.message(text="x")["message"]}
        if webhook:
            for update in (group, service, edited):
                assert await post(line.bot.hook, update) == 200
        else:
            await line.api.push(group, service, edited)
        await line.bring(ann.message(text="/guide"))
        assert len(line.shown()) == 1


async def test_n2_a_wrong_token_is_one_sentence():
    async with bot_api() as api:
        api.wrong_token = True
        bot = await start("serve", UPR_TELEGRAM_TOKEN=TOKEN, UPR_TELEGRAM_API_URL=api.url)
        assert await asyncio.wait_for(bot.process.wait(), 20) == 1
        await bot.collecting
        said = bytes(bot.output).decode()
        assert "copy UPR_TELEGRAM_TOKEN again from @BotFather" in said
        assert "Traceback" not in said
        assert TOKEN not in said


async def test_the_web_is_there_while_telegram_is_away():
    bot = await start("serve", UPR_TELEGRAM_TOKEN=TOKEN, UPR_TELEGRAM_API_URL="http://127.0.0.1:9")
    await bot.listening()
    async with aiohttp.ClientSession() as session, session.get(f"{bot.web}/en") as response:
        assert response.status == 200
    assert await bot.stop() == 0
