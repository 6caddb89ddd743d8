"""One process that looks at images: started early, opened when its settings are known, ended at once when need be."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import connection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smile_edge.batch.worker import WorkerDied
from smile_edge.errors import SmileEdgeError, one_line

if TYPE_CHECKING:
    from smile_edge.batch.schedule import Pair
    from smile_edge.runtime.report import ExecutionReport

__all__ = ["WorkerProcess"]

_REAP_S = 1.0
"""A process that was killed is gone in a moment, unless the system holds it at a disk that does not answer."""
_starting = threading.Lock()
"""`multiprocessing` keeps a list of its processes, which is not for several threads at once."""


class WorkerProcess:
    """The other end of `_serve`."""

    def __init__(self) -> None:
        """Starts it, which takes little of this process's time.

        Raises:
            OSError: the system gives no process.
        """
        # Spawned, not forked: onnxruntime's threads do not survive a fork.
        context = multiprocessing.get_context("spawn")
        # Pipes only: queues and locks of `multiprocessing` need shared memory, which small containers lack.
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), name="smile-edge batch", daemon=True)
        self._opened = False
        try:
            with _starting, _signals_held_back():
                self._process.start()
        except BaseException:
            self._connection.close()
            raise
        finally:
            theirs.close()  # so that the end of the process is the end of what it sends
        self.settings: Mapping[str, Any] = {}
        """What it hands to `FacePipeline`."""
        self.reports: dict[str, ExecutionReport] = {}
        """Of its models, once they are open."""

    @property
    def pid(self) -> int | None:
        """Its number."""
        return self._process.pid

    def open(self, timeout_s: float | None = None) -> None:
        """Opens its models, unless they are open.

        Raises:
            WorkerDied: it ended, or was not ready in time.
            SmileEdgeError: the models cannot be opened.
        """
        if self._opened:
            return
        self._send(dict(self.settings))
        if timeout_s is not None and not self._connection.poll(timeout_s):
            raise WorkerDied(f"not ready after {timeout_s:g} s")
        self.reports = self._received()
        self._opened = True

    def look_at(self, images: "Sequence[tuple[int, Path]]") -> "list[Pair]":
        """The results of a few images, without pictures.

        Raises:
            WorkerDied: it ended.
        """
        self._send(list(images))
        pairs: list[Pair] = self._received()
        return pairs

    def end(self) -> None:
        """Ends it at once."""
        with _starting, suppress(OSError):
            self._process.kill()

    def reap(self) -> None:
        """Waits for its end, a second at most."""
        with _starting:
            self._process.join(_REAP_S)

    def _send(self, what: Any) -> None:
        try:
            self._connection.send(what)
        except OSError:
            raise WorkerDied(self._how_it_ended()) from None

    def _received(self) -> Any:
        try:
            what = self._connection.recv()
        except (EOFError, OSError):
            raise WorkerDied(self._how_it_ended()) from None
        if isinstance(what, BaseException):
            raise what
        return what

    def _how_it_ended(self) -> str:
        self.reap()
        code = self._process.exitcode
        if code is None or code >= 0:
            return f"the worker process ended (exit code {code})"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"the worker process was ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C, which a terminal sends to all; they are ended in order."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # of this thread, and inherited
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(parent: Connection) -> None:
    """Opens models and looks at images, as told, until this process is ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it could not be held back
    _end_with_parent()
    from smile_edge.batch.runner import look_at  # while there is no work yet
    from smile_edge.pipeline.face_pipeline import FacePipeline

    pipeline: FacePipeline | None = None
    with suppress(EOFError, OSError):  # the other end is gone
        while True:
            told = parent.recv()
            try:
                if pipeline is None:
                    pipeline = FacePipeline(**told)
                    answer: Any = pipeline.reports
                else:
                    answer = look_at(told, pipeline, pictures=False)
            except Exception as error:
                answer = _portable(error)
            parent.send(answer)


def _end_with_parent() -> None:
    """Sees to it that this process does not outlive the one that started it, killed perhaps."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def _portable(error: Exception) -> Exception:
    """The error as another process can raise it; one that nobody expected keeps where it came from."""
    if isinstance(error, SmileEdgeError):
        return error
    return SmileEdgeError(f"a worker process failed: {type(error).__name__}: {one_line(error)}")
