"""The peer: the same menu and the same question matching behind python-telegram-bot as its documentation shows it.

`Application` with handlers, its Updater for polling, httpx as transport; it answers with the same texts and keyboards, made once,
so that only the plumbing differs. For the question it runs the same matcher.
"""

from __future__ import annotations

import os

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

from tests import NOW
from upr_bot.actions import Ask, ShowGuide, Step, spell
from upr_bot.channels.telegram.render import html_of, keyboard, whole_text
from upr_bot.content import load, packaged
from upr_bot.dialog import Knowledge, Reader, respond

KNOWLEDGE = Knowledge(load(packaged()), compiled=packaged().compiled)
_ = KNOWLEDGE.matcher


def card(action: Ask | ShowGuide) -> tuple[str, InlineKeyboardMarkup]:
    reply = respond(action, Reader("en"), KNOWLEDGE, NOW).reply
    rows = (keyboard(reply) or {"inline_keyboard": []})["inline_keyboard"]
    return html_of(whole_text(reply)), InlineKeyboardMarkup([[InlineKeyboardButton(**b) for b in row] for row in rows])


GUIDE = card(ShowGuide())
OFF = LinkPreviewOptions(is_disabled=True)


async def guide(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message
    await update.message.reply_text(GUIDE[0], parse_mode="HTML", reply_markup=GUIDE[1], link_preview_options=OFF)


async def tapped(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.callback_query
    await update.callback_query.answer()
    await update.callback_query.edit_message_text(GUIDE[0], parse_mode="HTML", reply_markup=GUIDE[1], link_preview_options=OFF)


async def asked(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message
    text, markup = card(Ask(update.message.text or ""))
    await update.message.reply_text(text, parse_mode="HTML", reply_markup=markup, link_preview_options=OFF)


def main() -> None:
    api = os.environ["UPR_TELEGRAM_API_URL"]
    app = Application.builder().token(os.environ["UPR_TELEGRAM_TOKEN"]).base_url(f"{api}/bot").concurrent_updates(256).build()
    app.add_handler(CommandHandler("guide", guide))
    app.add_handler(CallbackQueryHandler(tapped))
    app.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, asked))
    app.run_polling(timeout=10)


if __name__ == "__main__":
    assert spell(Step(ShowGuide(), "en")) == "en__guide"
    main()
