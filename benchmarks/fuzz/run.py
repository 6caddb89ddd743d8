"""The fuzz runs: cases made by a seed, given to child processes, and what came of them."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fuzz.child import LIMIT_S
from benchmarks.fuzz.mutations import damaged_bytes, damaged_json
from benchmarks.fuzz.samples import label_samples, picture_samples
from smile_edge.runtime.manifest import find_models

__all__ = ["MOST_BYTES", "Finding", "fuzz_labels", "fuzz_manifests", "fuzz_pictures"]

MOST_BYTES = 2_000_000_000
"""Memory that no process may exceed."""

_TOGETHER = 40
"""Cases a process."""
_NATIVE = ("libpng", "Corrupt JPEG", "Premature end of JPEG", "TIFFReadDirectory", "Traceback")
"""What no line of standard error may begin with."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """A case that did what none may do."""

    case: Path
    wrong: str


@dataclass(frozen=True, slots=True)
class _Ended:
    code: int
    output: str
    complaint: str
    peak_bytes: int

    def wrong(self) -> str | None:
        """What holds for every process."""
        if self.code < 0:
            return f"ended by signal {-self.code}"
        if self.peak_bytes > MOST_BYTES:
            return f"took {self.peak_bytes / 1e9:.1f} GB"
        lines = [line for line in self.complaint.splitlines() if line.startswith(_NATIVE)]
        return lines[0] if lines else None


def fuzz_pictures(count: int, seed: int, folder: Path, tell: Tell) -> list[Finding]:
    """Damaged pictures through `smile-edge image batch` with two workers: a record each, exit code 0 or 1.

    Args:
        count: pictures.
        seed: the same one gives the same pictures.
        folder: is made; receives the pictures.
        tell: hears of the progress.
    """
    samples, rng = picture_samples(), random.Random(seed)
    findings: list[Finding] = []
    for number, size in _parts(count):
        part = folder / f"{number:05d}"
        part.mkdir(parents=True)
        for index in range(number, number + size):
            name = rng.choice(sorted(samples))
            content = damaged_bytes(samples[name], rng, list(samples.values()))
            (part / f"{index:05d}-{name}").write_bytes(content)
        findings += _pictures(sorted(part.iterdir()))
        tell(f"pictures {number + size}/{count}, {len(findings)} findings")
    return findings


def fuzz_manifests(count: int, seed: int, folder: Path, tell: Tell) -> list[Finding]:
    """Damaged manifests beside the shipped models: a record, or exit code 2 and one line."""
    rng, models = random.Random(seed), find_models()
    sound = {name: json.loads((models / f"{name}.json").read_text("utf-8")) for name in ("detector", "landmarks")}
    picture = picture_samples()["plain.jpg"]

    def make(case: Path) -> None:
        for model in models.glob("*.onnx"):
            os.symlink(model.resolve(), case / model.name)
        damaged = rng.choice(sorted(sound))
        for name, manifest in sound.items():
            text = damaged_json(manifest, rng) if name == damaged else json.dumps(manifest)
            (case / f"{name}.json").write_text(text, "utf-8", errors="replace")
        (case / "a.jpg").write_bytes(picture)

    return _by_children("manifests", count, folder, make, tell)


def fuzz_labels(count: int, seed: int, folder: Path, tell: Tell) -> list[Finding]:
    """Damaged label files of every kind: read, or an error that names the file."""
    rng, samples, picture = random.Random(seed), label_samples(), picture_samples()["plain.jpg"]

    def make(case: Path) -> None:
        name = rng.choice(sorted(samples))
        (case / name).write_bytes(damaged_bytes(samples[name], rng, [*samples.values(), b"1e999,-7,nan,\0" * 40]))
        for image in ("a.jpg", "b.jpg"):
            (case / image).write_bytes(picture)

    return _by_children("labels", count, folder, make, tell)


def _by_children(kind: str, count: int, folder: Path, make: Callable[[Path], None], tell: Tell) -> list[Finding]:
    findings: list[Finding] = []
    for number, size in _parts(count):
        cases = [folder / f"{index:05d}" for index in range(number, number + size)]
        for case in cases:
            case.mkdir(parents=True)
            make(case)
        findings += _children(kind, cases)
        for case in cases:
            if case not in {finding.case for finding in findings}:
                shutil.rmtree(case)
        tell(f"{kind} {number + size}/{count}, {len(findings)} findings")
    return findings


def _children(kind: str, cases: Sequence[Path]) -> list[Finding]:
    """Runs cases in one process; after one that ends it, the rest in another."""
    findings: list[Finding] = []
    while cases:
        words = ["-m", "benchmarks.fuzz.child", kind, *map(str, cases)]
        ended = _run(words, LIMIT_S * len(cases))
        told = [json.loads(line) for line in ended.output.splitlines()]
        findings += [Finding(Path(one["case"]), one["wrong"]) for one in told if one["wrong"]]
        wrong = ended.wrong()
        if wrong is not None or ended.code:
            guilty = cases[min(len(told), len(cases) - 1)]
            findings.append(Finding(guilty, wrong or f"exit code {ended.code}: {ended.complaint[-400:]}"))
        cases = cases[len(told) + 1 :]
    return findings


def _pictures(paths: Sequence[Path]) -> list[Finding]:
    """One run of the command over all; where it fails, one for each, to find whose fault it is."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.jsonl")
        words = ["-m", "smile_edge", "image", "batch", *map(str, paths), "--jsonl", str(out), "--workers", "2"]
        ended = _run([*words, "--provider", "cpu"], LIMIT_S + 2 * len(paths))
        records = len(out.read_bytes().splitlines()) if out.is_file() else 0
    wrong = ended.wrong()
    if wrong is None and (ended.code not in (0, 1) or records != len(paths)):
        wrong = f"exit code {ended.code}, {records} records: {ended.complaint[-400:]}"
    if wrong is None:
        for path in paths:
            path.unlink()
        return []
    if len(paths) == 1:
        return [Finding(paths[0], wrong)]
    alone = [finding for path in paths for finding in _pictures([path])]
    return alone or [Finding(paths[0].parent, f"together only: {wrong}")]


def _run(words: Sequence[str], limit_s: float) -> _Ended:
    """A Python process to its end, and the most memory that it took."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaint:
        process = subprocess.Popen([sys.executable, *words], stdout=output, stderr=complaint)
        with _killed_after(process, limit_s):
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (output, complaint):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    return _Ended(process.returncode, texts[0], texts[1], usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


class _killed_after:
    """Kills a process that is not done in time, within a `with`."""

    def __init__(self, process: "subprocess.Popen[bytes]", limit_s: float) -> None:
        import threading

        self._timer = threading.Timer(limit_s, process.kill)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _parts(count: int) -> Iterator[tuple[int, int]]:
    for number in range(0, count, _TOGETHER):
        yield number, min(_TOGETHER, count - number)
