"""The picture that leaves: covered before it is encoded, no wider than a page shows."""

import cv2
import numpy as np
import pytest
from served import made

from smile_edge.records import Frame, FrameResult
from smile_edge.server.pictures import WIDEST_PX, PictureEncoder
from smile_edge.types import Image


def decoded(jpeg: bytes) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image


def test_a_picture_keeps_its_size_and_its_look() -> None:
    image = decoded(PictureEncoder()(*made(0, level=90)))

    assert image.shape == (48, 64, 3)
    assert image.mean() == pytest.approx(90, abs=1)


@pytest.mark.parametrize("size", [(720, 1281), (2, 40_000), (2160, 3840)])
def test_a_wide_picture_is_made_smaller_in_its_shape(size: tuple[int, int]) -> None:
    height, width = decoded(PictureEncoder()(*made(0, size=size))).shape[:2]

    assert width == WIDEST_PX
    assert height == max(round(size[0] * WIDEST_PX / size[1]), 1)


def test_what_is_covered_does_not_leave() -> None:
    frame, result = made(0, level=250)

    def cover(frame: Frame, result: FrameResult) -> Image:
        return np.zeros_like(frame.image)

    assert decoded(PictureEncoder(cover)(frame, result)).max() <= 2
    assert frame.image.min() == 250
