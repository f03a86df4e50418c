"""How little it takes: bytes, messages and pictures of a month, over what was really sent."""

from __future__ import annotations

import datetime as dt
import json

from aiohttp import web

from tests.botapi import TOKEN, BotApi, Person, bot_api
from tests.databases import keys_text
from tests.process import run, running
from tests.test_reminders import TODAY, calendar


class Weighed(BotApi):
    """A Bot API server that weighs what comes: the bytes of every request, as they were sent."""

    def __init__(self) -> None:
        super().__init__()
        self.weights: list[tuple[str, int]] = []

    async def _handle(self, request: web.Request) -> web.Response:
        self.weights.append((request.match_info["method"], len(await request.read())))
        return await super()._handle(request)

    def weight(self) -> int:
        """Return the bytes of everything that was shown to somebody, and of the ends of spinners."""
        return sum(size for method, size in self.weights if method in {"sendMessage", "editMessageText", "answerCallbackQuery"})

    def shown(self) -> list[dict]:
        return [c.parameters for c in self.calls if c.method in {"sendMessage", "editMessageText"}]


MEDIA = ("sendPhoto", "sendDocument", "sendVideo", "sendAnimation", "sendSticker", "sendVoice", "sendMediaGroup", "sendLocation")
ASKED = (
    "what is the UPR", "deadline", "how long may our report be", "who pays for the flight", "what is a troika",
    "can we speak in Geneva",
    "wen can ngo send reprot", "visa for geneva", "what happens after the review", "is it dangerous for us",
)  # fmt: skip


async def says(api: Weighed, person: Person, line: str) -> None:
    """Do one thing and see that at most one message comes of it."""
    shown = len(api.shown())
    update = person.hear(line)
    await api.push(update)
    await api.until(lambda: len(api.shown()) > shown)
    if "callback_query" in update:
        await api.until(lambda: update["callback_query"]["id"] in api.answered)
    assert len(api.shown()) == shown + 1, line


async def test_b2_b1_a_month_of_normal_use_takes_60_kilobytes_and_one_message_an_action(tmp_path) -> None:
    """B2: start, four times /now, ten questions, two reminders, in each language. B1: no pictures, no previews, nothing unasked."""
    settings = {"UPR_KEYS": keys_text(1), "DATABASE_URL": f"sqlite:///{tmp_path / 'guide.sqlite3'}"}
    content = str(calendar(tmp_path / "content", TODAY + dt.timedelta(days=30)))
    async with bot_api(Weighed) as api:
        async with running(api, UPR_CONTENT=content, **settings) as bot:
            months: dict[str, int] = {}
            for language in ("en", "fr", "es"):
                person = api.person(language)
                before, silent = api.weight(), len(api.shown())
                await says(api, person, "/start")
                for _ in range(4):
                    await says(api, person, "/now Alphaland")
                for question in ASKED:
                    await says(api, person, question)
                await says(api, person, "/remind Alphaland")
                for place in (1, 0, 2, -3, 4, 0):  # Message me, 30 and 1 days, Done, an hour, the first wording: in any language
                    rows = person.last["reply_markup"]["inline_keyboard"]
                    buttons = [button for row in rows for button in row]
                    await says(api, person, f"[{buttons[place]['text']}]")
                await says(api, person, f"[{person.last['reply_markup']['inline_keyboard'][0][0]['text']}]")
                assert len(api.shown()) - silent == 1 + 4 + 10 + 8, "one message an action"
                months[language] = api.weight() - before
            # The two reminders of the month weigh what one does that the worker really sends, twice.
            moment = dt.datetime.combine(TODAY + dt.timedelta(days=29), dt.time(23), dt.UTC)
            telegram = {"UPR_TELEGRAM_TOKEN": TOKEN, "UPR_TELEGRAM_API_URL": api.url}
            before = api.weight()
            code, _, err = await run(
                "remind", "--once", "--now", moment.isoformat(), "--send", UPR_CONTENT=content, **telegram, **settings
            )
            assert code == 0, err
            reminders = [p for p in api.shown() if p.get("disable_notification")]
            assert len(reminders) == len(months)
            for language, month in months.items():
                assert month + 2 * (api.weight() - before) / len(reminders) <= 60_000, language
            assert await bot.stop() == 0
        assert not [call.method for call in api.calls if call.method in MEDIA]
        assert all(parameters["link_preview_options"] == {"is_disabled": True} for parameters in api.shown())


async def test_b1_start_to_the_first_useful_answer_takes_three_actions_and_8_kilobytes() -> None:
    """B1, over the wire: /start, a tap, a tap, or /start and a question."""
    async with bot_api(Weighed) as api, running(api) as bot:
        for language in ("en", "fr", "es"):
            for way in ((0, 4), ("what is the word limit",)):
                person = api.person(language)
                before = api.weight()
                await says(api, person, "/start")
                for step in way:
                    if isinstance(step, str):
                        await says(api, person, step)
                        continue
                    keyboard = [b for row in person.last["reply_markup"]["inline_keyboard"] for b in row]
                    guide = next(b for b in keyboard if "guide" in b["callback_data"]) if step == 0 else keyboard[step]
                    await says(api, person, f"[{guide['text']}]")
                assert api.weight() - before <= 8_000, (language, way)
                text = json.dumps(person.last["text"])
                assert len(text) > 100
        assert await bot.stop() == 0
