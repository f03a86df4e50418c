"""Names as a thumb on a small keyboard misspells them: one slip each."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {c: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in _ROWS for i, c in enumerate(row)}


def slips(name: str, dice: random.Random) -> Iterator[tuple[str, str]]:
    """Yield the kind of slip and the misspelt name: one place in the name, each kind of slip there.

    Names under five letters have none, nor places beside a blank: what is left of them can be another name.
    """
    at = dice.randrange(len(name) - 1)
    plain = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    if plain != name:
        yield "missing accent", plain
    if len(name) < 5 or not name[at : at + 2].isalpha():
        return
    yield "dropped", name[:at] + name[at + 1 :]
    yield "doubled", name[:at] + name[at] + name[at:]
    if name[at] != name[at + 1]:
        yield "swapped", name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    yield "neighbouring key", name[:at] + dice.choice(_BESIDE.get(name[at].lower(), "") or "e") + name[at + 1 :]
