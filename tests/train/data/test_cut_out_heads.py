"""Cut-out heads as they are read from a folder."""

import json

import cv2
import numpy as np
import pytest
from made_heads import green_head

from train.data.cut_out_heads import HEADS, load_heads
from train.errors import DataError


def test_heads_are_read_as_they_were_written(tmp_path):
    head = green_head()
    (tmp_path / "heads").mkdir()
    cv2.imwrite(str(tmp_path / "heads" / "0.png"), head.image)
    line = {"file": "0.png", "box": head.boxes[0].tolist(), "points": head.dense.tolist()}
    (tmp_path / HEADS).write_text(json.dumps(line) + "\n")
    (read,) = load_heads([tmp_path])
    np.testing.assert_array_equal(read.image, head.image)
    np.testing.assert_allclose(read.boxes, head.boxes)
    np.testing.assert_allclose(read.points, head.points)


def test_a_folder_without_heads_is_one_line(tmp_path):
    with pytest.raises(DataError, match="expected a folder that `python -m train turn` wrote"):
        load_heads([tmp_path])


def test_a_head_without_alpha_is_one_line(tmp_path):
    (tmp_path / "heads").mkdir()
    cv2.imwrite(str(tmp_path / "heads" / "0.png"), np.zeros((9, 9, 3), np.uint8))
    (tmp_path / HEADS).write_text(json.dumps({"file": "0.png", "box": [0, 0, 1, 1], "points": [[0, 0]] * 49}))
    with pytest.raises(DataError, match="alpha channel"):
        load_heads([tmp_path])
