"""What holds of every source."""

from pathlib import Path

import cv2
import numpy as np

from smile_edge.sources import open_source


def test_mirror_flips_left_to_right(tmp_path: Path) -> None:
    picture = np.zeros((16, 24, 3), np.uint8)
    picture[:, 12:] = 255
    cv2.imwrite(str(tmp_path / "half.png"), picture)
    with open_source(str(tmp_path / "half.png"), mirror=True) as source:
        frame = next(source)
    assert np.array_equal(frame.image, picture[:, ::-1])
    assert frame.image.flags.c_contiguous
