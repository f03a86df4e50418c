"""A small Bot API server over real HTTP, and people who talk through it.

It does what these tests need: getMe, long polling with offsets, webhooks, messages and edits, callbacks, and faults on demand. It
checks what Telegram checks of a message: its HTML, its length in UTF-16 units, the bytes of a button.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import itertools
import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web

TOKEN = "123456789:test-token-of-the-bot-AAAAAAAAA"
SECRET = "a-secret-of-the-webhook-0123456789abcdef"
USERNAME = "upr_guide_test_bot"


class _Entities(HTMLParser):
    """Telegram's HTML: a few tags, all closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.links: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"b", "a"}:
            raise ValueError(f"tag {tag}")
        self.open.append(tag)
        if tag == "a":
            self.links.append({"type": "text_link", "url": dict(attrs)["href"], "offset": _units(self.text), "length": 1})

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise ValueError(f"end tag {tag}")

    def handle_data(self, data: str) -> None:
        self.text += data


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parsed(text: str, mode: str | None) -> tuple[str, list[dict[str, Any]]]:
    """Return the plain text and links of a message as Telegram would, or raise ValueError."""
    if mode != "HTML":
        return text, []
    entities = _Entities()
    entities.feed(text)
    entities.close()
    if entities.open:
        raise ValueError(f"unclosed {entities.open}")
    if re.search(r"&(?!(lt|gt|amp|quot|#\d+|#x[0-9a-f]+);)", text):
        raise ValueError("unescaped &")
    return entities.text, entities.links


def lines_of(text: str, markup: dict[str, Any] | None) -> str:
    """Return a message as transcripts write it: its words, then a line of `[label]` per row of buttons."""
    shown = text.replace("\u200b", "").rstrip()
    rows = (markup or {}).get("inline_keyboard", [])
    return "\n".join([shown, *(" ".join(f"[{b['text']}]" for b in row) for row in rows)])


def html_lines(parameters: dict[str, Any]) -> str:
    """Return the parameters of a message as transcripts write it, addresses of links in angle brackets."""
    words = re.sub(r'<a href="[^"]*">\u200b</a>', "", parameters["text"])
    words = re.sub(r'<a href="([^"]*)">(.*?)</a>', r"\2 ‹\1›", words)
    words = re.sub(r"(Content|Contenu|Contenido) [0-9a-f]{10}, .*", r"\1 ‹version›", words)
    return lines_of(html.unescape(re.sub(r"</?b>", "", words)), parameters.get("reply_markup"))


@dataclass
class Call:
    """One call of the bot."""

    method: str
    parameters: dict[str, Any]
    answered: int = 200


