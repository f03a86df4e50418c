"""Reminders: no shipped word gives away what they are about, and every mark and every refusal has its words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from upr_bot.check.content import Whole
from upr_bot.content.phrases import fill
from upr_bot.errors import Problem

MARKS: Final = ("late", "moved", "published")
FAULTS: Final = ("empty", "long", "lines", "link")


def rules(content: Whole) -> Iterator[Problem]:
    """Yield words of reminders that tell too much, and keys that lack their words."""
    discretion = content.knowledge.discretion
    for language, book in content.library.books.items():
        p = book.phrases
        file = f"dialogs/{language}/_phrases.yaml"
        for number, words in enumerate(p.reminder_words):
            if word := discretion.gives_away(words):
                yield content.problem(
                    file, ("reminder_words", number), f"'{word}' gives away what reminders are about; use another word"
                )
        for mark in MARKS:
            if mark not in p.reminder_marks:
                yield content.problem(file, ("reminder_marks",), f"lacks '{mark}'; add it with {{words}} in it")
            elif word := discretion.gives_away(fill(p.reminder_marks[mark], words="")):
                yield content.problem(
                    file, ("reminder_marks", mark), f"'{word}' gives away what reminders are about; use another word"
                )
        for fault in FAULTS:
            if fault not in p.own_words_faults:
                yield content.problem(file, ("own_words_faults",), f"lacks '{fault}'; add what to say then")
