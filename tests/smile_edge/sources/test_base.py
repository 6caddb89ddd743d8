"""What holds of every source."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from smile_edge.records import Frame
from smile_edge.sources import base, open_source
from smile_edge.sources.base import in_time


class Clock:
    """A clock that sleeping moves, and `delays` before a frame."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now_s += seconds

    def frames(self, times_s: list[float], delays_s: dict[int, float]) -> Iterator[Frame]:
        for index, time_s in enumerate(times_s):
            self.now_s += delays_s.get(index, 0.0)
            yield Frame(np.zeros((4, 4, 3), np.uint8), index, time_s)


@pytest.mark.parametrize(
    ("times_s", "delays_s", "expected_s"),
    [
        ([5.0, 5.5, 6.0, 6.25], {}, [0.0, 0.5, 1.0, 1.25]),
        ([0.0, 0.5, 1.0], {1: 0.75}, [0.0, 0.75, 1.0]),
        ([0.0, 60.0, 60.5], {}, [0.0, 1.0, 1.5]),
        ([0.0, 0.5, 1.0], {1: 10.0}, [0.0, 10.0, 10.5]),
        ([0.0, 50.0, 0.0, 0.5], {}, [0.0, 1.0, 1.0, 1.5]),
    ],
    ids=["its own speed", "a short delay made up", "a long gap", "a long delay", "times that begin again"],
)
def test_a_file_plays_in_time(
    times_s: list[float], delays_s: dict[int, float], expected_s: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(base, "time", clock)

    assert [clock.now_s - 100 for _ in in_time(clock.frames(times_s, delays_s))] == expected_s


def test_mirror_flips_left_to_right(tmp_path: Path) -> None:
    picture = np.zeros((16, 24, 3), np.uint8)
    picture[:, 12:] = 255
    cv2.imwrite(str(tmp_path / "half.png"), picture)
    with open_source(str(tmp_path / "half.png"), mirror=True) as source:
        frame = next(source)
    assert np.array_equal(frame.image, picture[:, ::-1])
    assert frame.image.flags.c_contiguous
