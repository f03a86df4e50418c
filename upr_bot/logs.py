"""One JSON object a line, of allowed fields only: nothing unknown passes, whoever logged it.

httpx prints the token in addresses at INFO and python-telegram-bot prints texts at DEBUG; so a foreign record is shown by its
logger, level and error type alone, and a record of ours by its name and the fields listed here.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Final, TextIO

FIELDS: Final = frozenset({"count", "error", "mode"})
"""What a record of ours may carry beside its event. None of them ever comes from a person."""


class AllowList(logging.Formatter):
    """Formats a record without its arguments, its traceback or any field that is not listed."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        line: dict[str, object] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "logger": record.name if record.name.replace(".", "").replace("_", "").isalnum() else "foreign",
        }
        if record.name.split(".")[0] == "upr_bot" and isinstance(record.msg, str) and record.msg.isidentifier():
            line["event"] = record.msg
            line |= {name: value for name, value in record.__dict__.items() if name in FIELDS and isinstance(value, str | int)}
        else:
            line["event"] = "foreign"
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line)


def set_up(level: int, stream: TextIO = sys.stderr) -> None:
    """Send everything through the allow-list; foreign loggers speak from WARNING on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(AllowList())
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.split(".")[0] == "upr_bot")
    # It tells of every answer that is not JSON, without saying which; what we make of that is told by our own records.
    logging.getLogger("telegram").setLevel(logging.CRITICAL)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False
