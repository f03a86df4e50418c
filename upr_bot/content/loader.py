"""Files → `Library`, or every mistake at once.

Here stand the rules without which the guide cannot run: the files parse, have the right shape, and name only ids that exist.
The rules of good content (links, askings, nearness, buttons) are in `upr_bot.check`.
"""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from upr_bot.content import calendar as c
from upr_bot.content import model as m
from upr_bot.content.lessons import Lessons
from upr_bot.content.phrases import Phrases
from upr_bot.content.reader import Document, read
from upr_bot.errors import ContentError, Problem

T = TypeVar("T", bound=BaseModel)

CONTRACTS: Mapping[str, type[BaseModel]] = {
    "dialogs/languages.yaml": m.LanguagesFile,
    "dialogs/journey.yaml": m.JourneyFile,
    "dialogs/tips.yaml": m.TipsFile,
    "dialogs/videos.yaml": m.VideosFile,
    "dialogs/themes.yaml": m.ThemesFile,
    "dialogs/glossary.yaml": m.GlossaryFile,
    "dialogs/categories.yaml": m.CategoriesFile,
    "dialogs/windows.yaml": c.WindowsFile,
    "dialogs/countries.yaml": c.CountriesFile,
    "dialogs/sessions.yaml": c.SessionsFile,
    "dialogs/helpers.yaml": m.HelpersFile,
    "dialogs/sources.yaml": m.SourcesFile,
    "dialogs/giveaways.yaml": m.GiveawaysFile,
    "dialogs/published.yaml": m.PublishedFile,
}
"""Files that exist once."""

TEXTS: Mapping[str, type[BaseModel]] = {
    "_phrases.yaml": Phrases,
    "tips.yaml": m.TipsText,
    "videos.yaml": m.VideosText,
    "themes.yaml": m.ThemesText,
    "glossary.yaml": m.GlossaryText,
    "categories.yaml": m.CategoriesText,
    "windows.yaml": c.WindowsText,
    "helpers.yaml": m.HelpersText,
}
"""Files of each language folder in `dialogs/`; every other file there is a stage."""

TODO = "TODO"
"""How a text begins that `upr-bot add-language` left to be written."""
ELSEWHERE = "_elsewhere.yaml"
DANGER = "_danger.yaml"
UNSHOWN: Mapping[str, type[BaseModel]] = {ELSEWHERE: m.ElsewhereFile, DANGER: m.DangerFile}
"""Files of each language folder in `faq/` that teach and are shown to nobody; every other file there is a category."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the content is read from: the packaged folders, and one whose files replace files of the same path."""

    base: Path
    overlay: Path | None = None

    @property
    def compiled(self) -> tuple[Path, ...]:
        """Return where the question index of this content may stand, the place to write it last."""
        return tuple(root / "faq" / "questions.npz" for root in filter(None, (self.base, self.overlay)))

    def files(self) -> dict[str, Path]:
        """Return path in the content → file, for every `.yaml` below `dialogs/` and `faq/`."""
        found: dict[str, Path] = {}
        for root in filter(None, (self.base, self.overlay)):
            for room in ("dialogs", "faq"):
                for folder, below, names in os.walk(root / room, onerror=_unreadable, followlinks=True):
                    if len(Path(folder).relative_to(root).parts) > 3:
                        below.clear()
                    for name in sorted(names):
                        if name.lower().endswith((".yaml", ".yml")):
                            file = Path(folder) / name
                            found[file.relative_to(root).as_posix()] = file
        return found


def _unreadable(error: OSError) -> None:
    """Refuse a folder that is there and cannot be read; `os.walk` would pass it over."""
    if not isinstance(error, FileNotFoundError):
        raise ContentError([Problem(str(error.filename), 1, f"cannot be read ({error.strerror}); check its rights")])


def packaged(overlay: Path | None = None) -> Source:
    """Return the content that was shipped with the program, or that stands beside it in a checkout."""
    here = Path(__file__).resolve().parents[1]
    return Source(here if (here / "dialogs").is_dir() else here.parent, overlay)


def load(source: Source) -> m.Library:
    """Read the whole content. Raises `ContentError` with every mistake, in the order of files and lines."""
    return parse(source).library()


