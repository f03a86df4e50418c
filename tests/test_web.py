"""The guide as pages: small, without scripts and cookies, and never a question in an address."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import aiohttp
import pytest
from starlette.testclient import TestClient

from tests import clock
from tests.process import running
from tests.test_buttons import every_card
from upr_bot.actions import Step
from upr_bot.channels.web import web_app
from upr_bot.channels.web.page import page, path_of
from upr_bot.dialog import Knowledge
from upr_bot.guide import Guide


@pytest.fixture(scope="module")
def client(knowledge: Knowledge) -> Iterator[TestClient]:
    app = web_app(Guide(knowledge, clock))
    # One loop for all requests: a loop for each took most of the time.
    with TestClient(app, base_url="http://guide.example.org", follow_redirects=False) as opened:
        yield opened


def links(html: str) -> list[str]:
    return re.findall(r'href="(/[^"]*)"', html)


def test_i9_every_page_is_small_and_every_link_leads_to_a_page(client: TestClient, knowledge: Knowledge):
    """I9, J14: at most 14,600 bytes compressed, whatever can be reached."""
    seen: set[str] = set()
    waiting = ["/en"]
    largest = 0
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        response = client.get(path)
        assert response.status_code == 200, path
        assert "does not exist" not in response.text, path
        largest = max(largest, len(gzip.compress(response.content)))
        waiting += links(response.text)
    assert len(seen) >= len(knowledge.library.books) * (len(every_card(knowledge, "en")) - 3)
    assert largest <= 14_600


def test_i9_nothing_is_run_stored_or_fetched_from_elsewhere(client: TestClient):
    """I9: a policy without scripts, no cookie, nothing cached, no referrer, no third party."""
    for response in (
        client.get("/en"),
        client.post("/en/ask", data={"q": "word limit"}),
        client.get("/nowhere"),
        client.get("/healthz"),
    ):
        headers = response.headers
        assert "set-cookie" not in headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert "unsafe" not in policy
        assert not re.search(r"<(script|img|iframe|link rel=.stylesheet)", response.text)


def test_i9_a_question_is_a_form_and_its_words_never_stand_in_an_address(client: TestClient):
    html = client.get("/en").text
    assert re.search(r'<form method="post" action="/en/ask">', html)
    answer = client.post("/en/ask", data={"q": "wen can ngo send reprot for upr"})
    assert "six to eight months" in answer.text
    assert "reprot" not in answer.text
    assert client.get("/en/ask?q=secret").status_code == 404


def test_a_number_answers_the_card_it_was_typed_on(client: TestClient):
    hidden = re.search(r'name="of" value="([^"]+)"', client.get("/en/guide").text)
    assert hidden
    assert "UPR Info Pre-session" in client.post("/en/ask", data={"q": "5", "of": hidden.group(1)}).text


@pytest.mark.parametrize(
    "path",
    [
        "/xx",
        "/xx/guide",
        "/en/nonsense",
        "/en/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/en/tips/a/b/c/d/e",
        "/wp-login.php",
        "/en/stage",
    ],
)
def test_i6_an_address_that_leads_nowhere_shows_the_start(client: TestClient, path: str):
    """I6: no part of an address becomes a path of a file."""
    response = client.get(path)
    assert response.status_code in {200, 404}
    assert "Guide</a>" in response.text


def test_a_form_of_any_shape_is_answered(client: TestClient):
    for body in (
        b"",
        b"q=",
        b"q=" + b"x" * 4096,
        b"%ff%fe",
        b"&" * 5000,
        b"q=a&" * 50,
        b"q=" + b"%F0%9F%99%82" * 300,
        b"of=garbage&q=3",
    ):
        response = client.post("/en/ask", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
        assert response.status_code == 200, body[:20]
        assert "Home</a>" in response.text or "Guide</a>" in response.text
    assert client.post("/en/ask", content=b"x" * 50_000).status_code == 413
    assert client.post("/en/guide").status_code == 405


def test_the_language_of_the_browser_is_taken_when_we_have_it(client: TestClient):
    for header, expected in (
        ("en-GB,fr;q=0.5", "/en"),
        ("fr-CA", "/fr"),
        ("de,es;q=0.5", "/es"),
        ("pt-BR", "/en"),
        ("xx", "/en"),
        ("", "/en"),
        ("," * 5000, "/en"),
    ):
        response = client.get("/", headers={"accept-language": header})
        assert (response.status_code, response.headers["location"]) == (303, expected)


def test_a_page_leads_to_the_same_page_in_every_other_language(client: TestClient):
    page = client.get("/fr/entry/word-limit-joint").text
    assert {"/en/entry/word-limit-joint", "/es/entry/word-limit-joint"} <= set(links(page))
    assert "5630 palabras" in client.get("/es/entry/word-limit-joint").text
    assert links(client.get("/fr").text).count("/es/speak") == 1, "the first page has its own row of languages"


def test_health(client: TestClient):
    response = client.get("/healthz")
    assert (response.status_code, response.text) == (200, '{"status":"ok"}')


def test_pages_say_their_language_and_have_one_heading(knowledge: Knowledge):
    book = knowledge.library.first
    for action, reply in every_card(knowledge, "en").items():
        html = page(reply, book, [book])
        assert '<html lang="en" dir="ltr">' in html
        assert html.count("<h1>") == 1, action
        assert html.count("<label") == html.count("<textarea") == 1
    assert path_of(Step(__import__("upr_bot.actions", fromlist=["x"]).ShowStart(), "en"), "en") == "/en"


async def test_i9_a_foreign_host_name_is_refused_on_this_machine_and_nothing_is_logged():
    """I9: a page of somebody else's cannot read ours through a name of its own; N2: no question reaches the output."""
    async with running(UPR_LOG_LEVEL="DEBUG") as bot, aiohttp.ClientSession() as session:
        for host, status in (
            ("evil.example.org", 421),
            (f"localhost:{bot.port}", 200),
            (f"127.0.0.1:{bot.port}", 200),
            ("[::1]", 200),
        ):
            async with session.get(f"{bot.web}/en", headers={"Host": host}) as response:
                assert response.status == status, host
        async with session.post(f"{bot.web}/en/ask", data={"q": "MARKERQUESTION about our case"}) as response:
            assert response.status == 200
        async with session.get(f"{bot.web}/en/entry/MARKERPATH?MARKERQUERY") as response:
            assert "MARKERPATH" not in await response.text()
        assert await bot.stop() == 0
        assert b"MARKER" not in bot.output


async def test_i9_a_page_comes_compressed_over_the_wire():
    async with (
        running() as bot,
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(f"{bot.web}/en/stage/advocacy", headers={"Accept-Encoding": "gzip"}) as response,
    ):
        body = await response.read()
        assert response.headers["content-encoding"] == "gzip"
        assert len(body) <= 14_600
        assert b"Talking to" in gzip.decompress(body)


def test_a_calendar_file_is_downloaded(client: TestClient):
    """J10 on the web: the file of the session that is coming, by a plain link; nothing is kept by anybody between."""
    page_ = client.get("/en/dates/TGO").text
    assert "Togo: dates" in page_
    answer = client.get("/en/calendar/TGO/neutral")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["content-disposition"] == 'attachment; filename="calendar.ics"'
    assert answer.headers["cache-control"] == "no-store"
    assert "Togo" not in answer.text
    assert client.get("/en/calendar/NOWHERE").status_code == 404
