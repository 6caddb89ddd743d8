"""`batch`: `smile-edge image batch`, careful and `--fast`, over a folder of JPEGs, against reading them and no more;
single pictures beside other systems (`suites.pictures`)."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.speed.harness.suite import Case, Child, Plan, Row, Suite, figure, ratio
from benchmarks.speed.suites import pictures
from benchmarks.speed.suites.scene import compose, write_jpegs
from benchmarks.speed.suites.startup import children_s
from smile_edge.runtime.manifest import find_models
from train.errors import DataError

__all__ = ["BARE_WORK", "BATCH", "BATCH_WORK", "FAST_WORK", "VARIANTS", "case_name", "share_name"]

FOLDER = "photos"
BARE_WORK, BATCH_WORK, FAST_WORK = "bare imread loop", "image batch", "image batch --fast"
SIMPLEJPEG_WORK = "bare simplejpeg loop"
SUMMARY = re.compile(r"(\d+) of \d+ images, (\d+) faces, .*?([\d.]+) images/s")
"""The last line of the command."""
VARIANTS = ((1, 1), (2, 2), (1, None))
"""Workers, and cores: as many, or all of the machine."""


def case_name(work: str, workers: int, cores: int | None) -> str:
    """How the case is called in the results."""
    many = f"{workers} worker" if workers == 1 else f"{workers} workers"
    return f"{work}, {many}, {'all cores' if cores is None else 'a core each'}"


def share_name(work: str, workers: int, cores: int | None) -> str:
    """How the share of the bare loop's speed that a way of ours keeps is called."""
    return f"share of the bare loop, {case_name(work, workers, cores)}"


def cases(plan: Plan) -> list[Case]:
    """Both programs with one worker and with two, each on a core of its own, and one worker with all cores; then single
    pictures."""
    folder = [
        Case(case_name(work, workers, cores), work, {"workers": workers}, cores=cores)
        for workers, cores in (VARIANTS[:1] if plan.quick else VARIANTS)
        for work in WORKS
    ]
    return [*folder, *pictures.cases(plan)]


def prepare(plan: Plan) -> None:
    """A folder of 720p photographs with four faces each."""
    write_jpegs(plan.scratch / FOLDER, compose("720p", 4, 8 if plan.quick else 40).images, 16 if plan.quick else 1000)
    pictures.prepare(plan)


def bare(child: Child) -> Row:
    """`cv2.imread` of every file."""
    import cv2

    def look(path: Path) -> int:
        image = cv2.imread(str(path))
        return 0 if image is None else image.shape[0]

    return _loop(child, look)


def bare_simplejpeg(child: Child) -> Row:
    """Every file decoded at full size by simplejpeg."""
    import simplejpeg

    return _loop(child, lambda path: simplejpeg.decode_jpeg(path.read_bytes(), "BGR").shape[0])


def _loop(child: Child, look: Callable[[Path], int]) -> Row:
    files = _files(child)
    look(files[0])
    start = time.perf_counter()
    with ThreadPoolExecutor(child.settings["workers"]) as pool:
        assert all(pool.map(look, files))
    rate = len(files) / (time.perf_counter() - start)
    return figure(rate, "images/s", "higher", images=len(files), picture_kb=pictures.mean_kb(files))


def batch(child: Child) -> Row:
    """The command itself, one JSON record a picture; its own rate counts, which leaves the start of the process out."""
    return _batch(child)


def fast_batch(child: Child) -> Row:
    """The same with one look at each picture."""
    return _batch(child, "--fast")


def _batch(child: Child, *options: str) -> Row:
    child.models()  # says in the result what the command runs on
    records = child.scratch / "records.jsonl"
    records.unlink(missing_ok=True)  # the command refuses a file that holds something
    words = ["image", "batch", str(child.scratch / FOLDER), "--jsonl", str(records)]
    words += ["--workers", str(child.settings["workers"]), "--provider", child.provider]
    words += ["--models", str(find_models(child.model_folder)), *options]
    before = children_s()
    done = subprocess.run([sys.executable, "-m", "smile_edge", *words], capture_output=True, text=True, check=False)
    after = children_s()
    said = (done.stderr.strip().splitlines() or ["no message"])[-1]
    counted = SUMMARY.search(said)
    if done.returncode or counted is None:
        raise DataError(f"smile-edge image batch: {said}")
    images, faces, rate = int(counted[1]), int(counted[2]), float(counted[3])
    details = {"images": images, "faces_found": round(faces / images, 2), "picture_kb": pictures.mean_kb(_files(child))}
    if before is not None and after is not None:
        details["cpu_ms"] = round(1000 * (after - before) / images, 3)
    return figure(rate, "images/s", "higher", **details)


def derive(rows: Mapping[str, Row]) -> Iterable[Row]:
    """The share of the bare loop's speed that is left, and what a second worker is worth."""
    for work in (BATCH_WORK, FAST_WORK):
        for workers, cores in VARIANTS:
            over, under = case_name(work, workers, cores), case_name(BARE_WORK, workers, cores)
            yield from ratio(share_name(work, workers, cores), rows, over, under)
    for work in WORKS:
        yield from ratio(f"{work}, two workers over one", rows, case_name(work, 2, 2), case_name(work, 1, 1))
    yield from pictures.derive(rows)


def _files(child: Child) -> list[Path]:
    return sorted((child.scratch / FOLDER).glob("*.jpg"))


WORKS = {BARE_WORK: bare, SIMPLEJPEG_WORK: bare_simplejpeg, BATCH_WORK: batch, FAST_WORK: fast_batch}

BATCH = Suite(
    "batch",
    "A folder of photographs",
    cases,
    WORKS | pictures.WORKS,
    repeated=True,
    prepare=prepare,
    derive=derive,
)