def parse(source: Source, *, drafts: bool = False, lessons: bool = False) -> Parsed:
    """Read and shape every file, for `load` and for the rules of `check`, which also need the lines.

    `drafts`: languages that are not published yet too. `lessons`: what the alarm learns from too.
    """
    return Parsed(source, drafts=drafts, lessons=lessons)


class Parsed:
    """The files of the content, shaped, with their lines; `problems` grows as mistakes are found."""

    def __init__(self, source: Source, *, drafts: bool = False, lessons: bool = False) -> None:
        self.drafts = drafts
        self.lessons: list[tuple[str, Path, bytes]] = []
        """(Path, file, digest of its bytes) of what the alarm learns from."""
        self.problems: list[Problem] = []
        self.documents: dict[str, Document] = {}
        self.models: dict[str, BaseModel] = {}
        digest = hashlib.sha256()
        for path, file in source.files().items():
            try:
                if file.exists() and not file.is_file():
                    self.problem(path, (), "is no plain file; put a file there or take it away")
                    continue
                raw = file.read_bytes()
            except OSError as error:
                self.problem(path, (), f"cannot be read ({error.strerror}); check its rights")
                continue
            digest.update(f"{path}\0{len(raw)}\0".encode(errors="surrogateescape") + raw)
            if path.endswith(f"/{DANGER}"):
                self.lessons.append((path, file, hashlib.sha256(raw).digest()))
                if not lessons:
                    continue
            try:
                self.documents[path] = read(path, raw)
            except ContentError as error:
                self.problems += error.problems
        self.version = digest.hexdigest()[:10]
        if not drafts:
            unfinished = self._unpublished()
            self.documents = {p: d for p, d in self.documents.items() if p.count("/") < 2 or p.split("/")[1] not in unfinished}
        for path, document in self.documents.items():
            self._shape(path, document)
        for path in CONTRACTS:
            if path not in self.documents and not any(p.file == path for p in self.problems):
                self.problem(path, (), "the file is missing; restore it")

    def _unpublished(self) -> set[str]:
        """Return the languages that say of themselves that they are not published yet."""
        document = self.documents.get("dialogs/languages.yaml")
        items = document.data.get("languages") if document and isinstance(document.data, dict) else None
        told = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        return {str(item.get("code")) for item in told if item.get("published") == "no"}

    def problem(self, file: str, path: tuple[str | int, ...], message: str) -> None:
        """Note one mistake at a place in a file."""
        document = self.documents.get(file)
        self.problems.append(Problem(file, document.line(path) if document else 1, message))

    def library(self) -> m.Library:
        """Return the joined content. Raises `ContentError` when anything is wrong so far or does not fit together."""
        if self.problems:
            raise ContentError(self.problems)
        library = _Join(self).library()
        if self.problems:
            raise ContentError(self.problems)
        return library

    def get(self, path: str, kind: type[T]) -> T | None:
        """Return a shaped file, or None when it is not there."""
        found = self.models.get(path)
        return found if isinstance(found, kind) else None

    def past_review(self, day: dt.date) -> int:
        """Return how many texts were to be read again before a day."""
        items = (item for shaped in self.models.values() for name in type(shaped).model_fields for item in _items(shaped, name))
        return sum(1 for item in items if (until := getattr(item, "review_by", None)) and until < day)

    def entry_files(self, language: str) -> Iterator[tuple[str, m.EntriesFile]]:
        """Yield (category, file) of the questions in one language."""
        for path, shaped in self.models.items():
            if isinstance(shaped, m.EntriesFile) and path.split("/")[1] == language:
                yield path.split("/")[-1].removesuffix(".yaml"), shaped

    def _shape(self, path: str, document: Document) -> None:
        kind = _kind_of(path)
        if not path.endswith(".yaml"):
            self.problem(path, (), "is not read; rename it to end in .yaml")
            return
        if kind is None:
            self.problem(path, (), "is in no place where content is read; see docs/curators.md for the folders")
            return
        try:
            self.models[path] = kind.model_validate(_unmarked(document.data) if self.drafts else document.data)
        except ValidationError as error:
            for mistake in error.errors(include_url=False, include_input=False):
                self.problem(path, tuple(mistake["loc"]), _sentence(mistake, kind))


def _items(shaped: BaseModel, name: str) -> tuple[Any, ...]:
    """Return what a file lists under a name."""
    found = getattr(shaped, name)
    return found if isinstance(found, tuple) else ()


