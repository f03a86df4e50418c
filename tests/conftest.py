"""What many tests share: the content as it is shipped, read once."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import talks
from tests.databases import ENGINES, Cluster, key
from upr_bot.content import Library, load, packaged
from upr_bot.dialog import Knowledge
from upr_bot.logs import set_up
from upr_bot.storage import Database, Sealer, migrate, open_database

# The same examples in every run, and no deadline: neither chance nor a busy machine decides.
settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="rewrite the transcripts with what the guide says now")


@pytest.fixture(scope="session")
def library() -> Library:
    return load(packaged())


@pytest.fixture(scope="session")
def knowledge(library: Library) -> Knowledge:
    return Knowledge(library, compiled=packaged().compiled)


@pytest.fixture(scope="session")
def journeys() -> Knowledge:
    """The guide with the made-up calendar of the journeys; its questions are the packaged ones."""
    return Knowledge(load(packaged(talks.JOURNEYS)), compiled=packaged().compiled)


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A folder for UPR_CONTENT: write files of the same path as the packaged ones."""
    for room in ("dialogs/en", "faq/en"):
        (tmp_path / room).mkdir(parents=True)
    return tmp_path


@pytest.fixture(scope="session")
def cluster(testrun_uid: str) -> Cluster:
    return Cluster(testrun_uid)


@pytest.fixture(params=ENGINES)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty, migrated database, of each engine in turn."""
    made = f"sqlite:///{tmp_path / 'guide.sqlite3'}"
    if request.param == "postgresql":
        made = request.getfixturevalue("cluster").database()
    migrate(made)
    return made


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    opened = await open_database(address, Sealer([key()]))
    yield opened
    await opened.close()


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What the logs write, set up as the program does it, at DEBUG."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up(logging.DEBUG, stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
