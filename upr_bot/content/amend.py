"""One date put into `dialogs/sessions.yaml`, the rest of the file left as its curators wrote it."""

from __future__ import annotations

import re

from upr_bot.content.calendar import KINDS, Kind, SessionsFile
from upr_bot.content.reader import read
from upr_bot.errors import UsageError

SESSIONS = "dialogs/sessions.yaml"
_REVISION = re.compile(r"\brevision: (\d+)")
_CHECKED = re.compile(r"\bchecked: (\d{4}-\d\d-\d\d)")


def amended(text: str, session: int, kind: Kind, fields: dict[str, str]) -> str:
    """Return the file with one date of a session replaced or added. `fields`: key → value, in the order in which they are written.

    A date that is changed a second time within its `checked` day gets a higher `revision`, so that calendars notice.
    Raises `UsageError` when there is no such session, or its date is not written on one line.
    """
    document = read(SESSIONS, text.encode())
    sessions = SessionsFile.model_validate(document.data).sessions
    index = next((i for i, item in enumerate(sessions) if item.number == session), None)
    if index is None:
        raise UsageError(f"There is no session {session} in {SESSIONS}; add it there with its States first.")
    rows = text.split("\n")
    at = document.lines["sessions", index, "dates"]
    held = sessions[index].dates
    if kind in held:
        at = document.lines["sessions", index, "dates", kind] - 1
        before = rows[at]
        if not re.fullmatch(r"\s+[\w-]+: \{.*\}(\s+#.*)?", before):
            raise UsageError(f"The date stands on several lines in {SESSIONS}, line {at + 1}; change it there.")
        if (day := _CHECKED.search(before)) and day.group(1) == fields["checked"]:
            revision = _REVISION.search(before)
            fields = {**fields, "revision": str(int(revision.group(1)) + 1 if revision else 1)}
        rows.pop(at)
    else:
        at += sum(KINDS.index(other) < KINDS.index(kind) for other in held)
    rows.insert(at, f"      {kind}: {{{', '.join(f'{key}: {_value(value)}' for key, value in fields.items())}}}")
    return "\n".join(rows)


def _value(value: str) -> str:
    """Return a value as it stands inside braces."""
    plain = re.fullmatch(r"[\w./%~+=&?-]+(?::[\w./%~+=&?-]+)*", value)
    return (
        value
        if plain and not value.startswith(("-", "?", "&", "%"))
        else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )
