"""The bot as people run it: a process of its own, with an environment and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.botapi import SECRET, TOKEN, BotApi

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """Return a port that nobody listens on, below those that a system hands out to calls: none of those takes it before we do."""
    while True:
        port = 15_000 + secrets.randbelow(15_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def environment(**more: str) -> dict[str, str]:
    """Return an environment without any setting of ours but those given."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("UPR_") and k not in {"HOST", "PORT", "DATABASE_URL", "DYNO"}}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"} | more


@dataclass
class Bot:
    """A running process and what it printed."""

    process: asyncio.subprocess.Process
    port: int
    output: bytearray

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def hook(self) -> str:
        return f"{self.web}/telegram"

    async def stop(self) -> int:
        """Send SIGTERM; return the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 12)

    async def kill(self) -> None:
        """Kill it as a power cut would."""
        self.process.kill()
        await self.process.wait()

    async def listening(self) -> None:
        """Wait until its port answers."""
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                assert self.process.returncode is None, bytes(self.output).decode()
                await asyncio.sleep(0.05)


async def start(*arguments: str, cwd: Path = ROOT, **settings: str) -> Bot:
    """Start `upr-bot`; its output is collected as it comes."""
    port = int(settings.setdefault("PORT", str(free_port())))
    settings.setdefault("HOST", "127.0.0.1")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "upr_bot",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment(**settings),
        cwd=cwd,
    )
    bot = Bot(process, port, bytearray())

    async def collect() -> None:
        assert process.stdout
        while chunk := await process.stdout.read(4096):
            bot.output += chunk

    bot.collecting = asyncio.ensure_future(collect())  # type: ignore[attr-defined]
    return bot


@contextlib.asynccontextmanager
async def running(api: BotApi | None = None, *, webhook: bool = False, cwd: Path = ROOT, **settings: str) -> AsyncIterator[Bot]:
    """Run the guide: on the web alone, or on Telegram by polling or by webhook too."""
    port = free_port()
    settings |= {"PORT": str(port)}
    if api is not None:
        settings |= {"UPR_TELEGRAM_TOKEN": TOKEN, "UPR_TELEGRAM_API_URL": api.url}
    if webhook:
        settings |= {"UPR_PUBLIC_URL": f"http://127.0.0.1:{port}", "UPR_WEBHOOK_SECRET": SECRET}
    bot = await start("serve", cwd=cwd, **settings)
    try:
        await bot.listening()
        if api is not None:
            async with asyncio.timeout(20):
                while b'"connected"' not in bot.output:
                    await asyncio.sleep(0.02)
        yield bot
    finally:
        if bot.process.returncode is None:
            await bot.stop()


async def run(*arguments: str, typed: bytes = b"", **settings: str) -> tuple[int, str, str]:
    """Run a command to its end; return exit code, standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "upr_bot",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(**settings),
        cwd=ROOT,
    )
    out, err = await asyncio.wait_for(process.communicate(typed), 60)
    return process.returncode or 0, out.decode(), err.decode()
