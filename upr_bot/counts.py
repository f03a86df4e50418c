"""What a process did, in numbers that hold nobody: how updates ended, what the Bot API said, how long it took. In memory alone.

Never what was asked, read or tapped: where a copy has three readers, such a number would be about one of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

SECONDS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Borders of the groups that times are sorted into."""


@dataclass(slots=True)
class Counts:
    """The numbers of one process since its start."""

    updates: Counter[str] = field(default_factory=Counter)
    """How an update ended: `served`, `unreadable`, `not_ours`, `too_many`, `again`, `defect`."""
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(`answer` or `reminder`, what the Bot API said: `ok` or the type of the error). Not by method: one of them clears a chat."""
    groups: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    """Updates that were answered, by how long it took; the last group is longer than the last border."""
    seconds: float = 0.0
    """All these times together."""

    def took(self, seconds: float) -> None:
        """Count an update that was answered in so many seconds."""
        self.groups[bisect_left(SECONDS, seconds)] += 1
        self.seconds += seconds
