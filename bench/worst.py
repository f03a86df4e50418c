"""`python -m bench worst`: what the nastiest questions cost, wherever they are typed (I5: less than 100 ms of CPU)."""

from __future__ import annotations

import time

from tests import NOW
from tests.worst import worst_questions
from upr_bot.actions import Ask
from upr_bot.content import load, packaged
from upr_bot.dialog import Knowledge, Reader, respond

CARDS = {"alone": "", "after Which country?": "en__which__dates", "after an answer": "en__entry__word-limit-individual"}
TIMES = 5


def worst() -> None:
    """Print the costliest questions: the whole answer, in CPU milliseconds, the slowest of a few tries."""
    knowledge = Knowledge(load(packaged()), compiled=packaged().compiled)
    respond(Ask("what is the word limit"), Reader("en"), knowledge, NOW)
    spent: list[tuple[float, str, str]] = []
    for where, card in CARDS.items():
        for name, text in worst_questions().items():
            slowest = 0.0
            for _ in range(TIMES):
                begun = time.process_time()
                respond(Ask(text, card), Reader("fr", "telegram", card), knowledge, NOW)
                slowest = max(slowest, time.process_time() - begun)
            spent.append((slowest * 1000, name, where))
    print("\n| question | typed | CPU ms |\n| --- | --- | --- |")
    for milliseconds, name, where in sorted(spent, reverse=True)[:10]:
        print(f"| {name} | {where} | {milliseconds:.1f} |")
