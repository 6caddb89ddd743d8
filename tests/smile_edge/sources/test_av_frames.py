"""From decoded frames to pictures."""

import av
import numpy as np
import pytest

from smile_edge.sources.av_frames import Deinterlacer, FrameConverter, _signs


def test_progressive_frames_pass_through_untouched() -> None:
    frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "bgr24")
    deinterlacer = Deinterlacer()
    assert [one is frame for one in deinterlacer.frames(frame)] == [True]
    assert list(deinterlacer.flush()) == []


@pytest.mark.parametrize("colorspace", [0, 8, 14, 15, 200])
def test_a_colour_space_that_cannot_be_is_no_error(colorspace: int) -> None:
    frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), "bgr24").reformat(format="yuv420p")
    frame.colorspace = colorspace
    assert FrameConverter().image(frame).shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("row", "signs"), [((65536, 0), (1, 0)), ((0, -65536), (0, -1)), ((-65536, 12), (-1, 0)), ((46341, 46341), None)]
)
def test_only_quarter_turns_turn(row: tuple[int, int], signs: tuple[int, int] | None) -> None:
    assert _signs(*row) == signs
