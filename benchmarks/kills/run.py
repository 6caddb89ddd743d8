"""The run that is killed: starts, kills at random moments, memory, and the last start that ends by itself."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.kills.outputs import options_of, wrong_with
from benchmarks.kills.pictures import make_pictures

__all__ = ["Killed", "kill_run"]

_LOOK_S = 0.05
"""Between two looks at the memory."""
_RETRY_SHARE = 0.2
"""Share of the starts that try images again whose records have an error, which rewrites outputs."""
_EARLY_SHARE = 0.3
"""Share of the starts whose time counts from their very start; of the others from their first record on."""


@dataclass(slots=True)
class Killed:
    """What came of it."""

    kills: int = 0
    peak_bytes: int = 0
    """Largest memory of the command's own process, workers left out."""
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def kill_run(
    folder: Path, images: int, kills: int, *, longest_s: float, part: int, seed: int, tell: Callable[[str], None]
) -> Killed:
    """Runs `image batch` over JSON lines, CSV, Parquet and COCO until all images are done, killed on the way.

    Needs Linux: memory is read from /proc.

    Args:
        folder: empty; receives pictures and outputs.
        images: 64-px pictures, some without a face, some broken.
        kills: SIGKILLs; starts after all images are done are killed as well, while they make the last output.
        longest_s: a start is killed after 0 to so many seconds, from its very start or from its first record on.
        part: images of a Parquet part.
        seed: gives the same moments again.
        tell: receives a line a start.
    """
    rng, done, started_s = random.Random(seed), Killed(), time.monotonic()
    all_done = False
    listed = make_pictures(folder, images)
    words = ["image", "batch", "--list", str(listed), *options_of(folder), "--fast", "--provider", "cpu"]
    while done.kills < kills:
        control = "--retry-errors" if rng.random() < _RETRY_SHARE else "--resume"
        moment_s, early = rng.uniform(0.0, longest_s), rng.random() < _EARLY_SHARE or all_done
        process, began_s = _started([*words, control], part), time.monotonic()
        ended = not early and _watch(process, done, _grows(folder / "o.jsonl"))
        ended = ended or _watch(process, done, _after(moment_s))
        _end_now(process)
        said = _end(process)
        if ended and process.returncode not in (0, 1):
            done.wrong.append(f"exit code {process.returncode}: {said}")
            break
        if ended:  # from now on kills hit what a start does that has no images left
            all_done, longest_s = True, min(longest_s, time.monotonic() - began_s)
        done.kills += not ended
        tell(f"{control}, {'ended by itself' if ended else f'kill {done.kills} after {moment_s:.1f} s'}: {said}")
    if not done.wrong:
        process = _started([*words, "--resume"], part)
        _watch(process, done, lambda: False)
        tell(_end(process))
        done.wrong += wrong_with(folder, listed)
    done.seconds = time.monotonic() - started_s
    return done


def _started(words: list[str], part: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.kills.child", str(part), *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def _after(seconds: float) -> Callable[[], bool]:
    """Whether so much time has gone by."""
    end_s = time.monotonic() + seconds
    return lambda: time.monotonic() >= end_s


def _grows(path: Path) -> Callable[[], bool]:
    """Whether records are added to it: it is longer than at its shortest, since a run that goes on cuts it first."""
    least = _size(path)

    def grown() -> bool:
        nonlocal least
        size = _size(path)
        least = min(least, size)
        return size > least

    return grown


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _watch(process: subprocess.Popen[str], done: Killed, comes: Callable[[], bool]) -> bool:
    """Waits until something comes, and looks at the memory meanwhile; whether the process has ended before."""
    try:
        while not comes():
            if process.poll() is not None:
                return True
            done.peak_bytes = max(done.peak_bytes, _peak_bytes(process.pid))
            time.sleep(_LOOK_S)
    except BaseException:
        _end_now(process)
        raise
    return process.poll() is not None


def _end_now(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


def _peak_bytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "0")
    return int(peak) << 10


def _end(process: subprocess.Popen[str]) -> str:
    """What it said, in one line."""
    assert process.stderr is not None
    with process.stderr:
        return " | ".join(process.stderr.read().splitlines())
