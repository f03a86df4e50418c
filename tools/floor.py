"""Coverage only rises: what was just measured lies at most one point above the floor, or the floor is raised.

The floor is `fail_under` in pyproject.toml; pytest itself fails below it.
"""

from __future__ import annotations

import io
import sys
from typing import Final

ROOM: Final = 1.0
"""Points: runs differ by tenths, since some lines depend on which of two is faster."""


def verdict(measured: float, floor: float) -> str:
    """Return what has to be done in one sentence, nothing when the floor is where it belongs."""
    if measured < floor:
        return f"coverage is {measured:.1f} %, below its floor of {floor:g}: write the test that is missing"
    if measured > floor + ROOM:
        return f"coverage is {measured:.1f} %: raise fail_under in pyproject.toml to {int(measured)}, it only rises"
    return ""


def main() -> str:
    """Compare what the last run measured with the floor."""
    from coverage import Coverage

    coverage = Coverage()
    coverage.load()
    return verdict(coverage.report(file=io.StringIO()), float(coverage.get_option("report:fail_under") or 0))  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main() or 0)  # an empty sentence would be printed and count as a failure
