"""Words as people type them → words as the index knows them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from upr_bot.folding import folded

QUESTION_LENGTH: Final = 300
"""Characters of a question that are read. One 3,900-character message against 500 long strings took 18 s: cap first."""

_TOKEN = re.compile(r"[^\W_]+")
_ITS: Final = re.compile(r"['\u2019\u2018\u02bc]s\b")
"""The English ending; phones write the second apostrophe."""

_HAN: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNSPACED: Final = re.compile(f"[{_HAN}]")
"""Chinese and Japanese characters, written without spaces between words."""
_RUN: Final = re.compile(f"[{_HAN}]+|[^{_HAN}]+")

SAME_WORD: Final = {
    # one thing under several names, in the three languages of the sources
    "epu": "upr", "epr": "upr",
    "ong": "ngo", "ongs": "ngo", "ngos": "ngo", "cso": "ngo", "csos": "ngo", "osc": "ngo",
    "nhris": "nhri", "indh": "nhri",
    "ochr": "ohchr", "hcdh": "ohchr", "acnudh": "ohchr", "oacnudh": "ohchr",
    "presession": "presession", "presessions": "presession",
    "organization": "organisation", "organizations": "organisation", "organisations": "organisation",
    "org": "organisation", "orgs": "organisation",
    "gov": "government", "govt": "government",
    "recs": "recommendation", "rec": "recommendation", "reco": "recommendation", "recos": "recommendation",
    # how a phone writes
    "u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "thx": "thanks", "bcoz": "because",
    "cuz": "because", "wat": "what", "wht": "what", "wen": "when", "whn": "when", "wer": "where", "hw": "how", "cn": "can",
    "doc": "document", "docs": "document", "info": "information", "tel": "phone",
    "koi": "quoi", "pkoi": "pourquoi", "pourkoi": "pourquoi", "kan": "quand", "kand": "quand", "kel": "quel", "kelle": "quelle",
    "koman": "comment", "cmt": "comment", "kom": "comme", "ki": "qui", "ds": "dans", "pr": "pour", "fo": "faut", "bcp": "beaucoup",
    "ke": "que", "xq": "porque", "porq": "porque", "kien": "quien", "kienes": "quienes", "kuando": "cuando", "cdo": "cuando",
    "dnd": "donde", "asta": "hasta", "aki": "aqui", "tmb": "tambien", "tb": "tambien",
}  # fmt: skip
"""Typed word → indexed word. Only whole words, and only where the two never differ in meaning here."""


_ARTICLES: Final = frozenset({"the", "a", "an", "le", "la", "les", "el", "los", "las"})
"""Articles that are no other word in any of our languages: `un` is the United Nations too."""


def tokens(text: str) -> list[str]:
    """Return the folded words of a text; apostrophes and hyphens part them.

    `pre-session` and `mid-term` are joined first: their halves mean nothing alone.
    """
    return _parted(folded(text))


def plain_words(text: str) -> list[str]:
    """Return the words of a text in lower case with their accents, parted as `tokens` parts them."""
    return _parted(unicodedata.normalize("NFKC", text).lower())


def _parted(text: str) -> list[str]:
    text = text.replace("pre-session", "presession").replace("pre session", "presession")
    text = _ITS.sub("", text.replace("mid-term", "midterm").replace("mid term", "midterm"))
    found = _TOKEN.findall(text)
    return found if text.isascii() or not _UNSPACED.search(text) else [part for token in found for part in _pairs(token)]


def _pairs(token: str) -> list[str]:
    """Part a run of a script without spaces into pairs of characters, which stand for its words; other tokens stay whole."""
    if not _UNSPACED.search(token):
        return [token]
    parts = _RUN.findall(token)
    return [
        pair
        for part in parts
        for pair in ([part[i : i + 2] for i in range(max(1, len(part) - 1))] if _UNSPACED.match(part) else [part])
    ]


def words(text: str) -> list[str]:
    """Return the words of a text as the index knows them: several names of one thing become one."""
    return [SAME_WORD.get(token, token) for token in tokens(text)]


_ASKING: Final = (
    # English, French, Spanish: words that begin a question
    "how|what|when|where|who|which|why|can|could|may|do|does|did|is|are|will|must|should|"
    "comment|quand|ou|qui|quel|quelle|quels|quelles|pourquoi|est|peut|peux|faut|doit|"
    "como|cuando|donde|quien|quienes|que|cual|cuales|puede|puedo|podemos|hay|debe|debo"
)
_PARTS: Final = re.compile(rf"[?？؟]+|\n+|[,;]?\s+(?:and|et|y)\s+(?:also\s+|aussi\s+|tambien\s+)?(?=(?:{_ASKING})\b)")
_ASKS: Final = re.compile(rf"\b(?:{_ASKING})\b")
_LEANS: Final = re.compile(r"\s*(?:(?:and\s+)?(?:what|how)\s+about|same\s+for|and|et|y)\b[\s,]*(.*)", re.DOTALL)


def questions_in(text: str) -> list[str]:
    """Return the questions of a message that asks more than one, else the message whole."""
    parts = [part for part in (part.strip() for part in _PARTS.split(folded(text))) if part]
    asking = [part for part in parts if _ASKS.search(part) and len(part.split()) > 2]
    return asking if len(asking) > 1 and len(asking) == len(parts) else [text]


def left_open(text: str) -> str | None:
    """Return what follows the opening of words that lean on what was said before ("and for a coalition?"), else None."""
    found = _LEANS.fullmatch(folded(text))
    if found is None or _ASKS.search(found.group(1)):
        return None
    return found.group(1)


def bare(typed: Sequence[str]) -> str:
    """Return words as one string without articles, so that `what is UPR` is `What is the UPR?`."""
    return " ".join(word for word in typed if word not in _ARTICLES) or " ".join(typed)


def key(text: str) -> str:
    """Return a text as one comparable string, for exact look-ups of labels and terms."""
    return " ".join(tokens(text))


def mark_of(words: str) -> int:
    """Return 64 bits that stand for words written as one string."""
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest())
