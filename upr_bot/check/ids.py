"""Ids: once on a button, for ever a way to somewhere; and never two meanings for one."""

from __future__ import annotations

from collections.abc import Iterator

from upr_bot.actions import VERBS
from upr_bot.check.content import Whole
from upr_bot.content.model import PublishedFile
from upr_bot.errors import Problem

PUBLISHED = "dialogs/published.yaml"
KINDS = ("stages", "videos", "themes", "entries", "terms", "categories")


def rules(content: Whole) -> Iterator[Problem]:
    """Yield ids that are gone without a successor, and ids that would be taken for something else."""
    published = content.parsed.get(PUBLISHED, PublishedFile)
    assert published is not None
    knowledge = content.knowledge
    for kind in KINDS:
        for number, id_ in enumerate(getattr(published, kind)):
            if knowledge.current(kind, id_) is None:
                message = f"'{id_}' is gone and old buttons still name it; put it under 'formerly' of what took its place"
                yield content.problem(PUBLISHED, (kind, number), message)
        for id_ in getattr(content.library.first, kind):
            if id_ not in getattr(published, kind):
                yield content.problem(PUBLISHED, (kind,), f"'{id_}' is missing under {kind}; add it, since buttons will carry it")
    first = content.library.first
    for id_ in sorted(set(first.stages) & set(first.themes)):
        yield content.at("themes", first.language, id_, f"'{id_}' is the id of a stage too; give the theme another")
    for number, code in enumerate(content.library.books):
        if code in VERBS:
            yield content.problem(
                "dialogs/languages.yaml", ("languages", number), f"'{code}' is a verb of the buttons; see actions.py"
            )
    for kind in KINDS:
        for id_ in getattr(first, kind):
            if "__" in id_ or id_.startswith("_") or id_.endswith("_"):
                yield content.at(kind, first.language, id_, f"'{id_}' cannot be spelled on a button; use single - or _ inside")
