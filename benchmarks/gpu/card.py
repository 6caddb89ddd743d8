"""What `nvidia-smi` says of the card: which one it is, and how busy it was during a step."""

import subprocess
from types import TracebackType
from typing import Any, Self

import numpy as np

__all__ = ["Watch", "card"]

_ABOUT = ("name", "driver_version", "memory.total", "clocks.max.sm", "power.limit", "mig.mode.current")
_BUSY = ("utilization.gpu", "clocks.sm", "power.draw", "memory.used")
_EVERY_MS = 250


def card() -> dict[str, str]:
    """The first card by `nvidia-smi`'s names; empty where there is none."""
    command = ["nvidia-smi", f"--query-gpu={','.join(_ABOUT)}", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return {}
    values = done.stdout.strip().splitlines()[0].split(",")
    return dict(zip(_ABOUT, (value.strip() for value in values), strict=False))


class Watch:
    """Reads the card's load several times a second while the context lasts; does nothing without `nvidia-smi`.

    Example:
        >>> with Watch() as watch:
        ...     work()
        >>> watch.summary()  # {"utilization.gpu": 61.5, ...}, medians; empty without a card
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._said = ""

    def __enter__(self) -> Self:
        query = f"--query-gpu={','.join(_BUSY)}"
        command = ["nvidia-smi", query, "--format=csv,noheader,nounits", f"-lms={_EVERY_MS}"]
        try:
            self._child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        except OSError:
            self._child = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            self._child.terminate()
            self._said = self._child.communicate()[0]

    def summary(self) -> dict[str, Any]:
        """The median of each figure: percent, MHz, W, MiB; with the number of readings."""
        readings = [line.split(",") for line in self._said.splitlines()]
        kept = [[float(value) for value in line] for line in readings if len(line) == len(_BUSY) and _numbers(line)]
        if not kept:
            return {}
        medians = np.median(np.array(kept), axis=0)
        return {"readings": len(kept), **dict(zip(_BUSY, medians.round(1).tolist(), strict=True))}


def _numbers(values: list[str]) -> bool:
    return all(value.strip().replace(".", "", 1).isdigit() for value in values)
