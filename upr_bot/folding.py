"""Case, accents and compatibility forms folded away, for comparing what people type with what we wrote."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """Return a text in lower case, without accents, in its plainest forms."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
