"""Where reminders are kept: the only room that knows SQL and ciphers. Everything about a person is sealed."""

from upr_bot.storage.backup import Restored, backup, restore
from upr_bot.storage.database import Database, NoDatabase, WrongKey, migrate, open_database
from upr_bot.storage.deliveries import RATE, Deliveries, Waiting
from upr_bot.storage.due import Told, Why
from upr_bot.storage.rotate import rotate
from upr_bot.storage.seal import BrokenSeal, Sealer, keys_of, new_key
from upr_bot.storage.subscriptions import Change, Row, Subscriptions, TooMany

__all__ = [
    "RATE",
    "BrokenSeal",
    "Change",
    "Database",
    "Deliveries",
    "NoDatabase",
    "Restored",
    "Row",
    "Sealer",
    "Subscriptions",
    "Told",
    "TooMany",
    "Waiting",
    "Why",
    "WrongKey",
    "backup",
    "keys_of",
    "migrate",
    "new_key",
    "open_database",
    "restore",
    "rotate",
]
