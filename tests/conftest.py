"""What many tests share: the content as it is shipped, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from upr_bot.content import Library, load, packaged
from upr_bot.dialog import Knowledge


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="rewrite the transcripts with what the guide says now")


@pytest.fixture(scope="session")
def library() -> Library:
    return load(packaged())


@pytest.fixture(scope="session")
def knowledge(library: Library) -> Knowledge:
    return Knowledge(library, compiled=packaged().compiled)


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A folder for UPR_CONTENT: write files of the same path as the packaged ones."""
    for room in ("dialogs/en", "faq/en"):
        (tmp_path / room).mkdir(parents=True)
    return tmp_path
