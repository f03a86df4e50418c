"""The rules of `upr-bot check`: what makes content good, beyond what makes it readable (which `upr_bot.content` holds).

Each module holds one family of rules: `def rules(content: Content) -> Iterator[Problem]`.
"""

from __future__ import annotations

import json
from pathlib import Path

from upr_bot.check import cards, ids, links, questions, words
from upr_bot.check.content import Content
from upr_bot.content.loader import CONTRACTS, TEXTS, Source, parse
from upr_bot.content.model import EntriesFile, StageText
from upr_bot.errors import ContentError, Problem

FAMILIES = (words.rules, links.rules, ids.rules, questions.rules, cards.rules)


def check_content(source: Source) -> list[Problem]:
    """Return every mistake in the content at once, in the order of files and lines.

    While the content cannot be read, only that is told: the other rules need it whole.
    """
    parsed = parse(source)
    try:
        library = parsed.library()
    except ContentError as error:
        return list(error.problems)
    content = Content(source, parsed, library)
    return sorted({problem for rules in FAMILIES for problem in rules(content)})


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
