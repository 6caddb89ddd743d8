"""Detection by the brightness of the face."""

import cv2
import numpy as np

from benchmarks.accuracy.illumination import light_results
from train.data.samples import SceneSample


def test_faces_are_counted_by_their_light_and_every_system_at_the_same_alarms(tmp_path):
    boxes = np.array([[20, 20, 60, 60], [120, 20, 60, 60], [20, 120, 60, 60], [120, 120, 15, 15]], np.float32)
    samples, sure, eager = [], [], []
    for index in range(10):
        image = np.full((200, 200, 3), 200, np.uint8)
        image[20:80, 20:80] = 20
        image[20:80, 120:180] = 100
        cv2.imwrite(str(tmp_path / f"{index}.png"), image)
        samples.append(SceneSample(tmp_path / f"{index}.png", boxes, "a", "pack", ignore=np.zeros(4, bool)))
        sure.append((boxes[1:3], np.array([0.9, 0.8], np.float32)))
        # Two false alarms in ten scenes may lie above a face that counts; the third ends what counts.
        alarm = np.array([[150, 150, 40, 40]], np.float32)
        eager.append((np.concatenate([boxes[:1], alarm]), np.array([0.5 + 0.01 * index, 0.52 + 0.01 * index])))
    mute = [(boxes, np.full(4, np.nan, np.float32))] * 10
    rows = light_results({"sure": sure, "eager": eager, "mute": mute}, samples)
    assert [(row["from"], row["below"], row["faces"]) for row in rows] == [
        (0, 50, 10), (50, 80, 0), (80, 120, 10), (120, 256, 10)
    ]  # fmt: skip
    assert [row["found"].get("sure") for row in rows] == [0, None, 100, 100]
    assert [row["found"].get("eager") for row in rows] == [0, None, 0, 0]
    some = [(np.concatenate([found, boxes[:1]]), np.append(scores, 0.6)) for found, scores in eager]
    assert light_results({"some": some}, samples)[0]["found"] == {"some": 100.0}
    assert not any("mute" in row["found"] for row in rows)
