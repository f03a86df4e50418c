"""Reminders: subscriptions, what waits to be sent, the common pace, and a word that tells whether the key is right.

The tables are written out, not taken from `schema.py`, since this is how they were in that release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "subscription",
        sa.Column("id", sa.LargeBinary(16), primary_key=True),
        sa.Column("owner", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("subscription_owner", "subscription", ["owner"])
    op.create_table(
        "delivery",
        sa.Column(
            "subscription",
            sa.LargeBinary(16),
            sa.ForeignKey("subscription.id", ondelete="CASCADE", onupdate="CASCADE"),
            primary_key=True,
        ),
        sa.Column("owner", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("not_before", sa.Double, nullable=False),
        sa.Column("lease", sa.Double, nullable=False),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("unclear", sa.SmallInteger, nullable=False),
    )
    op.create_index("delivery_not_before", "delivery", ["not_before"])
    op.create_index("delivery_owner", "delivery", ["owner"])
    pace = op.create_table("pace", sa.Column("id", sa.Integer, primary_key=True), sa.Column("next_at", sa.Double, nullable=False))
    op.bulk_insert(pace, [{"id": 1, "next_at": 0.0}])
    op.create_table(
        "keycheck",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
