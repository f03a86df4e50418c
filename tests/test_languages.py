"""A road for every next language: scaffold, drafts, parity, other scripts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import NOW
from tests.botapi import USERNAME
from upr_bot import actions as a
from upr_bot.channels.telegram.render import RTL_MARK, message
from upr_bot.channels.web.page import page
from upr_bot.check import check_content
from upr_bot.check.parity import numbers
from upr_bot.content import Lessons, Library, load, packaged
from upr_bot.content.scaffold import scaffold
from upr_bot.dialog import Knowledge, Reader, respond
from upr_bot.errors import UsageError
from upr_bot.faq.normalise import tokens
from upr_bot.folding import folded
from upr_bot.guide import Guide
from upr_bot.replies import plain


def written(folder: Path, code: str = "pt", name: str = "Português", direction: str = "ltr") -> Path:
    """Write the scaffold of a language into an overlay."""
    for path, text in scaffold(packaged(), code, name, direction):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def published(folder: Path, code: str = "pt") -> Path:
    """Publish a scaffold with its texts still English behind TODO."""
    languages = folder / "dialogs/languages.yaml"
    languages.write_text(languages.read_text().replace("    published: no\n", ""))
    for file in (*(folder / "dialogs" / code).iterdir(), *(folder / "faq" / code).iterdir()):
        data = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)
        file.write_text(yaml.safe_dump(_done(data), allow_unicode=True, sort_keys=False, width=10_000), encoding="utf-8")
    return folder


def _done(data: Any) -> Any:
    if isinstance(data, str):
        return data.removeprefix("TODO ")
    return [_done(item) for item in data] if isinstance(data, list) else {key: _done(value) for key, value in data.items()}


def test_a_new_language_is_a_whole_house_that_nobody_is_shown(tmp_path: Path) -> None:
    folder = written(tmp_path)
    library = load(packaged(folder))
    assert "pt" not in library.books
    assert not [p for p in check_content(packaged(folder)) if "/pt/" in p.file]
    made = {str(f.relative_to(folder)).replace("/pt/", "/en/") for f in folder.rglob("*.yaml")} - {"dialogs/languages.yaml"}
    shipped = {p for p in packaged().files() if p.split("/")[1] == "en"} - {"faq/en/_elsewhere.yaml", "faq/en/_danger.yaml"}
    assert made == shipped


def test_the_languages_that_are_shipped_say_all_that_the_first_one_says(library: Library) -> None:
    """English, French and Spanish: nothing is borrowed, nothing is left to be found fault with."""
    assert list(library.books) == ["en", "fr", "es"]
    for kind in ("stages", "tips", "videos", "themes", "terms", "entries"):
        for code, book in library.books.items():
            texts = getattr(book, kind)
            assert list(texts) == list(getattr(library.first, kind)), (code, kind)
            assert {text.language for text in texts.values()} == {code}, (code, kind)
    assert [str(p) for p in check_content(packaged(), drafts=True)] == []


def test_what_is_left_to_write_is_one_clear_list(tmp_path: Path) -> None:
    found = check_content(packaged(written(tmp_path)), drafts=True)
    todo = [p for p in found if "still to be written" in p.message]
    assert len(todo) > 1000
    assert len([p for p in found if "wordings under 'also asked'; it needs 8" in p.message]) == len(load(packaged()).first.entries)
    themes = tmp_path / "dialogs/pt/themes.yaml"
    written_one = themes.read_text(encoding="utf-8").replace("TODO Digital advocacy", "Incidência digital", 1)
    themes.write_text(written_one, encoding="utf-8")
    after = check_content(packaged(tmp_path), drafts=True)
    assert len([p for p in after if "still to be written" in p.message]) == len(todo) - 1


def test_a_language_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    folder = written(tmp_path)
    with pytest.raises(UsageError, match="already"):
        list(scaffold(packaged(folder), "pt", "Português"))


@pytest.mark.parametrize(
    "mistakes",
    [
        [
            ("dialogs/pt/_phrases.yaml", "days_left:\n  one: 1 day left\n", "days_left:\n", "lacks the plural form 'one'"),
            ("faq/pt/basics.yaml", "2006", "2007", "'2006' stands in the first language and not here"),
        ],
        [("dialogs/pt/tips.yaml", "  T001: ", "  T999: ", "unknown id 'T999'")],
        [("dialogs/pt/_phrases.yaml", "{host}", "{hots}", "must hold {host}")],
    ],
    ids=["says otherwise", "unknown id", "placeholder"],
)
def test_what_a_language_says_otherwise_is_told(tmp_path: Path, mistakes: list[tuple[str, str, str, str]]) -> None:
    folder = published(written(tmp_path))
    for file, old, new, _ in mistakes:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    found = check_content(packaged(folder))
    for file, _, _, expected in mistakes:
        assert any(expected in p.message and p.file == file for p in found), expected


def test_what_a_language_lacks_is_told_and_shown_in_the_first_with_a_label(tmp_path: Path) -> None:
    folder = published(written(tmp_path))
    (folder / "dialogs/pt/review.yaml").unlink()
    told = [p.message for p in check_content(packaged(folder))]
    assert any("the text of 'review' (stages) is missing" in words for words in told)
    assert any("is English; translate it" in words for words in told)
    turn = respond(a.ShowStage("review"), Reader("pt"), Knowledge(load(packaged(folder))), NOW)
    assert "Here it is in English" in plain(turn.reply.text)


@pytest.mark.parametrize("code", ["pt-PT", "zz", "", "x" * 64_000, "pt_BR", "../etc", "PT"])
def test_a_language_we_do_not_have_falls_back(tmp_path: Path, knowledge: Knowledge, code: str) -> None:
    assert respond(a.ShowHome(), Reader(code), knowledge, NOW).language == "en"


def test_numbers_are_compared_without_their_separators() -> None:
    assert numbers("2,815 words by 17 July 2026, 4.5 years") == numbers("2 815 palabras, el 17 de julio de 2026; 4,5 años")
    assert numbers("three, 3 or 12") == frozenset()
    assert numbers("in 2027") != numbers("in 2028")


# --- other scripts: a tiny Arabic and Chinese guide ------------------------------------------------------------------------------

SAMPLES = {
    "ar": ("العربية", "rtl", "ما هو الاستعراض الدوري الشامل؟", "UPR هو مراجعة.\n\n193 دولة.", "ماهو الإستعراض الدورى الشامـل"),
    "zh": ("中文", "ltr", "什么是普遍定期审议?", "UPR 是联合国的审议。", "普遍定期审议是什么"),
}


@pytest.fixture(scope="module", params=SAMPLES)
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Knowledge]:
    """A guide whose further language says one thing in its own script, and the rest in English."""
    code = request.param
    name, direction, question, answer, _ = SAMPLES[code]
    folder = written(tmp_path_factory.mktemp(code), code, name, direction)
    published(folder, code)
    alone = f"languages:\n  - {{code: en, name: English}}\n  - {{code: {code}, name: {name}, direction: {direction}}}\n"
    drafts = "  - {code: fr, name: F, published: no}\n  - {code: es, name: E, published: no}\n"
    (folder / "dialogs/languages.yaml").write_text(alone + drafts, encoding="utf-8")
    for file in (folder / "faq" / code).iterdir():
        file.unlink()
    entry = {
        "id": "what-is-upr",
        "label": name,
        "question": question,
        "also asked": [f"{question} {n}" for n in range(8)],
        "answer": answer,
    }
    (folder / "faq" / code / "basics.yaml").write_text(yaml.safe_dump({"entries": [entry]}, allow_unicode=True), encoding="utf-8")
    # Its questions are learnt here; what sounds like danger need not be.
    return code, Knowledge(replace(load(packaged(folder)), lessons=Lessons()))


async def test_another_script_is_shown_in_every_channel_and_its_questions_are_found(sample: tuple[str, Knowledge]) -> None:
    code, knowledge = sample
    _, direction, question, _, typed = SAMPLES[code]
    guide = Guide(knowledge, lambda: NOW)
    turn = await guide.serve(a.Ask(typed), Reader(code))
    assert turn.language == code
    assert question in plain(turn.reply.text)
    sent = message(turn.reply, USERNAME)["text"]
    lines = [line for line in re.sub(r"<[^>]+>|\u200b", "", sent).split("\n") if line]
    assert all(line.startswith(RTL_MARK) for line in lines) == (direction == "rtl")
    html = page(turn.reply, knowledge.library.books[code], knowledge.library.books.values())
    assert f'<html lang="{code}" dir="{direction}">' in html


def test_letters_and_digits_of_arabic_and_persian_keyboards_are_one() -> None:
    assert folded("الإستعراض الدورىّ") == folded("الاستعراض الدوري")
    assert folded("گزارش یک") == folded("گزارش يك")
    assert folded("\u0640".join("مراجعة")) == folded("مراجعه")
    assert folded("٢٠٢٧ ۱۳") == "2027 13"
    assert tokens("می‌خواهم") == tokens("میخواهم")


def test_chinese_is_read_in_pairs_and_latin_words_in_it_stay_whole() -> None:
    assert tokens("普遍定期审议UPR") == ["普遍", "遍定", "定期", "期审", "审议", "upr"]
    assert tokens("三") == ["三"]
