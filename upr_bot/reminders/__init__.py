"""Reminders: what is due (`sweep`), how it gets there (`dispatch`, `worker`), what would (`rehearsal`)."""

from upr_bot.reminders.dispatch import Away, Gone, Outcome, Post, Refused, Sent, Unclear, Wait
from upr_bot.reminders.rehearsal import rehearse
from upr_bot.reminders.sweep import Swept, sweep
from upr_bot.reminders.worker import Worker

__all__ = [
    "Away",
    "Gone",
    "Outcome",
    "Post",
    "Refused",
    "Sent",
    "Swept",
    "Unclear",
    "Wait",
    "Worker",
    "rehearse",
    "sweep",
]
