"""The guide on Telegram: the only room that knows `telegram`."""

from upr_bot.channels.telegram.post import reminders_post
from upr_bot.channels.telegram.service import Telegram

__all__ = ["Telegram", "reminders_post"]
