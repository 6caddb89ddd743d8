"""The end of a process whose worker threads hang: Python waits for them, or crashes, at its own end."""

import os
import sys
import threading
from contextlib import suppress

__all__ = ["leave"]


def leave(code: int) -> None:
    """Ends the process at once if a worker thread of `batch` hangs."""
    if any(thread.daemon and thread.name == "batch" for thread in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(code)
