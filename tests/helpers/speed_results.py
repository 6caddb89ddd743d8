"""Results of the speed suites at one value."""

from pathlib import Path

from benchmarks.reporting.environment import place
from benchmarks.speed.harness.suite import Plan, figure, timing
from benchmarks.speed.registry import SUITES

__all__ = ["results_of"]


def row_of(suite: str, name: str, value: float) -> dict:
    """A row as the suite would give it."""
    if suite == "memory":
        return {**figure(value, "MB", noise=1.0), "frames": 9, "warm_up": 1, "at": [1, 9], "resident_mb": [90, 91]} | {
            "peak_mb": 91
        }
    if suite == "startup":
        parts = {"Python": 0.1, "imports": 0.2, "models": 0.25, "first landmarks": value}
        return {**figure(value, "s"), "wall_s": 2 * value, **({"cpu_s_at": parts} if name == "first landmarks" else {})}
    if suite == "age":
        without = {"without_p50_ms": value, "without_p99_ms": value} if "sleeps" in name else {}
        ages = {"p50_ms": value / 2, "p95_ms": value, "p99_ms": value, **without}
        return figure(value, "ms", **ages, percentiles_ms=[value] * 101)
    if suite == "serve":
        ages = {"p50_ms": value / 2, "p95_ms": value, "p99_ms": value, "percentiles_ms": [value] * 101}
        without = {f"without_{key}": age for key, age in ages.items()}
        return figure(value, "ms", **ages, **without, peak_mb=100 + value, before_mb=100)
    if suite in ("fps", "batch"):
        return figure(value, "fps" if suite == "fps" else "images/s", "higher")
    return timing([value / 1000] * 5)


def results_of(name: str, value: float = 2.0, quick: bool = False) -> dict:
    """What a suite would leave, every case at one value, its ratios with it."""
    suite = SUITES[name]
    rows = []
    for case in suite.cases(Plan(Path("."))):
        settings = {"settings": dict(case.settings)}
        rows.append({"name": case.name, **settings, **row_of(name, case.name, value)})
    rows += suite.derive({row["name"]: row for row in rows})
    model = {
        "name": "detector",
        "sha256": "0" * 64,
        "precision": "int8",
        "kilobytes": 9,
        "obtained": "cpu",
        "reason": None,
    }
    head = {"command": f"python -m benchmarks {name}", "schema": 1, "suite": name, "quick": quick}
    return {**head, **place(), "models": [model], "rows": rows, "seconds": 1.0}
