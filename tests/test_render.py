"""What Telegram gets: HTML that always closes, lengths as Telegram counts them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.botapi import USERNAME, parsed
from upr_bot.actions import ShowGuide, ShowHome, Step
from upr_bot.channels.console import shown
from upr_bot.channels.telegram.render import clip, html_of, message, units
from upr_bot.channels.web.page import page, text_html
from upr_bot.dialog import Knowledge
from upr_bot.replies import Button, Option, Reply, Run, plain, rich

ANYTHING = st.text(st.one_of(st.characters(), st.sampled_from("<>&;#\"'/ab\n")), max_size=60)
RUNS = st.lists(
    st.builds(Run, ANYTHING, st.booleans(), st.one_of(st.none(), st.text(max_size=20).map("https://example.org/{}".format))),
    max_size=6,
).map(tuple)


@given(runs=RUNS)
def test_i4_whatever_is_said_reads_back_as_said(runs):
    """I4: everything shown in Telegram HTML is escaped, over all of Unicode."""
    text, _ = parsed(html_of(runs), "HTML")
    assert text == plain(runs).replace("\r\n", "\n").replace("\r", "\n") or "\r" in plain(runs)


@given(runs=RUNS, limit=st.integers(1, 80))
def test_i4_a_text_is_cut_between_characters_and_never_inside_markup(runs, limit: int):
    cut = clip(runs, limit)
    assert sum(units(run.text) for run in cut) <= limit
    parsed(html_of(cut), "HTML")
    "".join(run.text for run in cut).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if plain(cut) != plain(runs):
        assert plain(cut).endswith("…")
        assert plain(runs).startswith(plain(cut)[:-1])


@given(text=st.text(max_size=200))
def test_only_closed_bold_marks_are_marks(text: str):
    runs = rich(text)
    assert plain(runs).replace("*", "") == text.replace("*", "")
    assert all(run.text == run.text.strip() for run in runs if run.bold)


@given(runs=RUNS)
def test_a_page_never_lets_words_become_markup(runs):
    html = text_html(runs)
    for forbidden in ("<script", "<img", "javascript:"):
        if forbidden in html:
            assert forbidden in plain(runs).lower() or any(forbidden in (run.url or "") for run in runs)
    assert html.count("<") == html.count(">")


def test_i4_hostile_words_are_shown_as_words_everywhere(knowledge: Knowledge):
    reply = Reply((Run("<script>alert(1)</script> & <b>"),), ((Button("<i>x</i>", Step(ShowHome(), "en")),),))
    book = knowledge.library.first
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in page(reply, book, [book])
    assert "<script" not in page(reply, book, [book])
    assert "&lt;script&gt;" in message(reply, USERNAME)["text"]
    assert "<script>alert(1)</script>" in shown(reply)


def test_previews_are_off_and_a_numbered_card_carries_what_it_asks():
    options = (Option("One", Button("One", Step(ShowHome(), "en"))),)
    shown_ = message(Reply((Run("Choose"),), asks=Step(ShowGuide(), "en"), options=options), USERNAME)
    assert shown_["link_preview_options"] == {"is_disabled": True}
    text, links = parsed(shown_["text"], "HTML")
    assert text == "\u200bChoose\n\n1. One"
    assert [link["url"] for link in links] == [f"https://t.me/{USERNAME}?start=en__guide"]


def test_i4_a_very_long_card_still_fits_a_message():
    shown_ = message(Reply((Run("𝒳 " * 3000),)), USERNAME)
    assert units(shown_["text"]) <= 4096
    plain_ = message(Reply((Run("x" * 4000, url="https://example.org/" + "y" * 500),)), USERNAME, formatted=False)
    assert units(plain_["text"]) <= 4096
