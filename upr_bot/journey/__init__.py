"""The calendar: which State is meant, where it stands on a day, what is open, and the file to take along. Pure."""

from upr_bot.journey.dates import Dated, coming, dates_of
from upr_bot.journey.days import FIRST, GENEVA, LAST, day_of, hours_ahead
from upr_bot.journey.facts import dated_facts, facts_of
from upr_bot.journey.file import calendar_file
from upr_bot.journey.names import Found, Guessed, Named, Names, Place, Several, clashes
from upr_bot.journey.reminding import NOTHING, Plan, ends, look, plan_of
from upr_bot.journey.standing import Journey, Stand
from upr_bot.journey.telling import Telling, plurals
from upr_bot.journey.windows import Moment, Slot, Window, at

__all__ = [
    "FIRST",
    "GENEVA",
    "LAST",
    "NOTHING",
    "Dated",
    "Found",
    "Guessed",
    "Journey",
    "Moment",
    "Named",
    "Names",
    "Place",
    "Plan",
    "Several",
    "Slot",
    "Stand",
    "Telling",
    "Window",
    "at",
    "calendar_file",
    "clashes",
    "coming",
    "dated_facts",
    "dates_of",
    "day_of",
    "ends",
    "facts_of",
    "hours_ahead",
    "look",
    "plan_of",
    "plurals",
]
