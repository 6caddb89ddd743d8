"""`memory`: resident memory of one process over many frames of the demo."""

import os
from itertools import islice
from pathlib import Path

from benchmarks.speed.harness.suite import Case, Child, Plan, Row, Suite, figure
from smile_edge import FacePipeline, open_source
from smile_edge.sinks import JsonlSink

__all__ = ["MEMORY"]

FRAMES = 20_000
READINGS = 200
WARM_UP_SHARE = 0.1
WARM_UP_MOST = 2000
"""Frames after which nothing should grow any more; at most this share of all."""


def cases(plan: Plan) -> list[Case]:
    """One long stream."""
    frames = plan.options.get("frames") or (400 if plan.quick else FRAMES)
    return [Case("growth over the demo stream", "stream", {"frames": frames})]


def stream(child: Child) -> Row:
    """Memory at the end over memory after the warm-up, with a record written for each frame."""
    frames = child.settings["frames"]
    warm = max(1, min(int(frames * WARM_UP_SHARE), WARM_UP_MOST))
    every = max(1, frames // READINGS)
    pipeline = FacePipeline(child.models())
    at, resident = [], []
    with open_source("demo") as source, JsonlSink(os.devnull) as sink:
        for count, frame in enumerate(islice(source, frames), 1):
            sink.write(frame, pipeline.process(frame))
            if count in (warm, frames) or (count > warm and count % every == 0):
                at.append(count)
                resident.append(round(resident_mb(), 3))
    growth = resident[-1] - resident[0]
    # An allocator's page more or less is no leak: `compare` overlooks differences below this.
    return figure(
        growth, "MB", noise=1.0, frames=frames, warm_up=warm, at=at, resident_mb=resident, peak_mb=max(resident)
    )


def resident_mb() -> float:
    """Resident memory of this process, MB; on systems that do not tell, its peak so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        import resource
        import sys

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


MEMORY = Suite("memory", "Memory of a long stream", cases, {"stream": stream})
