"""Times of frames in a video."""

from collections.abc import Sequence

import pytest

from smile_edge.sinks.encoding.frames import FrameClock


@pytest.mark.parametrize(
    ("times_s", "placed_s"),
    [
        ((7.0, 7.5, 9.0), (0.0, 0.5, 2.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.1, 0.2)),  # no times at all: the nominal rate
        ((0.0, 0.1, 0.1, 0.2, 0.3, 0.5), (0.0, 0.1, 0.2, 0.25, 0.3, 0.5)),  # one twice: caught up with
        ((0.0, 0.4, 0.3, 0.6), (0.0, 0.4, 0.45, 0.6)),  # one out of order
        ((0.0, 5.0, 1.0, 1.2), (0.0, 5.0, 5.1, 5.3)),  # the clock was set back
    ],
)
def test_times_grow(times_s: Sequence[float], placed_s: Sequence[float]) -> None:
    clock = FrameClock(fps=10)
    assert [clock.place(time_s) for time_s in times_s] == pytest.approx(placed_s)
