"""The guide on Telegram: the only room that knows `telegram`."""

from upr_bot.channels.telegram.service import Telegram

__all__ = ["Telegram"]
