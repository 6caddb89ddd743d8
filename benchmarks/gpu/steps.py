"""The steps of the run, what is wanted most first; each is a process that prints a line of JSON a figure."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.gpu import agreement, frames, networks
from benchmarks.gpu.job import Job, Rows
from benchmarks.reporting.markdown import finite

__all__ = ["STEPS", "Step", "run_step"]


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the run."""

    work: Callable[[Job], Rows]
    most_s: float
    """It is ended after so long; its figures so far stay."""
    on_cpu: bool = False
    """It runs on the CPU of the same machine, whatever the run's provider."""


STEPS: Mapping[str, Step] = {
    "frames": Step(frames.stream_frames, 70),
    "networks": Step(networks.networks, 70),
    "parity": Step(agreement.parity, 60),
    "parts": Step(networks.parts, 30),
    "throughput": Step(frames.throughput, 30),
    "streams": Step(frames.many_streams, 20),
    "start": Step(frames.startup, 30),
    "kernels": Step(networks.kernels, 30),
    "precisions": Step(agreement.precisions, 40),
    "frames on the CPU": Step(frames.stream_frames, 40, on_cpu=True),
    "networks on the CPU": Step(networks.networks, 50, on_cpu=True),
    "throughput on the CPU": Step(frames.throughput, 30, on_cpu=True),
}
"""By name, what is wanted most first: where time runs out, the last ones are missing."""


def run_step(name: str, order: Mapping[str, Any]) -> None:
    """The child's side: writes each figure as a line of JSON on standard output."""
    step = STEPS[name]
    job = Job("cpu" if step.on_cpu else order["provider"], Path(order["models"]), order["seconds"], order["quick"])
    for row in step.work(job):
        sys.stdout.write(json.dumps(finite(row), allow_nan=False, default=str) + "\n")
        sys.stdout.flush()
