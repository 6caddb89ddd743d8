"""Heads with an alpha channel, read from the folder that `train turn` wrote."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70
from train.data.scenes import Scene
from train.errors import DataError

__all__ = ["HEADS", "Head", "load_heads"]


HEADS = "heads.jsonl"


@dataclass(frozen=True, slots=True, eq=False)
class Head(Scene):
    """A scene of one face whose image `(h, w, 4)` uint8 BGRA says what belongs to the head."""

    dense: np.ndarray = field(default_factory=lambda: np.zeros((49, 2), np.float32))
    """`(49, 2)` px."""
    labels: np.ndarray | None = None
    """`(70, 3)` px, weight: the labels that its face had, where it had them."""
    hidden: np.ndarray | None = None
    """`(70,)` bool: which of them the head itself hides."""


def load_heads(folders: Sequence[Path]) -> list[Head]:
    """All heads of folders that `train.synthesis.rotate_heads` wrote.

    Raises:
        DataError: a folder holds no heads, an image has no alpha, or a line of the list is not the JSON expected.
    """
    lines = []
    for folder in folders:
        path = folder / HEADS
        if not path.is_file():
            raise DataError(f"no {HEADS} in {folder}: expected a folder that `python -m train turn` wrote")
        lines += [(path, number, line) for number, line in enumerate(path.read_text().splitlines(), 1)]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda line: _head(*line), lines))


def _head(path: Path, number: int, line: str) -> Head:
    try:
        record = json.loads(line)
        box = np.array(record["box"], np.float32).reshape(1, 4)
        points = np.array(record["points"], np.float32).reshape(TOPOLOGY_49.count, 2)
        file = path.parent / "heads" / record["file"]
        labels, hidden = _labels(record)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(f"{path}, row {number}: expected a JSON object with file, box and points ({error})") from None
    image = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 3 or image.shape[2] != 4:
        raise DataError(f"{file}: expected an image with an alpha channel: run `python -m train turn` again")
    five = TOPOLOGY_49.five_points(points)[None]
    return Head(
        np.asarray(image, np.uint8), box, five, np.zeros(1, bool), "heads", dense=points, labels=labels, hidden=hidden
    )


def _labels(record: dict) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The 70 points of a line that has them, and which are hidden."""
    if "labels" not in record:
        return None, None
    weights = np.array(record["weights"], np.float32).reshape(TOPOLOGY_70.count, 1)
    labels = np.concatenate([np.array(record["labels"], np.float32).reshape(TOPOLOGY_70.count, 2), weights], 1)
    hidden = np.zeros(TOPOLOGY_70.count, bool)
    hidden[record["hidden"]] = True
    return labels, hidden
