"""The rules of `upr-bot check`: each broken once, each told with its place and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from upr_bot.check import check_content
from upr_bot.content import load, packaged

BASE = packaged().base


def shipped(file: str) -> str:
    return (BASE / file).read_text(encoding="utf-8")


def told(overlay: Path, **changes: tuple[str, str, str]) -> str:
    """Check the content after replacing, in each file, the first occurrence of a text."""
    for file, old, new in changes.values():
        path = overlay / file
        text = path.read_text(encoding="utf-8") if path.exists() else shipped(file)
        assert old in text, old
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return "\n".join(map(str, check_content(packaged(overlay))))


def test_what_is_shipped_is_in_order():
    assert check_content(packaged()) == []


HAPPENS = "what happens: |\n  "
BROKEN = {
    "texts": [
        ("dialogs/en/review.yaml", HAPPENS, f"{HAPPENS}*open ", "a '*' without its partner"),
        ("dialogs/en/advocacy.yaml", HAPPENS, f"{HAPPENS}<b>x</b> ", "'<b>' looks like HTML"),
        (
            "dialogs/en/stakeholder_submission.yaml",
            HAPPENS,
            f"{HAPPENS}See https://x.org ",
            "'https://' is an address inside a text",
        ),
        ("dialogs/en/pre_session.yaml", HAPPENS, f"{HAPPENS}Write to a@b.org ", "'a@b.org' is an address inside a text"),
        ("dialogs/en/hrc_adoption.yaml", HAPPENS, f"{HAPPENS}See bit.ly/abc now. ", "'bit.ly' is an address inside a text"),
        ("dialogs/en/review.yaml", "label: ", "label: 🙂", "begins with or holds a symbol or emoji"),
        ("dialogs/en/advocacy.yaml", "label: ", "label: 1\ufe0f\u20e3 ", "begins with or holds a symbol or emoji"),
    ],
    "links": [
        ("faq/en/basics.yaml", "https://www.ohchr.org/", "https://www.ohchr.org/nowhere/", "is not in dialogs/sources.yaml; "),
        ("dialogs/sources.yaml", "  - www.ohchr.org\n", "", "host 'www.ohchr.org' is not under hosts"),
        (
            "dialogs/sources.yaml",
            "links:\n",
            "links:\n  - url: https://www.ohchr.org/unused\n",
            "nothing names https://www.ohchr.org/unused",
        ),
        ("dialogs/journey.yaml", "tips: [", "tips: [T011, T012, ", "holds more than 5; move some elsewhere"),
    ],
    "names": [
        ("dialogs/published.yaml", "  - what-is-upr\n", "", "'what-is-upr' is missing under entries; add it"),
        (
            "dialogs/published.yaml",
            "entries:\n",
            "entries:\n  - once-there\n",
            "'once-there' is gone and old buttons still name it",
        ),
        ("dialogs/journey.yaml", ", ext-testify]", "]", "'ext-testify' names the stage"),
        ("dialogs/en/_phrases.yaml", "  - Appointment reminder", "  - Your session soon", "'session' gives away"),
        ("dialogs/en/_phrases.yaml", '"{words} (changed)"', '"{words} (Geneva)"', "'geneva' gives away"),
    ],
    "pairs": [("dialogs/en/_phrases.yaml", "  link: A link, or", "  sink: A link, or", "lacks 'link'")],
}
"""Files, what stands there, what is written instead, and what is told, in the file that holds the mistake or in another."""


@pytest.mark.parametrize("kind", BROKEN)
def test_each_rule_that_is_broken_is_told(overlay: Path, kind: str):
    text = told(overlay, **{str(number): mistake[:3] for number, mistake in enumerate(BROKEN[kind])})
    for file, _, _, message in BROKEN[kind]:
        assert any(message in line and (kind != "texts" or line.startswith(file)) for line in text.splitlines()), (file, message)


def test_mistakes_of_several_kinds_are_told_at_once(overlay: Path):
    text = told(
        overlay,
        a=("dialogs/en/pre_session.yaml", "when: |", "wen: |"),
        b=("dialogs/journey.yaml", "https://www.ohchr.org/en/hr-bodies/upr/ngos-nhris", "https://www.ohchr.org/en/nowhere"),
        c=("faq/en/basics.yaml", "    answer: |\n      ", "    answer: |\n      *open "),
    )
    for expected in ("unknown key 'wen'", "is not in dialogs/sources.yaml", "a '*' without its partner"):
        assert expected in text


def test_two_entries_that_claim_nearly_the_same_question(overlay: Path):
    wording = "word limit: what is it, for joint coalition submissions"
    assert told(overlay, a=("faq/en/basics.yaml", "    also asked:\n", f"    also asked:\n      - '{wording}'\n")) == ""
    same = "For a joint (coalition) submission, what is the word limit?"
    text = told(overlay, a=("faq/en/basics.yaml", "    also asked:\n", f"    also asked:\n      - '{same}'\n"))
    assert re.search(r"faq/en/\w+\.yaml:\d+: '.*' of '.*' is nearly '.*' of '.*'; keep it where it fits better", text)


def test_too_few_wordings_a_doubled_one_and_an_entry_that_no_asking_tests(overlay: Path):
    entry = (
        "  - id: brand-new\n    label: Brand new\n    question: Is this brand new?\n"
        "    also asked: [quite new, quite new]\n    answer: Yes.\n"
        "    sources: []\n    stages: [all]\n    related: []\n    review_by: 2027-05-31\n"
    )
    text = told(overlay, a=("faq/en/basics.yaml", "entries:\n", "entries:\n" + entry))
    assert "faq/en/basics.yaml:2: 'brand-new' has 2 wordings under 'also asked'; it needs 20" in text
    assert "faq/en/basics.yaml:2: 'quite new' stands twice in 'brand-new'" in text
    assert "dialogs/published.yaml" in text
    assert "faq/en/basics.yaml:2: no asking tests 'brand-new'; add one to tests/faq/en.yaml" in text


def test_a_card_that_is_too_long_for_a_phone(overlay: Path):
    """Each text may keep within its own length, and the card be too long all the same."""
    longest = "what happens: |\n  " + "word " * 43 + "\nwho can act: |\n  " + "word " * 35 + "\nwhen: |\n  " + "word " * 43 + "\n"
    (overlay / "dialogs/en/advocacy.yaml").write_text("title: Talking\nlabel: Talking to States\n" + longest, encoding="utf-8")
    tips = re.sub(r"^  (T\d+|[a-z_]+-\d): .*$", r"  \1: " + "word " * 50, shipped("dialogs/en/tips.yaml"), flags=re.MULTILINE)
    (overlay / "dialogs/en/tips.yaml").write_text(tips, encoding="utf-8")
    text = "\n".join(map(str, check_content(packaged(overlay))))
    assert re.search(
        r"dialogs/en/advocacy.yaml:1: the card 'stage__advocacy' has 1[2-9]\d\d characters; shorten its texts to 1200", text
    )


def test_a_term_under_two_heads_and_a_label_used_twice(overlay: Path):
    text = told(
        overlay,
        a=("dialogs/en/glossary.yaml", "    also: [", "    also: [troika, "),
        b=("faq/en/basics.yaml", "    label: Goal of the UPR", "    label: What the UPR is"),
    )
    assert "'troika' stands under" in text
    assert "label 'What the UPR is' is that of 'what-is-upr' too" in text


def test_an_id_too_long_for_a_button(overlay: Path):
    new = "a" * 32
    books = list(load(packaged()).books)
    in_each = [f"dialogs/{language}/{kind}.yaml" for kind in ("themes", "videos") for language in books]
    for file in ("dialogs/themes.yaml", *in_each, "dialogs/videos.yaml", "dialogs/published.yaml"):
        text = shipped(file)
        path = overlay / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(re.sub(r"\bstaying-safe\b", new, text), encoding="utf-8")
    text = shipped("dialogs/videos.yaml").replace("ext-ishr-reprisals", "b" * 32)
    (overlay / "dialogs/videos.yaml").write_text(re.sub(r"\bstaying-safe\b", new, text), encoding="utf-8")
    for file in (*in_each, "dialogs/journey.yaml", "dialogs/themes.yaml", "dialogs/published.yaml"):
        path = overlay / file
        current = path.read_text(encoding="utf-8") if path.exists() else shipped(file)
        path.write_text(current.replace("ext-ishr-reprisals", "b" * 32), encoding="utf-8")
    text = "\n".join(map(str, check_content(packaged(overlay))))
    assert "carries more than 64 bytes; shorten the id" in text
