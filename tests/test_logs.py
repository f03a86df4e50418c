"""What reaches the output: allowed fields of our own records, and of foreign ones only that there was one."""

from __future__ import annotations

import io
import json
import logging

import pytest

from upr_bot.logs import FIELDS, AllowList


@pytest.mark.parametrize(
    "name",
    [
        "httpx",
        "httpcore",
        "telegram.Bot",
        "uvicorn.error",
        "uvicorn.access",
        "sqlalchemy.engine",
        "aiohttp.client",
        "asyncio",
        "py.warnings",
        "root",
    ],
)
def test_n2_a_foreign_record_is_never_quoted(stream: io.StringIO, name: str):
    """N2: whatever level, arguments, extra or traceback it has."""
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.CRITICAL):
        error = ValueError("MARKER")
        logging.getLogger(name).log(level, "MARKER %s", "MARKER", exc_info=error, stack_info=True, extra={"error": "MARKER"})
    assert "MARKER" not in stream.getvalue()
    shown = {json.loads(line)["level"] for line in stream.getvalue().splitlines()}
    assert shown == ({"CRITICAL"} if name.startswith("telegram") else {"WARNING", "CRITICAL"})


def test_n2_our_record_shows_its_event_and_allowed_fields_only(stream: io.StringIO):
    logging.getLogger("upr_bot.x").info("poll_failed", extra={"error": "TimedOut", "chat": "MARKER", "text": "MARKER"})
    logging.getLogger("upr_bot.x").info("a sentence with a MARKER in it")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["error"]) == ("poll_failed", "TimedOut")
    assert second["event"] == "foreign"
    assert "MARKER" not in stream.getvalue()


def test_n2_no_allowed_field_is_one_that_people_fill():
    assert not FIELDS & {"text", "chat", "user", "name", "question", "path", "query", "data", "id"}
    record = logging.LogRecord("x\ny", logging.ERROR, "f", 1, "m", None, None)
    assert "\n" not in AllowList().format(record)
