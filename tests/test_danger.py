"""Danger first: who is in danger sees a short safety card above the answer, who only asks about it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from starlette.testclient import TestClient

from tests import NOW, clock
from tests.botapi import bot_api
from tests.process import running
from tests.test_faq import strings_below
from tests.test_telegram import MODES, Line, talk
from upr_bot import actions as a
from upr_bot.channels.web import web_app
from upr_bot.dialog import Knowledge, Reader, respond
from upr_bot.faq import Matcher
from upr_bot.faq.danger import Alarm, learn_danger
from upr_bot.faq.encoder import Encoder
from upr_bot.guide import Guide
from upr_bot.replies import BUTTONS, CARD, Reply, Run, beginning, paragraphs, plain

FOLDER = Path(__file__).parent / "danger"
LANGUAGES = ("en", "fr", "es")
EACH = pytest.mark.parametrize("language", LANGUAGES)
OPEN = {code: yaml.safe_load((FOLDER / f"{code}.yaml").read_text(encoding="utf-8")) for code in LANGUAGES}
SEALED = {code: yaml.safe_load((FOLDER / f"{code}.sealed.yaml").read_text(encoding="utf-8")) for code in LANGUAGES}
J11 = "police came to our office because of our UN report"


def asked(text: str, knowledge: Knowledge, language: str = "en", channel: str = "telegram") -> Reply:
    return respond(a.Ask(text), Reader(language, channel), knowledge, NOW).reply  # type: ignore[arg-type]


def opening(knowledge: Knowledge, language: str) -> str:
    """Return how the safety card begins."""
    return plain(knowledge.cards(language, "telegram").warned(Reply(())).text)[:40]


def share(texts: list[str], knowledge: Knowledge) -> float:
    return sum(knowledge.in_danger(str(text)) for text in texts) / len(texts)


@EACH
def test_of_messages_that_nobody_learnt_from_the_dangerous_are_heard_and_the_harmless_are_not(knowledge: Knowledge, language: str):
    """95 of 100 with the card, 5 of 100 without a reason; written before there was a rule, never looked at to tune one."""
    sealed = SEALED[language]
    assert min(len(sealed["danger"]), len(sealed["harmless"])) >= 100
    assert share(sealed["danger"], knowledge) >= 0.95
    assert share(sealed["harmless"], knowledge) <= 0.05


@EACH
def test_what_must_never_be_missed_is_never_missed(knowledge: Knowledge, language: str):
    missed = [text for text in OPEN[language]["never miss"] if not knowledge.in_danger(text)]
    assert missed == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "they arestd my sister"),
        ("en", "POLICE RAIDED OUR OFFICE"),
        ("en", "they will kil me"),
        ("en", "i want to kill my self"),
        ("en", "someone hackd my phone"),
        ("en", "my colleague\u2019s house was searched last night"),
        ("en", "what\u2019s happening they\u2019re at the door"),
        ("fr", "ils ont arete mon frere"),
        ("fr", "LA POLICE EST DEVANT CHEZ MOI"),
        ("fr", "jai envie de mourrir"),
        ("fr", "on me suit dans la rue"),
        ("es", "detubieron a mi hermano"),
        ("es", "ME QUIEREN MATAR"),
        ("es", "ya no kiero vivir"),
        ("es", "me estan siguiendo"),
    ],
)
def test_slips_capitals_and_missing_accents_are_heard(knowledge: Knowledge, language: str, text: str):
    assert opening(knowledge, language) in plain(asked(text, knowledge, language).text)


def test_danger_told_at_the_end_of_a_long_message_is_heard(knowledge: Knowledge):
    long = "We are a coalition of nine groups and write about schools, water and roads in our district. " * 8
    assert len(long) > 700
    assert not knowledge.in_danger(long)
    assert knowledge.in_danger(long + "Last night soldiers came to my house and beat my father, they are looking for me.")


@pytest.mark.parametrize(
    "text", ["\ufdfa" * 5000, "a" * 5000, "\U0001f642 " * 5000, "\u0301" * 5000, "x " * 50_000, "<&>" * 9000, "   ", ""]
)
def test_i5_the_worst_message_is_listened_to_as_1200_characters(knowledge: Knowledge, text: str):
    """I5: also of characters that unfold into many."""
    read: list[str] = []

    class Counting(Encoder):
        def many(self, texts: Sequence[str]) -> NDArray[np.float32]:
            read.extend(texts)
            return np.zeros((len(texts), 512), dtype=np.float32)

    Alarm(knowledge.matcher.index.lesson, Counting())(text)
    assert sum(map(len, read)) <= 1200
    assert all(len(part) <= 300 for part in read)


@EACH
def test_what_is_worked_out_once_for_the_alarm_and_the_answer_changes_neither(knowledge: Knowledge, language: str):
    matcher = knowledge.matcher
    for text in map(str, [*OPEN[language]["danger"], *OPEN[language]["harmless"]]):
        meanings = matcher.meanings(text)
        together, alone = matcher.match(text, None, meanings), matcher.match(text)
        assert (together.decision, together.offered, together.further) == (alone.decision, alone.offered, alone.further), text
        assert matcher.alarm.log_odds(text, meanings) == pytest.approx(matcher.alarm.log_odds(text), abs=1e-3), text


def test_a_message_that_is_heard_and_answered_is_read_once(knowledge: Knowledge):
    read: list[str] = []

    class Noting(Encoder):
        def many(self, texts: Sequence[str]) -> NDArray[np.float32]:
            read.extend(texts)
            return super().many(texts)

    matcher = Matcher(knowledge.matcher.index, Noting())
    text = "what is the word limit"
    meanings = matcher.meanings(text)
    matcher.match(text, None, meanings)
    matcher.alarm(text, meanings)
    assert read == [text]


def test_without_lessons_nothing_sounds_like_danger(knowledge: Knowledge):
    lesson = learn_danger((), (), (), np.zeros((0, 512), dtype=np.float32), knowledge.matcher.encoder)
    assert not Alarm(lesson, knowledge.matcher.encoder)("they will kill me")


def test_j11_the_card_stands_above_the_entry_on_reprisals(knowledge: Knowledge):
    """J11."""
    reply = asked(J11, knowledge)
    text = plain(reply.text)
    assert text.startswith(opening(knowledge, "en"))
    assert "What are reprisals" in text
    assert "22 Nov 2026" in text.split("What are reprisals")[0]
    assert [button.label for button in reply.rows[0]] == ["Who may help", "Clear this chat"]
    assert reply.asks is not None
    assert reply.asks.action == a.ShowEntry("reprisals-what")


@pytest.mark.parametrize("channel", ["telegram", "web", "terminal"])
def test_a_harmless_question_with_the_same_words_gets_its_answer_alone(knowledge: Knowledge, channel: str):
    for text in (
        "can we raise arbitrary arrests in our report?",
        "how do we report torture in the submission",
        "this deadline kills me",
    ):
        assert opening(knowledge, "en") not in plain(asked(text, knowledge, "en", channel).text)


@EACH
def test_words_of_buttons_terms_and_countries_never_alarm(knowledge: Knowledge, language: str):
    book = knowledge.library.books[language]
    labels = [e.label for e in book.entries.values()] + [t.term for t in book.terms.values()]
    labels += [c.names[language] for c in knowledge.library.calendar.countries.values()]
    first = opening(knowledge, language)
    alarmed = [label for label in labels if first in plain(asked(label, knowledge, language).text)]
    assert alarmed == []


@pytest.mark.parametrize("to", ["", "en__which", "en__which__dates", "en__which__remind"])
def test_danger_is_heard_where_a_country_was_asked_for(knowledge: Knowledge, to: str):
    """Also where the words name one, which is what the reply beneath is about."""
    for text in ("they arrested my brother in Mali", "/now soldiers took my sister yesterday, Togo"):
        shown = plain(respond(a.Ask(text, to), Reader("en"), knowledge, NOW).reply.text)
        assert shown.startswith(opening(knowledge, "en"))
    for text in ("Mali", "Burkina", "mli", "Atigua-et-Barbuda", "/now Repubic of Benin", "the United Kingdom of Great Britain"):
        assert opening(knowledge, "en") not in plain(respond(a.Ask(text, to), Reader("en"), knowledge, NOW).reply.text), text


@pytest.mark.parametrize("text", ["/help the police are breaking my door", "/clear they took my sister", "/xyz they will kill me"])
def test_danger_is_heard_behind_a_command_too(knowledge: Knowledge, text: str):
    turn = respond(a.Ask(text), Reader("en"), knowledge, NOW)
    assert plain(turn.reply.text).startswith(opening(knowledge, "en"))
    assert turn.clears == text.startswith("/clear")
    for harmless in ("/help", "/session 54", "/remind 54", "/start", "/guide please", "/lang fr"):
        assert opening(knowledge, "en") not in plain(asked(harmless, knowledge).text), harmless


@EACH
def test_the_questions_of_the_guide_hardly_ever_alarm(knowledge: Knowledge, language: str):
    """The wordings of the subject of safety are people in danger, some of them; all others are not."""
    entries = [e for e in knowledge.library.books[language].entries.values() if e.category != "safety"]
    assert share([e.question for e in entries], knowledge) <= 0.005


@EACH
def test_a_card_with_its_answer_still_fits_and_leads_to_the_whole(knowledge: Knowledge, language: str):
    """B1: also above the longest answer."""
    cards = knowledge.cards(language, "telegram")
    book = knowledge.library.books[language]
    cut = 0
    for entry in book.entries:
        step = a.Step(a.ShowEntry(entry), language)
        whole = knowledge.card(step.action, language, "telegram", NOW.date())
        assert whole is not None
        reply = cards.warned(whole)
        assert len(plain(reply.text)) <= CARD, entry
        assert len(reply.buttons) <= BUTTONS, entry
        assert [b.label for b in reply.rows[-1]] == [book.phrases.back, book.phrases.home]
        assert book.entries[entry].question in plain(reply.text)
        if not plain(reply.text).endswith(plain(whole.text)):
            cut += 1
            assert step in [b.to for b in reply.buttons]
    assert cut < len(book.entries) / 4


@given(st.lists(st.text("ab ", min_size=1, max_size=30), min_size=1, max_size=6), st.integers(1, 120))
def test_of_a_long_answer_whole_paragraphs_are_kept(written: list[str], room: int):
    text = paragraphs([(Run(words, bold=number % 2 == 0),) for number, words in enumerate(written)])
    kept = plain(beginning(text, room))
    shown = kept.count("\n\n") + 1
    assert kept == "\n\n".join(written[:shown])
    assert shown == 1 or len(kept) <= room
    assert shown == len(written) or len("\n\n".join(written[: shown + 1])) > room


@EACH
def test_who_may_help_is_named_with_pages_days_and_no_promise(knowledge: Knowledge, language: str):
    reply = respond(a.ShowHelpers(), Reader(language), knowledge, NOW).reply
    links = [run.url for run in reply.text if run.url]
    assert len(links) == len(knowledge.library.books[language].helpers)
    assert all(url.startswith("https://") for url in links)
    assert {"en": "22 Nov 2026", "fr": "22 nov. 2026", "es": "22 nov 2026"}[language] in plain(reply.text)
    assert {"en": "Nobody can promise", "fr": "Personne ne peut promettre", "es": "Nadie puede prometer"}[language] in plain(
        reply.text
    )


def test_words_under_a_photo_are_heard_and_the_photo_is_refused(knowledge: Knowledge):
    """I8: nothing is opened, and who sends evidence of danger is told who may help."""
    reply = respond(a.SendFile("they beat him at the station last night"), Reader("en"), knowledge, NOW).reply
    assert opening(knowledge, "en") in plain(reply.text)
    assert "takes no files" in plain(reply.text)
    assert opening(knowledge, "en") not in plain(respond(a.SendFile("our logo"), Reader("en"), knowledge, NOW).reply.text)


def test_n1_nothing_of_a_message_stays_in_the_guide(knowledge: Knowledge):
    """N1: neither in the alarm nor in a card that is kept."""
    marker = "quokka" + "".join(reversed("drow"))  # made here, so that no constant of this file holds it
    assert "in danger" in plain(asked(f"they took my {marker} yesterday and want to kill us", knowledge).text)
    respond(a.SendFile(f"they beat {marker} at the station"), Reader("en"), knowledge, NOW)
    assert not [text for text in strings_below(knowledge) if marker in text]


async def test_danger_is_neither_logged_nor_counted():
    """N2: what is printed for a message of danger is what is printed for any other, at every level."""
    said = []
    for text in (J11, "what is the word limit"):
        async with talk(webhook=True, UPR_LOG_LEVEL="DEBUG") as (line, ann):
            await line.bring(ann.message(text=text))
            await line.bot.stop()
            said.append([part.split(b'"level"')[1] for part in bytes(line.bot.output).splitlines() if b'"level"' in part])
    assert said[0] == said[1]


async def test_the_browser_s_history_tells_of_no_danger(knowledge: Knowledge):
    client = TestClient(web_app(Guide(knowledge, clock)))
    shown = client.post("/en/ask", data={"q": J11}).text
    assert "in danger:" in shown
    assert "<title>What are reprisals" in shown


# --- /clear --------------------------------------------------------------------------------------------------------------------


@MODES
async def test_clear_deletes_what_it_can_reach_and_knows_no_ids(webhook: bool):
    """Messages of this chat alone, though ids are shared with all chats; what is older than 48 hours stays, and is said."""
    async with talk(webhook=webhook) as (line, ann):
        ben = line.api.person()
        await line.bring(ann.message(text="/start"))
        line.api.old |= line.api.kept[ann.id]
        old = set(line.api.kept[ann.id])
        for _ in range(4):
            await line.bring(ann.message(text="/guide"))
            await line.bring(ben.message(text="/guide"))
        bens = set(line.api.kept[ben.id])
        (told,) = await line.bring(ann.message(text="/clear"))
        assert "48 hours" in told["text"]
        await line.api.until(lambda: line.api.kept[ann.id] == {*old, ann.last["message_id"]})
        assert line.api.kept[ben.id] == bens


@MODES
async def test_the_button_under_a_safety_card_clears_the_chat_and_a_link_does_not(webhook: bool):
    async with talk(webhook=webhook) as (line, ann):
        await line.bring(ann.message(text="/start clear"))
        assert line.api.of("deleteMessages") == []
        await line.bring(ann.message(text=J11))
        tap = ann.tap("Clear this chat")
        await line.bring(tap)
        await line.api.until(lambda: line.api.kept[ann.id] == {ann.last["message_id"]})
        assert tap["callback_query"]["id"] in line.api.answered


async def test_a_clear_that_telegram_slows_down_goes_on(tmp_path: Path):
    async with talk(webhook=True) as (line, ann):
        await line.bring(ann.message(text="/start"))
        line.api.faults += [("deleteMessages", 429, {"parameters": {"retry_after": 1}, "description": "Too Many Requests"})]
        await line.bring(ann.message(text="/clear"))
        await line.api.until(lambda: line.api.kept[ann.id] == {ann.last["message_id"]})


async def test_a_clear_whose_card_may_not_have_arrived_deletes_what_was_there():
    async with talk(webhook=True) as (line, ann):
        await line.bring(ann.message(text="/start"))
        before = set(line.api.kept[ann.id])
        line.api.lost += ["sendMessage"] * 2
        clear = ann.message(text="/clear")
        await line.bring(clear)
        await line.api.until(lambda: not before & line.api.kept[ann.id])
        assert clear["message"]["message_id"] not in line.api.kept[ann.id]


def test_elsewhere_clear_says_what_the_reader_can_do(knowledge: Knowledge):
    for channel in ("web", "terminal"):
        turn = respond(a.ClearChat(), Reader("en", channel), knowledge, NOW)  # type: ignore[arg-type]
        assert not turn.clears
        assert "history" in plain(turn.reply.text)


# --- too much ------------------------------------------------------------------------------------------------------------------


@MODES
async def test_l1_thirty_actions_a_minute_then_one_polite_notice_and_others_are_served(webhook: bool):
    """L1: the 31st gets the notice, the next ones nothing; every tap's spinner ends; nobody else notices."""
    async with bot_api() as api, running(api, webhook=webhook) as bot:
        line, ann, ben = Line(api, bot, webhook=webhook), api.person(), api.person()
        for _ in range(30):
            await line.bring(ann.message(text="/guide"))
        (notice,) = await line.bring(ann.message(text="/guide"))
        assert "wait a minute" in notice["text"]
        flood = [ann.message(text="/videos") for _ in range(20)]
        taps = [ann.tap(data="en__guide") for _ in range(20)]
        shown = len(line.shown())
        if webhook:
            from tests.botapi import post

            assert {await post(bot.hook, update) for update in (*flood, *taps)} == {200}
        else:
            await api.push(*flood, *taps)
        await api.until(lambda: {tap["callback_query"]["id"] for tap in taps} <= api.answered)
        assert len(line.shown()) == shown
        (card,) = await line.bring(ben.message(text="/guide"))
        assert "step by step" in card["text"]


