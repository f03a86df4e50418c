"""`make picture`: draws docs/picture.png, three cards of the guide as a phone of 320 pixels shows them."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

from playwright.async_api import async_playwright

from tests.process import running
from tests.test_browser import CHROMIUM, QUIET

TARGET = Path(__file__).parent / "picture.png"
PAGES = ("/en", "/en/guide", "/en/entry/deadline-cso-submission")


async def main() -> None:
    """Run the guide, look at it, write the picture."""
    async with running() as bot, async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = await browser.new_page(viewport={"width": 320, "height": 660})
        shots = []
        for path in PAGES:
            await page.goto(bot.web + path)
            shots.append(base64.b64encode(await page.screenshot()).decode())
        await page.set_viewport_size({"width": 1040, "height": 700})
        frames = "".join(
            f'<img src="data:image/png;base64,{shot}" style="border:1px solid #8aa0b5;border-radius:16px">' for shot in shots
        )
        await page.set_content(f'<body style="margin:16px;display:flex;gap:16px;background:#dfe7ee">{frames}</body>')
        await page.screenshot(path=TARGET)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
