"""The rules of `upr-bot check`: what makes content good, beyond what makes it readable (which `upr_bot.content` holds).

Each module holds one family of rules: `def rules(content: Content) -> Iterator[Problem]`.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from upr_bot.actions import ShowCountry, ShowDates
from upr_bot.check import calendar, cards, discreet, ids, links, parity, questions, words
from upr_bot.check.content import Content, Whole
from upr_bot.content import KINDS, Library
from upr_bot.content.amend import SESSIONS, amended
from upr_bot.content.loader import CONTRACTS, TEXTS, Source, load, parse
from upr_bot.content.model import EntriesFile, StageText
from upr_bot.dialog import Knowledge
from upr_bot.errors import ContentError, Problem, UsageError
from upr_bot.faq import confusions
from upr_bot.replies import plain

TEXT_FAMILIES = (words.rules, links.rules)
WHOLE_FAMILIES = (ids.rules, calendar.rules, discreet.rules, parity.rules, questions.rules)


def check_content(source: Source, *, drafts: bool = False) -> list[Problem]:
    """Return every mistake in the content at once, in the order of files and lines. `drafts`: unpublished languages too.

    The rules of ids, questions and cards need a content that fits together; what stands in their way is told first.
    """
    try:
        parsed = parse(source, drafts=drafts, lessons=True)
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
        problems.update(cards.rules(whole, whole.library.checked))
    return sorted(problems)


def doubts(source: Source, today: dt.date) -> list[Problem]:
    """Return what a day makes doubtful in a content without mistakes: dates to look at again. Nothing that stops a release."""
    parsed = parse(source)
    return sorted(calendar.warnings(Whole(source, parsed, parsed.library()), today))


def add_date(source: Source, session: int, what: str, fields: dict[str, str], today: dt.date) -> list[str]:
    """Put a date into `dialogs/sessions.yaml`; return what changes for readers, line by line. Writes nothing that `check` refuses.

    Raises `UsageError` for a session or kind there is not, `ContentError` for a date that is refused.
    """
    if what not in KINDS:
        near = difflib.get_close_matches(what, KINDS, n=1)
        raise UsageError(
            f"There is no date '{what}'; " + (f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(KINDS)}.")
        )
    file = source.files()[SESSIONS]
    kind = next(k for k in KINDS if k == what)
    text = amended(file.read_text(encoding="utf-8"), session, kind, fields)
    with tempfile.TemporaryDirectory() as folder:
        # Everything as it is, with the changed file in front: an overlay may itself be what is changed.
        changed = Path(folder)
        for path, original in source.files().items():
            if source.overlay and original.is_relative_to(source.overlay):
                (changed / path).parent.mkdir(parents=True, exist_ok=True)
                (changed / path).write_bytes(original.read_bytes())
        (changed / SESSIONS).parent.mkdir(parents=True, exist_ok=True)
        (changed / SESSIONS).write_text(text, encoding="utf-8")
        after = Source(source.base, changed)
        before = Counter(problem.message for problem in check_content(source))
        problems = check_content(after)
        more = Counter(problem.message for problem in problems) - before
        if refused := [problem for problem in problems if problem.message in more]:
            raise ContentError(refused)
        lines = list(_seen_change(load(source), load(after), session, today))
    file.write_text(text, encoding="utf-8")
    return lines or ["Nothing changes for readers today."]


def _seen_change(before: Library, after: Library, session: int, today: dt.date) -> Iterator[str]:
    """Yield the lines of cards that go and come, for each State of a session and each language."""
    states = after.calendar.sessions[session].states
    told = [Knowledge(library) for library in (before, after)]
    for language in after.books:
        seen: dict[tuple[str, ...], list[str]] = {}
        for code in states:
            for action in (ShowCountry(code), ShowDates(code)):
                shown = [k.card(action, language, "telegram", today) for k in told]
                old, new = (plain(card.text).splitlines() if card else [] for card in shown)
                change = (*(f"- {line}" for line in old if line not in new), *(f"+ {line}" for line in new if line not in old))
                if change:
                    seen.setdefault(change, []).append(code)
        for change, codes in seen.items():
            yield f"{language}, {', '.join(dict.fromkeys(codes))}:"
            yield from (f"  {line}" for line in change)


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
