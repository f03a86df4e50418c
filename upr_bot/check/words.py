"""Words: formatting that closes, nothing that a screen reader stumbles over, no address in a text, no promise nobody can keep."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upr_bot.check.content import Content
from upr_bot.content.model import SourcesFile
from upr_bot.errors import Problem
from upr_bot.replies import BOLD

_ADDRESS_KEYS = frozenset({"url", "check", "source", "page", "sources", "links", "hosts", "publications"})
_ADDRESS = re.compile(r"https?://|www\.|\b[\w.+-]+@[\w-]+\.\w{2,}")
_DOMAIN = re.compile(r"\b(?:www\.)?((?:[a-z0-9-]+\.)+(?:com|org|net|int|info|io|ly|me|co|app|gle|ch|eu|xyz))\b", re.IGNORECASE)
_OPENERS = frozenset("\"'“‘«(*¿¡/-[{…")
_KEYCAP = frozenset("\ufe0f\u20e3")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>|&[a-z]+;")


def rules(content: Content) -> Iterator[Problem]:
    """Yield mistakes of wording."""
    registry = content.parsed.get("dialogs/sources.yaml", SourcesFile)
    hosts = frozenset(host.removeprefix("www.") for host in registry.hosts) if registry else frozenset()
    for file, path, text in content.texts():
        if file == "dialogs/sources.yaml" or _ADDRESS_KEYS & {str(part) for part in path}:
            continue
        for message in _mistakes(text, hosts, asked="also asked" in path):
            yield content.problem(file, path, message)


def _mistakes(text: str, hosts: frozenset[str], *, asked: bool) -> Iterator[str]:
    if "*" in BOLD.sub("", text):
        yield "a '*' without its partner, or not close to its words; write bold words *like this*"
    if found := _TAG.search(text):
        yield f"'{found.group(0)}' looks like HTML; write plain words"
    if (found := _ADDRESS.search(text)) or ((found := _DOMAIN.search(text)) and found.group(1).lower() not in hosts):
        yield f"'{found.group(0)}' is an address inside a text; put it under sources or links"
    if (not asked and text and not (text[0].isalnum() or text[0] in _OPENERS)) or _KEYCAP & set(text):
        yield "begins with or holds a symbol or emoji, which a screen reader reads first; use words"
