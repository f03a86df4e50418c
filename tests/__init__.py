"""Tests. They read as sentences; doubles enter through constructors."""

from __future__ import annotations

import datetime as dt

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
"""The moment at which the journeys of the guide take place."""


def clock() -> dt.datetime:
    """Return the moment of the journeys: a clock that stands."""
    return NOW
