"""What `make mutants` found: a table of the altered modules, each survivor with its place, exit 1 when too many live.

mutmut alters and runs ([tool.mutmut] in pyproject.toml); `mutants.toml` has the groups, the floor and what is equivalent.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key as names_of

KILLED: Final = {"killed", "timeout"}
"""A mutant that never comes back is noticed, too. All else lives: what no test reaches, and what was not tried."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """An alteration that no test noticed."""

    file: str
    line: int
    was: str
    now: str

    @property
    def change(self) -> tuple[str, str, str]:
        """Return what `mutants.toml` knows it by: line numbers move."""
        return self.file, self.was, self.now

    def __str__(self) -> str:
        return f"{self.file}:{self.line}\n    - {self.was}\n    + {self.now}"


@dataclass(frozen=True, slots=True)
class Module:
    """What became of the mutants of one file. `counted`: all that somebody could notice."""

    file: str
    counted: int
    killed: int
    survivors: tuple[Survivor, ...]


def _row(name: str, mutants: int, killed: int) -> str:
    return f"{name:<44}{mutants:>8}{killed:>8}{mutants - killed:>9}{_share(killed, mutants):>7.1f} %"


def _share(killed: int, mutants: int) -> float:
    return 100 * killed / mutants if mutants else 0.0


def _survivor(file: str, name: str) -> Survivor:
    diff = get_diff_for_mutant(name, path=file).splitlines()[2:]
    was, now = ([line[1:].strip() for line in diff if line.startswith(sign)] for sign in "-+")
    return Survivor(file, _line(file, name, was[0] if was else ""), " ".join(was), " ".join(now))


def _line(file: str, name: str, text: str) -> int:
    """Return the number of the altered line, looked for within its function."""
    source = Path(file).read_text(encoding="utf-8")
    function, class_ = names_of(name)
    body: list[ast.stmt] = ast.parse(source).body
    if class_:
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == class_)
    wanted = function.rpartition(".")[-1]
    node = next(n for n in body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == wanted)
    lines = source.splitlines()
    return next((at for at in range(node.lineno, (node.end_lineno or 0) + 1) if lines[at - 1].strip() == text), node.lineno)


def _module(file: str, explained: set[tuple[str, str, str]]) -> Module:
    """Return what became of a file's mutants. What is explained and found is taken out of `explained`."""
    data = SourceFileMutationData(path=Path(file))
    data.load()
    found = {name: status_by_exit_code[code] for name, code in data.exit_code_by_key.items()}
    living = [_survivor(file, name) for name, status in found.items() if status not in KILLED]
    known = {s.change for s in living} & explained
    explained -= known
    rest = tuple(s for s in living if s.change not in known)
    counted = len(found) - (len(living) - len(rest))
    return Module(file, counted, counted - len(rest), rest)


def report(rules: Mapping[str, Any]) -> int:
    """Print the table and the survivors; return 1 when a module is below the floor or an explanation fits nothing."""
    explained = {(e["file"], e["was"], e["now"]) for e in rules.get("equivalent", ())}
    listed = len(explained)
    print(f"{'':<44}{'mutants':>8}{'killed':>8}{'survived':>9}{'share':>9}")
    modules: list[Module] = []
    for group, files in rules["groups"].items():
        here = [_module(file, explained) for file in files]
        print(_row(group, sum(m.counted for m in here), sum(m.killed for m in here)))
        for module in here:
            print(_row(f"  {module.file}", module.counted, module.killed))
        modules += here
    print(f"\n{listed - len(explained)} more change nothing that anybody could notice; tools/mutants.toml says why.\n")
    for module in modules:
        for survivor in module.survivors:
            print(survivor)
    bad = [m.file for m in modules if _share(m.killed, m.counted) < rules["floor"]]
    if bad:
        print(
            f"\nBelow {rules['floor']} %: {', '.join(bad)}. Write the test that notices, or say in tools/mutants.toml why none can."
        )
    for file, was, now in sorted(explained):
        print(f"\n{file}: no survivor turns `{was}` into `{now}`; take it out of tools/mutants.toml.")
    return 1 if bad or explained else 0


if __name__ == "__main__":
    sys.exit(report(tomllib.loads(Path(__file__).with_name("mutants.toml").read_text(encoding="utf-8"))))
