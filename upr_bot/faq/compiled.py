"""From the content to a matcher: the index is learnt once and kept beside the content it was learnt from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from upr_bot.content import Library
from upr_bot.faq.encoder import Encoder, name_of
from upr_bot.faq.index import Index, digest_of, elsewhere, learn, spoken
from upr_bot.faq.match import Matcher


def matcher_of(library: Library, files: Sequence[Path] = (), say: Callable[[str], object] = lambda _: None) -> Matcher:
    """Return the matcher of a content. `files`: where its index may stand; the last of them is written when none is fresh."""
    return Matcher(compiled(library, files, say), Encoder())


def compiled(
    library: Library, files: Sequence[Path] = (), say: Callable[[str], object] = lambda _: None, *, anew: bool = False
) -> Index:
    """Return the index of a content, read from a file or learnt `anew`; a folder that cannot be written is no mistake."""
    digest = current_digest(library)
    for file in () if anew else files:
        if (index := Index.read(file, digest)) is not None:
            return index
    entries, apart = spoken(library), elsewhere(library)
    count = sum(len(each.wordings) for each in (*entries, *apart))
    say(f"Learning {count:,} wordings for the question index; this takes some seconds, and only after the questions changed.")
    index = learn(entries, apart, Encoder(), library.lessons)
    if files:
        try:
            index.save(files[-1])
        except OSError:
            say(f"The index could not be kept in {files[-1].parent}; it will be learnt again at the next start.")
    return index


def current_digest(library: Library) -> str:
    """Return the digest that a fresh index of this content carries."""
    return digest_of(spoken(library), elsewhere(library), name_of(), library.lessons)


def is_stale(file: Path, library: Library) -> bool:
    """Tell whether a file holds an index of another content, or none that can be read. No file is not stale."""
    return file.exists() and Index.read(file, current_digest(library)) is None
