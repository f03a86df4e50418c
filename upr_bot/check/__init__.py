"""The rules of `upr-bot check`: what makes content good, beyond what makes it readable (which `upr_bot.content` holds).

Each module holds one family of rules: `def rules(content: Content) -> Iterator[Problem]`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from upr_bot.check import cards, ids, links, questions, words
from upr_bot.check.content import Content, Whole
from upr_bot.content.loader import CONTRACTS, TEXTS, Source, load, parse
from upr_bot.content.model import EntriesFile, StageText
from upr_bot.errors import ContentError, Problem
from upr_bot.faq import confusions

TEXT_FAMILIES = (words.rules, links.rules)
WHOLE_FAMILIES = (ids.rules, questions.rules, cards.rules)


def check_content(source: Source) -> list[Problem]:
    """Return every mistake in the content at once, in the order of files and lines.

    The rules of ids, questions and cards need a content that fits together; what stands in their way is told first.
    """
    try:
        parsed = parse(source)
    except ContentError as error:
        return list(error.problems)
    content = Content(source, parsed)
    problems = set(parsed.problems)
    for rules in TEXT_FAMILIES:
        problems.update(rules(content))
    try:
        whole = Whole(source, parsed, parsed.library())
    except ContentError as error:
        problems.update(error.problems)
    else:
        for family in WHOLE_FAMILIES:
            problems.update(family(whole))
    return sorted(problems)


def confused_entries(source: Source) -> Iterator[str]:
    """Yield, a line each, the pairs of entries that take each other's wordings, and whether they are a known pair."""
    library = load(source)
    known = {pair for book in library.books.values() for pair in questions.known_pairs(source, book.language)}
    for found in confusions(library):
        listed = "known pair" if frozenset(found.pair) in known else "NOT among the pairs"
        yield f"{found.count:3}  {' / '.join(found.pair)}  ({listed})"
        yield f"       '{found.example}' belongs to {found.belongs}"


def write_schemas(folder: str) -> int:
    """Write one JSON Schema per kind of file for editors; return how many. `docs/curators.md` says how to use them."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    kinds = {path.split("/")[-1].removesuffix(".yaml"): kind for path, kind in CONTRACTS.items()}
    kinds |= {f"text-{name.removesuffix('.yaml').lstrip('_')}": kind for name, kind in TEXTS.items()}
    kinds |= {"text-stage": StageText, "entries": EntriesFile}
    for name, kind in kinds.items():
        schema = json.dumps(kind.model_json_schema(by_alias=True), indent=1, ensure_ascii=False)
        (target / f"{name}.schema.json").write_text(schema + "\n", encoding="utf-8")
    return len(kinds)
