"""What a message that waits is about: since when it is due, and why. Sealed like the rest, since it points at a date."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, Literal

from upr_bot.storage.seal import Sealer

Why = Literal["due", "moved", "published"]
WHY: Final[tuple[Why, ...]] = ("due", "moved", "published")
"""Their place is what is kept: add at the end only."""
PLACE: Final = "delivery.sealed"
_RECORD: Final = struct.Struct(">IB")
_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Told:
    """`at`: since when it is due, in minutes since 1970."""

    at: int
    why: Why

    def sealed(self, sealer: Sealer, row: bytes) -> bytes:
        """Return it sealed for a row."""
        return sealer.seal(PLACE, row, _RECORD.pack(self.at, WHY.index(self.why)), _SIZE)

    @classmethod
    def opened(cls, sealer: Sealer, row: bytes, sealed: bytes) -> Told:
        """Return what was sealed. Raises `BrokenSeal`."""
        at, why = _RECORD.unpack(sealer.open(PLACE, row, sealed))
        return cls(at, WHY[min(why, len(WHY) - 1)])
