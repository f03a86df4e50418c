"""Cards: every one that can be reached is walked through as a person would, and looked at."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator
from typing import Final

from upr_bot import actions as a
from upr_bot.check.content import Whole
from upr_bot.content import Stage, Theme
from upr_bot.errors import Problem
from upr_bot.replies import BUTTONS, CARD, Reply, plain

MOST_STAGES: Final = 16


def rules(content: Whole, day: dt.date) -> Iterator[Problem]:
    """Yield cards that are too long, buttons that do not fit or lead nowhere, and things that no button leads to."""
    knowledge = content.knowledge
    for language in content.library.books:
        seen: set[a.Action] = set()
        waiting = deque[a.Action]([a.ShowStart()])
        while waiting:
            action = waiting.popleft()
            if action in seen:
                continue
            seen.add(action)
            reply = knowledge.card(action, language, "telegram", day)
            if reply is None:
                yield _at(content, action, language, f"the button '{_name(action)}' leads nowhere; mend what names it")
                continue
            yield from (_at(content, action, language, message) for message in _mistakes(action, reply))
            # What can be chosen on the way to a reminder is combined in thousands of ways; tests walk through those.
            waiting += [to.action for to in (b.to for b in reply.buttons) if not isinstance(to.action, a.Reminding)]
        yield from _unreachable(content, language, seen)


def _mistakes(action: a.Action, reply: Reply) -> Iterator[str]:
    text = plain(reply.text) + "".join(f"\n{n}. {o.caption}" for n, o in enumerate(reply.options, 1))
    if len(text) > CARD:
        yield f"the card '{_name(action)}' has {len(text)} characters; shorten its texts to {CARD}"
    most = MOST_STAGES if isinstance(action, a.ShowGuide) else BUTTONS
    if len(reply.buttons) > most:
        yield f"the card '{_name(action)}' has {len(reply.buttons)} buttons; take away {len(reply.buttons) - most}"
    labels = [button.label for button in reply.buttons]
    for label in sorted({label for label in labels if labels.count(label) > 1}):
        yield f"the card '{_name(action)}' has two buttons '{label}'; make their labels differ"
    for button in reply.buttons:
        if len(a.spell(button.to).encode()) > a.MAX_BYTES:
            yield f"the button '{button.label}' carries more than {a.MAX_BYTES} bytes; shorten the id"
    if not isinstance(action, a.ShowStart | a.ShowHome | a.SetLanguage):
        last = reply.buttons[-1].to if reply.buttons else None
        if not (last is not None and last.action == a.ShowHome() and len(reply.rows[-1]) == 2):
            yield f"the card '{_name(action)}' does not end with Back and Home"


def _unreachable(content: Whole, language: str, seen: set[a.Action]) -> Iterator[Problem]:
    book = content.library.books[language]
    shown = {
        "stages": {x.stage for x in seen if isinstance(x, a.ShowStage)},
        "videos": {x.video for x in seen if isinstance(x, a.ShowVideo)},
        "themes": {x.theme for x in seen if isinstance(x, a.ShowTheme)},
        "entries": {x.entry for x in seen if isinstance(x, a.ShowEntry)},
        "categories": {x.category for x in seen if isinstance(x, a.ShowCategory)},
    }
    for kind, reached in shown.items():
        for id_ in getattr(book, kind):
            if id_ not in reached:
                yield content.at(kind, language, id_, f"no button leads to '{id_}'; name it somewhere")
    shown_by: list[Stage | Theme] = [*book.stages.values(), *book.themes.values()]
    tips = {tip for about in shown_by for tip in (*about.tips, *about.more_tips)}
    for id_ in book.tips:
        if id_ not in tips:
            yield content.at("tips", language, id_, f"no stage or theme shows tip '{id_}'; name it in one, or delete it")
    for video in book.videos.values():
        for stage in video.stages:
            if stage in book.stages and video.id not in book.stages[stage].videos and "all" not in video.stages:
                message = f"'{video.id}' names the stage '{stage}', which does not show it; add it there, or take it away here"
                yield content.at("videos", language, video.id, message)


def _name(action: a.Action) -> str:
    return "__".join(a.parts(a.Step(action)))


def _at(content: Whole, action: a.Action, language: str, message: str) -> Problem:
    kinds = {"stage": "stages", "of": "stages", "theme": "themes", "video": "videos", "entry": "entries", "category": "categories"}
    for field, kind in kinds.items():
        id_ = getattr(action, field, None)
        if id_ and (kind, language, id_) in content.library.places:
            return content.at(kind, language, id_, message)
    return content.problem(f"dialogs/{language}/_phrases.yaml", (), message)
