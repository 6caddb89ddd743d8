"""The run: one process a step, inside a time limit, every figure on disk as soon as it is there."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.gpu.card import Watch, card
from benchmarks.gpu.steps import STEPS, Step
from benchmarks.reporting.environment import place
from benchmarks.speed.harness.suite import Row, missing
from smile_edge.errors import SmileEdgeError
from smile_edge.runtime.manifest import find_models

__all__ = ["RESULT", "measure"]

RESULT = "gpu.json"
SCHEMA = 1
_ROOT = Path(__file__).resolve().parents[2]

Results = dict[str, Any]
Tell = Callable[[str], None]


def measure(
    provider: str,
    out: Path,
    scratch: Path,
    *,
    models: Path | None,
    limit_s: float,
    quick: bool,
    command: str,
    tell: Tell,
) -> Results:
    """Measures everything that the time allows.

    Args:
        provider: `cuda`, or `cpu` for a trial of the run itself.
        out: folder that receives `gpu.json`, which is written again after each figure.
        scratch: folder for a one-graph pipeline where the models come without.
        models: their folder; None for those that ship.
        limit_s: seconds that all of it may take.
        quick: fewer cases and calls.
        command: what repeats the run; kept in the result.
        tell: told each figure.

    Returns:
        What is in `gpu.json`: `machine`, `card`, `versions`, `doctor` and, by step, `rows`.

    Raises:
        UsageError, ModelError: there are no such models.
    """
    start = time.perf_counter()
    results: Results = {"schema": SCHEMA, "command": command, "quick": quick, "provider": provider, "card": card()}
    results |= {**place(), "doctor": _doctor(provider), "steps": {}}
    folder = _with_one_graph(find_models(models), scratch, tell)
    order = {"provider": provider, "models": str(folder), "seconds": 0.05 if quick else 0.3, "quick": quick}
    for name, step in STEPS.items():
        if step.on_cpu and provider == "cpu":
            continue
        left_s = limit_s - (time.perf_counter() - start)
        kept: Results = {"rows": []}
        results["steps"][name] = kept
        if left_s < 5:
            kept["rows"].append(missing(name, f"the {limit_s:g} s of the run were over"))
            continue

        def keep(row: Row, kept: Results = kept) -> None:
            kept["rows"].append(row)
            results["seconds"] = round(time.perf_counter() - start, 1)
            _store(results, out)
            tell(_told(row))

        tell(f"== {name} ({time.perf_counter() - start:.0f} s)")
        with Watch() as watch:
            _run(name, step, order, min(left_s, step.most_s), keep)
        kept["card"] = watch.summary()
    results["seconds"] = round(time.perf_counter() - start, 1)
    _store(results, out)
    return results


def _run(name: str, step: Step, order: Mapping[str, Any], most_s: float, keep: Callable[[Row], None]) -> None:
    """One step in a process of its own; what it could not do is a row too."""
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "benchmarks", "_gpu_step", name, json.dumps(order)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    start = time.perf_counter()
    with subprocess.Popen(command, **pipes, env={**os.environ, "PYTHONPATH": path}) as child:
        timer = threading.Timer(most_s, child.kill)
        timer.start()
        said: list[str] = []
        listener = threading.Thread(target=lambda: said.extend(child.stderr or ()), daemon=True)
        listener.start()
        for line in child.stdout or ():
            if (row := _row_of(line)) is not None:
                keep(row)
        listener.join()
    timer.cancel()
    if child.returncode and time.perf_counter() - start >= most_s:
        keep(missing(f"{name}: the rest", f"it was ended after {most_s:g} s"))
    elif child.returncode:
        last = [line.strip() for line in said if line.strip()] or ["it said nothing"]
        keep(missing(f"{name}: the rest", f"exit code {child.returncode}: {last[-1][:400]}"))


def _row_of(line: str) -> Row | None:
    """The figure in a line of a step; None for what onnxruntime prints."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and "name" in row else None


def _with_one_graph(models: Path, scratch: Path, tell: Tell) -> Path:
    """The folder itself where it has the one-graph pipeline; else a copy, with one where it can be made."""
    if (models / "fused.json").is_file():
        return models
    folder = scratch / "models"
    folder.mkdir(parents=True)
    for file in models.iterdir():
        if file.suffix in (".onnx", ".json"):
            shutil.copy(file, folder)
    try:
        from export.fusion.fuse import fuse

        fuse(folder, folder, frames=8)
    except (ImportError, SmileEdgeError) as error:
        tell(f"there is no one-graph pipeline: {error}")
    return folder


def _doctor(provider: str) -> Any:
    """What `smile-edge doctor` says of the machine; its text where that is no JSON."""
    command = [sys.executable, "-m", "smile_edge", "doctor", "--json"]
    command += ["--require-gpu"] if provider == "cuda" else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=_ROOT)
    except subprocess.TimeoutExpired:
        return "it did not end within 60 s"
    try:
        return json.loads(done.stdout)
    except ValueError:
        return (done.stdout + done.stderr).strip()[-2000:]


def _store(results: Results, out: Path) -> None:
    """The whole result so far, in place of the one before."""
    draft = out / f".{RESULT}.part"
    draft.write_text(json.dumps(results, indent=1, allow_nan=False, default=str) + "\n", "utf-8")
    draft.replace(out / RESULT)


def _told(row: Row) -> str:
    if "missing" in row:
        return f"{row['name']}: not measured: {row['missing']}"
    spread = f" (p95 {row['p95_ms']:g}, p99 {row['p99_ms']:g} ms)" if "p95_ms" in row else ""
    return f"{row['name']}: {row['value']:g} {row['unit']}{spread}"
