"""What one side of a paired comparison answers, and the process that keeps its models open."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from benchmarks.speed.paired.checkout import LONGEST_S, Checkout, failure
from train.errors import DataError

__all__ = ["Measure", "Reading", "stream_worker"]

WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement."""

    seconds: float
    """Processor time of one frame, image or start; wall time where the system does not count that of children."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What must be alike for a fair comparison: faces found, what the models ran on."""


Measure = Callable[[], Reading]


@contextmanager
def stream_worker(checkout: Checkout, images: Path, frames: int) -> Iterator[Measure]:
    """A process that keeps its models open and times a block of frames whenever it is asked. It ends with the `with`.

    Args:
        checkout: whose code it runs.
        images: npy file `(n, h, w, 3)` uint8 BGR, played round and round.
        frames: how many make up one block.

    Raises:
        DataError: it fails, or imports the package from somewhere else.
    """
    # Without -P modules would first be sought in the worker's folder, which has a process.py and a compare.py.
    command = [sys.executable, "-P", str(WORKER), str(images), str(frames)]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        process = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            cwd=checkout.folder,
            env=checkout.environment,
        )

        def measure() -> Reading:
            answer = _ask(process, b"\n", checkout, complaints)
            return Reading(answer.pop("seconds") / frames, answer)

        with process:
            try:
                checkout.check_package(_ask(process, b"", checkout, complaints)["package"])
                yield measure
            finally:
                process.kill()


def _ask(process: "subprocess.Popen[bytes]", order: bytes, checkout: Checkout, complaints: IO[str]) -> dict[str, Any]:
    """The next answer of a worker.

    Raises:
        DataError: there is none, with what the worker said last.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    watchdog = threading.Timer(LONGEST_S, process.kill)
    watchdog.start()
    line = b""
    try:
        process.stdin.write(order)
        line = process.stdout.readline()
        return json.loads(line)
    except BrokenPipeError:
        pass
    except ValueError:
        if line:
            raise DataError(f"the {checkout.side} side answers no JSON: {line[:80].decode(errors='replace')}") from None
    finally:
        watchdog.cancel()
    code = process.wait()
    complaints.seek(0)
    raise DataError(failure(checkout, code, complaints.read()))
