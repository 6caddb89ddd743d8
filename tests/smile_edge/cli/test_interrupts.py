"""A signal is raised once, never while outputs are completed, and gives everything back."""

import os
import signal
import sys
import threading

import pytest
from gates import WAIT_S

from smile_edge.cli.interrupts import ClosingStack, interruptible, interrupts

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as on POSIX")


def send(number: int = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_is_raised_and_no_other(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "_exit", lambda code: None)
    with interruptible():
        with pytest.raises(KeyboardInterrupt):
            send(number)
        for again in (signal.SIGINT, signal.SIGTERM):
            send(again)
        assert interrupts.came


def test_an_interruption_waits_for_what_is_held_back() -> None:
    done = []

    def work() -> None:
        with interrupts.held_back():
            send()
            done.append("whole")
        done.append("never")

    with interruptible(), pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["whole"]


def test_closing_is_hurried_and_not_interrupted() -> None:
    told, times = threading.Event(), []

    def hurry(until_s: float) -> None:
        times.append(until_s)
        told.set()

    with interruptible():
        interrupts.on_hurry(hurry)
        with ClosingStack() as stack:
            stack.callback(told.wait, WAIT_S)
            stack.callback(send)
        assert not interrupts.came
    assert len(times) == 1


def test_an_interruption_that_is_lost_is_raised_once_more() -> None:
    class Lost:
        def __del__(self) -> None:
            send()
            for _ in range(100):
                pass

    def lose() -> None:
        lost = Lost()
        del lost
        threading.Event().wait(WAIT_S)

    with interruptible(), pytest.raises(KeyboardInterrupt):
        lose()


def test_handlers_are_given_back() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers], sys.unraisablehook
    with interruptible():
        assert signal.getsignal(signal.SIGTERM) != before[0][1]
    assert ([signal.getsignal(number) for number in numbers], sys.unraisablehook) == before
    assert signal.set_wakeup_fd(-1) == -1


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            send(signal.SIGHUP)
            assert not interrupts.came
    finally:
        signal.signal(signal.SIGHUP, before)
