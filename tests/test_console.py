"""J14 in the terminal, through a pipe: one input a line."""

from __future__ import annotations

from tests import clock
from tests.process import run
from upr_bot.channels.console import Console
from upr_bot.dialog import Knowledge
from upr_bot.guide import Guide


async def test_the_same_talk_through_a_pipe():
    typed = "5\n5\nVideo\nRead instead\nhome\nwen can ngo send reprot for upr\ntroika\n\n"
    code, out, err = await run("chat", typed=typed.encode())
    assert (code, err) == (0, "")
    for expected in (
        "end-to-end",
        "step by step",
        "UPR Info Pre-session",
        "Participating",
        "Marília",
        "six to eight months",
        "Three States",
    ):
        assert expected in out
    assert "  4  What can I do now?" in out
    assert "\x1b" not in out


async def test_bytes_that_are_no_text_and_a_very_long_line_are_answered():
    code, out, err = await run("chat", typed=b"\xff\xfe\x00\n" + b"x" * 100_000 + b"\n99999999999999\n/guide")
    assert (code, err) == (0, "")
    assert "step by step" in out


async def test_links_show_their_host_and_address(knowledge: Knowledge):
    said: list[str] = []
    console = Console(Guide(knowledge, clock), said.append)
    await console.run(["Written submission"])
    assert "ohchr.org" in said[-1]
    assert "https://www.ohchr.org/en/hr-bodies/upr/ngos-nhris" in said[-1]


async def test_numbers_choose_and_words_of_buttons_too(knowledge: Knowledge):
    said: list[str] = []
    console = Console(Guide(knowledge, clock), said.append, colour=True)
    await console.run(["guide", "12", "BACK", "0", "13", "next cycle"])
    assert "Next cycle" in said[3]
    assert "step by step" in said[4]
    assert "no number 0" in said[5]
    assert "\x1b[1m" in said[0]
