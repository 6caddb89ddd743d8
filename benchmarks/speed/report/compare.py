"""`compare`: two results, or two folders of them, figure by figure."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.reporting.markdown import ran_on, table
from benchmarks.speed.report.plot_marks import amount
from benchmarks.speed.report.results import read_results, results_in
from train.errors import DataError

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of every figure."""

    text: str
    """Markdown."""
    regressions: tuple[str, ...]
    """Names of the figures that got worse by more than the tolerance."""


def compare(old: Path, new: Path, tolerance: float) -> Comparison:
    """Compares by name.

    Args:
        old: a JSON file of a suite, or a folder of such files.
        new: the same kind.
        tolerance: share by which a figure may be worse; 0.15 is 15 %.

    Raises:
        DataError: one of them is missing or no result, or the two have no suite in common.
    """
    before, after = _read(old), _read(new)
    common = [suite for suite in before if suite in after]
    if not common:
        raise DataError(f"{old} has {_names(before)} and {new} has {_names(after)}: nothing to compare")
    lines, regressions = [], []
    for suite in (suite for suite in {**before, **after} if suite not in common):
        lines.append(f"{suite}: only in {old if suite in before else new}.\n")
    for suite in common:
        lines += _differences(suite, before[suite], after[suite])
        rows, worse = _compare_rows(before[suite]["rows"], after[suite]["rows"], tolerance)
        lines.append(table([suite, "old", "new", "new / old", ""], rows))
        regressions += [f"{suite}: {name}" for name in worse]
    return Comparison("\n".join(lines), tuple(regressions))


def _compare_rows(
    old: list[dict[str, Any]], new: list[dict[str, Any]], tolerance: float
) -> tuple[list[list[str]], list[str]]:
    """The rows of the table, and the names of the figures that got worse."""
    before, after = ({row["name"]: row for row in rows} for rows in (old, new))
    rows, worse = [], []
    for name in {**before, **after}:
        one, other = before.get(name), after.get(name)
        if one is None or other is None:
            rows.append([name, *(_said(row) for row in (one, other)), "-", "only in one"])
            continue
        if "value" not in one or "value" not in other:
            rows.append([name, _said(one), _said(other), "-", "not measured"])
            continue
        verdict = _verdict(one, other, tolerance)
        share = f"{other['value'] / one['value']:.3f}" if one["value"] else "-"
        rows.append([name, _said(one), _said(other), share, verdict])
        if verdict == "WORSE":
            worse.append(name)
    return rows, worse


def _verdict(old: dict[str, Any], new: dict[str, Any], tolerance: float) -> str:
    loss = new["value"] - old["value"] if old["better"] == "lower" else old["value"] - new["value"]
    if abs(loss) <= max(tolerance * abs(old["value"]), old.get("noise", 0.0)):
        return ""
    return "WORSE" if loss > 0 else "better"


def _differences(suite: str, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What else differs between the two, so that nobody takes a new machine for new code."""
    pairs = [
        ("processor", old["machine"]["processor"], new["machine"]["processor"]),
        ("number of cores", old["machine"]["cores"], new["machine"]["cores"]),
        ("quick run", old["quick"], new["quick"]),
        ("provider", ran_on(old["models"]), ran_on(new["models"])),
        *((name, value, new["versions"].get(name)) for name, value in old["versions"].items()),
    ]
    return [f"{suite}: {what} differs: {one}, then {other}.\n" for what, one, other in pairs if one != other]


def _read(path: Path) -> dict[str, dict[str, Any]]:
    if not path.is_dir():
        results = read_results(path)
        return {results["suite"]: results}
    found = results_in(path)
    if not found:
        raise DataError(f"{path} holds no result of a speed suite: name a JSON file or a folder of them")
    return found


def _names(results: dict[str, Any]) -> str:
    return " and ".join(results)


def _said(row: dict[str, Any] | None) -> str:
    return "-" if row is None or "value" not in row else amount(row["value"], row["unit"])
