"""A question → one checked answer, an honest "which one?", or an honest no."""

from upr_bot.faq.index import gist
from upr_bot.faq.language import Languages
from upr_bot.faq.match import Candidate, Match, Matcher
from upr_bot.faq.normalise import QUESTION_LENGTH, key

__all__ = ["QUESTION_LENGTH", "Candidate", "Languages", "Match", "Matcher", "gist", "key"]
