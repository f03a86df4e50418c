"""The package: content and program in one wheel that works anywhere."""

from __future__ import annotations

import asyncio
import re
import sys
import zipfile
from pathlib import Path

from tests.process import ROOT, environment


async def run(*command: str, cwd: Path, **settings: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=environment(**settings), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 100)
    return process.returncode or 0, out.decode()


TOKEN = re.compile(rb"(?<![A-Za-z0-9_-])\d{8,12}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])")
KEY = re.compile(rb"(?<![A-Za-z0-9+/])\d{1,5}:[A-Za-z0-9+/]{43}=")


async def test_s3_the_wheel_holds_the_content_no_secret_and_answers_from_any_folder(tmp_path: Path):
    """`pip install .` gives a working guide: nothing of the checkout is needed, and nothing is written."""
    build = (
        sys.executable,
        "-m",
        "pip",
        "wheel",
        str(ROOT),
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-q",
        "-w",
        str(tmp_path),
    )
    code, said = await run(*build, cwd=tmp_path)
    assert code == 0, said
    site = tmp_path / "site"
    with zipfile.ZipFile(next(tmp_path.glob("upr_guide-*.whl"))) as wheel:
        names = wheel.namelist()
        wheel.extractall(site)
    assert not [name for name in names if name.startswith(("tests/", "bench/")) or "sealed" in name]
    assert len(names) > 100
    for file in site.rglob("*"):
        if file.is_file():
            assert not TOKEN.search(file.read_bytes()), file
            assert not KEY.search(file.read_bytes()), file
    assert not [name for name in names if name.endswith((".sqlite3", ".env", ".pem", "keys"))]
    before = {file for file in site.rglob("*") if "__pycache__" not in str(file)}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    settings = {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    code, said = await run(sys.executable, "-m", "upr_bot", "check", cwd=elsewhere, **settings)
    assert code == 0
    assert said.endswith("The content is in order.\n")
    code, said = await run(sys.executable, "-m", "upr_bot", "ask", "what is the troika", cwd=elsewhere, **settings)
    assert code == 0
    assert "rapporteurs" in said or "troika" in said
    assert {file for file in site.rglob("*") if "__pycache__" not in str(file)} == before
    assert not list(elsewhere.iterdir())
