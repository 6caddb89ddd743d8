"""Outputs that write when a test lets them, records to write, and threads that hand them over."""

import threading
from collections.abc import Callable

import numpy as np

from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import BackgroundSink, Sink

__all__ = ["WAIT_S", "Gate", "Open", "held_up", "in_a_thread", "record"]

WAIT_S = 30
"""Until a test that hangs fails; none takes this long."""


def record(index: int, *, live: bool = False) -> tuple[Frame, FrameResult]:
    frame = Frame(np.full((8, 8, 3), index, np.uint8), index, index / 30, "test", 1.0 if live else None)
    return frame, FrameResult("test", index, index / 30, 8, 8)


class Gate(Sink):
    """Writes nothing before it is opened; what it wrote, and with which picture, can be looked up."""

    def __init__(self, *, needs_image: bool = True, error: BaseException | None = None) -> None:
        self.name, self.needs_image, self.error = "gate", needs_image, error
        self.entered, self.opened = threading.Event(), threading.Event()
        self.indices: list[int] = []
        self.images: list[np.ndarray] = []
        self.threads: set[str] = set()
        self.closes = 0

    def write(self, frame: Frame, result: FrameResult) -> None:
        self.entered.set()
        assert self.opened.wait(WAIT_S)
        if self.error is not None:
            raise self.error
        self.indices.append(result.frame)
        self.images.append(frame.image)
        self.threads.add(threading.current_thread().name)

    def close(self) -> None:
        self.closes += 1


class Open(Gate):
    """A gate that stands open."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.opened.set()


def held_up(gate: Gate, output: BackgroundSink, *, live: bool = False) -> None:
    """Hands over record 0 and waits until the gate holds it: from now on the queue fills."""
    output.write(*record(0, live=live))
    assert gate.entered.wait(WAIT_S)


def in_a_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name="a writer", daemon=True)
    thread.start()
    return thread
