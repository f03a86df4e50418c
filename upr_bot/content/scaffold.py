"""The empty house of a further language: every file of the first one, each text waiting behind TODO for its translation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from upr_bot.content.loader import TODO, UNSHOWN, Source, load
from upr_bot.content.reader import read
from upr_bot.errors import UsageError

LANGUAGES: Final = "dialogs/languages.yaml"
_OF_THE_ENTRY: Final = frozenset({"sources", "check", "stages", "related", "twins", "review by", "review_by", "formerly"})
"""Keys of an entry that belong to it and not to a language: a translation leaves them out."""


def scaffold(source: Source, code: str, name: str, direction: str = "ltr") -> Iterator[tuple[str, str]]:
    """Yield (path, text) of every file of a new language, and of `languages.yaml` with it, unpublished.

    `code`: such as `pt` or `zh-Hant`; `name`: in the language itself; `direction`: `ltr` or `rtl`.
    Raises `UsageError` when the language is there already.
    """
    files = source.files()
    first = load(source).first.language
    listed = files[LANGUAGES].read_text(encoding="utf-8")
    if any(item.get("code") == code for item in read(LANGUAGES, listed.encode()).data["languages"]):  # type: ignore[call-overload,index,union-attr]
        raise UsageError(f"The language {code} is in {LANGUAGES} already; write its texts in dialogs/{code} and faq/{code}.")
    turned = "" if direction == "ltr" else f"\n    direction: {direction}"
    yield LANGUAGES, f"{listed.rstrip()}\n  - code: {code}\n    name: {name}{turned}\n    published: no\n"
    for path, file in sorted(files.items()):
        room, *rest = path.split("/")
        if len(rest) == 2 and rest[0] == first and rest[1] not in UNSHOWN:
            data = read(path, file.read_bytes()).data
            made = _entries(data) if room == "faq" else _waiting(data)
            yield f"{room}/{code}/{rest[1]}", _written(made)


def write(source: Source, code: str, name: str, direction: str) -> list[Path]:
    """Write the scaffold beside the content it is made from; return the files. Raises `UsageError` rather than overwrite one."""
    root = source.overlay or source.base
    made = [(root / path, text) for path, text in scaffold(source, code, name, direction)]
    if there := next((file for file, _ in made[1:] if file.exists()), None):
        raise UsageError(f"{there.relative_to(root)} exists; move it away, or go on writing there.")
    for file, text in made:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return [file for file, _ in made]


def _entries(data: Any) -> Any:
    """Return the questions of a file without what belongs to the entry."""
    asked = [f"{TODO} eight or more wordings, as people type them"]
    kept = [{key: value for key, value in entry.items() if key not in _OF_THE_ENTRY} for entry in data["entries"]]
    for entry in kept:
        for key in entry.keys() - {"id"}:
            entry[key] = [*asked] if key == "also asked" else _waiting(entry[key])
    return {"entries": kept}


def _waiting(data: Any) -> Any:
    """Return the same shape with every text behind TODO."""
    if isinstance(data, str):
        return f"{TODO} {data}"
    if isinstance(data, list):
        return [_waiting(item) for item in data]
    return {key: _waiting(value) for key, value in data.items()}


class _Writer(yaml.SafeDumper):
    """Writes long texts as blocks, as our files have them."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Writer.add_representer(str, _text)


def _written(data: Any) -> str:
    return yaml.dump(data, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=10_000)
