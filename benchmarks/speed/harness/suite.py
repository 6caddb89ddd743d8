"""What a suite of speed measurements is made of: cases, rows, and the plan that says how long to measure."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.reporting.environment import models_used
from smile_edge.diagnostics.stage_timing import Timing
from smile_edge.pipeline.models import Models
from smile_edge.runtime.manifest import find_models
from smile_edge.runtime.model_loader import load_model
from smile_edge.runtime.session import OnnxSession

__all__ = [
    "RESULTS_SCHEMA",
    "Case",
    "Child",
    "Plan",
    "Row",
    "Suite",
    "figure",
    "missing",
    "of_rows",
    "ratio",
    "timing",
]

RESULTS_SCHEMA = 1
Row = dict[str, Any]
"""One figure in plain JSON types: `name`, `value`, `unit`, `better` (`lower` or `higher`) and details; or `name` and
`missing`, the reason why there is none."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure and with what."""

    scratch: Path
    """Folder for the inputs that the cases share; emptied afterwards."""
    quick: bool = False
    models: Path | None = None
    provider: str = "cpu"
    options: Mapping[str, Any] = field(default_factory=dict)
    """What a single suite needs beyond that."""

    @property
    def seconds(self) -> float:
        """Time to spend on the calls of one case, after the warm-up."""
        return 0.05 if self.quick else 1.5

    @property
    def rounds(self) -> int:
        """How often the cases are gone through, where drift of the machine would spoil a ratio."""
        return 1 if self.quick else 3


@dataclass(frozen=True, slots=True)
class Case:
    """One measurement, made in a process of its own."""

    name: str
    """Unique in its suite; `compare` pairs by it."""
    work: str
    """Which of the suite's works runs."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON types, handed to the work and kept in the result."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """Handed to the work and left out of the result: where a file lies on one machine means nothing on another."""
    cores: int | None = 1
    """Processor cores that the process may use; None is all of them."""
    absent: str | None = None
    """Why it cannot be run here; the result says so."""


class Child:
    """What a work is given inside its process."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        paths: Mapping[str, str],
        models: str | None,
        provider: str,
        seconds: float,
        scratch: str,
    ) -> None:
        self.settings, self.paths, self.seconds, self.scratch = settings, paths, seconds, Path(scratch)
        self.model_folder, self.provider = models, provider
        self.used: list[dict[str, Any]] = []
        """The models opened so far, each with the provider it really runs on."""

    def models(self, threads: int = 1) -> Models:
        """The models, open and warm.

        Raises:
            ModelError, ProviderError: see `Models.load`.
        """
        folder = find_models(self.model_folder)
        loaded = Models.load(folder, provider=self.provider, threads=threads)
        self.used = models_used(dict(loaded.reports), folder)
        return loaded

    def session(self, name: str, precision: str) -> OnnxSession:
        """One model, open and warm, computing in `float32` or `int8`.

        Raises:
            ModelError, ProviderError: see `load_model`.
        """
        folder = find_models(self.model_folder)
        session = load_model(name, models=folder, provider=self.provider, precision=precision)[1]
        self.used = models_used({name: session.report}, folder)
        return session


@dataclass(frozen=True, slots=True)
class Suite:
    """One command of `python -m benchmarks`."""

    name: str
    title: str
    cases: Callable[[Plan], Sequence[Case]]
    works: Mapping[str, Callable[[Child], Row]]
    repeated: bool = False
    """Go through all cases several times (`Plan.rounds`); each figure is the median."""
    prepare: Callable[[Plan], None] = lambda plan: None
    """Makes the inputs that the cases share, in `Plan.scratch`."""
    derive: Callable[[Mapping[str, Row]], Iterable[Row]] = lambda rows: ()
    """Further rows (ratios) from those of one round."""


def figure(value: float, unit: str, better: str = "lower", **details: Any) -> Row:
    """A row without its name."""
    return {"value": round(float(value), 4), "unit": unit, "better": better, **details}


def timing(seconds: Iterable[float], **details: Any) -> Row:
    """The row of a latency: its median is the figure; count, p50, p95 and p99 are beside it."""
    summed = asdict(Timing.of("", seconds))
    del summed["stage"]
    return figure(summed["p50_ms"], "ms", **summed, **details)


def missing(name: str, reason: str) -> Row:
    """The row of a figure that could not be taken."""
    return {"name": name, "missing": reason}


def ratio(
    name: str, rows: Mapping[str, Row], over: str, under: str, better: str = "higher", key: str = "value"
) -> list[Row]:
    """The row of `over / under`; empty where one of the two has no figure."""
    pair = [rows.get(row, {}).get(key) for row in (over, under)]
    if pair[0] is None or not pair[1]:
        return []
    return [{"name": name, **figure(pair[0] / pair[1], "x", better)}]


def of_rows(rounds: Sequence[Sequence[Row]]) -> list[Row]:
    """One row a name: the round whose value is the median, and every round's value beside it."""
    merged = []
    for name in dict.fromkeys(row["name"] for rows in rounds for row in rows):
        same = [row for rows in rounds for row in rows if row["name"] == name]
        measured = [row for row in same if "value" in row]
        if not measured:
            merged.append(same[0])
            continue
        values = [row["value"] for row in measured]
        middle = statistics.median_low(values)
        chosen = next(row for row in measured if row["value"] == middle)
        merged.append(chosen if len(values) == 1 else {**chosen, "rounds": values})
    return merged
