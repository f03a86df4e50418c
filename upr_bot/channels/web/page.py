"""A card → one HTML page that works without scripts, in a text browser and on a 320-pixel phone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from typing import Final
from urllib.parse import quote

from upr_bot.actions import (
    Action,
    SetLanguage,
    ShowCategory,
    ShowHome,
    ShowQuestions,
    ShowRegion,
    ShowStart,
    ShowThemes,
    ShowTips,
    Step,
    parts,
    spell,
)
from upr_bot.content import Book
from upr_bot.replies import Button, Reply, Run, Text, plain

STYLE: Final = (
    "body{margin:0 auto;padding:.75rem;max-width:40rem;font:1.05rem/1.5 system-ui,sans-serif;color:#16202c;background:#fff;"
    "overflow-wrap:anywhere}h1{font-size:1.35rem;line-height:1.25;margin:.4rem 0}main>ul{padding-inline-start:1.2rem}"
    "a{color:#0b4f8a}"
    "nav ul,ol,main>ul.c{list-style:none;margin:0;padding:0}"
    "ol{counter-reset:n}ol li{counter-increment:n}ol a:before{content:counter(n) '. '}"
    "ol a,ul.c a,button{display:block;margin:.4rem 0;padding:.6rem .75rem;border:1px solid #8aa0b5;border-radius:.4rem;"
    "text-decoration:none;background:#f2f6fa;color:#0b3a66;font:inherit;text-align:start}"
    "ul.c{display:flex;flex-wrap:wrap;gap:0 .4rem}ul.c a{margin:.2rem 0}"
    "textarea{box-sizing:border-box;width:100%;font:inherit;padding:.4rem}"
    "form{border-top:1px solid #c7d3de;margin-top:1rem;padding-top:.5rem}"
    "p{margin:.6rem 0}:focus-visible{outline:3px solid #d98200}"
    "@media(prefers-color-scheme:dark){body{background:#10161d;color:#e6edf3}a{color:#8cc4ff}"
    "ol a,ul.c a,button{background:#1b2530;color:#cfe6ff;border-color:#4a5d70}textarea{background:#1b2530;color:inherit}}"
)

STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def path_of(step: Step, language: str) -> str:
    """Return the path of a step: its spelling with slashes, the language first."""
    words = parts(step)
    if isinstance(step.action, ShowStart):
        words = ()
    return "/" + "/".join(quote(word, safe="") for word in (step.language or language, *words))


def page(reply: Reply, book: Book, languages: Iterable[Book]) -> str:
    """Return a whole page for a card."""
    p = book.phrases
    title = _title(reply.text)
    here = _first_page(reply.asks.action if reply.asks else ShowHome())
    others = "".join(
        f'<li><a lang="{b.language}" href="{escape(path_of(Step(here, b.language), b.language))}">{escape(b.name)}</a></li>'
        for b in languages
        if b.language != book.language and not any(isinstance(button.to.action, SetLanguage) for button in reply.buttons)
    )
    asks = f'<input type="hidden" name="of" value="{escape(spell(reply.asks))}">' if reply.asks else ""
    options = "".join(f"<li>{_button(o.button, book.language, o.caption)}</li>" for o in reply.options)
    choices = _choices([b for row in reply.rows[:-1] for b in row], book.language)
    foot = _choices(reply.rows[-1] if reply.rows else (), book.language)
    return (
        f'<!doctype html><html lang="{book.language}" dir="{book.direction}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">'
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title><style>{STYLE}</style></head><body>'
        + (f'<nav><ul class="c">{others}</ul></nav>' if others else "")
        + f"<main>{text_html(reply.text)}"
        + (f"<ol>{options}</ol>" if options else "")
        + f"{choices}{foot}"
        + f'<form method="post" action="/{book.language}/ask">{asks}<p><label for="q">{escape(p.ask_label)}</label></p>'
        '<textarea id="q" name="q" rows="2" maxlength="2000" required autocomplete="off" spellcheck="false"></textarea>'
        f"<button>{escape(p.ask_button)}</button></form></main></body></html>"
    )


def _title(text: Text) -> str:
    """Return what stands in the browser's tab and history: the heading, not a warning above it; the first line without one."""
    heading = next((line for line in _split(text, "\n") if all(run.bold for run in line)), None)
    return plain(heading or text).split("\n", 1)[0][:80]


def _first_page(action: Action) -> Action:
    """Return an action on its first page: another language may have fewer of them."""
    match action:
        case ShowTips() | ShowThemes() | ShowQuestions() | ShowCategory():
            return replace(action, page=1)
        case ShowRegion():
            return replace(action, group=0)
        case _:
            return action


def _choices(buttons: Sequence[Button], language: str) -> str:
    """Return a row of choices; Back and Home are the last row, so they stand alone and always in the same place."""
    items = "".join(f"<li>{_button(button, language)}</li>" for button in buttons)
    return f'<ul class="c">{items}</ul>' if items else ""


def _button(button: Button, language: str, caption: str | None = None) -> str:
    words = escape(caption or button.label)
    return f'<a href="{escape(path_of(button.to, language))}">{words}</a>'


def text_html(text: Text) -> str:
    """Return a text as paragraphs and lists. The first line that is wholly bold is the page's heading."""
    blocks: list[str] = []
    headed = False
    for block in _split(text, "\n\n"):
        lines = _split(block, "\n")
        if not headed and lines and all(run.bold for run in lines[0]):
            blocks.append(f"<h1>{_inline(lines.pop(0), heading=True)}</h1>")
            headed = True
        said: list[str] = []
        items: list[str] = []
        for line in lines:
            if line and line[0].text.startswith("- "):
                items.append(f"<li>{_inline((Run(line[0].text[2:], line[0].bold, line[0].url), *line[1:]))}</li>")
                continue
            if items:
                said.append(f"<ul>{''.join(items)}</ul>")
                items = []
            said.append(f"<p>{_inline(line)}</p>")
        if items:
            said.append(f"<ul>{''.join(items)}</ul>")
        blocks += said
    return "".join(blocks)


def _split(text: Text, separator: str) -> list[Text]:
    """Cut a text at a separator, keeping the look of its runs; empty pieces are left out."""
    pieces: list[list[Run]] = [[]]
    for run in text:
        for number, part in enumerate(run.text.split(separator)):
            if number:
                pieces.append([])
            if part:
                pieces[-1].append(Run(part, run.bold, run.url))
    return [tuple(piece) for piece in pieces if piece]


def _inline(text: Text, *, heading: bool = False) -> str:
    parts = []
    for run in text:
        words = escape(run.text)
        if run.url:
            parts.append(f'<a href="{escape(run.url)}" rel="noreferrer noopener">{words}</a>')
        elif run.bold and not heading:
            parts.append(f"<b>{words}</b>")
        else:
            parts.append(words)
    return "".join(parts)
