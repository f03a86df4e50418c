"""The content: files with line numbers in, one immutable `Library` out, or every mistake at once."""

from upr_bot.content.loader import Source, load, packaged
from upr_bot.content.model import SERIES, Book, Entry, Library, Stage, Term, Theme, Tip, Video

__all__ = ["SERIES", "Book", "Entry", "Library", "Source", "Stage", "Term", "Theme", "Tip", "Video", "load", "packaged"]
