"""The guide on Telegram: the only room that knows `telegram`. Reminders are sent by `post`, which brings the database along."""

from upr_bot.channels.telegram.service import Telegram

__all__ = ["Telegram"]
