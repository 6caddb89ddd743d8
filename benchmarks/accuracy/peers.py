"""Predictions of other systems, kept as JSON lines: `PEERS/<pack>/<system>.jsonl`, one line an image."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smile_edge.topology import FIVE_POINTS
from train.errors import DataError

__all__ = ["Peer", "PeerFaces", "read_peers"]


@dataclass(frozen=True, slots=True, eq=False)
class PeerFaces:
    """What a system found in one image."""

    boxes: np.ndarray
    """`(k, 4)` left, top, width, height px."""
    scores: np.ndarray
    """`(k,)`; NaN where the system gives none."""
    five: np.ndarray
    """`(k, 5, 2)` px; NaN for a point the system does not give."""
    irises: np.ndarray | None = None
    """`(k, 2, 2)` px: centres of the subject's right and left iris, NaN where a face has none."""
    expressions: tuple[dict[str, float] | None, ...] | None = None
    """ARKit's coefficients of each face by name; None where a face has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Peer:
    """One system's predictions over a pack, by image path inside the pack."""

    name: str
    faces: dict[str, PeerFaces]

    def of(self, names: Sequence[str]) -> list[PeerFaces]:
        """The predictions for these images.

        Raises:
            DataError: one of them was never shown to the system; counting it as missed would be unfair.
        """
        absent = next((name for name in names if name not in self.faces), None)
        if absent is not None:
            raise DataError(f"the predictions of {self.name} lack the image {absent}: make them again over the pack")
        return [self.faces[name] for name in names]


def read_peers(folder: Path | None, pack: str) -> list[Peer]:
    """Every system that has predictions for a pack, by file name; none where there is no folder for it.

    Raises:
        DataError: a line is not the JSON expected.
    """
    if folder is None or not (folder / pack).is_dir():
        return []
    return [_read(path) for path in sorted((folder / pack).glob("*.jsonl"))]


def _read(path: Path) -> Peer:
    faces = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
            faces[record["image"]] = _faces(record["faces"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path}, row {number}: expected a JSON object with image and faces ({error}): make the file again"
            ) from None
    return Peer(path.stem, faces)


def _faces(records: list[dict[str, Any]]) -> PeerFaces:
    unknown = [np.nan, np.nan]
    five = [[record["five"].get(name) or unknown for name in FIVE_POINTS] for record in records]
    irises = [[(record.get("irises") or {}).get(side) or unknown for side in ("right", "left")] for record in records]
    scores = [np.nan if record["score"] is None else record["score"] for record in records]
    return PeerFaces(
        np.array([record["box"] for record in records], np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        np.array(five, np.float32).reshape(-1, 5, 2),
        np.array(irises, np.float32).reshape(-1, 2, 2),
        tuple(record.get("expression") for record in records),
    )
