"""The talk about reminders: what a tap or typed words mean, and what is to be kept or erased. Pure, like the rest of the talk.

Everything that was chosen so far stands on the button; one's own words travel with the card (see `Reply.asks`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import assert_never

from upr_bot import actions as a
from upr_bot.calendar_cards import CalendarCards
from upr_bot.content.phrases import fill
from upr_bot.journey import Journey, Plan, day_of, plan_of
from upr_bot.reminder_cards import ZONES, ReminderCards
from upr_bot.replies import Reply, Turn
from upr_bot.wish import BEFORE, MOST, Effect, Forget, Keep, Kept, Stop, Wish, minutes
from upr_bot.wording import Discretion, fault, sealed_up, wording


@dataclass(frozen=True, slots=True)
class Situation:
    """Where an action about reminders happens.

    `kept`: what is kept about the person, None where this copy keeps nothing. `card`: the spelling that the tapped card carries;
    `said`: the first line of what it says.
    """

    cards: CalendarCards
    discretion: Discretion
    now: dt.datetime
    kept: Kept | None
    card: str = ""
    said: str = ""

    @property
    def journey(self) -> Journey:
        """Return the calendar's arithmetic."""
        return self.cards.journey

    def plan(self, target: str, bound: int = 0) -> Plan:
        """Return the dates of a target today."""
        return plan_of(self.journey, target, bound, day_of(self.now))


def remind(action: a.Reminding, at: Situation) -> Turn | None:
    """Answer one action about reminders; None when its button leads nowhere any more."""
    language = at.cards.common.book.language
    answer = _answer(action, at)
    if answer is None:
        return None
    reply, effect = answer
    # What a discreet message shows or hides carries no link, so that it looks like nothing.
    asks = None if isinstance(action, a.OpenReminder | a.HideReminder | a.SaveReminder) else a.Step(action, language)
    if isinstance(action, a.CheckReminder):
        asks = a.Step(replace(action, wording=_chosen(action, at)), language)
    if isinstance(action, a.ShowReminders) and not (at.kept and at.kept.wishes):
        asks = a.Step(a.PickCountry("remind"), language)  # whoever names a country at once need not tap
    return Turn(replace(reply, asks=asks), language, effect=effect)


def own_words(asked: a.AskOwnWords, text: str, at: Situation) -> Turn | None:
    """Answer typed words that were asked for: the whole once more, or what is wrong with them."""
    p = at.cards.common.book.phrases
    text = " ".join(text.split()) if "\n" not in text.strip() else text
    refused = fault(text)
    if refused is None and (word := at.discretion.gives_away(text)):
        reply = ReminderCards(at.cards).own_words(fill(p.own_words_refused, word=word))
        language = at.cards.common.book.language
        return Turn(replace(reply, asks=a.Step(replace(asked, refused=""), language)), language)
    if refused:
        return remind(replace(asked, refused=refused), at)
    return remind(a.CheckReminder(asked.target, asked.days, asked.hour, "w" + text.encode().hex()), at)


