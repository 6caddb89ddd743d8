"""What `compare --paired` measures on both sides: frames of a stream, folders of images, starts of the command."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.speed.paired.checkout import Checkout, run_command
from benchmarks.speed.paired.children import Measure, Reading, stream_worker
from benchmarks.speed.suites.scene import PERIOD, compose, faces_text, write_jpegs
from train.errors import DataError

__all__ = ["CASES", "PairedCase"]

IMAGES = 96
"""In the folder: enough that the start of the process is about a third of its time."""
LIFE = 1
"""Rounds after which a process that keeps its models open is replaced. Of two processes with the same code one stays
1 to 2 % slower: kept for all rounds, they gave four of six intervals that left out 1; new ones each round, none of six.
"""
STEADY, STARTING = 0.03, 0.05
"""Shares by which the new side may be slower; a start reads hundreds of files and varies more."""


@dataclass(frozen=True, slots=True)
class PairedCase:
    """One measurement that both sides make in turn."""

    name: str
    of: str
    """What one reading is the processor time of."""
    tolerance: float
    """Share by which the new side may be slower."""
    prepare: Callable[[Path], None]
    """Makes the inputs in a scratch folder."""
    start: Callable[[Checkout, Path], AbstractContextManager[Measure]]
    """Readies one side; gets the scratch folder, too."""
    turns: int = 1
    """Readings of each side in a round, whose median counts. An even number has each side first equally often: what
    runs second is about 1 % slower."""
    life: int | None = None
    """Rounds after which both sides are started again; None keeps them."""


def stream_case(faces: int, frames: int = PERIOD) -> PairedCase:
    """Tracked frames at 640x480 in a process that keeps its models open; each block goes once round the scene."""
    name = f"{faces}.npy"
    return PairedCase(
        f"stream frame, {faces_text(faces)}",
        "a frame",
        STEADY,
        lambda scratch: np.save(scratch / name, np.stack(compose("480p", faces, frames).images)),
        lambda checkout, scratch: stream_worker(checkout, scratch / name, frames),
        turns=4,
        life=LIFE,
    )


def batch_case(name: str, *options: str, images: int = IMAGES) -> PairedCase:
    """`smile-edge image batch` with one worker, start and end of the process shared out among the images."""
    folder = "photos"
    words = ["image", "batch", folder, "--workers", "1", "--provider", "cpu", *options]

    @contextmanager
    def start(checkout: Checkout, scratch: Path) -> Iterator[Measure]:
        yield lambda: _batch(checkout, scratch, [str(scratch / word) if word == folder else word for word in words])

    return PairedCase(
        name,
        "an image",
        STEADY,
        lambda scratch: _write_photos(scratch / folder, images),
        start,
    )


def command_case(name: str, *words: str) -> PairedCase:
    """A whole run of `smile-edge`.

    Args:
        name: of the case.
        words: arguments; PICTURE stands for an image of one face.
    """
    picture = Path("face", "0000.jpg")

    @contextmanager
    def start(checkout: Checkout, scratch: Path) -> Iterator[Measure]:
        arguments = ["-m", "smile_edge", *(str(scratch / picture) if word == "PICTURE" else word for word in words)]
        yield lambda: Reading(run_command(checkout, arguments)[0])

    return PairedCase(name, "a start", STARTING, lambda scratch: _write_picture(scratch / picture), start, turns=4)


def _batch(checkout: Checkout, scratch: Path, words: Sequence[str]) -> Reading:
    records = scratch / "records.jsonl"
    records.unlink(missing_ok=True)
    seconds, _ = run_command(checkout, ["-m", "smile_edge", *words, "--jsonl", str(records)])
    found = [len(json.loads(line)["faces"]) for line in records.read_text("utf-8").splitlines()]
    if not found:
        raise DataError(f"the {checkout.side} side wrote no records: smile-edge {' '.join(words)}")
    return Reading(seconds / len(found), {"images": len(found), "faces": sum(found) / len(found)})


def _write_photos(folder: Path, count: int) -> None:
    if not folder.is_dir():  # both ways share it
        write_jpegs(folder, compose("720p", 4, 12).images, count)


def _write_picture(path: Path) -> None:
    write_jpegs(path.parent, compose("480p", 1, 1).images, 1)


_ALL = [
    stream_case(1),
    stream_case(4),
    batch_case("image batch"),
    batch_case("image batch --fast", "--fast"),
    command_case("start-up, --help", "--help"),
    command_case("start-up, one image", "image", "batch", "PICTURE", "--jsonl", "-", "--provider", "cpu"),
]
CASES = {case.name: case for case in _ALL}
"""By name."""
