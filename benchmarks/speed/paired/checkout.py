"""One checkout of the repository, and Python processes that run its code."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.suites.startup import children_s
from train.errors import DataError

__all__ = ["LONGEST_S", "Checkout", "failure", "run_command"]

LONGEST_S = 300.0
"""After this a child that does not answer is ended."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder with the repository in it, and the environment in which its code runs."""

    side: str
    """`old` or `new`, for messages."""
    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def at(cls, side: str, folder: Path, scratch: Path) -> "Checkout":
        """Makes the environment.

        Byte code goes to the scratch folder, so that it can be kept whatever the rights on the checkouts, and no
        checkout is changed. Strings hash alike in all children.

        Raises:
            DataError: there is no such folder, no package `smile_edge` in it, or Python takes it from somewhere else.
        """
        if not folder.is_dir():
            raise DataError(f"--paired names {folder}, which is not a folder. Name another checkout of this repository")
        if not (folder / "smile_edge" / "__init__.py").is_file():
            raise DataError(f"--paired names {folder}, which is no checkout: it has no smile_edge/__init__.py")
        folder = folder.resolve()
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
        own = {"PYTHONPATH": path, "PYTHONPYCACHEPREFIX": str(scratch / "bytecode"), "PYTHONHASHSEED": "0"}
        checkout = cls(side, folder, {**kept, **own})
        checkout.check_package(run_command(checkout, ["-P", "-c", "import smile_edge; print(smile_edge.__file__)"])[1])
        return checkout

    def check_package(self, path: str) -> None:
        """Raises `DataError` unless a child imported `smile_edge` from here.

        Args:
            path: its `smile_edge.__file__`.
        """
        if Path(path.strip()).resolve() != (self.folder / "smile_edge" / "__init__.py").resolve():
            raise DataError(
                f"the {self.side} side runs another package than that of {self.folder}: {path.strip()}. "
                "Run in an environment where PYTHONPATH comes first"
            )


def run_command(checkout: Checkout, words: Sequence[str]) -> tuple[float, str]:
    """Processor seconds of a whole Python process with all that it starts, and its standard output.

    Raises:
        DataError: it failed, or took over five minutes.
    """
    start, before = time.perf_counter(), children_s()
    try:
        done = subprocess.run(
            [sys.executable, *words],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=LONGEST_S,
            cwd=checkout.folder,
            env=checkout.environment,
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"the {checkout.side} side took over {LONGEST_S:.0f} s: python {' '.join(words)}") from None
    wall, after = time.perf_counter() - start, children_s()
    if done.returncode:
        raise DataError(failure(checkout, done.returncode, done.stderr))
    return wall if before is None or after is None else after - before, done.stdout


def failure(checkout: Checkout, code: int, said: str) -> str:
    """One line on a child that ended with `code` and wrote `said` to standard error."""
    last = (said.strip().splitlines() or ["no message"])[-1]
    return f"the {checkout.side} side ended with {code}: {last}"