def _answer(action: a.Reminding, at: Situation) -> tuple[Reply, Effect | None] | None:  # noqa: PLR0912 - one case an action
    p = at.cards.common.book.phrases
    target = getattr(action, "target", "")
    if target and not _known(target, at.journey):
        return None
    if isinstance(action, a.PickWording | a.AskOwnWords) and (not _mask(action.days) or action.hour > 23):
        return None
    plan = at.plan(target)
    cards = ReminderCards(at.cards, plan)
    if at.kept is None and not isinstance(action, a.OfferReminder | a.OpenReminder | a.HideReminder):
        return _without(action, at, cards), None
    match action:
        case a.ShowReminders():
            wishes = at.kept.wishes if at.kept else ()
            if not wishes:
                return cards.ways(), None
            return cards.listing([(wish, wording(wish, p)) for wish in wishes]), None
        case a.OfferReminder(target):
            return cards.offer(target, messages=at.kept is not None), None
        case a.PickDays(target) if cards.over(target):
            return cards.offer(target, messages=True), None
        case a.PickDays(target, days):
            return cards.days(target, _mask(days), at.now), None
        case a.PickHour(target, days, zone):
            if not _mask(days):
                return cards.days(target, 0, at.now, p.before_none), None
            return cards.hour(target, days, min(zone, ZONES), at.now), None
        case a.PickWording(target, days, hour):
            return cards.wording(target, days, hour), None
        case a.AskOwnWords(refused=refused):
            return cards.own_words(p.own_words_faults.get(refused, "")), None
        case a.CheckReminder() | a.SaveReminder():
            wish = _wish(action, at, plan)
            if wish is None:
                return None
            words = wording(wish, p)
            if isinstance(action, a.CheckReminder):
                return cards.summary(wish, words), None
            others = [kept for kept in (at.kept.wishes if at.kept else ()) if kept.target != target]
            if len(others) >= MOST:
                return cards.line(fill(p.too_many, count=MOST), a.ShowReminders()), None
            return cards.saved(wish, words), Keep(wish)
        case a.StopReminder(target):
            return cards.line(p.stopped, a.ShowHome()), Stop(target)
        case a.OpenReminder(target):
            return cards.opened(target, at.said or p.reminder_words[0]), None
        case a.HideReminder(target):
            return sealed_up(at.said or p.reminder_words[0], target, at.cards.common.book.language, p), None
        case a.AskForget():
            return cards.forget(), None
        case a.Erase():
            return cards.line(p.forgotten, a.ShowHome()), Forget()
        case a.KeepAll():
            return cards.line(p.nothing_changed, a.ShowHome()), None
        case a.Export():
            wishes = at.kept.wishes if at.kept else ()
            told = [(wish, at.plan(wish.target, wish.session), wording(wish, p)) for wish in wishes]
            return cards.export(at.kept.chat if at.kept else 0, told), None
        case _:
            assert_never(action)


def _without(action: a.Reminding, at: Situation, cards: ReminderCards) -> Reply:
    """Answer where nothing is kept of anybody: the calendar file instead of messages, and the truth."""
    p = at.cards.common.book.phrases
    match action:
        case a.ShowReminders():
            return at.cards.pick("remind")
        case a.AskForget() | a.Erase() | a.KeepAll():
            return cards.line(p.forgotten if at.cards.common.channel == "telegram" else p.export_nothing, a.ShowPrivacy())
        case a.Export():
            return cards.export(0, ())
        case _:
            target = getattr(action, "target", "")
            return cards.offer(target, messages=False)


def _wish(action: a.CheckReminder | a.SaveReminder, at: Situation, plan: Plan) -> Wish | None:
    """Return the wish that a card or a button spells, or None when it spells none (a forged one, or one of another release)."""
    chosen = _chosen(action, at)
    own, number = "", -1
    if chosen.startswith("w"):
        try:
            own = bytes.fromhex(chosen[1:]).decode()
        except ValueError:
            return None
        if fault(own) or at.discretion.gives_away(own):
            return None
    elif chosen.isdigit() and int(chosen) < len(at.cards.common.book.phrases.reminder_words):
        number = int(chosen)
    else:
        return None
    days = _mask(action.days)
    if not days or action.hour > 23:
        return None
    minute = minutes(at.now)
    language = at.cards.common.book.language
    return Wish(action.target, days, action.hour, number, language, own, plan.session, plan.told, minute, minute)


def _chosen(action: a.CheckReminder | a.SaveReminder, at: Situation) -> str:
    """Return the wording of a button; one's own words stand in the card it is on."""
    if action.wording != "own":
        return action.wording
    carried = a.read(at.card).action
    return carried.wording if isinstance(carried, a.CheckReminder) else ""


def _mask(days: str) -> int:
    """Return the ticked days of a spelling, 0 for none or nonsense."""
    number = int(days) if days.isascii() and days.isdigit() else 0
    return number if number < 1 << len(BEFORE) else 0


def _known(target: str, journey: Journey) -> bool:
    calendar = journey.calendar
    return target in calendar.countries or (target.isascii() and target.isdigit() and int(target[:4]) in calendar.sessions)
