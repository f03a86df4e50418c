"""Links: https only, only addresses of `dialogs/sources.yaml`, only hosts that readers may be sent to."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from urllib.parse import urlsplit

from upr_bot.check.content import Content
from upr_bot.content.model import SourcesFile
from upr_bot.errors import Problem

REGISTRY = "dialogs/sources.yaml"


def rules(content: Content) -> Iterator[Problem]:
    """Yield links and publications that stand nowhere on the list, and entries of the list that are wrong or unused."""
    registry = content.parsed.get(REGISTRY, SourcesFile)
    if registry is None:
        return  # the list itself is broken, which is told already
    allowed = {link.url for link in registry.links}
    publications = set(registry.publications)
    used: set[str] = set()
    for file, path, text in content.texts():
        if file == REGISTRY or not (path[-1] in {"url", "check", "page", "source"} or path[-2:-1] in (("sources",), ("links",))):
            continue
        used.add(text)
        if text not in allowed and text not in publications:
            near = difflib.get_close_matches(text, allowed | publications, n=1, cutoff=0.85)
            hint = f"did you mean {near[0]}?" if near else f"add it to {REGISTRY} once it was read"
            yield content.problem(file, path, f"'{text}' is not in {REGISTRY}; {hint}")
    for number, link in enumerate(registry.links):
        if (host := urlsplit(link.url).hostname or "") not in registry.hosts:
            yield content.problem(
                REGISTRY, ("links", number), f"host '{host}' is not under hosts; add it if readers may be sent there"
            )
        if link.url not in used:
            yield content.problem(REGISTRY, ("links", number), f"nothing names {link.url}; delete it")
    for number, publication in enumerate(registry.publications):
        if publication not in used:
            yield content.problem(REGISTRY, ("publications", number), f"nothing names '{publication}'; delete it")
