"""Words as people type them → words as the index knows them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

QUESTION_LENGTH: Final = 300
"""Characters of a question that are read. One 3,900-character message against 500 long strings took 18 s: cap first."""

_TOKEN = re.compile(r"[^\W_]+")

SAME_WORD: Final = {
    # one thing under several names, in the three languages of the sources
    "epu": "upr", "epr": "upr",
    "ong": "ngo", "ongs": "ngo", "ngos": "ngo", "cso": "ngo", "csos": "ngo", "osc": "ngo",
    "onu": "un", "uno": "un",
    "nhris": "nhri", "indh": "nhri",
    "ochr": "ohchr", "hcdh": "ohchr", "acnudh": "ohchr", "oacnudh": "ohchr",
    "presession": "presession", "presessions": "presession",
    "organization": "organisation", "organizations": "organisation", "organisations": "organisation",
    "org": "organisation", "orgs": "organisation",
    "gov": "government", "govt": "government",
    "recs": "recommendation", "rec": "recommendation", "reco": "recommendation", "recos": "recommendation",
    # how a phone writes
    "u": "you", "ur": "your", "r": "are", "y": "why", "pls": "please", "plz": "please", "thx": "thanks", "bcoz": "because",
    "cuz": "because", "wat": "what", "wht": "what", "wen": "when", "whn": "when", "wer": "where", "hw": "how", "cn": "can",
    "doc": "document", "docs": "document", "info": "information", "tel": "phone",
}  # fmt: skip
"""Typed word → indexed word. Only whole words, and only where the two never differ in meaning here."""


_ARTICLES: Final = frozenset({"the", "a", "an", "le", "la", "les", "el", "los", "las"})
"""Articles that are no other word in any of our languages: `un` is the United Nations too."""


def folded(text: str) -> str:
    """Fold case, accents and compatibility forms, for comparing what people type with what we wrote."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def tokens(text: str) -> list[str]:
    """Return the folded words of a text; apostrophes and hyphens part them.

    `pre-session` and `mid-term` are joined first: their halves mean nothing alone.
    """
    text = folded(text).replace("pre-session", "presession").replace("pre session", "presession")
    text = text.replace("mid-term", "midterm").replace("mid term", "midterm").replace("'s", "")
    return _TOKEN.findall(text)


def words(text: str) -> list[str]:
    """Return the words of a text as the index knows them: several names of one thing become one."""
    return [SAME_WORD.get(token, token) for token in tokens(text)]


def bare(typed: Sequence[str]) -> str:
    """Return words as one string without articles, so that `what is UPR` is `What is the UPR?`."""
    return " ".join(word for word in typed if word not in _ARTICLES) or " ".join(typed)


def key(text: str) -> str:
    """Return a text as one comparable string, for exact look-ups of labels and terms."""
    return " ".join(tokens(text))
