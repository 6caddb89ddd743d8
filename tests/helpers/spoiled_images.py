"""Images that end, or hold up, every worker process that opens them: by their names."""

from pathlib import Path

import pytest

__all__ = ["SPOILS_WORKERS", "spoil_workers"]

SPOILS_WORKERS = """
import os, sys, time

def opened(event, arguments):
    if event == "open":
        name = os.path.basename(str(arguments[0]))
        if name.startswith("lethal"):
            os.kill(os.getpid(), 9)
        if name.startswith("once") and not os.path.exists(arguments[0] + ".seen"):
            os.mkdir(arguments[0] + ".seen")
            os.kill(os.getpid(), 9)
        if name.startswith("fatal"):
            os.kill(os.getppid(), 9)
            time.sleep(600)
        if name.startswith("hanging"):
            time.sleep(600)

if os.environ.get("SPOIL_THREADS") or any("multiprocessing" in word for word in sys.orig_argv):
    sys.addaudithook(opened)
"""


def spoil_workers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Worker processes started from now on die of files named `lethal*`, the first of `once*`, and hang in `hanging*`;
    `fatal*` takes the process that started them.

    Where SPOIL_THREADS is set the command's own process does, too.
    """
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SPOILS_WORKERS)
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
