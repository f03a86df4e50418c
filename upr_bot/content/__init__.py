"""The content: files with line numbers in, one immutable `Library` out, or every mistake at once."""

from upr_bot.content.calendar import (
    KINDS,
    REGIONS,
    ROLES,
    STATUSES,
    Calendar,
    Country,
    Edge,
    Interval,
    Kind,
    Session,
    Special,
    Status,
    When,
    WindowRule,
    WindowWords,
)
from upr_bot.content.lessons import Lessons
from upr_bot.content.loader import Source, load, packaged
from upr_bot.content.model import SERIES, Book, Entry, Helper, Library, Stage, Term, Theme, Tip, Video

__all__ = [
    "KINDS",
    "REGIONS",
    "ROLES",
    "SERIES",
    "STATUSES",
    "Book",
    "Calendar",
    "Country",
    "Edge",
    "Entry",
    "Helper",
    "Interval",
    "Kind",
    "Lessons",
    "Library",
    "Session",
    "Source",
    "Special",
    "Stage",
    "Status",
    "Term",
    "Theme",
    "Tip",
    "Video",
    "When",
    "WindowRule",
    "WindowWords",
    "load",
    "packaged",
]