def _unmarked(data: Any) -> Any:
    """Return the data of a draft as if its texts were written: what is behind TODO has the right shape. Wordings have none."""
    if isinstance(data, str):
        return data.removeprefix(f"{TODO} ")
    if isinstance(data, list):
        return [_unmarked(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {
        key: [w for w in value if not str(w).startswith(TODO)]
        if key == "also asked" and isinstance(value, list)
        else _unmarked(value)
        for key, value in data.items()
    }


def _kind_of(path: str) -> type[BaseModel] | None:
    if path in CONTRACTS:
        return CONTRACTS[path]
    parts = path.split("/")
    if len(parts) == 3 and parts[0] == "faq":
        return UNSHOWN.get(parts[2], m.EntriesFile)
    if len(parts) == 3:
        return TEXTS.get(parts[2], m.StageText)
    return None


def _sentence(mistake: Mapping[str, Any], kind: type[BaseModel]) -> str:
    """Turn one pydantic error into words a curator can act on."""
    key = next((str(part) for part in reversed(mistake["loc"]) if isinstance(part, str) and part != "[key]"), "the file")
    context = mistake.get("ctx", {})
    match mistake["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(key, _keys(kind), n=1)
            return f"unknown key '{key}'; " + (f"did you mean '{near[0]}'?" if near else "delete it")
        case "missing":
            return f"'{key}' is missing; add it"
        case "string_too_long":
            return f"'{key}' is longer than {context['max_length']} characters; shorten it"
        case "string_too_short" | "too_short":
            return f"'{key}' is empty or too short; it needs at least {context.get('min_length', 1)}"
        case "too_long":
            return f"'{key}' holds more than {context.get('max_length')}; move some elsewhere"
        case "string_type":
            return f"'{key}' must be text; write words after it, or quote them"
        case "tuple_type" | "list_type":
            return f"'{key}' must be a list; begin each item with '- '"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"'{key}' must hold keys and values; check the indentation"
        case "literal_error":
            return f"'{key}' must be {context['expected']}"
        case "string_pattern_mismatch" if str(context.get("pattern", "")).startswith("^https"):
            return f"'{key}' must be an address beginning with https://"
        case "string_pattern_mismatch":
            return f"'{key}' has characters that do not belong there (one line, or an id of letters, digits, - and _)"
        case "value_error":
            return f"'{key}' {context['error']}"
    return f"'{key}': {mistake['msg']}"


def _keys(kind: type[BaseModel]) -> list[str]:
    """Return every key that can stand anywhere in a file of this kind."""
    keys: list[str] = []
    pending: list[Any] = [kind]
    seen: set[Any] = set()
    while pending:
        current = pending.pop()
        if isinstance(current, type) and issubclass(current, BaseModel):
            if current in seen:
                continue
            seen.add(current)
            for name, field in current.model_fields.items():
                keys.append(field.alias or name)
                pending.append(field.annotation)
        else:
            pending += getattr(current, "__args__", ())
    return keys


class _Join:
    """Joins contracts and texts into one book per language."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed
        self.places: dict[tuple[str, ...], m.Place] = {}

    def file(self, path: str, kind: type[T]) -> T:
        found = self.parsed.get(path, kind)
        assert found is not None, path  # Parsed refuses a missing contract before this
        return found

    def library(self) -> m.Library:
        languages = self.file("dialogs/languages.yaml", m.LanguagesFile).languages
        first = languages[0].code
        books: dict[str, m.Book] = {}
        for index, item in enumerate(languages):
            if not item.published and not self.parsed.drafts:
                continue
            if item.code in books:
                self.parsed.problem("dialogs/languages.yaml", ("languages", index), f"doubled code '{item.code}'; keep one")
            if self.parsed.get(f"dialogs/{item.code}/_phrases.yaml", Phrases) is None:
                self.parsed.problem("dialogs/languages.yaml", (), f"dialogs/{item.code}/_phrases.yaml is missing; write it")
                continue
            books[item.code] = self._book(item, first, books.get(first))
        self._strays([item.code for item in languages])
        if not self.parsed.problems:
            self._references(books[first])
        sources = self.file("dialogs/sources.yaml", m.SourcesFile)
        return m.Library(
            books=books,
            titles={link.url: link.title for link in sources.links if link.title},
            successors=self._successors(first) if not self.parsed.problems else {},
            version=self.parsed.version,
            checked=sources.checked,
            calendar=c.calendar_of(
                self.file("dialogs/countries.yaml", c.CountriesFile),
                self.file("dialogs/sessions.yaml", c.SessionsFile),
                self.file("dialogs/windows.yaml", c.WindowsFile),
                sources.checked,
            ),
            lessons=self._lessons(books),
            giveaways=tuple(w for words in self.file("dialogs/giveaways.yaml", m.GiveawaysFile).words.values() for w in words),
            places=self.places,
        )

    def _lessons(self, books: Mapping[str, m.Book]) -> Lessons:
        """Return what the alarm learns from, in the languages that are published."""
        taken = [lesson for lesson in self.parsed.lessons if lesson[0].split("/")[1] in books]
        digest = hashlib.sha256(b"".join(named for *_, named in taken)).hexdigest()[:16]
        return Lessons(tuple((path, file) for path, file, _ in taken), digest)

    def _book(self, language: m.LanguageItem, first: str, fallback: m.Book | None) -> m.Book:
        code = language.code
        stages: dict[str, m.Stage] = {}
        for number, stage in enumerate(self.file("dialogs/journey.yaml", m.JourneyFile).stages, 1):
            path = f"dialogs/{code}/{stage.id}.yaml"
            if stage.id in stages:
                self.parsed.problem("dialogs/journey.yaml", ("stages", number - 1), f"doubled id '{stage.id}'; ids are used once")
            text = self.parsed.get(path, m.StageText)
            if text is None:
                self._missing(stages, stage.id, path, (), fallback.stages if fallback else None)
                continue
            self.places["stages", code, stage.id] = m.Place(path, 1)
            shared = stage.model_dump(include={"id", "tips", "more_tips", "videos", "entries", "links"})
            stages[stage.id] = m.Stage(number=number, language=code, **shared, **text.model_dump())
        strange = self.parsed.get(f"faq/{code}/{ELSEWHERE}", m.ElsewhereFile)
        return m.Book(
            language=code,
            name=language.name,
            direction=language.direction,
            phrases=self.file(f"dialogs/{code}/_phrases.yaml", Phrases),
            stages=stages,
            tips=self._halves(
                self.file("dialogs/tips.yaml", m.TipsFile).tips,
                f"dialogs/{code}/tips.yaml",
                "tips",
                fallback.tips if fallback else None,
                lambda item, text: m.Tip(item.id, text, item.sources, code),
            ),
            videos=self._halves(
                self.file("dialogs/videos.yaml", m.VideosFile).videos,
                f"dialogs/{code}/videos.yaml",
                "videos",
                fallback.videos if fallback else None,
                lambda item, text: m.Video(
                    language=code,
                    **item.model_dump(exclude={"sources", "review_by", "formerly"}),
                    **text.model_dump(),
                ),
            ),
            themes=self._halves(
                self.file("dialogs/themes.yaml", m.ThemesFile).themes,
                f"dialogs/{code}/themes.yaml",
                "themes",
                fallback.themes if fallback else None,
                lambda item, text: m.Theme(
                    language=code, **item.model_dump(exclude={"review_by", "formerly"}), **text.model_dump()
                ),
            ),
            terms=self._halves(
                self.file("dialogs/glossary.yaml", m.GlossaryFile).terms,
                f"dialogs/{code}/glossary.yaml",
                "terms",
                fallback.terms if fallback else None,
                lambda item, text: m.Term(language=code, **item.model_dump(exclude={"formerly"}), **text.model_dump()),
            ),
            entries=(entries := self._entries(code, first, fallback)),
            categories=self._halves(
                self.file("dialogs/categories.yaml", m.CategoriesFile).categories,
                f"dialogs/{code}/categories.yaml",
                "categories",
                fallback.categories if fallback else None,
                lambda item, text: m.Category(
                    item.id, text.label, tuple(e.id for e in entries.values() if e.category == item.id), code
                ),
            ),
            windows=self._halves(
                self.file("dialogs/windows.yaml", c.WindowsFile).windows,
                f"dialogs/{code}/windows.yaml",
                "windows",
                fallback.windows if fallback else None,
                lambda item, text: c.WindowWords(  # noqa: ARG005 - the contract says nothing in words
                    text.title, {role: getattr(text, role, None) or text.do for role in c.ROLES}, code
                ),
            ),
            helpers=self._halves(
                self.file("dialogs/helpers.yaml", m.HelpersFile).helpers,
                f"dialogs/{code}/helpers.yaml",
                "helpers",
                fallback.helpers if fallback else None,
                lambda item, text: m.Helper(item.id, item.url, text, item.checked, code),
            ),
            elsewhere=strange.elsewhere if strange else {},
        )

    def _halves(
        self,
        contract: Sequence[Any],
        path: str,
        key: str,
        fallback: Mapping[str, Any] | None,
        join: Callable[[Any, Any], Any],
    ) -> dict[str, Any]:
        """Join each item of a contract with its text; both halves must name the same ids in the first language."""
        shaped = self.parsed.models.get(path)
        texts: Mapping[str, Any] = getattr(shaped, key, {})
        joined: dict[str, Any] = {}
        for index, item in enumerate(contract):
            if item.id in joined:
                self.parsed.problem(f"dialogs/{_contract_of(key)}", (key, index), f"doubled id '{item.id}'; ids are used once")
            elif item.id in texts:
                document = self.parsed.documents[path]
                self.places[key, path.split("/")[1], item.id] = m.Place(path, document.line((key, item.id)))
                joined[item.id] = join(item, texts[item.id])
            else:
                self._missing(joined, item.id, path, (key,), fallback)
        known = {item.id for item in contract}
        for extra in sorted(set(texts) - known):
            near = difflib.get_close_matches(extra, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"add it to dialogs/{_contract_of(key)}"
            self.parsed.problem(path, (key, extra), f"unknown id '{extra}'; {hint}")
        return joined

    def _missing(
        self, into: dict[str, Any], id_: str, path: str, where: tuple[str, ...], fallback: Mapping[str, Any] | None
    ) -> None:
        if fallback and id_ in fallback:
            into[id_] = fallback[id_]
        elif fallback is None:
            self.parsed.problem(path, where, f"the text of '{id_}' is missing; write it")

    def _entries(self, code: str, first: str, fallback: m.Book | None) -> dict[str, m.Entry]:
        entries: dict[str, m.Entry] = {}
        for category, file in self.parsed.entry_files(code):
            path = f"faq/{code}/{category}.yaml"
            for index, item in enumerate(file.entries):
                where = ("entries", index)
                base = fallback.entries.get(item.id) if fallback else None
                if item.id in entries:
                    self.parsed.problem(path, where, f"doubled id '{item.id}'; ids are used once")
                    continue
                if fallback is not None and base is None:
                    self.parsed.problem(path, where, f"unknown id '{item.id}'; write it in faq/{first} first")
                    continue
                lacking = [k for k in ("sources", "stages", "related", "review_by") if getattr(item, k) is None and not base]
                for key in lacking:
                    self.parsed.problem(path, where, f"'{key}' is missing; add it")
                if lacking:
                    continue
                self.places["entries", code, item.id] = m.Place(path, self.parsed.documents[path].line(where))
                shared = {
                    k: getattr(item, k) or getattr(base, k, ()) for k in ("sources", "stages", "related", "twins", "review_by")
                }
                entries[item.id] = m.Entry(
                    category=category,
                    language=code,
                    check=item.check or (base.check if base else None),
                    **item.model_dump(include={"id", "label", "question", "also_asked", "answer"}),
                    **shared,
                )
        if fallback:
            entries |= {id_: entry for id_, entry in fallback.entries.items() if id_ not in entries}
        order = {item.id: i for i, item in enumerate(self.file("dialogs/categories.yaml", m.CategoriesFile).categories)}
        for category, _ in self.parsed.entry_files(code):
            if category not in order:
                self.parsed.problem(f"faq/{code}/{category}.yaml", (), f"add '{category}' to dialogs/categories.yaml")
        return dict(sorted(entries.items(), key=lambda pair: order.get(pair[1].category, 99)))

    def _strays(self, languages: Sequence[str]) -> None:
        """A text that nothing reads is a mistake of its name or of its folder's."""
        stages = {stage.id for stage in self.file("dialogs/journey.yaml", m.JourneyFile).stages}
        for path, shaped in self.parsed.models.items():
            parts = path.split("/")
            if len(parts) == 3 and parts[1] not in languages:
                self.parsed.problem(path, (), f"'{parts[1]}' is no language of dialogs/languages.yaml; add it there")
            elif isinstance(shaped, m.StageText) and (name := parts[2].removesuffix(".yaml")) not in stages:
                near = difflib.get_close_matches(name, [*stages, *(text.removesuffix(".yaml") for text in TEXTS)], n=1)
                hint = f"did you mean {near[0]}.yaml?" if near else "add the stage to dialogs/journey.yaml"
                self.parsed.problem(path, (), f"'{name}' is no stage; {hint}")

    def _references(self, book: m.Book) -> None:
        """Every id that one thing names of another must exist."""
        stages = {*book.stages, "all"}
        for file, path, kind, ids in self._named(book):
            known = stages if kind == "stages" else getattr(book, kind)
            for id_ in ids:
                if id_ not in known:
                    near = difflib.get_close_matches(id_, known, n=1)
                    hint = f"did you mean '{near[0]}'?" if near else "delete it, or write it"
                    self.parsed.problem(file, path, f"'{id_}' is not among the {kind}; {hint}")

    def _named(self, book: m.Book) -> Iterator[tuple[str, tuple[str | int, ...], str, Iterable[str]]]:
        for index, stage in enumerate(self.file("dialogs/journey.yaml", m.JourneyFile).stages):
            for key, kind in (("tips", "tips"), ("more_tips", "tips"), ("videos", "videos"), ("entries", "entries")):
                yield "dialogs/journey.yaml", ("stages", index, key.replace("_", " ")), kind, getattr(stage, key)
        for index, theme in enumerate(self.file("dialogs/themes.yaml", m.ThemesFile).themes):
            for key, kind in (("tips", "tips"), ("more_tips", "tips"), ("videos", "videos"), ("entries", "entries")):
                yield "dialogs/themes.yaml", ("themes", index, key.replace("_", " ")), kind, getattr(theme, key)
        for index, video in enumerate(self.file("dialogs/videos.yaml", m.VideosFile).videos):
            yield "dialogs/videos.yaml", ("videos", index, "stages"), "stages", video.stages
            yield "dialogs/videos.yaml", ("videos", index, "themes"), "themes", video.themes
        for index, term in enumerate(self.file("dialogs/glossary.yaml", m.GlossaryFile).terms):
            yield "dialogs/glossary.yaml", ("terms", index, "entry"), "entries", [term.entry] if term.entry else []
        for index, window in enumerate(self.file("dialogs/windows.yaml", c.WindowsFile).windows):
            where = ("windows", index)
            yield "dialogs/windows.yaml", (*where, "stage"), "stages", [window.stage]
        for category, file in self.parsed.entry_files(book.language):
            path = f"faq/{book.language}/{category}.yaml"
            for index, item in enumerate(file.entries):
                yield path, ("entries", index, "stages"), "stages", item.stages or ()
                yield path, ("entries", index, "related"), "entries", item.related or ()
                yield path, ("entries", index, "twins"), "entries", item.twins

    def _successors(self, first: str) -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        contracts: tuple[tuple[str, str, Sequence[Any]], ...] = (
            ("stages", "dialogs/journey.yaml", self.file("dialogs/journey.yaml", m.JourneyFile).stages),
            ("videos", "dialogs/videos.yaml", self.file("dialogs/videos.yaml", m.VideosFile).videos),
            ("themes", "dialogs/themes.yaml", self.file("dialogs/themes.yaml", m.ThemesFile).themes),
            ("categories", "dialogs/categories.yaml", self.file("dialogs/categories.yaml", m.CategoriesFile).categories),
            ("terms", "dialogs/glossary.yaml", self.file("dialogs/glossary.yaml", m.GlossaryFile).terms),
            *(("entries", f"faq/{first}/{name}.yaml", f.entries) for name, f in self.parsed.entry_files(first)),
        )
        current = {(kind, item.id) for kind, _, items in contracts for item in items}
        for kind, path, items in contracts:
            for index, item in enumerate(items):
                for former in item.formerly:
                    where = (kind, index, "formerly")
                    if (kind, former) in current:
                        self.parsed.problem(path, where, f"'{former}' still exists; an id has one holder")
                    elif (kind, former) in found:
                        self.parsed.problem(path, where, f"'{former}' already leads to '{found[kind, former]}'; keep one")
                    found[kind, former] = item.id
        return found


def _contract_of(key: str) -> str:
    return "glossary.yaml" if key == "terms" else f"{key}.yaml"
