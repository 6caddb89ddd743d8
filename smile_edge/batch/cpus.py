"""CPUs that this process may use, which may be fewer than the machine has."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

__all__ = ["usable_cpus"]


def usable_cpus(root: Path = Path("/")) -> int:
    """The CPUs of this process by its affinity and the quotas of its control groups; at least one.

    A quota that is no whole number is rounded up: of 1.5 CPUs, two workers use all.

    Args:
        root: where the folders `proc` and `sys` lie.
    """
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [-int(-quota // 1) for quota in _quotas(root)]
    return max(1, min([cpus, *quotas]))


def _quotas(root: Path) -> Iterator[float]:
    """CPUs that each control group on the way to this process may use; none where there is no limit."""
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not controllers:
            for folder in _folders(root / "sys/fs/cgroup", path):
                yield from _ratio(_words(folder / "cpu.max"))
        elif "cpu" in controllers.split(","):
            for folder in _folders(root / "sys/fs/cgroup/cpu", path):
                yield from _ratio([*_words(folder / "cpu.cfs_quota_us"), *_words(folder / "cpu.cfs_period_us")])


def _folders(top: Path, path: str) -> Iterator[Path]:
    """The folder of a group and those above it. Inside a container only `top` may be there."""
    below = PurePosixPath(path.lstrip("/"))
    yield top
    if ".." not in below.parts:
        for part in (below, *below.parents):
            if part != PurePosixPath("."):
                yield top / part


def _words(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").split()
    except (OSError, ValueError):
        return []


def _ratio(words: list[str]) -> Iterator[float]:
    """Quota over period; nothing where there is no quota (`max`, -1)."""
    if len(words) == 2 and words[0].isdigit() and words[1].isdigit() and int(words[0]) and int(words[1]):
        yield int(words[0]) / int(words[1])
