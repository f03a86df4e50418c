"""Case, accents and compatibility forms folded away, for comparing what people type with what we wrote."""

from __future__ import annotations

import unicodedata
from itertools import filterfalse
from typing import Final

_ALIKE: Final = str.maketrans({
    # Letters that Arabic and Persian keyboards write differently for the same word, as dictionaries of search engines fold them.
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ئ": "ي", "ک": "ك", "ة": "ه", "ۀ": "ه", "ؤ": "و",
    # Tatweel stretches a word; what has no width parts or joins letters for the eye alone.
    "\u0640": None, "\u200b": None, "\u200c": None, "\u200d": None, "\u200e": None, "\u200f": None, "\u2060": None, "\ufeff": None,
    **{chr(first + digit): str(digit) for first in (0x0660, 0x06F0) for digit in range(10)},
})  # fmt: skip
"""Letters and digits that are one for whoever types them."""
_CHANGED: Final = frozenset(map(chr, _ALIKE))


def folded(text: str) -> str:
    """Return a text in lower case, without accents, in its plainest forms."""
    if text.isascii():
        return text.lower()
    text = text.casefold()
    if not _CHANGED.isdisjoint(text):  # few texts hold any, and looking takes a tenth of the time
        text = text.translate(_ALIKE)
    return "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", text)))
