"""What a button carries: short, a valid deep link, and for ever a way to somewhere."""

from __future__ import annotations

import gc
import re
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import NOW
from tests.botapi import USERNAME
from upr_bot import actions as a
from upr_bot.channels.telegram.render import encoded, keyboard, message, units
from upr_bot.content import Library, load, packaged
from upr_bot.dialog import Knowledge, Reader, respond
from upr_bot.replies import Reply, Text, Turn, plain

PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
IDS = st.from_regex(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", fullmatch=True).filter(lambda s: len(s) <= 32)
PAGES = st.integers(1, 999)
LANGUAGES = st.sampled_from([None, "en", "fr", "pt-BR"])
BUTTON_ACTIONS = st.one_of(
    st.builds(a.ShowStage, IDS),
    st.builds(a.ShowTips, IDS, PAGES),
    st.builds(a.ShowVideo, IDS, st.one_of(st.just(""), IDS)),
    st.builds(a.ShowQuestions, PAGES),
    st.builds(a.ShowCategory, IDS, PAGES),
    st.builds(a.ShowEntry, IDS),
    st.sampled_from([a.ShowStart(), a.ShowHome(), a.ShowGuide(), a.NoneOfThese(), a.SetLanguage(), a.ShowPrivacy()]),
)


def every_card(knowledge: Knowledge, language: str) -> dict[a.Action, Reply]:
    """Walk through every card that taps can reach."""
    seen: dict[a.Action, Reply] = {}
    waiting = deque[a.Action]([a.ShowStart()])
    while waiting:
        action = waiting.popleft()
        if action not in seen:
            seen[action] = respond(action, Reader(language), knowledge, NOW).reply
            # The ways to a reminder are thousands; tests/test_reminding.py walks them.
            onward = [b.to.action for b in seen[action].buttons if b.to.language in {language, None}]
            waiting += [action for action in onward if not isinstance(action, a.Reminding)]
    return seen


@pytest.fixture(scope="module", params=list(load(packaged()).books))
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def cards(knowledge: Knowledge, language: str) -> dict[a.Action, Reply]:
    return every_card(knowledge, language)


def test_there_are_hundreds_of_cards(cards: dict[a.Action, Reply], library: Library):
    assert len(cards) > len(library.first.entries) + 2 * len(library.first.videos)


def test_every_button_is_a_valid_deep_link_of_at_most_64_bytes(cards: dict[a.Action, Reply]):
    for reply in cards.values():
        for row in (keyboard(reply) or {"inline_keyboard": []})["inline_keyboard"]:
            languages = all(button["callback_data"].endswith("__speak") for button in row)
            assert 1 <= len(row) <= (3 if languages else 2)
            for button in row:
                assert PAYLOAD.fullmatch(button["callback_data"])
                assert len(button["text"]) <= 24
                assert button["text"].lstrip("¿")[0].isalnum()


def test_b1_every_card_is_short_and_ends_with_back_and_home(knowledge: Knowledge, language: str, cards: dict[a.Action, Reply]):
    """B1: cards of at most 1,200 characters; Back and Home always last, in this order."""
    phrases = knowledge.library.books[language].phrases
    for action, reply in cards.items():
        shown = message(reply, USERNAME)
        visible = re.sub(r"<[^>]+>", "", shown["text"])
        assert units(visible) <= 1200, action
        assert len(reply.buttons) <= (16 if action == a.ShowGuide() else 10), action
        if not isinstance(action, a.ShowStart | a.ShowHome | a.SetLanguage):
            assert [button.label for button in reply.rows[-1]] == [phrases.back, phrases.home], action


def test_first_contact_to_the_tips_of_a_stage_is_three_actions_and_eight_kilobytes(knowledge: Knowledge, language: str):
    """B1, product: /start, a tap, a tap."""
    from upr_bot.channels.telegram.transport import encode

    steps = (a.Ask("/start"), a.ShowGuide(), a.ShowStage("advocacy"))
    shown = [encode(message(respond(step, Reader(language), knowledge, NOW).reply, USERNAME)) for step in steps]
    assert knowledge.library.books[language].phrases.tips.encode() in shown[-1]
    assert sum(map(len, shown)) <= 8_000


def test_the_privacy_notice_of_the_first_message(knowledge: Knowledge, language: str):
    text = plain(respond(a.Ask("/start"), Reader(language), knowledge, NOW).reply.text)
    assert {"en": "end-to-end", "fr": "bout en bout", "es": "extremo a extremo"}[language] in text
    assert "/privacy" in text
    assert len(knowledge.library.books[language].phrases.notice) <= 450


@given(action=BUTTON_ACTIONS, language=LANGUAGES)
def test_a_spelling_reads_back_as_what_it_was(action: a.Action, language: str | None):
    assert a.read(a.spell(a.Step(action, language))) == a.Step(action, language)


@given(text=st.one_of(st.text(max_size=200), st.from_regex(r"[A-Za-z0-9_-]{0,90}", fullmatch=True)))
def test_i3_any_data_on_a_button_reads_as_some_step(text: str):
    """I3: a stale, forged or foreign button is never an error."""
    assert isinstance(a.read(text), a.Step)


@given(
    text=st.from_regex(
        r"(en__)?(stage|tips|video|read|subject|entry|term|theme|series|choose)(__[A-Za-z0-9_-]{0,12}){0,4}", fullmatch=True
    )
)
def test_i3_a_forged_button_leads_home_with_one_line_or_somewhere_real(knowledge: Knowledge, text: str):
    step = a.read(text)
    turn = respond(step.action, Reader(step.language), knowledge, NOW)
    assert isinstance(turn, Turn)
    assert plain(turn.reply.text)


@pytest.mark.parametrize(
    "data", ["", "nonsense", "en__entry__gone-for-good", "xx__stage__review", "en__stage", "en__tips__review__-1", "\u0000", "ü"]
)
def test_i3_nonsense_opens_home(knowledge: Knowledge, data: str):
    """J13."""
    step = a.read(data)
    text = plain(respond(step.action, Reader("en"), knowledge, NOW).reply.text)
    expected = "What happens" if data.startswith("xx") else "older version"
    assert expected in text


def test_an_old_button_whose_entry_was_renamed_opens_its_successor(overlay: Path):
    """J13: the id changed, and changed again; the button of the first release still leads to the answer."""
    shipped = (packaged().base / "faq/en/troubleshooting.yaml").read_text(encoding="utf-8")
    renamed = shipped.replace("- id: visa-refused\n", "- id: visa-problem\n    formerly: [visa-refused, visa-trouble]\n")
    for folder in (*(f"faq/{language}" for language in load(packaged()).books), "dialogs"):
        for file in (packaged().base / folder).glob("*.yaml"):
            text = renamed if folder == "faq/en" and file.name == "troubleshooting.yaml" else file.read_text(encoding="utf-8")
            if file.name != "published.yaml":
                text = re.sub(r"(?<![-\w])visa-refused(?=[],\n])(?!, visa-trouble)", "visa-problem", text)
            (overlay / folder).mkdir(parents=True, exist_ok=True)
            (overlay / folder / file.name).write_text(text, encoding="utf-8")
    knowledge = Knowledge(load(packaged(overlay)), compiled=packaged(overlay).compiled)
    for old in ("visa-refused", "visa-trouble", "visa-problem"):
        step = a.read(f"en__entry__{old}")
        assert "visa was refused" in plain(respond(step.action, Reader("en"), knowledge, NOW).reply.text)


def test_n1_what_somebody_types_into_a_link_or_a_question_is_not_kept(library: Library):
    """N1 in memory: neither forged buttons, nor replies, nor questions leave a word behind."""
    knowledge = Knowledge(library, compiled=packaged().compiled)
    marker = "AMINA-YUSUF-0712345678"
    forged = ("entry__{}", "en__video__adv-cso__{}", "choose__what-is-upr__{}", "tips__{}__1", "series__{}")
    for text in (*(f"/start {link.format(marker)}" for link in forged), marker, f"visa for {marker}", "2476"):
        reply = respond(a.Ask(text, f"en__read__people-impact__{marker}"), Reader("en"), knowledge, NOW).reply
        encoded(reply, USERNAME)
        respond(a.read(f"en__video__adv-cso__{marker}").action, Reader("en"), knowledge, NOW)
    del reply, text
    gc.collect()
    kinds = a.ShowVideo | a.ShowEntry | a.Choose | a.ReadInstead | a.ShowTips | a.ShowSeries | Reply
    left = [repr(kept) for kept in gc.get_objects() if isinstance(kept, kinds)]
    assert left, "cards are kept"
    assert not [kept for kept in left if "AMINA" in kept or "0712345678" in kept or "number 2476" in kept]


def test_a_button_can_be_typed_in_reply_to_its_card(knowledge: Knowledge, language: str, cards: dict[a.Action, Reply]):
    """Everything can be reached by typing: the words of any button, sent as a reply, do what the button does."""
    tapped: dict[a.Step, Text] = {}
    for action, reply in cards.items():
        assert reply.asks is not None, action
        for button in reply.buttons:
            if button.to not in tapped:
                to = Reader(button.to.language or language)
                tapped[button.to] = respond(button.to.action, to, knowledge, NOW).reply.text
            answer = respond(a.Ask(button.label.lower(), a.spell(reply.asks)), Reader(language), knowledge, NOW).reply
            assert answer.text == tapped[button.to], (action, button.label)


def test_no_verb_is_a_language():
    assert all(len(verb) >= 4 for verb in a.VERBS)


def test_published_spellings_stay(knowledge: Knowledge):
    """Buttons from years ago: one of each kind as the first release spelled it. Add lines, never change one."""
    for spelling in (
        "en__home", "en__guide", "en__stage__pre_session", "en__tips__advocacy__2", "en__themes", "en__theme__digital-advocacy",
        "en__videos", "en__series__people", "en__video__adv-cso", "en__video__adv-cso__advocacy",
        "en__read__people-impact__mid_term",
        "en__questions__1", "en__subject__pre-session__2", "en__entry__word-limit-joint", "en__none",
        "en__term__troika", "en__words",
        "en__which", "en__which__dates", "en__region__africa__2__now", "en__country__NPL", "en__country__NPL__nhri",
        "en__roles__NPL__nhri", "en__dates__NPL", "en__calendar__NPL__neutral", "en__session__54__2", "en__coming", "country__TGO",
        "en__these__now__which__COG__COD", "en__sure__NPL__dates",
        "en__languages", "en__speak", "en__help", "en__about", "en__privacy", "entry__what-is-upr", "stage__review", "start",
    ):  # fmt: skip
        step = a.read(spelling)
        assert not isinstance(step.action, a.Unknown), spelling
        assert "older version" not in plain(respond(step.action, Reader(step.language), knowledge, NOW).reply.text), spelling