@dataclass
class Person:
    """Somebody in a private chat with the bot."""

    api: BotApi
    id: int
    language: str = "en"
    name: str = "Marker-Name"
    last: dict[str, Any] = field(default_factory=dict)

    @property
    def _self(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": self.language}

    @property
    def _chat(self) -> dict[str, Any]:
        return {"id": self.id, "type": "private", "first_name": self.name}

    def message(self, *, reply: bool = False, **content: Any) -> dict[str, Any]:
        """Return the update of a message; `reply`: to the bot's last card."""
        number = next(self.api.message_ids)
        self.api.kept.setdefault(self.id, set()).add(number)
        said = {"message_id": number, "date": 1_790_000_000, "chat": self._chat, "from": self._self, **content}
        if reply:
            said["reply_to_message"] = self.last
        return {"update_id": next(self.api.update_ids), "message": said}

    def tap(self, label: str = "", *, data: str | None = None) -> dict[str, Any]:
        """Return the update of a tap on a button of the last card."""
        rows = self.last.get("reply_markup", {}).get("inline_keyboard", [])
        if data is None:
            found = [b for row in rows for b in row if b["text"] == label]
            assert found, f"no button {label!r} among {[b['text'] for row in rows for b in row]}"
            data = found[0]["callback_data"]
        number = next(self.api.update_ids)
        query = {"id": f"q{number}", "from": self._self, "chat_instance": "1", "data": data}
        if self.last:
            query["message"] = self.last
        return {"update_id": number, "callback_query": query}

    def hear(self, line: str) -> dict[str, Any]:
        """Return the update of a line of a transcript: `[label]` taps, `<< text` replies to the card, anything else is typed."""
        if line.startswith("[") and line.endswith("]"):
            return self.tap(line[1:-1])
        if line.startswith("<< "):
            return self.message(text=line[3:], reply=True)
        return self.message(text=line)


class BotApi:
    """The server. `faults`: (method, status, body) answered instead, each once, first come first served."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.faults: deque[tuple[str, int, dict[str, Any]]] = deque()
        self.lost: deque[str] = deque()
        """Methods of which the next call takes effect, and its connection breaks before the answer."""
        self.queue: list[dict[str, Any]] = []
        self.people: dict[int, Person] = {}
        self.answered: set[str] = set()
        self.update_ids = itertools.count(1000)
        self.message_ids = itertools.count(1)
        self.news = asyncio.Condition()
        self.hook: dict[str, Any] = {}
        self.hook_trouble: dict[str, Any] = {}
        """What Telegram tells of its last failure to bring an update."""
        self.wrong_token = False
        self.token = TOKEN
        """The token that is accepted; another one stands for what BotFather's /revoke does."""
        self.throttle = False
        """Whether a poll that repeats its offset gets one update only, as Telegram's server does it."""
        self.last_offset = -1
        self.poisoned = ""
        """What a poll gets, word for word, for as long as the first update that waits is the one it names."""
        self.held: set[int] = set()
        self.holding: set[int] = set()
        """Chats whose messages wait before they take effect, and those that wait now."""
        self.url = ""
        self.kept: dict[int, set[int]] = {}
        """Chat → ids of the messages in it."""
        self.old: set[int] = set()
        """Ids of messages of more than 48 hours, which nobody can delete for both sides."""

    def person(self, language: str = "en", **more: Any) -> Person:
        """Return somebody new, under a number that no measure of a process reads like."""
        person = Person(self, 7_123_456_789 + len(self.people), language, **more)
        self.people[person.id] = person
        return person

    async def push(self, *updates: dict[str, Any]) -> None:
        """Hand updates to the bot's next poll."""
        async with self.news:
            self.queue += updates
            self.news.notify_all()

    def of(self, method: str) -> list[Call]:
        """Return the calls of one method, oldest first."""
        return [call for call in self.calls if call.method == method]

    async def until(self, condition: Any, seconds: float = 15) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(seconds), self.news:
            await self.news.wait_for(condition)

    async def _handle(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if request.content_type == "application/json":
            parameters = await request.json()
        else:
            form = await request.post()
            parameters = {k: v if isinstance(v, str) else (v.filename, v.file.read()) for k, v in form.items()}
        call = Call(method, parameters)
        if self.wrong_token or request.match_info["token"] != self.token:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        for number, (wanted, status, body) in enumerate(self.faults):
            if wanted == method:
                del self.faults[number]
                call.answered = status
                async with self.news:
                    self.calls.append(call)
                    self.news.notify_all()
                return web.json_response({"ok": False, "error_code": status, **body}, status=status)
        if method == "getUpdates" and self.poisoned and self.queue:
            offset = int(parameters.get("offset", 0))
            self.queue = [u for u in self.queue if u["update_id"] >= offset]
            if self.queue and f'"update_id":{self.queue[0]["update_id"]},' in self.poisoned:
                return web.Response(text=self.poisoned, content_type="application/json")
        try:
            result = await getattr(self, f"do_{method}", self.do_anything)(parameters)
            answer, status = {"ok": True, "result": result}, 200
        except ValueError as error:
            answer, status = {"ok": False, "error_code": 400, "description": f"Bad Request: {error}"}, 400
        call.answered = status
        async with self.news:
            self.calls.append(call)
            self.news.notify_all()
        if method in self.lost and request.transport:
            self.lost.remove(method)
            request.transport.close()
        return web.json_response(answer, status=status)

    async def do_anything(self, _: dict[str, Any]) -> bool:
        return True

    async def do_getMe(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - the method's name
        return {"id": 123456789, "is_bot": True, "first_name": "UPR Guide", "username": USERNAME}

    async def do_setWebhook(self, parameters: dict[str, Any]) -> bool:  # noqa: N802
        self.hook = parameters
        return True

    async def do_getWebhookInfo(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"url": self.hook.get("url", ""), "pending_update_count": len(self.queue), **self.hook_trouble}

    async def do_getUpdates(self, parameters: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: N802
        offset = int(parameters.get("offset", 0))
        async with self.news:
            self.queue = [u for u in self.queue if u.get("update_id", offset) >= offset]
            if not self.queue:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(
                        self.news.wait_for(lambda: bool(self.queue)), min(float(parameters.get("timeout", 0)), 2)
                    )
            limit = 1 if self.throttle and offset == self.last_offset else int(parameters.get("limit", 100))
            self.last_offset = offset
            return self.queue[:limit]

    async def do_sendMessage(self, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        chat = int(parameters["chat_id"])
        if chat in self.held:
            async with self.news:
                self.holding.add(chat)
                self.news.notify_all()
                await self.news.wait_for(lambda: chat not in self.held)
        return self._shown(parameters, next(self.message_ids))

    async def do_editMessageText(self, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        person = self.people.get(int(parameters["chat_id"]))
        if person is None:
            raise ValueError("chat not found")
        if person.last and person.last["message_id"] != int(parameters["message_id"]):
            raise ValueError("message to edit not found")
        return self._shown(parameters, int(parameters["message_id"]))

    async def do_deleteMessages(self, parameters: dict[str, Any]) -> bool:  # noqa: N802
        asked, chat = set(parameters["message_ids"]), int(parameters["chat_id"])
        if not 1 <= len(asked) <= 100:
            raise ValueError("wrong number of messages")
        if asked & self.kept.get(chat, set()) & self.old:
            raise ValueError("message can't be deleted for everyone")
        self.kept.get(chat, set()).difference_update(asked)
        return True

    async def do_answerCallbackQuery(self, parameters: dict[str, Any]) -> bool:  # noqa: N802
        self.answered.add(str(parameters["callback_query_id"]))
        return True

    def _shown(self, parameters: dict[str, Any], number: int) -> dict[str, Any]:
        text, links = parsed(parameters["text"], parameters.get("parse_mode"))
        if not 1 <= _units(text) <= 4096:
            raise ValueError("message is too long")
        for row in parameters.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
                    raise ValueError("BUTTON_DATA_INVALID")
        message = {
            "message_id": number,
            "date": 1_790_000_000,
            "chat": {"id": parameters["chat_id"], "type": "private"},
            "from": {"id": 123456789, "is_bot": True, "first_name": "UPR Guide", "username": USERNAME},
            "text": text,
            "entities": links,
        }
        if "reply_markup" in parameters:
            message["reply_markup"] = parameters["reply_markup"]
        self.kept.setdefault(int(parameters["chat_id"]), set()).add(number)
        if (person := self.people.get(int(parameters["chat_id"]))) is not None:
            person.last = message
        return message


@contextlib.asynccontextmanager
async def bot_api(kind: type[BotApi] = BotApi) -> AsyncIterator[Any]:
    """Run the server, or one of another kind, on a free port."""
    api = kind()
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", api._handle)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    api.url = f"http://127.0.0.1:{port}"
    try:
        yield api
    finally:
        await runner.cleanup()


async def post(url: str, update: Any, *, secret: str | None = SECRET, raw: bytes | None = None) -> int:
    """Bring an update to a webhook; return the status."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret is not None else {}
    async with ClientSession(timeout=ClientTimeout(total=20)) as session:
        kind = {"data": raw} if raw is not None else {"json": update}
        async with session.post(url, headers=headers, **kind) as response:
            await response.read()
            return response.status
