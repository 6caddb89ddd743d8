"""Loads TensorFlow without the lines that it writes to standard error whatever its log level is."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["load_keras"]

GPU_DEVICE = Path("/dev/nvidiactl")
"""It is there where an NVIDIA driver is loaded: a TensorFlow that finds no GPU then has something to say."""


def load_keras() -> None:
    """Imports Keras and what it computes with, and lets that find its devices.

    What is written meanwhile is shown where the import fails, or where TensorFlow finds no GPU on a machine with one.
    Environment variables that TensorFlow reads must be set before.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _standard_error_held() as held:
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow

            tensorflow.constant(0.0)  # starts the devices, which have lines of their own
            if GPU_DEVICE.exists() and not tensorflow.config.list_physical_devices("GPU"):
                held.show()


class _Held:
    """What was written while standard error was held."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.shown = False

    def show(self) -> None:
        """Lets it be written when standard error is back."""
        self.shown = True

    def text(self) -> str:
        self._file.seek(0)
        return self._file.read().decode("utf-8", "replace")


@contextmanager
def _standard_error_held() -> Iterator[_Held]:
    """Standard error of the process, of C++ too, goes to a file; in the end it is written only if that is asked."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as file:
        held, own = _Held(file), os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield held
        except BaseException:
            held.show()
            raise
        finally:
            sys.stderr.flush()
            os.dup2(own, 2)
            os.close(own)
            if held.shown:
                sys.stderr.write(held.text())
