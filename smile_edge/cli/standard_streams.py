"""Standard input, output and error, whoever started the program and whatever became of their other ends."""

import os
import sys
from contextlib import suppress

__all__ = ["complete_standard_streams", "say", "settle_standard_streams"]


def complete_standard_streams() -> None:
    """Gives each that is closed (`2>&-`, a service, `pythonw`) the null device, before any file is opened.

    The next file would get the number of a closed one otherwise, and what a native library prints would go into it.
    `sys.stdin` and `sys.stdout` stay None, so that who needs them can say so.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest free number is this one
            os.set_inheritable(opened, True)  # to worker processes, which would meet the same
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives


def say(text: str, *, end: str = "\n") -> None:
    """Writes to standard error; that nobody can read it any more, or its disk is full, ends no run."""
    with suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.write(text + end)
            sys.stderr.flush()


def settle_standard_streams() -> None:
    """Writes out what they hold. What cannot be written goes to the null device, or Python would complain once more."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
