"""Files as curators may get them wrong: always a place and a remedy, never a traceback or a crash."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import NOW
from upr_bot.content import Lessons, load, packaged
from upr_bot.content.reader import read
from upr_bot.errors import ContentError


def refusal(raw: bytes | str) -> str:
    with pytest.raises(ContentError) as caught:
        read("x.yaml", raw.encode() if isinstance(raw, str) else raw)
    return str(caught.value)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("a: &x 1\nb: *x\n", "x.yaml:1: anchors and aliases"),
        ("a: 1\nb: *x\n", "x.yaml:2: anchors and aliases"),
        ("a: !!python/object:os.system x\n", "x.yaml:1: tags"),
        ("a: !x y\n", "x.yaml:1: tags"),
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3: doubled key 'a' (first on line 1)"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2: a second document"),
        ("a:\n\tb: 1\n", "x.yaml:2: a tab"),
        (b"\xef\xbb\xbfa: 1\n", "x.yaml:1: begins with a byte order mark"),
        (b"a: 1\nb: \xff\n", "x.yaml:2: not valid UTF-8"),
        ("a: 1\nb: [1, 2\n", "x.yaml:"),
        ("", "x.yaml:1: the file is empty"),
        ("? [a]\n: b\n", "x.yaml:1: a key must be plain text"),
        ("a: \u202ex\n", "x.yaml:1: a control character"),
        ("a: " + "[" * 100_000, "x.yaml:"),
        ("- " * 100_000 + "x", "x.yaml:"),
        ("{a: " * 100_000, "x.yaml:"),
        ("a: " + "x" * 1_000_001, "x.yaml:1: larger than"),
    ],
)
def test_i7_what_is_not_plain_text_list_or_mapping_is_refused_with_its_line(raw: bytes | str, told: str):
    """I7."""
    assert refusal(raw).startswith(told)


def test_i7_everything_stays_text():
    """I7: what YAML would turn into other things."""
    data = read("x.yaml", b"a: NO\nb: on\nc: 1.10\nd: 12:30\ne: 010\nf: ~\ng: 2026-11-24\nh: .inf\n").data
    assert data == {"a": "NO", "b": "on", "c": "1.10", "d": "12:30", "e": "010", "f": "~", "g": "2026-11-24", "h": ".inf"}


@given(raw=st.one_of(st.binary(max_size=300), st.text(alphabet="ab:-[]{}&*!|>'\"\n #%@,?~\t", max_size=120).map(str.encode)))
def test_i7_any_bytes_are_read_or_refused_with_a_line(raw: bytes):
    try:
        line = read("x.yaml", raw).line(())
    except ContentError as error:
        line = error.problems[0].line
    assert line >= 1


def mistakes(overlay: Path, file: str, text: str) -> str:
    (overlay / file).parent.mkdir(parents=True, exist_ok=True)
    (overlay / file).write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load(packaged(overlay))
    return str(caught.value)


DRAFTS = "  - {code: fr, name: F, published: no}\n  - {code: es, name: E, published: no}\n"
"""The languages that are shipped unpublished."""
STAGE = "title: T\nlabel: L\nwhat happens: w\nwho can act: w\nwhen: w\n"


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("dialogs/en/review.yaml", STAGE + "tips: x\n", "dialogs/en/review.yaml:6: unknown key 'tips'; delete it"),
        (
            "dialogs/en/review.yaml",
            STAGE.replace("when: w", "wen: w"),
            "dialogs/en/review.yaml:5: unknown key 'wen'; did you mean 'when'?",
        ),
        ("dialogs/en/review.yaml", STAGE.replace("when: w\n", ""), "dialogs/en/review.yaml:1: 'when' is missing; add it"),
        (
            "dialogs/en/review.yaml",
            STAGE.replace("label: L", "label: " + "L" * 25),
            "dialogs/en/review.yaml:2: 'label' is longer than 24 characters",
        ),
        ("dialogs/en/review.yaml", STAGE.replace("label: L", "label: [L]"), "dialogs/en/review.yaml:2: 'label' must be text"),
        ("dialogs/en/nosuchfolder/x.yaml", "a: b\n", "dialogs/en/nosuchfolder/x.yaml:1: is in no place"),
        (
            "dialogs/en/videos.yaml",
            "videos:\n  adv-cos: {title: T, label: L, about: a, read instead: r}\n",
            "did you mean 'adv-cso'?",
        ),
        ("dialogs/en/reveiw.yaml", STAGE, "'reveiw' is no stage; did you mean review.yaml?"),
        ("dialogs/xx/review.yaml", STAGE, "'xx' is no language of dialogs/languages.yaml; add it there"),
        ("dialogs/en/review.yml", STAGE, "dialogs/en/review.yml:1: is not read; rename it to end in .yaml"),
        ("dialogs/themes.yaml", "themes:\n  - {id: a, group: x, review_by: soon}\n", "dialogs/themes.yaml:2: 'group' must be"),
        ("dialogs/themes.yaml", "themes:\n  - {id: a, group: x, review_by: soon}\n", "'review_by' must be a date like 2027-05-31"),
        ("dialogs/languages.yaml", "languages: []\n", "dialogs/languages.yaml:1: 'languages' is empty"),
        (
            "dialogs/languages.yaml",
            "languages:\n  - {code: en, name: English}\n  - {code: pt, name: P}\n" + DRAFTS,
            "dialogs/pt/_phrases.yaml is missing",
        ),
        (
            "faq/en/visa.yaml",
            "entries:\n  - {id: x, label: L, question: q, also asked: [a], answer: a}\n",
            "'sources' is missing; add it",
        ),
        (
            "faq/en/visa.yaml",
            "entries:\n  - {id: x, label: L, question: q, also asked: [a], answer: a}\n",
            "add 'visa' to dialogs/categories.yaml",
        ),
        (
            "dialogs/sources.yaml",
            "checked: 2026-11-22\nhosts: []\nlinks:\n  - url: http://x.org\npublications: []\n",
            "dialogs/sources.yaml:4: 'url' must be an address beginning with https://",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy(overlay: Path, file: str, text: str, told: str):
    assert told in mistakes(overlay, file, text)


def test_a_name_of_something_that_does_not_exist_gets_did_you_mean(overlay: Path):
    journey = (packaged().base / "dialogs/journey.yaml").read_text(encoding="utf-8")
    told = mistakes(overlay, "dialogs/journey.yaml", journey.replace("people-what", "people-wat", 1))
    assert "'people-wat' is not among the videos; did you mean 'people-what'?" in told


def test_every_mistake_is_told_at_once(overlay: Path):
    (overlay / "dialogs/en/review.yaml").write_text("titel: x\n", encoding="utf-8")
    (overlay / "dialogs/en/mid_term.yaml").write_text("a: &b c\n", encoding="utf-8")
    told = mistakes(overlay, "dialogs/en/advocacy.yaml", "title: [x]\n")
    for file in ("review", "mid_term", "advocacy"):
        assert f"dialogs/en/{file}.yaml:1:" in told


def test_a_phrase_keeps_its_placeholders(overlay: Path):
    phrases = (packaged().base / "dialogs/en/_phrases.yaml").read_text(encoding="utf-8")
    told = mistakes(overlay, "dialogs/en/_phrases.yaml", phrases.replace("on {host}", "on", 1))
    assert "must hold {host}" in told
    told = mistakes(overlay, "dialogs/en/_phrases.yaml", phrases.replace("tips: Tips", "tips: Tips {count}"))
    assert "holds {count}, which nothing fills" in told


def test_a_former_id_has_one_heir_and_is_not_alive(overlay: Path):
    videos = (packaged().base / "dialogs/videos.yaml").read_text(encoding="utf-8")
    two = videos.replace("- id: adv-cso\n", "- id: adv-cso\n    formerly: [old]\n").replace(
        "- id: adv-digital\n", "- id: adv-digital\n    formerly: [old, adv-escr]\n"
    )
    told = mistakes(overlay, "dialogs/videos.yaml", two)
    assert "'old' already leads to 'adv-cso'" in told
    assert "'adv-escr' still exists" in told


def test_what_a_language_lacks_is_shown_in_the_first_with_a_label(overlay: Path):
    from upr_bot.actions import Ask, ShowStage
    from upr_bot.dialog import Knowledge, Reader, respond
    from upr_bot.replies import plain

    base = packaged().base
    (overlay / "dialogs/languages.yaml").write_text(
        "languages:\n  - {code: en, name: English}\n  - {code: it, name: Italiano}\n" + DRAFTS, encoding="utf-8"
    )
    (overlay / "dialogs/it").mkdir()
    phrases = (base / "dialogs/en/_phrases.yaml").read_text(encoding="utf-8")
    italian = (
        phrases.replace(
            "shown_in: This text does not exist in your language yet. Here it is in {language}.",
            "shown_in: Non ancora in italiano ({language}).",
        )
        .replace("guide: Guide\n", "guide: La guida\n")
        .replace("  en: English\n", "  en: inglese\n")
    )
    (overlay / "dialogs/it/_phrases.yaml").write_text(italian, encoding="utf-8")
    (overlay / "dialogs/it/review.yaml").write_text(STAGE.replace("title: T", "title: L'esame"), encoding="utf-8")
    knowledge = Knowledge(replace(load(packaged(overlay)), lessons=Lessons()))
    reader = Reader("it-CH")
    assert "L'esame" in plain(respond(ShowStage("review"), reader, knowledge, NOW).reply.text)
    assert "Non ancora in italiano (inglese)." in plain(respond(ShowStage("advocacy"), reader, knowledge, NOW).reply.text)
    assert "Non ancora" not in plain(respond(ShowStage("advocacy"), Reader("en"), knowledge, NOW).reply.text)
    home = respond(Ask("/start"), reader, knowledge, NOW).reply
    assert [b.label for b in home.rows[0]] == ["English", "Italiano"]
    assert "La guida" in [b.label for b in home.buttons]
    assert respond(Ask("le guide"), reader, knowledge, NOW).reply.options
    assert respond(Ask("guide"), reader, knowledge, NOW).language == "en", "a label of another language goes on in that one"


def test_the_language_of_a_question_is_found_from_its_words_then_from_the_client(overlay: Path):
    """J2, first form: a phone in one language, a question in another."""
    from upr_bot.actions import Ask
    from upr_bot.dialog import Knowledge, Reader, respond

    (overlay / "dialogs/languages.yaml").write_text(
        "languages:\n  - {code: en, name: English}\n  - {code: fr, name: Français}\n  - {code: es, name: E, published: no}\n",
        encoding="utf-8",
    )
    # Its questions are learnt here; what sounds like danger need not be.
    knowledge = Knowledge(replace(load(packaged(overlay)), lessons=Lessons()))
    said = {
        question: respond(Ask(question), Reader("fr"), knowledge, NOW).language
        for question in (
            "deadline for ngo report",
            "jusqu'à quand envoyer notre rapport",
            "UPR",
            "when do embassies meet ombudsman offices",
        )
    }
    assert said == {
        "deadline for ngo report": "en",
        "jusqu'à quand envoyer notre rapport": "fr",
        "UPR": "fr",
        "when do embassies meet ombudsman offices": "en",
    }
    assert respond(Ask("quelle est la date limite des ong"), Reader("en"), knowledge, NOW).language == "fr"
    assert respond(Ask("xyzzy"), Reader("de"), knowledge, NOW).language == "en"
    answer = respond(Ask("jusqu'à quand envoyer notre rapport"), Reader("en"), knowledge, NOW)
    assert answer.language == "fr"
    assert {"Retour", "Accueil"} <= {button.label for button in answer.reply.buttons}
