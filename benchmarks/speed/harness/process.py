"""One process a case: the parent starts it on its own cores and reads its row, the child does the work."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.reporting.environment import place
from benchmarks.speed.harness.suite import RESULTS_SCHEMA, Case, Child, Plan, Row, Suite, missing, of_rows
from smile_edge.errors import UsageError
from train.errors import DataError

__all__ = ["cores_for", "run_here", "run_suite"]

_ORDER = {"work", "settings", "paths", "models", "provider", "seconds", "scratch", "cores"}
_ROOT = Path(__file__).resolve().parents[3]


def run_suite(suite: Suite, plan: Plan, tell: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """Measures every case.

    Args:
        suite: what to measure.
        plan: how much, and with which models.
        tell: told what is being measured.

    Returns:
        Plain JSON types: `schema`, `suite`, `quick`, `machine`, `versions`, `models` (with the provider that really
        ran), `rows` and `seconds`.

    Raises:
        DataError: a case failed; its own line is in the text.
    """
    start = time.perf_counter()
    where = place()
    cases = suite.cases(plan)
    suite.prepare(plan)
    rounds: list[list[Row]] = []
    models: dict[str, dict[str, Any]] = {}
    count = plan.rounds if suite.repeated else 1
    for turn in range(count):
        rows: list[Row] = []
        for number, case in enumerate(cases, 1):
            if case.absent is not None:
                rows.append(missing(case.name, case.absent))
                continue
            tell(f"{suite.name} {turn + 1}/{count}, {number}/{len(cases)}: {case.name}")
            rows.append(_run_case(suite, case, plan, models))
        rounds.append([*rows, *suite.derive({row["name"]: row for row in rows})])
    return {
        "schema": RESULTS_SCHEMA,
        "suite": suite.name,
        "quick": plan.quick,
        **where,
        "models": list(models.values()),
        "rows": of_rows(rounds),
        "seconds": round(time.perf_counter() - start, 1),
    }


def run_here(suite: Suite, order: dict[str, Any]) -> dict[str, Any]:
    """The child's side: does one work in this process, on the cores it was told.

    Args:
        suite: whose work it is.
        order: `work`, `settings`, `paths`, `models`, `provider`, `seconds`, `scratch` and `cores` (their numbers, or
            None for all).

    Raises:
        UsageError: there is no such work, or the order lacks something.
    """
    absent = sorted(_ORDER - set(order))
    if absent:
        raise UsageError(f"an order to run a case must be a JSON object with {', '.join(absent)}")
    work = suite.works.get(order["work"])
    if work is None:
        raise UsageError(f"{suite.name} has no case {order['work']!r}; it has {', '.join(suite.works)}")
    cores = order["cores"]
    if cores is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    import cv2

    cv2.setNumThreads(1 if cores is None else len(cores))
    child = Child(
        order["settings"],
        paths=order["paths"],
        models=order["models"],
        provider=order["provider"],
        seconds=order["seconds"],
        scratch=order["scratch"],
    )
    row = work(child)
    return {"row": row, "models": child.used}


def cores_for(count: int | None) -> list[int] | None:
    """Numbers of the cores to use, the last ones first: interrupts of the machine mostly land on the first.

    Raises:
        UsageError: there are not so many.
    """
    if count is None or not hasattr(os, "sched_getaffinity"):
        return None
    free = sorted(os.sched_getaffinity(0), reverse=True)
    if count > len(free):
        raise UsageError(f"this case needs {count} processor cores, and this process may use {len(free)}")
    return free[:count]


def _run_case(suite: Suite, case: Case, plan: Plan, models: dict[str, dict[str, Any]]) -> Row:
    order = {
        "work": case.work,
        "settings": dict(case.settings),
        "paths": dict(case.paths),
        "models": None if plan.models is None else str(plan.models),
        "provider": plan.provider,
        "seconds": plan.seconds,
        "scratch": str(plan.scratch),
        "cores": cores_for(case.cores),
    }
    answer = _answer([sys.executable, "-m", "benchmarks", "_case", suite.name, json.dumps(order)], case.name)
    for model in answer["models"]:
        models.setdefault(f"{model['name']} {model['obtained']} {model['precision']}", model)
    return {**answer["row"], "name": case.name, "settings": dict(case.settings), "cores": case.cores}


def _answer(command: Sequence[str], name: str) -> dict[str, Any]:
    """What the child said in its last line."""
    # The child finds this package whatever the folder it is started in.
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}, without a word"]
        raise DataError(f"the case {name!r} failed: {said[-1].removeprefix('benchmarks: error: ')}")
    return json.loads(lines[-1])
