"""What a paired comparison leaves: a table to read and JSON to keep."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.reporting.markdown import finite, table
from benchmarks.speed.paired.confidence import CONFIDENCE
from benchmarks.speed.paired.rounds import Outcome
from benchmarks.speed.report.plot_marks import amount

__all__ = ["commit_of", "table_of", "write_json"]


def table_of(outcomes: Sequence[Outcome]) -> str:
    """Markdown: a row a case, and below what else differs between the sides."""
    header = ["case", "processor time of", "old", "new", "new / old", f"{CONFIDENCE:.0%} interval", "at most", ""]
    notes = [f"{note}.\n" for one in outcomes for note in one.notes]
    return "\n".join([table(header, [_cells(one) for one in outcomes]), *notes])


def write_json(path: Path, outcomes: Sequence[Outcome], origin: Mapping[str, Any]) -> None:
    """Writes every case with all its rounds.

    Args:
        path: the file.
        outcomes: the cases.
        origin: command, commits and machine, in plain JSON types.

    Raises:
        OSError: it cannot be written.
    """
    results = {**origin, "confidence": CONFIDENCE, "cases": [_plain(one) for one in outcomes]}
    path.write_text(json.dumps(finite(results), indent=1, allow_nan=False) + "\n", "utf-8")


def commit_of(folder: Path) -> str | None:
    """The commit of a checkout, ending in `-dirty` where tracked files differ; None without git or outside of it."""
    git = ["git", "--no-optional-locks", "-C", str(folder)]
    try:
        top = subprocess.run([*git, "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=True)
        if Path(top.stdout.strip()).resolve() != folder.resolve():
            return None
        words = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
        return subprocess.run([*git, *words], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _cells(one: Outcome) -> list[str]:
    times = [amount(value, "ms") for value in one.medians_ms]
    interval = f"{one.ratio.low:.3f} to {one.ratio.high:.3f}"
    return [one.name, one.of, *times, f"{one.ratio.median:.3f}", interval, f"{1 + one.tolerance:g}", one.verdict]


def _plain(one: Outcome) -> dict[str, Any]:
    old_ms, new_ms = one.medians_ms
    return {
        "name": one.name,
        "of": one.of,
        "old_ms": old_ms,
        "new_ms": new_ms,
        "ratio": one.ratio.median,
        "low": one.ratio.low,
        "high": one.ratio.high,
        "coverage": one.ratio.coverage,
        "tolerance": one.tolerance,
        "verdict": one.verdict,
        "rounds_ms": [[1000 * reading.seconds for reading in pair] for pair in one.rounds],
        "old": dict(one.rounds[-1][0].details),
        "new": dict(one.rounds[-1][1].details),
    }
