"""The commands: what scripts rely on, and one sentence for every mistake."""

from __future__ import annotations

import json
import re
import socket
import sys
from pathlib import Path

import pytest

from tests.process import free_port, run

KEYS = {"question", "decision", "id", "candidates", "language", "danger"}


async def test_help_lists_every_command():
    code, out, _ = await run("--help")
    assert code == 0
    for command in ("serve", "chat", "ask", "check", "doctor"):
        assert re.search(rf"^  {command} ", out, re.MULTILINE)


async def test_a_question_as_json_is_json_only():
    code, out, err = await run("ask", "wen can ngo send reprot for upr", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert set(found) == KEYS
    assert (found["decision"], found["id"]) == ("answer", "deadline-cso-submission")
    assert found["id"] == found["candidates"][0]["id"]
    assert found["danger"] is False


async def test_a_batch_is_answered_line_by_line_in_order_and_empty_lines_too():
    questions = [
        "word limit for one organisation",
        "",
        "deadline",
        "what is the weather",
        "ünïcödé \ud83d".encode("utf-8", "replace").decode(),
    ]
    code, out, err = await run("ask", "--batch", typed="\n".join(questions).encode() + b"\n")
    lines = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [line["question"] for line in lines] == questions
    assert [line["decision"] for line in lines] == ["answer", "none", "choose", "none", "none"]
    assert all(set(line) == KEYS and len(line["candidates"]) <= 5 for line in lines)
    assert [line["id"] for line in lines][1:] == [None] * 4


async def test_a_question_for_people_is_a_card():
    code, out, _ = await run("ask", "what is the troika")
    assert code == 0
    assert "Three" in out or "three" in out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["chek"], 2, "did you mean 'check'?"),
        (["ask"], 2, "Give one question"),
        (["ask", "x", "--batch"], 2, "Give one question"),
        (["ask", "x", "--lang", "../en"], 2, "--lang takes a language code; choose one of en, fr, es."),
        (["serve", "--port", "1"], 2, "see `upr-bot serve --help`"),
        (["chat", "extra"], 2, "see `upr-bot chat --help`"),
    ],
)
async def test_a_wrong_call_is_one_sentence_with_the_remedy(arguments: list[str], code: int, told: str):
    got, out, err = await run(*arguments)
    assert got == code
    assert told in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert out == ""


async def test_a_language_we_do_not_have_yet_is_said_and_the_first_one_spoken():
    code, out, err = await run("ask", "word limit for one organisation", "--lang", "sw", "--json")
    assert (code, json.loads(out)["language"]) == (0, "en")
    assert err == "The guide does not speak 'sw' yet; this is English.\n"


async def test_mistaken_settings_stop_the_start_with_a_line_each():
    code, _, err = await run("serve", UPR_TELEGRAM_TOKEN="x", UPR_TELEGRAM_TOKN="y", PORT="0")
    assert code == 2
    assert len(err.splitlines()) == 3


async def test_a_taken_port_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        code, _, err = await run("serve", PORT=str(taken.getsockname()[1]), HOST="127.0.0.1")
    assert code == 1
    assert "already in use" in err
    assert err.count("\n") == 1


async def test_i7_broken_content_stops_the_start_with_its_place(overlay: Path):
    """I7: at start it stops."""
    (overlay / "dialogs/en/review.yaml").write_text("title: The review\nlabl: x\n", encoding="utf-8")
    for command in ("serve", "chat", "ask"):
        arguments = [command, "x"] if command == "ask" else [command]
        code, _, err = await run(*arguments, UPR_CONTENT=str(overlay), PORT=str(free_port()))
        assert code == 1
        assert "dialogs/en/review.yaml:2: unknown key 'labl'; did you mean 'label'?" in err
        assert "Traceback" not in err


async def test_check_tells_every_mistake_and_as_json(overlay: Path):
    (overlay / "dialogs/en/review.yaml").write_text("title: The review\nlabl: x\n", encoding="utf-8")
    code, out, _ = await run("check", UPR_CONTENT=str(overlay))
    assert code == 1
    assert "dialogs/en/review.yaml:2: unknown key" in out
    code, out, _ = await run("check", "--json", UPR_CONTENT=str(overlay))
    assert code == 1
    assert {"file", "line", "message", "warning"} == set(json.loads(out)[0])
    code, out, err = await run("check")
    assert (code, err) == (0, "")
    *doubtful, last = out.splitlines()
    assert last == "The content is in order."
    assert all(line.endswith("(warning)") for line in doubtful)


async def test_schemas_for_editors_are_written(tmp_path: Path):
    code, _, _ = await run("check", "--schema", str(tmp_path / "schemas"))
    assert code == 0
    written = {file.name for file in (tmp_path / "schemas").iterdir()}
    assert {"entries.schema.json", "journey.schema.json", "text-phrases.schema.json"} <= written
    entry = json.loads((tmp_path / "schemas/entries.schema.json").read_text())["$defs"]["EntryItem"]
    assert {"also asked", "review_by", "answer"} <= set(entry["properties"])


async def test_the_doctor_names_what_is_wrong_with_its_remedy():
    code, out, _ = await run("doctor", PORT=str(free_port()))
    assert code == 0
    assert all(line.startswith("ok ") for line in out.splitlines())
    code, out, _ = await run("doctor", UPR_TELEGRAM_TOKEN="123456:aaaaaaaaaaaa", UPR_TELEGRAM_API_URL="http://127.0.0.1:9")
    assert code == 1
    assert "does not answer; check the network" in out
    code, out, _ = await run("doctor", UPR_PUBLIC_URL="http://x.org")
    assert code == 1
    assert out.count("BAD") == 2


async def test_a_reader_that_leaves_a_pipe_is_no_error():
    import asyncio

    process = await asyncio.create_subprocess_shell(
        f"{sys.executable} -m upr_bot chat | head -1",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=__import__("tests.process", fromlist=["x"]).environment(),
    )
    _, err = await process.communicate(b"/guide\n" * 500)
    assert b"Traceback" not in err
