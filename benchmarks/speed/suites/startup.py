"""`startup`: processor and wall time of a new process, up to its first landmarks."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.harness.suite import Case, Child, Plan, Row, Suite, figure
from benchmarks.speed.suites.scene import compose, write_jpegs
from smile_edge.runtime.manifest import find_models
from train.errors import DataError

__all__ = ["MARKS", "STARTUP", "children_s"]

PICTURE = Path("face", "0000.jpg")
"""In the scratch folder."""
MARKS = ("Python", "imports", "models", "first landmarks")
"""What has been reached at each reading of the clock."""

COMMANDS = {
    "smile-edge --help": ["--help"],
    "smile-edge image batch, one picture": ["image", "batch", "PICTURE", "--jsonl", "-"],
}
"""Arguments of `smile-edge`; PICTURE stands for the file."""

FIRST_LANDMARKS = """
import json, sys, time
marks = [time.process_time()]
import cv2
from smile_edge.pipeline.face_pipeline import FacePipeline
marks.append(time.process_time())
pipeline = FacePipeline(sys.argv[2] or None, sys.argv[3])
marks.append(time.process_time())
faces = pipeline.process(cv2.imread(sys.argv[1])).faces
assert faces
print(json.dumps([[*marks, time.process_time()], time.monotonic()]))
"""


def cases(plan: Plan) -> list[Case]:
    """Python from start to first landmarks, the command line's help, and one picture through the command line."""
    repeats = {"repeats": 2 if plan.quick else 10}
    return [
        Case("first landmarks", "first_landmarks", repeats),
        *(Case(name, "command", {**repeats, "words": words}) for name, words in COMMANDS.items()),
    ]


def prepare(plan: Plan) -> None:
    """One picture of one face."""
    write_jpegs((plan.scratch / PICTURE).parent, compose("480p", 1, 1).images, 1)


def first_landmarks(child: Child) -> Row:
    """From the start of a Python process to the landmarks of a 640x480 picture."""
    child.models()  # says in the result what the new processes run on, and reads the files into the system's cache
    folder = str(find_models(child.model_folder))
    arguments = [sys.executable, "-c", FIRST_LANDMARKS, str(child.scratch / PICTURE), folder, child.provider]
    marks, walls = [], []
    for _ in range(child.settings["repeats"]):
        start = time.monotonic()
        reached, end = json.loads(_run(arguments))
        marks.append(reached)
        walls.append(end - start)
    middle = [statistics.median(column) for column in zip(*marks, strict=True)]
    return {
        **_figure([reached[-1] for reached in marks], walls),
        "cpu_s_at": {name: round(value, 4) for name, value in zip(MARKS, middle, strict=True)},
    }


def command(child: Child) -> Row:
    """A whole run of `smile-edge`, to its end."""
    words = [str(child.scratch / PICTURE) if word == "PICTURE" else word for word in child.settings["words"]]
    if "PICTURE" in child.settings["words"]:
        child.models()
        words += ["--provider", child.provider, "--models", str(find_models(child.model_folder))]
    spent, walls = [], []
    for _ in range(child.settings["repeats"]):
        start, before = time.perf_counter(), children_s()
        _run([sys.executable, "-m", "smile_edge", *words])
        walls.append(time.perf_counter() - start)
        after = children_s()
        spent.append(walls[-1] if before is None or after is None else after - before)
    return _figure(spent, walls)


def _run(arguments: Sequence[str]) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DataError(f"a new process failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    return done.stdout


def _figure(cpu_s: Sequence[float], wall_s: Sequence[float]) -> Row:
    return figure(statistics.median(cpu_s), "s", runs=len(cpu_s), wall_s=round(statistics.median(wall_s), 4))


def children_s() -> float | None:
    """Processor seconds of all processes that this one started and that have ended; None where nobody counts them."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


STARTUP = Suite(
    "startup",
    "Cold start",
    cases,
    {"first_landmarks": first_landmarks, "command": command},
    prepare=prepare,
)
