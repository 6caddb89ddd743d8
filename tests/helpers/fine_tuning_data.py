"""A CSV of named points of generated faces, and weights to start from."""

import cv2
import numpy as np

from smile_edge.runtime.manifest import find_models
from train.data.formats.points_csv import POINT_NAMES
from train.data.samples import READOUT
from train.synthesis.cartoon_faces import cartoon_scene

__all__ = ["LABELLED", "start_folder", "write_csv"]

LABELLED = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")


def write_csv(folder, count, names=LABELLED, shift=(0.0, 0.0)):
    """A CSV of generated faces, one an image; the labels of `names`, moved by `shift` px."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    lines = [",".join(["image", *(f"{name}_{axis}" for name in names for axis in "xy")])]
    for index in range(count):
        image, points = cartoon_scene(rng)
        cv2.imwrite(str(folder / f"{index}.png"), image)
        labels = READOUT @ points + np.array(shift)
        lines.append(",".join([f"{index}.png", *(f"{v:.2f}" for n in names for v in labels[POINT_NAMES[n]])]))
    (folder / "my.csv").write_text("\n".join(lines) + "\n")
    return folder / "my.csv"


def start_folder(folder):
    """A folder with `landmarks.keras`: the shipped weights, else those of an untrained network."""
    if (find_models() / "landmarks.keras").is_file():
        return find_models()
    import keras

    from train.networks import build_landmarker

    keras.utils.set_random_seed(0)
    build_landmarker().save(folder / "landmarks.keras")
    return folder