async def test_l1_a_flood_of_taps_waits_for_nothing_and_costs_few_calls():
    """L1: 429s for ends of spinners are not waited out, which would take every connection; after a while none is ended any more."""
    from tests.botapi import post

    async with bot_api() as api, running(api, webhook=True) as bot:
        ann = api.person()
        for _ in range(31):
            assert await post(bot.hook, ann.message(text="/guide")) == 200
        refused = ("answerCallbackQuery", 429, {"parameters": {"retry_after": 9}, "description": "Too Many Requests"})
        api.faults += [refused] * 200
        async with asyncio.timeout(7):
            assert set(await asyncio.gather(*(post(bot.hook, ann.tap(data="en__guide")) for _ in range(100)))) == {200}
        assert len(api.of("answerCallbackQuery")) == 60


async def test_l1_what_is_too_much_and_comes_again_gives_no_further_action():
    """L1: a notice that Telegram did not take does not make room for one more card."""
    from tests.botapi import post

    async with bot_api() as api, running(api, webhook=True) as bot:
        ann = api.person()
        for _ in range(30):
            assert await post(bot.hook, ann.message(text="/guide")) == 200
        api.faults.append(("sendMessage", 429, {"parameters": {"retry_after": 60}, "description": "Too Many Requests"}))
        notice = ann.message(text="/guide")
        assert await post(bot.hook, notice) == 503
        assert await post(bot.hook, notice) == 200
        assert len([c for c in api.of("sendMessage") if c.answered == 200]) == 30
