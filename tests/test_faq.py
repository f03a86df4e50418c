"""Questions find their answer, or an honest "which one?", or an honest no."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FunctionType, ModuleType

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import NOW
from upr_bot import actions as a
from upr_bot.content import Lessons, Library
from upr_bot.dialog import Knowledge, Reader, respond
from upr_bot.faq import QUESTION_LENGTH, Matcher, compiled, explained, is_stale, matcher_of
from upr_bot.faq.encoder import Encoder
from upr_bot.faq.index import Index, Spoken, learn
from upr_bot.replies import plain

FOLDER = Path(__file__).parent / "faq"
LANGUAGES = ("en", "fr", "es")
OPEN, SEALED = (
    {code: yaml.safe_load((FOLDER / f"{code}{part}.yaml").read_text(encoding="utf-8")) for code in LANGUAGES}
    for part in ("", ".sealed")
)
PAIRS = yaml.safe_load((FOLDER / "en.pairs.yaml").read_text(encoding="utf-8"))["pairs"]


@pytest.fixture(scope="module")
def matcher(knowledge: Knowledge) -> Matcher:
    return knowledge.matcher


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


def said(knowledge: Knowledge, text: str, reply_to: str = "") -> tuple[str, list[str]]:
    """Return the text and the labels of the card that some typed words get."""
    reply = respond(a.Ask(text, reply_to), Reader("en"), knowledge, NOW).reply
    return plain(reply.text), [button.label for button in reply.buttons]


# --- how well ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_wordings_find_their_own_entry(matcher: Matcher, library: Library, language: str):
    for entry in library.books[language].entries.values():
        for wording in (entry.question, *entry.also_asked[::4]):
            match = matcher.match(wording)
            assert match.decision == "answer", wording
            assert match.candidates[0].id == entry.id, wording


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("data", [OPEN, SEALED], ids=["open", "sealed"])
def test_askings_that_no_writer_saw_find_their_entry(matcher: Matcher, data: dict, language: str):
    """What was asked of the matcher; docs/performance.md has what it reaches. The sealed part nobody tuned on."""
    matches = [(id_, matcher.match(asking)) for id_, askings in data[language]["askings"].items() for asking in askings]
    first = sum(bool(match.candidates) and match.candidates[0].id == id_ for id_, match in matches) / len(matches)
    answered = [(id_, match) for id_, match in matches if match.decision == "answer"]
    right = sum(match.candidates[0].id == id_ for id_, match in answered)
    offered = sum(match.decision == "choose" and id_ in match.offered for id_, match in matches)
    assert first >= 0.88
    assert (right + offered) / len(matches) >= 0.92
    assert len(answered) / len(matches) >= 0.7
    assert (len(answered) - right) / len(matches) <= 0.03


def test_neighbours_are_told_apart_from_both_sides(matcher: Matcher):
    asked = [(id_, asking) for pair in PAIRS for id_, askings in pair["askings"].items() for asking in askings]
    matches = [(id_, matcher.match(asking)) for id_, asking in asked]
    assert len(PAIRS) >= 100
    assert sum(bool(m.candidates) and m.candidates[0].id == id_ for id_, m in matches) / len(matches) >= 0.82
    assert sum(m.decision == "answer" and m.candidates[0].id != id_ for id_, m in matches) / len(matches) <= 0.05


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_no_entry_is_refused_and_hardly_ever_answered(matcher: Matcher, language: str):
    said: dict[str, list[str]] = {"near": [], "far": []}
    for data in (OPEN, SEALED):
        none = data[language]["none"]
        for kind, askings in none.items() if isinstance(none, dict) else [("far", none)]:
            said["near" if kind == "near" else "far"] += [matcher.match(asking).decision for asking in askings]
    every = [*said["near"], *said["far"]]
    assert len(every) >= 120
    assert said["near"].count("none") / len(said["near"]) >= 0.5
    assert said["far"].count("none") / len(said["far"]) >= 0.9
    # Wanted: 2 of 100. Spanish falls short with 3 of 120, and must not get worse.
    assert every.count("answer") / len(every) <= (0.03 if language == "es" else 0.02)


def test_askings_that_fit_several_entries_offer_one_of_them(matcher: Matcher):
    fits = sum(bool({c.id for c in matcher.match(e["ask"]).candidates[:3]} & set(e["ids"])) for e in OPEN["en"]["either"])
    assert fits / len(OPEN["en"]["either"]) >= 0.9


# --- how people type -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "id_"),
    [
        ("wen can ngo send reprot for upr", "deadline-cso-submission"),
        ("WHAT IS THE UPR???", "what-is-upr"),
        ("they said yes in geneva and did nothing, now what", "not-implemented"),
        ("dedline for ngo repports", "deadline-cso-submission"),
        ("wat is the word limt for a joint submision", "word-limit-joint"),
        ("who can sumbit a reprot to teh UN", "who-can-submit"),
    ],
)
def test_slips_capitals_and_marks_do_not_matter(matcher: Matcher, question: str, id_: str):
    """J5."""
    match = matcher.match(question)
    assert (match.decision, match.candidates[0].id) == ("answer", id_)


@pytest.mark.parametrize(
    ("question", "id_"),
    [
        ("we are 5 women in a village no papers can we still", "unregistered-organisation"),
        ("who pays our tickets for geneva", "funding-travel"),
        ("whatt is teh troyka", "what-is-troika"),
    ],
)
def test_a_question_without_its_term_is_answered_or_offered_first(matcher: Matcher, question: str, id_: str):
    match = matcher.match(question)
    assert match.decision != "none"
    assert match.offered[0] == id_


@pytest.mark.parametrize(
    ("topic", "choices"),
    [
        ("deadline", {"deadline-cso-submission", "deadline-presession-application"}),
        ("Deadline?", {"deadline-cso-submission", "deadline-presession-application"}),
        ("visa", {"visa-geneva", "visa-refused"}),
        ("funding", {"funding-travel"}),
    ],
)
def test_a_bare_topic_is_asked_back(matcher: Matcher, topic: str, choices: set[str]):
    """J6."""
    match = matcher.match(topic)
    assert match.decision == "choose"
    assert choices <= set(match.offered)


def test_a_term_typed_alone_is_explained_with_the_questions_it_may_stand_for(knowledge: Knowledge):
    text, labels = said(knowledge, "visa")
    assert text.startswith("visa\n")
    assert labels[:2] == ["Swiss visa", "Visa refused or late"]


@pytest.mark.parametrize(
    "question", ["", "   ", "???", "🙂🙂", "\u200b", "ⵣⵣⵣ ⵣⵣ", "12345", "q", "\u202e\u0007\u0000", "人权是什么", "что такое"]
)
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


def test_i5_only_the_beginning_of_a_long_message_counts(matcher: Matcher):
    """I5."""
    question = "what is the word limit for a joint submission "
    assert matcher.match(question + "x" * 4000).candidates == matcher.match((question + "x" * 4000)[:QUESTION_LENGTH]).candidates


def test_i5_characters_that_unfold_into_many_are_cut_again(matcher: Matcher):
    """One Arabic ligature unfolds into eighteen characters: 4,096 of them must not take seconds."""
    assert len("".join(matcher.read("\ufdfa" * 4096).typed)) <= QUESTION_LENGTH


def test_n1_nothing_that_was_asked_stays_in_the_matcher(matcher: Matcher):
    """N1: no cache of ours or of a library below the matcher holds a typed word."""
    marker = "quokka" + "".join(reversed("drow"))  # made here, so that no constant of this file holds it
    matcher.match(f"who pays for {marker} travel? when is the {marker} deadline?")
    matcher.match(f"and for {marker}s?", "word-limit-individual")
    assert not [text for text in strings_below(matcher) if marker in text]
    matcher.kept = {marker: 1}  # type: ignore[attr-defined]
    try:
        assert [text for text in strings_below(matcher) if marker in text], "this search would find what is kept"
    finally:
        del matcher.kept  # type: ignore[attr-defined]


def strings_below(root: object) -> Iterator[str]:
    """Yield every string that can be reached from an object, caches included, without leaving for modules and functions."""
    seen: set[int] = set()
    pending = [root]
    while pending:
        thing = pending.pop()
        if id(thing) in seen or isinstance(thing, (type, ModuleType, FunctionType)):
            continue
        seen.add(id(thing))
        if isinstance(thing, str):
            yield thing
        elif isinstance(thing, dict):  # of which the collector does not follow keys that are strings
            pending += (*thing, *thing.values())
        else:
            pending += gc.get_referents(thing)


# --- more than one question, and words that lean on the last answer ------------------------------------------------------------


def test_the_first_of_several_questions_is_answered_and_the_others_offered(knowledge: Knowledge):
    text, labels = said(knowledge, "What is a troika? Who pays for travel to Geneva?")
    assert text.startswith("You asked more than one thing.")
    assert "What is the troika" in text
    assert labels[0] == "Travel funding"


@pytest.mark.parametrize(
    "message",
    [
        "What is a troika, and what does the troika do?",
        "I do not know. What is the UPR?",
        "can we speak at the review or only listen?",
    ],
)
def test_one_question_in_several_sentences_stays_one(matcher: Matcher, message: str):
    assert matcher.match(message).further == ()


def test_a_follow_up_is_asked_back_when_nobody_knows_what_it_follows(matcher: Matcher):
    for text in ("and for a coalition?", "what about visas", "and in french?", "and for NHRIs?"):
        assert matcher.match(text).decision == "choose", text
    for text in ("and you?", "what about football", "and my salary"):
        assert matcher.match(text).decision == "none", text


@pytest.mark.parametrize(
    ("after", "text", "id_"),
    [
        ("word-limit-individual", "and for a coalition?", "word-limit-joint"),
        ("word-limit-individual", "and for NHRIs?", "word-limit-nhri"),
        ("ecosoc-needed-to-submit", "what about speaking?", "ecosoc-needed-to-speak"),
        ("deadline-cso-submission", "and for the pre-session?", "deadline-presession-application"),
    ],
)
def test_a_follow_up_to_an_answer_goes_on_from_it(matcher: Matcher, knowledge: Knowledge, after: str, text: str, id_: str):
    match = matcher.match(text, after)
    assert match.offered[0] == id_
    shown = respond(a.Ask(text, f"en__entry__{after}"), Reader("en"), knowledge, NOW).reply
    label = knowledge.library.first.entries[id_].label
    question = knowledge.library.first.entries[id_].question
    assert label in {b.label for b in shown.buttons} or question in plain(shown.text)


def test_a_whole_question_in_reply_to_an_answer_is_no_follow_up(matcher: Matcher):
    question = "how do I get a visa for Geneva"
    assert matcher.match(question, "word-limit-individual") == matcher.match(question)


def test_after_none_of_these_come_the_nearest_stage_and_subjects(knowledge: Knowledge):
    offered = respond(a.Ask("deadline"), Reader("en"), knowledge, NOW).reply
    step = next(b.to for b in offered.buttons if b.label == "None of these")
    shown = respond(step.action, Reader("en"), knowledge, NOW).reply
    labels = [button.label for button in shown.buttons]
    assert labels[0] == "Written submission"
    assert "Step 2: Written submission" in labels
    assert len(labels) == len(set(labels)) <= 10
    old = respond(a.read("en__none").action, Reader("en"), knowledge, NOW).reply
    assert plain(old.text).startswith("None of these")


def test_twins_are_answered_with_a_button_to_the_other(matcher: Matcher, library: Library):
    for entry in library.first.entries.values():
        for twin in entry.twins:
            assert twin in entry.related[:3]
            assert entry.id in library.first.entries[twin].twins
    assert matcher.match("how many pages may a report have").decision == "answer"


# --- the index -----------------------------------------------------------------------------------------------------------------

FEW = [
    Spoken("bread", "en", ("where is bread sold", "buy a loaf", "is there a baker near")),
    Spoken("train", "en", ("when does the train leave", "timetable of trains", "is the train late")),
    Spoken("rain", "fr", ("va-t-il pleuvoir demain", "météo de demain", "quel temps fera-t-il")),
]
TALK = [Spoken("talk", "en", ("hello there", "thank you"))]


def test_an_index_is_learnt_the_same_every_time_and_survives_its_file(encoder: Encoder, tmp_path: Path):
    first, second = (learn(FEW, TALK, encoder) for _ in range(2))
    first.save(tmp_path / "a.npz")
    second.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    read = Index.read(tmp_path / "a.npz", first.digest)
    assert read is not None
    question = "trains timetable please"
    assert Matcher(read, encoder).match(question).candidates[0].id == "train"
    assert np.allclose(read.head, first.head, atol=1e-2)
    assert oct((tmp_path / "a.npz").stat().st_mode & 0o777) == "0o644"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_an_index_without_talk_that_belongs_nowhere_survives_its_file_too(encoder: Encoder, tmp_path: Path):
    learn(FEW, [], encoder).save(tmp_path / "a.npz")
    read = Index.read(tmp_path / "a.npz")
    assert read is not None
    assert read.kinds == ()
    assert Matcher(read, encoder).match("trains timetable please").candidates[0].id == "train"


def test_accents_that_a_phone_leaves_out_do_not_matter(encoder: Encoder):
    matcher = Matcher(learn(FEW, [], encoder), encoder)
    assert matcher.written(matcher.read("meteo demain")) == "météo demain"
    assert matcher.match("meteo de demain").candidates[0] == matcher.match("météo de demain").candidates[0]


def test_one_index_serves_every_language(encoder: Encoder):
    """The encoder knows what words mean in several languages: a question may be asked in one that the entry lacks."""
    matcher = Matcher(learn(FEW, [], encoder), encoder)
    for question, id_ in (("dónde se vende pan", "bread"), ("à quelle heure part le train", "train"), ("will it rain", "rain")):
        assert matcher.match(question).candidates[0].id == id_, question


@pytest.mark.parametrize("damage", [lambda raw: raw[: len(raw) // 2], lambda _: b"", lambda _: b"no index at all"])
def test_a_broken_index_is_learnt_anew(encoder: Encoder, tmp_path: Path, damage):
    path = tmp_path / "questions.npz"
    learn(FEW, [], encoder).save(path)
    path.write_bytes(damage(path.read_bytes()))
    assert Index.read(path) is None


@pytest.fixture(scope="module")
def small(library: Library) -> Library:
    """A guide of three questions in one language, which is learnt in a moment."""
    few = {"en": replace(library.first, entries=dict(list(library.first.entries.items())[:3]))}
    return replace(library, books=few, lessons=Lessons())


def test_an_index_of_other_questions_is_stale_and_replaced(small: Library, tmp_path: Path, encoder: Encoder):
    path = tmp_path / "questions.npz"
    assert not is_stale(path, small)
    learn(FEW, [], encoder).save(path)
    assert is_stale(path, small)
    told: list[str] = []
    made = compiled(small, (path,), told.append)
    assert len(told) == 1
    assert "wordings for the question index" in told[0]
    assert not is_stale(path, small)
    assert compiled(small, (path,), told.append).digest == made.digest
    assert len(told) == 1


def test_a_folder_that_cannot_be_written_is_no_mistake(small: Library, tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    told: list[str] = []
    matcher = matcher_of(small, (blocked / "questions.npz",), told.append)
    assert matcher.match("what is the UPR").candidates
    assert "could not be kept" in told[-1]


def test_curators_see_why(matcher: Matcher, library: Library):
    lines = list(explained("wen can ngo send reprot for upr", matcher, library))
    assert "reprot → report" in lines[0]
    assert lines[1] == "Decision: answer"
    assert "deadline-cso-submission" in "\n".join(lines[5:7])
    assert "Nearest wordings" in "\n".join(lines)
    assert list(explained("???", matcher, library))[-1] == "Decision: none"


def test_the_encoder_reads_one_text_and_many_alike(encoder: Encoder):
    texts = ["where is bread sold", "", "a", "x" * 300, "è vero?", " ".join(["word"] * 200)]
    together = encoder.many(texts)
    assert together.shape == (len(texts), 512)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    for text, vector in zip(texts, together, strict=True):
        assert float(encoder(text) @ vector) > 0.9999


def test_pieces_worked_out_ahead_change_next_to_nothing(encoder: Encoder):
    text = "how many words may our report have"
    ahead = encoder.ready(np.array(sorted(set(encoder.pieces.of(text))), dtype=np.int32))
    assert float(ahead(text) @ encoder(text)) > 0.99
    assert float(ahead("something else entirely") @ encoder("something else entirely")) > 0.99


def test_meaning_counts_not_words(encoder: Encoder):
    """The encoder came through the cut: sentences that share no word lie nearer by meaning than by chance."""
    same = float(encoder("who pays for the flight") @ encoder("money for plane tickets"))
    other = float(encoder("who pays for the flight") @ encoder("how loud is the music"))
    assert same > other + 0.1
    assert float(encoder("human rights") @ encoder("droits humains")) > float(
        encoder("human rights") @ encoder("recette de cuisine")
    )


def test_i5_a_hostile_question_holds_others_up_for_a_moment_at_most(matcher: Matcher):
    """I5, as an order of magnitude only; `make bench` measures it."""
    for text in ("x" * 4096, "\ufdfa" * 4096, "what? who? how? " * 256, "人权" * 2048, "and what and how and when " * 160):
        begun = time.process_time()
        matcher.match(text)
        assert time.process_time() - begun < 5
