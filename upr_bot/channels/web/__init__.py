"""The guide as small web pages, for where Telegram is blocked: no script, no cookie, no third party."""

from upr_bot.channels.web.app import web_app

__all__ = ["web_app"]
