"""Mined detections, read from the folder that `train mine` wrote."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from train.data.crop_cache import STORED_PX
from train.errors import DataError

__all__ = ["Mined", "load_detector_scores", "load_mined", "load_places"]


LEAST_CHANCE = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Mined:
    """Detections cut out of training scenes."""

    crops: np.ndarray
    """`(k, 160, 160, 3)` uint8, upright as the detector saw them."""
    labels: np.ndarray
    """`(k,)`: 1 a face, 0 an impostor, -1 undecided."""
    boxes: np.ndarray
    """`(k, 4)` left, top, width, height of the face's box in crop px; NaN for an impostor."""
    presence_error: np.ndarray
    """`(k,)` 0..1: how far a landmarker's face probability was from the label."""
    chances: dict[bool, np.ndarray] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """A crop is drawn the more often the less sure the landmarker was; not where it was sure of the contrary:
        there the label is the more likely to be wrong."""
        weight = LEAST_CHANCE + 4 * self.presence_error * (1 - self.presence_error)
        for face in (True, False):
            total = np.cumsum(np.where((self.labels != 0) == face, weight, 0.0))
            if len(total) and total[-1] > 0:
                self.chances[face] = total / total[-1]

    def draw(self, face: bool, rng: np.random.Generator) -> int:
        """The index of a crop that is (or may be) a face, or of an impostor; `chances` says whether there are any."""
        return int(np.searchsorted(self.chances[face], rng.random(), side="right"))


def load_mined(folders: Sequence[Path]) -> list[Mined]:
    """What `mine` wrote into each folder; the crops stay on disk.

    Raises:
        DataError: a folder does not hold them.
    """
    return [_load(folder) for folder in folders]


def _load(folder: Path) -> Mined:
    try:
        crops = np.memmap(folder / "crops.u8", np.uint8, "r").reshape(-1, STORED_PX, STORED_PX, 3)
        return Mined(crops, *(np.load(folder / f"{name}.npy") for name in ("labels", "boxes", "doubt")))
    except (OSError, ValueError) as error:
        raise DataError(f"{folder} holds no mined crops ({error}): run `python -m train mine --out {folder}`") from None


def load_places(folders: Sequence[Path]) -> dict[str, np.ndarray]:
    """Boxes `(k, 4)` xywh px of the hard negatives of each scene, by `scenes.scene_key`; of several folders, all.

    Raises:
        DataError: a folder does not hold them.
    """
    places: dict[str, list[list[float]]] = defaultdict(list)
    for folder in folders:
        for key, boxes in _read(folder, "places.json").items():
            places[key] += boxes
    return {key: np.array(boxes, np.float32) for key, boxes in places.items()}


def load_detector_scores(folders: Sequence[Path]) -> dict[str, np.ndarray]:
    """How sure the detector was of each labelled face `(n,)` of each scene, by `scenes.scene_key`; the last folder's.

    Raises:
        DataError: a folder does not hold it.
    """
    detector_scores: dict[str, np.ndarray] = {}
    for folder in folders:
        detector_scores |= {key: np.array(scores, np.float32) for key, scores in _read(folder, "sureness.json").items()}
    return detector_scores


def _read(folder: Path, name: str) -> dict[str, list]:
    try:
        content: dict[str, list] = json.loads((folder / name).read_text())
    except (OSError, ValueError) as error:
        cure = f"run `python -m train mine --out {folder}`"
        raise DataError(f"{folder} holds no {name} ({error}): {cure}") from None
    return content
