"""The environment, read once, every variable checked at the same time; secrets cannot be printed.

The table in `VARIABLES` is what `docs/operations.md` documents (a test holds the two together).
"""

from __future__ import annotations

import base64
import binascii
import difflib
import ipaddress
import logging
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import platformdirs

from upr_bot.errors import SettingsError

VARIABLES: Final[Mapping[str, str]] = {
    "UPR_TELEGRAM_TOKEN": "the bot's token from @BotFather; without it the guide runs on the web alone",
    "UPR_TELEGRAM_API_URL": "base address of the Bot API server, https://api.telegram.org by default",
    "UPR_PUBLIC_URL": "public address of this copy (https); switches Telegram from polling to a webhook",
    "UPR_WEBHOOK_SECRET": "Telegram's secret token for the webhook, 32 to 256 characters of A-Z a-z 0-9 _ -",
    "UPR_KEYS": "encryption keys, newest first: 2:<base64 of 32 bytes>,1:<…>; for reminders",
    "UPR_KEYS_FILE": "a file (mode 0600) that holds the same; UPR_KEYS goes before it",
    "UPR_CONTENT": "a folder with dialogs/ and/or faq/ whose files replace the packaged ones of the same path",
    "UPR_OPERATOR": "who runs this copy, shown under About, at most 80 characters",
    "UPR_CONTACT": "an https address where a wrong answer can be reported, shown under About",
    "UPR_METRICS_PORT": "a port of 127.0.0.1 where Prometheus finds this process's counts; none by default",
    "UPR_LOG_LEVEL": "DEBUG, INFO (default), WARNING or ERROR",
    "DATABASE_URL": "sqlite:///path or postgresql://…; for reminders",
    "HOST": "where the web server listens, 127.0.0.1 by default; all addresses when only PORT is set",
    "PORT": "the web server's port, 8080 by default",
}

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{10,100}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{32,256}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
TELEGRAM_PATH: Final = "/telegram"
"""Where updates come in below the public address."""
KEY_BYTES: Final = 32
_FEWEST_VALUES: Final = 12
"""Different bytes in a key: of random ones not one in 10^12 has fewer, a typed one has."""
DATABASE: Final = "guide.sqlite3"
"""The database's name in the user's data folder."""
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")


class Secret:
    """A value that does not print: `reveal()` is the only way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True, slots=True)
class Settings:
    """The checked environment."""

    token: Secret | None = None
    api_url: str = "https://api.telegram.org"
    public_url: str | None = None
    webhook_secret: Secret | None = None
    keys: tuple[tuple[int, Secret], ...] = ()
    """(number, base64 of 32 bytes), the newest first; none when this copy keeps no reminders."""
    database: Secret = Secret("sqlite://")  # noqa: RUF009 - it never changes
    """`sqlite:///path` or `postgresql://…`; secret, since it may hold a password."""
    content: Path | None = None
    operator: str | None = None
    contact: str | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    metrics_port: int | None = None
    log_level: int = logging.INFO

    @property
    def reminds(self) -> bool:
        """Whether this copy can keep reminders: it has a bot to send them and a key to seal them with."""
        return self.token is not None and bool(self.keys)

    @property
    def webhook_url(self) -> str | None:
        """Return the address that Telegram brings updates to, or None when the guide polls."""
        return f"{self.public_url}{TELEGRAM_PATH}" if self.public_url else None

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the web server."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host in _LOOPBACK


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Check every variable of `environ`; raise `SettingsError` naming all mistakes, never a secret's value."""
    problems: list[str] = []
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    for name in sorted(n for n in environ if n.startswith("UPR_") and n not in VARIABLES):
        words = set(name.split("_"))
        near = [known for known in VARIABLES if words <= set(known.split("_"))]
        near = near or difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.75)
        remedy = f"did you mean {near[0]}?" if near else "unset it, or see the list in docs/operations.md."
        problems.append(f"The variable {name} is not known; {remedy}")

    token = given.get("UPR_TELEGRAM_TOKEN")
    if token and not _TOKEN.fullmatch(token):
        problems.append("UPR_TELEGRAM_TOKEN is not a bot token; copy it again from @BotFather (digits, a colon, letters).")
    api_url = given.get("UPR_TELEGRAM_API_URL", "https://api.telegram.org").rstrip("/")
    if not _is_address(api_url, schemes=("http", "https")):
        problems.append("UPR_TELEGRAM_API_URL is not an address; write it like https://api.telegram.org.")
    public_url = given.get("UPR_PUBLIC_URL", "").rstrip("/") or None
    secret = given.get("UPR_WEBHOOK_SECRET")
    if public_url:
        parts = urlsplit(public_url) if _is_address(public_url, schemes=("http", "https")) else None
        if parts is None or (parts.scheme == "http" and parts.hostname not in _LOOPBACK):
            problems.append("UPR_PUBLIC_URL must begin with https:// (plain http only for this machine itself).")
        if not secret:
            problems.append("UPR_PUBLIC_URL needs UPR_WEBHOOK_SECRET too; set it to at least 32 random characters.")
    if secret and not _SECRET.fullmatch(secret):
        problems.append("UPR_WEBHOOK_SECRET must have 32 to 256 characters of A-Z a-z 0-9 _ and -; make a new one.")
    contact = given.get("UPR_CONTACT")
    if contact and not _is_address(contact, schemes=("https",)):
        problems.append("UPR_CONTACT must be an address beginning with https://.")
    operator = given.get("UPR_OPERATOR")
    if operator and (len(operator) > 80 or not operator.isprintable()):
        problems.append("UPR_OPERATOR must be one line of at most 80 characters.")

    content = _content_folder(given.get("UPR_CONTENT"), problems)
    host, port = _listen(given, problems)
    metrics_port = _port_of(given["UPR_METRICS_PORT"]) if "UPR_METRICS_PORT" in given else None
    if metrics_port is None and "UPR_METRICS_PORT" in given:
        problems.append("UPR_METRICS_PORT must be a number from 1 to 65535.")
    level = given.get("UPR_LOG_LEVEL", "INFO").upper()
    if level not in LEVELS:
        problems.append(f"UPR_LOG_LEVEL must be one of {', '.join(LEVELS)}.")
        level = "INFO"
    keys = _keys(given, problems)
    database = _database(given, problems)
    if problems:
        raise SettingsError(problems)
    return Settings(
        token=Secret(token) if token else None,
        api_url=api_url,
        public_url=public_url,
        webhook_secret=Secret(secret) if secret else None,
        keys=keys,
        database=Secret(database),
        content=content,
        operator=operator,
        contact=contact,
        host=host,
        port=port,
        metrics_port=metrics_port,
        log_level=getattr(logging, level),
    )


