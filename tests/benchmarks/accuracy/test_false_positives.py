"""False alarms on images without faces."""

import cv2
import numpy as np
from fake_world import World, face_points

from benchmarks.accuracy.false_positives import false_alarms
from smile_edge import FacePipeline
from train.data.samples import held_out


def test_false_alarms_are_counted_on_held_out_images_only(tmp_path):
    names = [f"{index}.png" for index in range(60)]
    kept = [name for name in names if held_out(name)]
    for name in names:
        cv2.imwrite(str(tmp_path / name), np.zeros((240, 320, 3), np.uint8))
    result = false_alarms(FacePipeline(World(lambda index: [face_points()]).models()), tmp_path)
    assert result["images"] == len(kept)
    assert result["faces_per_1000"] == 1000
