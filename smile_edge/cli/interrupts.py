"""Ctrl-C and SIGTERM: the first interrupts a run, those that follow only hurry its end, and the end is quiet.

Python runs a signal's handler when the main thread comes back from native code, and what that raises may be lost, or
tear what is being closed. So it raises once, and never while outputs are completed; a thread sees to the time.
"""

import _thread
import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Any

__all__ = ["INTERRUPTED", "ClosingStack", "Interrupts", "interruptible", "interrupts"]

INTERRUPTED = 130
"""Exit code of a run that was interrupted: 128 and the number of SIGINT, as shells have it."""

_OUTPUTS_S = 0.8
"""What outputs are given, from SIGTERM or the second Ctrl-C on, to write what waits."""

_END_S = 1.8
"""So long after SIGTERM the process ends, whatever it is at: who sends it waits two seconds."""

_IMPATIENCE_S = 5.0
"""The same after the second Ctrl-C."""

_AGAIN_S = 0.01
"""Until an interruption that was lost comes once more."""

_HURRY = 0
"""What the handler tells the thread; no signal has this number."""


class Interrupts:
    """The signals of a process, from `start` on.

    Attributes:
        came: whether the run was interrupted.
        exit_code: of the process, should it have to be ended by force.

    Example:
        >>> with interruptible():
        ...     results = work()  # a KeyboardInterrupt comes out of here, once
        ...     with interrupts.closing():
        ...         write(results)  # and never out of here
    """

    def __init__(self) -> None:
        self.started = False
        self._reset()

    def _reset(self) -> None:
        self.came, self.exit_code = False, INTERRUPTED
        self._closing = self._held = self._own = 0
        self._missed = False
        self._hurried: list[Callable[[float], None]] = []
        self._limits: set[float] = set()
        self._before: dict[int, Any] = {}
        self._run = object()
        self._wake = self._wake_before = -1

    def start(self) -> None:
        """Takes over Ctrl-C, SIGTERM and a terminal that is closed; one that is ignored stays so, as `nohup` asks."""
        self._reset()
        self.started = True
        wanted = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        taken = [number for number in wanted if signal.getsignal(number) not in (signal.SIG_IGN, None)]
        self._hook, sys.unraisablehook = sys.unraisablehook, self._unraisable
        if sys.platform != "win32":  # where it takes a socket; the handler alone sees to it there
            self._watch()
        self._before = {number: signal.signal(number, self._handle) for number in taken}

    def stop(self) -> None:
        """Gives the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        sys.unraisablehook, self.started, self._run = self._hook, False, object()
        if self._wake >= 0:
            signal.set_wakeup_fd(self._wake_before)
            wake, self._wake = self._wake, -1
            os.close(wake)  # which ends the thread

    @contextmanager
    def until_the_end(self) -> Iterator[None]:
        """Takes the signals over for good, since the process ends after what is done here.

        An interrupted one ends at once: where the interruption hit, Python may take it for unhandled all the same.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self.start()
        code: object = INTERRUPTED
        try:
            yield
        except SystemExit as ended:
            code = ended.code
            raise
        finally:
            self._closing += 1  # nothing is raised any more, not even while Python shuts down
            self.exit_code, self.started = code if isinstance(code, int) else int(bool(code)), False
            if self.came:
                os._exit(self.exit_code)
            atexit.register(self._ignore)

    @contextmanager
    def closing(self) -> Iterator[None]:
        """What is done here is the end of a run: a signal hurries it and does not interrupt."""
        self._closing += 1
        try:
            yield
        finally:
            self._closing -= 1

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """What is done here is short and stays whole: a signal interrupts right after it."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        if self._missed and not (self._held or self._closing or self.came):
            self._interrupt()

    def on_hurry(self, told: Callable[[float], None]) -> None:
        """Registers who is told, by another thread, until which `time.monotonic` there is time."""
        self._hurried.append(told)

    def _interrupt(self) -> None:
        self.came, self._missed = True, False
        raise KeyboardInterrupt

    def _handle(self, number: int, stack: Any) -> None:
        """Runs in the main thread, between two of its instructions."""
        if self._wake < 0 and (self._closing or self.came):
            self._hurry(self._run, _IMPATIENCE_S)
        elif self._closing and not self.came:
            with suppress(OSError):
                os.write(self._wake, bytes([_HURRY]))
        elif self._held:
            self._missed = True
        elif not (self._closing or self.came):
            self._interrupt()

    def _unraisable(self, lost: Any) -> None:
        """An interruption where nothing can be raised, as in `__del__`, is raised once more instead of shown."""
        if lost.exc_type is not KeyboardInterrupt:
            self._hook(lost)
            return
        self.came = False
        self._own += 1
        again = threading.Timer(_AGAIN_S, _interrupt_main_thread)  # at once it would be lost just the same
        again.daemon = True
        again.start()

    def _watch(self) -> None:
        """Starts a thread that hears of a signal at once, whatever the main thread is at."""
        heard, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._wake_before = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        threading.Thread(target=self._listen, args=(heard, self._run), name="signals", daemon=True).start()

    def _listen(self, heard: int, run: object) -> None:
        asked = 0
        while numbers := os.read(heard, 64):
            for number in numbers:
                if number == signal.SIGINT and self._own:
                    self._own -= 1
                elif number == signal.SIGINT and not asked:
                    asked += 1
                elif number in (_HURRY, signal.SIGINT):
                    self._hurry(run, _IMPATIENCE_S)
                elif number in self._before:
                    self._hurry(run, _END_S)
        os.close(heard)

    def _hurry(self, run: object, limit_s: float) -> None:
        """Tells the outputs, and sees to it that the process ends in time."""
        if limit_s in self._limits:
            return
        if not self._limits:
            for told in self._hurried:
                with suppress(Exception):
                    told(time.monotonic() + _OUTPUTS_S)
        self._limits.add(limit_s)
        timer = threading.Timer(limit_s, self._end_by_force, (run,))
        timer.daemon = True
        timer.start()

    def _end_by_force(self, run: object) -> None:
        if self._run is run:  # it has not ended by itself
            os._exit(self.exit_code)

    def _ignore(self) -> None:
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)


def _interrupt_main_thread() -> None:
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # which ends a wait, too


interrupts = Interrupts()
"""Of this process."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Treats SIGTERM, and a terminal that is closed, as Ctrl-C, so that a stopped service leaves complete files too."""
    if threading.current_thread() is not threading.main_thread() or interrupts.started:
        yield
        return
    interrupts.start()
    try:
        yield
    finally:
        interrupts.stop()


class ClosingStack(ExitStack):
    """An `ExitStack` whose end is not interrupted, so that every output is completed."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        with interrupts.closing():
            return super().__exit__(kind, error, trace)
