"""Questions that cost the most to look up, for tests and for `python -m bench worst`."""

from __future__ import annotations

import random

from upr_bot.faq import QUESTION_LENGTH


def worst_questions() -> dict[str, str]:
    """Return the nastiest questions: each makes another part of the look-up work the hardest."""
    dice = random.Random(5)

    def unknown(length: int) -> str:
        """Many words that are nearly known, each of which is looked for among thousands."""
        words = ("".join(dice.choice("etaoinsrcp") for _ in range(length)) for _ in range(QUESTION_LENGTH // (length + 1)))
        return " ".join(words)

    return {
        "one letter": "a" * QUESTION_LENGTH, "150 words": "q " * 150, "no space": "x" * 4096, "four letters": unknown(4),
        "five letters": unknown(5), "eight letters": unknown(8), "eleven letters": unknown(11), "mixed scripts": "дcаδеع人w " * 40,
        "han": "人权" * 150, "combining": "a" + "\u0301" * 299, "stacked": ("e" + "\u0301" * 9) * 30, "emoji": "\U0001f642" * 300,
        "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 60, "digits": "1234567890" * 30, "numbers": "12 34 " * 50,
        "zero width": "a\u200bb" * 100, "right to left": "\u202eحقوق الإنسان " * 20, "unfolding": "\ufdfa" * 4096,
        "unfolding words": "\ufdfa " * 150, "squared": "㌖ " * 150, "several": "what? who? how? " * 19,
        "and what": "and what and how " * 18,
        "States": "nepal togo peru chad iran cuba mali " * 9, "flags": "\U0001f1f3\U0001f1f5" * 75, "initials": "u.p.r." * 50,
        "lines": "what can we do\n" * 20, "halves": "\ud83d" * 300, "controls": "\x00\x01 " * 100,
        "long": "what is the word limit " * 4500,
    }  # fmt: skip
