"""What can go wrong that a person can mend.

::

    GuideError                one plain sentence with the remedy, and the exit code
    ├── UsageError            a command called wrongly                        exit 2
    ├── SettingsError         every mistaken environment variable at once     exit 2
    ├── ContentError          every mistake in the content at once            exit 1
    └── ServiceError          a port, the token, a server we need             exit 1
        └── StorageError      the database, its key                           exit 1

Everything else that is raised is a defect of ours; at the command line it shows as its type alone, because a
message may quote what somebody wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class GuideError(Exception):
    """A mistake somebody can mend. `str(error)` is what that person reads."""

    exit_code = 1


class UsageError(GuideError):
    """A command was called wrongly."""

    exit_code = 2


class ServiceError(GuideError):
    """Something outside (a port, Telegram, a file system) refused."""


class StorageError(ServiceError):
    """The database refused, or does not fit this release or these keys."""


class SettingsError(GuideError):
    """Mistaken environment variables, all at once. Never holds a secret's value."""

    exit_code = 2

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in the content: where it stands, what it is, what to do."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class ContentError(GuideError):
    """Every mistake found in the content, in the order of files and lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(p) for p in self.problems))
