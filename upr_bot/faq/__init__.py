"""A question → one checked answer, an honest "which one?", or an honest no."""

from upr_bot.faq.compiled import compiled, is_stale, matcher_of
from upr_bot.faq.encoder import Meanings
from upr_bot.faq.index import gist
from upr_bot.faq.language import Languages
from upr_bot.faq.match import Candidate, Match, Matcher
from upr_bot.faq.normalise import QUESTION_LENGTH, key
from upr_bot.faq.why import Confusion, confusions, explained

__all__ = [
    "QUESTION_LENGTH",
    "Candidate",
    "Confusion",
    "Languages",
    "Match",
    "Matcher",
    "Meanings",
    "compiled",
    "confusions",
    "explained",
    "gist",
    "is_stale",
    "key",
    "matcher_of",
]