def _is_address(value: str, *, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname) and not parts.query and not parts.fragment and " " not in value


def _content_folder(value: str | None, problems: list[str]) -> Path | None:
    if not value:
        return None
    folder = Path(value)
    try:
        names = {entry.name for entry in folder.iterdir()}
    except OSError:
        problems.append("UPR_CONTENT is not a folder this process can read; check its path and its rights.")
        return None
    if not names & {"dialogs", "faq"}:
        problems.append("UPR_CONTENT holds neither dialogs/ nor faq/; point it at the folder above them.")
    return folder


def _listen(given: Mapping[str, str], problems: list[str]) -> tuple[str, int]:
    host = given.get("HOST") or ("0.0.0.0" if "PORT" in given else "127.0.0.1")  # noqa: S104 - hosting platforms set PORT alone
    port = _port_of(given.get("PORT", "8080"))
    if port is None:
        problems.append("PORT must be a number from 1 to 65535.")
    return host, port or 8080


def _port_of(raw: str) -> int | None:
    """Return the number of a port, or None when it is none."""
    return int(raw) if len(raw) <= 5 and raw.isascii() and raw.isdigit() and 1 <= int(raw) <= 65535 else None


def parse_keys(text: str) -> tuple[tuple[int, Secret], ...]:
    """Read `2:<base64>,1:<base64>`, the newest first. Raises ValueError with the end of a sentence that holds no part of it."""
    keys: dict[int, Secret] = {}
    for part in re.split(r"[,\s]+", text.strip()):
        number, _, encoded = part.partition(":")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if not (number.isascii() and number.isdigit() and 1 <= int(number[:6]) <= 0xFFFF) or len(secret) != KEY_BYTES:
            raise ValueError("must be a list like 2:<base64 of 32 bytes>,1:<base64 of 32 bytes>; `upr-bot keys new` makes a key.")
        if len(set(secret)) < _FEWEST_VALUES:
            raise ValueError("holds a sample, or a key that can be guessed; `upr-bot keys new` makes a good one.")
        if int(number) in keys:
            raise ValueError("gives two keys the same number; number a new key one higher than the last.")
        keys[int(number)] = Secret(encoded)
    return tuple(keys.items())


def _keys(given: Mapping[str, str], problems: list[str]) -> tuple[tuple[int, Secret], ...]:
    """Read the keys, wherever they stand."""
    name, text = "UPR_KEYS", given.get("UPR_KEYS")
    file = given.get("UPR_KEYS_FILE")
    try:
        if file and not text:
            name = "UPR_KEYS_FILE"
            mode = stat.S_IMODE(Path(file).stat().st_mode)
            if os.name == "posix" and mode & 0o077:
                problems.append("UPR_KEYS_FILE can be read by others; take their rights away with: chmod 600")
                return ()
            text = Path(file).read_text(encoding="ascii", errors="replace")
        return parse_keys(text) if text else ()
    except OSError:
        problems.append("UPR_KEYS_FILE is not a file this process can read; check its path and its rights.")
    except ValueError as error:
        problems.append(f"{name} {error}")
    return ()


def _database(given: Mapping[str, str], problems: list[str]) -> str:
    """Return the address of the database: one SQLAlchemy does not have to guess about."""
    address = given.get("DATABASE_URL") or "sqlite:///" + str(platformdirs.user_data_path("upr-guide", appauthor=False) / DATABASE)
    if not address.startswith(("sqlite:///", "postgresql://", "postgres://")) or address == "sqlite:///":
        problems.append("DATABASE_URL must begin with sqlite:/// and a path, or with postgresql://.")
    elif address.startswith("sqlite:") and "DYNO" in given and ({"UPR_KEYS", "UPR_KEYS_FILE"} & given.keys()):
        problems.append("DATABASE_URL must be a PostgreSQL here: this host's disk is wiped at every restart; add its database.")
    return "postgresql://" + address.removeprefix("postgres://") if address.startswith("postgres://") else address
