"""MediaPipe in an environment of its own: it needs an older numpy than this project."""

import os
import subprocess
import sys
from pathlib import Path

from train.errors import DataError

__all__ = ["MEDIAPIPE_VERSION", "SETUP_HINT", "mediapipe_python", "run_worker", "set_up"]

MEDIAPIPE_VERSION = "0.10.21"
SETUP_HINT = "run `python -m benchmarks peers --setup-mediapipe DIR` once, then add --mediapipe DIR"


def set_up(folder: Path, python: str = sys.executable) -> None:
    """Makes the environment and installs MediaPipe; its Face Mesh brings its models, nothing else is fetched.

    Args:
        folder: receives the environment.
        python: a Python that MediaPipe has a package for, 3.9 to 3.12.

    Raises:
        DataError: the environment cannot be made, or pip fails.
    """
    _run([python, "-m", "venv", str(folder)], f"cannot make an environment in {folder}")
    _run(
        [str(mediapipe_python(folder)), "-m", "pip", "install", "--quiet", f"mediapipe=={MEDIAPIPE_VERSION}"],
        f"cannot install MediaPipe {MEDIAPIPE_VERSION} (it exists for Python 3.9 to 3.12; name one with --python)",
    )


def mediapipe_python(folder: Path) -> Path:
    """The interpreter of the environment in `folder`.

    Raises:
        DataError: there is none.
    """
    path = Path(folder) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not path.exists():
        raise DataError(f"{folder} holds no Python environment: {SETUP_HINT}")
    return path


def run_worker(python: Path, worker: str, *arguments: Path, cure: str = SETUP_HINT) -> None:
    """Runs a file of this room by the Python of MediaPipe's environment.

    Args:
        python: of the environment (`mediapipe_python`).
        worker: name of the file; it imports nothing of this project.
        arguments: files that it reads and writes.
        cure: ends the error.

    Raises:
        DataError: it fails.
    """
    words = [str(word) for word in (python, Path(__file__).with_name(worker), *arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DataError(f"MediaPipe: {(done.stderr.strip().splitlines() or ['no message'])[-1]}: {cure}")


def _run(arguments: list[str], what: str) -> None:
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    except OSError as error:
        raise DataError(f"{what}: {error}") from None
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise DataError(f"{what}: {said[-1].strip() if said else 'no message'}")
