"""The tables. Every column says why it may be read by whoever has the file, or that it is sealed; a test holds the list closed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, LargeBinary, MetaData, SmallInteger, Table

metadata = MetaData()

# An index that no two clean-ups rebuild: rows are found by keyed marks, which are random to whoever lacks the key.
subscription = Table(
    "subscription",
    metadata,
    Column("id", LargeBinary(16), primary_key=True, info={"clear": "keyed mark of chat and target: the same wish is the same row"}),
    Column(
        "owner", LargeBinary(32), nullable=False, info={"clear": "keyed mark of the chat: rows of one person are found together"}
    ),
    Column(
        "sealed", LargeBinary, nullable=False, info={"sealed": "chat, target, session, days, hour, wording, language, dates told"}
    ),
    Index("subscription_owner", "owner"),
    sqlite_with_rowid=False,
)

delivery = Table(
    "delivery",
    metadata,
    Column(
        "subscription",
        LargeBinary(16),
        ForeignKey("subscription.id", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
        info={"clear": "whose message it is: one waits at most, so what falls due meanwhile is merged"},
    ),
    Column("owner", LargeBinary(32), nullable=False, info={"clear": "as in subscription: one message a second to one person"}),
    Column("sealed", LargeBinary, nullable=False, info={"sealed": "since when it is due, and why"}),
    Column("not_before", Double, nullable=False, info={"clear": "when to try (seconds since 1970): within minutes of now"}),
    Column("lease", Double, nullable=False, info={"clear": "until when a worker holds it"}),
    Column("attempts", SmallInteger, nullable=False, info={"clear": "how often it was tried"}),
    Column("unclear", SmallInteger, nullable=False, info={"clear": "how often no answer said whether it arrived"}),
    Index("delivery_not_before", "not_before"),
    Index("delivery_owner", "owner"),
)

pace = Table(
    "pace",
    metadata,
    Column("id", Integer, primary_key=True, info={"clear": "always 1"}),
    Column("next_at", Double, nullable=False, info={"clear": "when any worker may send next: 25 a second over all"}),
)

keycheck = Table(
    "keycheck",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, info={"clear": "always 1"}),
    Column("sealed", LargeBinary, nullable=False, info={"sealed": "a known word: a wrong key is found before it writes"}),
)

# Empty until a backup is restored: then one row.
restored = Table(
    "restored",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, info={"clear": "always 1"}),
    Column(
        "at", Integer, nullable=False, info={"clear": "when this copy was made (minutes since 1970): up to then it sends nothing"}
    ),
)

HEAD: Final = "0002"
"""The revision of `migrations/` that these tables are the result of."""
