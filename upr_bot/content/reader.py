"""YAML as curators write it: text, lists and mappings with line numbers, nothing else.

Built on the parser's events rather than on `safe_load`, which drops doubled keys, turns `NO` into False and `1.10`
into 1.1, and forgets where a line stood. libyaml's event parser keeps its nesting on the heap, so deep nesting
is an error here, not a crash.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from upr_bot.errors import ContentError, Problem

Data = str | list["Data"] | dict[str, "Data"]
Path = tuple[str | int, ...]

MAX_DEPTH = 8
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file: its data, and the line (from 1) on which each place in it begins."""

    file: str
    data: Data
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Return the line of `path`, or of the nearest place above it that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Refused(Exception):
    def __init__(self, line: int, message: str) -> None:
        self.line, self.message = line, message


def read(file: str, raw: bytes) -> Document:
    """Parse one file. Raises `ContentError` with the place of the first thing that is not plain text, list or mapping."""
    try:
        return _Builder(file, raw).build()
    except _Refused as refused:
        problem = Problem(file, refused.line, refused.message)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "not valid YAML"
        problem = Problem(file, (mark.line + 1) if mark else 1, f"{reason}; check indentation, quotes and brackets")
    raise ContentError([problem])


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class _Builder:
    def __init__(self, file: str, raw: bytes) -> None:
        if len(raw) > MAX_BYTES:
            raise _Refused(1, f"larger than {MAX_BYTES} bytes; split the file")
        if raw.startswith(b"\xef\xbb\xbf"):
            raise _Refused(1, "begins with a byte order mark; save the file as UTF-8 without BOM")
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise _Refused(line, "not valid UTF-8; save the file as UTF-8") from None
        for number, content in enumerate(text.split("\n"), 1):
            if "\t" in content[: len(content) - len(content.lstrip())]:
                raise _Refused(number, "a tab in the indentation; use spaces")
            if not (content.isprintable() or all(c.isprintable() or c in "\t\r\u00a0\u202f\u200c\u200d" for c in content)):
                raise _Refused(number, "a control character; delete it")
        self.file = file
        self.lines: dict[Path, int] = {}
        self.events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=yaml.CSafeLoader))

    def build(self) -> Document:
        next(self.events)  # stream start
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            raise _Refused(1, "the file is empty; write its first key")
        data = self._node(next(self.events), (), 0)
        next(self.events)  # document end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise _Refused(_line(event), "a second document; keep one document a file")
        return Document(self.file, data, self.lines)

    def _node(self, event: yaml.Event, path: Path, depth: int) -> Data:
        line = _line(event)
        self.lines.setdefault(path, line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused(line, "anchors and aliases (& and *) are not used; write the text out, or quote it")
        if getattr(event, "tag", None):
            raise _Refused(line, "tags (!) are not used; quote the text")
        if depth > MAX_DEPTH:
            raise _Refused(line, f"nested deeper than {MAX_DEPTH} levels; check indentation and brackets")
        if isinstance(event, yaml.ScalarEvent):
            return str(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Data] = []
            while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
                items.append(self._node(event, (*path, len(items)), depth + 1))
            return items
        mapping: dict[str, Data] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key_line = _line(event)
            key = self._node(event, (*path, "?"), depth + 1)
            self.lines.pop((*path, "?"), None)
            if not isinstance(key, str):
                raise _Refused(key_line, "a key must be plain text")
            if key in mapping:
                first = self.lines[(*path, key)]
                raise _Refused(key_line, f"doubled key '{key}' (first on line {first}); keep one of them")
            self.lines[(*path, key)] = key_line
            mapping[key] = self._node(next(self.events), (*path, key), depth + 1)
        return mapping
