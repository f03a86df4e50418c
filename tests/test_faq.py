"""Questions find their answer, or an honest "which one?", or an honest no."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from upr_bot.content import Library
from upr_bot.dialog import Knowledge
from upr_bot.faq import QUESTION_LENGTH, Matcher

FOLDER = Path(__file__).parent / "faq"
OPEN = yaml.safe_load((FOLDER / "en.yaml").read_text(encoding="utf-8"))
SEALED = yaml.safe_load((FOLDER / "en.sealed.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def matcher(knowledge: Knowledge) -> Matcher:
    return knowledge.matcher


def test_every_wording_finds_its_own_entry(matcher: Matcher, library: Library):
    for entry in library.first.entries.values():
        for wording in (entry.question, *entry.also_asked):
            match = matcher.match(wording)
            assert match.decision == "answer", wording
            assert match.candidates[0].id == entry.id, wording


@pytest.mark.parametrize(("data", "least"), [(OPEN, (0.80, 0.91, 0.55)), (SEALED, (0.79, 0.91, 0.55))], ids=["open", "sealed"])
def test_askings_that_no_writer_saw_find_their_entry(matcher: Matcher, data: dict, least: tuple[float, float, float]):
    """The floor is what the first matcher reached, less two or three points (docs/performance.md); raise it with the matcher."""
    matches = [(id_, matcher.match(asking)) for id_, askings in data["askings"].items() for asking in askings]
    first = sum(bool(match.candidates) and match.candidates[0].id == id_ for id_, match in matches) / len(matches)
    among_three = sum(id_ in [c.id for c in match.candidates[:3]] for id_, match in matches) / len(matches)
    answered = [(id_, match) for id_, match in matches if match.decision == "answer"]
    wrong = sum(match.candidates[0].id != id_ for id_, match in answered) / len(matches)
    assert first >= least[0]
    assert among_three >= least[1]
    assert len(answered) / len(matches) >= least[2]
    assert wrong <= 0.03


def test_what_has_no_entry_is_mostly_refused_and_seldom_answered(matcher: Matcher):
    kinds = {"open": OPEN["none"], **SEALED["none"]}
    decisions = {kind: [matcher.match(asking).decision for asking in askings] for kind, askings in kinds.items()}
    refused = {kind: made.count("none") / len(made) for kind, made in decisions.items()}
    assert refused.pop("near") >= 0.5
    assert refused.pop("open") >= 0.68
    assert min(refused.values()) >= 0.85
    answered = [decision for made in decisions.values() for decision in made].count("answer")
    assert answered / sum(map(len, decisions.values())) <= 0.05


def test_askings_that_fit_several_entries_offer_one_of_them(matcher: Matcher):
    fits = sum(bool({c.id for c in matcher.match(e["ask"]).candidates[:3]} & set(e["ids"])) for e in OPEN["either"])
    assert fits / len(OPEN["either"]) >= 0.88


@pytest.mark.parametrize(
    ("question", "id_"),
    [
        ("wen can ngo send reprot for upr", "deadline-cso-submission"),
        ("WHAT IS THE UPR???", "what-is-upr"),
        ("they said yes in geneva and did nothing, now what", "not-implemented"),
    ],
)
def test_slips_capitals_and_marks_do_not_matter(matcher: Matcher, question: str, id_: str):
    """J5."""
    match = matcher.match(question)
    assert (match.decision, match.candidates[0].id) == ("answer", id_)


def test_one_word_that_fits_many_is_asked_back(matcher: Matcher):
    """J6."""
    match = matcher.match("deadline")
    assert match.decision == "choose"
    assert {"deadline-cso-submission", "deadline-presession-application"} <= set(match.offered)


@pytest.mark.parametrize("question", ["", "   ", "???", "🙂🙂", "\u200b", "ⵣⵣⵣ ⵣⵣ", "12345"])
def test_what_holds_no_known_word_has_no_answer(matcher: Matcher, question: str):
    assert matcher.match(question).decision == "none"


@given(text=st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_a_match_with_scores_from_0_to_1(knowledge: Knowledge, text: str):
    match = knowledge.matcher.match(text)
    scores = [c.score for c in match.candidates]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert len({c.id for c in match.candidates}) == len(scores) <= 5
    assert match.decision == "none" or match.offered


def test_only_the_beginning_of_a_long_message_counts(matcher: Matcher):
    """I5."""
    question = "what is the word limit for a joint submission "
    assert matcher.match(question + "x" * 4000).candidates == matcher.match((question + "x" * 4000)[:QUESTION_LENGTH]).candidates
