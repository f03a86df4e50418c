"""Tests. They read as sentences; doubles enter through constructors."""

from __future__ import annotations

import datetime as dt
import os

# As `upr-bot serve` sets it for itself, before numpy is loaded: runners side by side with two threads each take ten times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
"""The moment at which the journeys of the guide take place."""


def clock() -> dt.datetime:
    """Return the moment of the journeys: a clock that stands."""
    return NOW
