"""J14 in a real browser, scripts off, on a phone of 320 pixels. Without a browser these tests say so and are skipped."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.process import running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser here; install Debian's package chromium to run these")

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
async def phone() -> AsyncIterator:
    """A small phone with scripts off, on the guide's first page."""
    from playwright.async_api import async_playwright

    async with running() as bot, async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = await browser.new_context(viewport={"width": 320, "height": 568}, java_script_enabled=False, locale="en-GB")
        page = await context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        await page.goto(bot.web)
        page.home = bot.web
        yield page
        await browser.close()


async def fits(page) -> bool:
    """Tell whether nothing stands out of a 320-pixel screen."""
    return await page.evaluate("document.documentElement.scrollWidth") <= 320


async def test_the_same_talk_without_scripts_on_a_small_phone(phone):
    assert "end-to-end" in await phone.inner_text("main")
    for label, expected in (
        ("Guide", "step by step"),
        ("Pre-session in Geneva", "UPR Info Pre-session"),
        ("Video", "Participating"),
        ("Read instead", "Marília"),
        ("Back", "Participating"),
        ("Home", "Choose, or type"),
    ):
        await phone.get_by_role("link", name=label, exact=True).click()
        assert expected in await phone.inner_text("main")
        assert await fits(phone)
    await phone.get_by_label("Your question, in your own words").fill("wen can ngo send reprot for upr")
    await phone.get_by_role("button", name="Ask").click()
    assert "six to eight months" in await phone.inner_text("main")
    assert "reprot" not in phone.url
    assert await fits(phone)
    assert await phone.context.cookies() == []
    assert all(url.startswith((phone.home, "data:")) for url in phone.asked)


async def test_every_kind_of_page_fits_and_reads_well_with_keyboard_and_reader(phone):
    for path in (
        "/en",
        "/en/guide",
        "/en/stage/hrc_adoption",
        "/en/themes",
        "/en/theme/staying-safe",
        "/en/videos",
        "/en/video/people-series",
        "/en/questions/1",
        "/en/entry/deadline-cso-submission",
        "/en/privacy",
    ):
        await phone.goto(phone.home + path)
        assert await fits(phone), path
        assert await phone.locator("h1").count() == 1
        boxes = [await link.bounding_box() for link in await phone.locator("ol a, ul.c a").all()]
        assert all(box and box["height"] >= 40 for box in boxes), f"a finger needs 40 pixels: {path}"
