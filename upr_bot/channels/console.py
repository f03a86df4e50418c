"""The guide in the terminal: buttons are numbered lines; a pipe works too, one input a line.

The last card on the screen is what a number refers to, as in any terminal; nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from upr_bot.actions import Action, Ask, ShowStart, spell
from upr_bot.dialog import Reader
from upr_bot.guide import Guide
from upr_bot.replies import Button, Reply, Text

BOLD: Final = "\x1b[1m"
RESET: Final = "\x1b[0m"


class Console:
    """One talk in a terminal. `say` prints a text; `colour` marks bold words for a terminal that shows them."""

    def __init__(self, guide: Guide, say: Callable[[str], None], *, language: str | None = None, colour: bool = False) -> None:
        self._guide = guide
        self._say = say
        self._language = language
        self._colour = colour
        self._card: Reply | None = None

    async def run(self, typed: Iterable[str]) -> None:
        """Greet, then answer each line until there are no more."""
        await self._serve(ShowStart())
        self._say(self._guide.knowledge.library.book(self._language).phrases.terminal_hint)
        for line in typed:
            await self.hear(line.rstrip("\r\n"))

    async def hear(self, line: str) -> None:
        """Answer one line."""
        buttons = self._card.buttons if self._card else ()
        choice = line.strip().rstrip(".)")
        if not choice and self._card:
            self._say(shown(self._card, colour=self._colour))
        elif len(choice) <= 3 and choice.isascii() and choice.isdigit() and 1 <= int(choice) <= len(buttons):
            await self._press(buttons[int(choice) - 1])
        elif chosen := next((b for b in buttons if b.label.casefold() == choice.casefold()), None):
            await self._press(chosen)
        else:
            asks = self._card.asks if self._card else None
            await self._serve(Ask(line, spell(asks) if asks else ""))

    async def _press(self, button: Button) -> None:
        self._language = button.to.language or self._language
        await self._serve(button.to.action)

    async def _serve(self, action: Action) -> None:
        turn = await self._guide.serve(action, Reader(self._language, "terminal"))
        self._language = turn.language
        self._card = turn.reply
        self._say(shown(turn.reply, colour=self._colour))


def shown(reply: Reply, *, colour: bool = False) -> str:
    """Return a card as lines: the text with hosts and addresses of links, then the numbered choices."""
    captions = [option.caption for option in reply.options]
    captions += [button.label for button in reply.buttons[len(captions) :]]
    choices = [f"{number:>3}  {caption}" for number, caption in enumerate(captions, 1)]
    return "\n".join([_words(reply.text, colour=colour), "", *choices]) + "\n"


def _words(text: Text, *, colour: bool) -> str:
    parts = []
    for run in text:
        if run.url:
            parts.append(f"{run.text}: {run.url}")
        elif run.bold and colour:
            parts.append(f"{BOLD}{run.text}{RESET}")
        else:
            parts.append(run.text)
    return "".join(parts)
