"""The points that the shipped models give labelled faces: what every measure is fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from smile_edge import FacePipeline
from smile_edge.records import Face
from smile_edge.runtime.manifest import MODELS, ModelManifest
from smile_edge.topology import TOPOLOGY_49
from train.data.crop_cache import read_bgr
from train.data.formats.kind import PackKind, of_kind
from train.data.kept import kept
from train.data.packs import read_faces
from train.data.samples import FaceSample
from train.errors import DataError
from train.evaluation.metrics import LOST_PERCENT, five_point_error
from train.measures.table import Table

__all__ = ["LabelledFaces", "ShippedModels", "nearest_face", "predict"]

_BATCH = 16


class ShippedModels:
    """A folder of models, opened when they are first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def identity(self) -> list[str]:
        """What tells these models from others."""
        return [ModelManifest.load(self.folder / f"{name}.json").sha256 for name in MODELS]

    @cached_property
    def pipeline(self) -> FacePipeline:
        """Gives the faces of independent images."""
        return FacePipeline(self.folder, provider="cpu")


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFaces(Table):
    """Labelled faces that the models found."""

    points: np.ndarray
    """`(n, 49, 2)` px, y down: the landmarker's."""
    sigma: np.ndarray
    """`(n, 49)` px."""
    labels: np.ndarray
    """`(n, 49, 2)` px: the pack's; NaN where a point has no label."""
    names: np.ndarray
    """`(n,)` text: path of the image in the pack."""
    groups: np.ndarray
    """`(n,)` text: identity where it is known, else the file."""
    packs: np.ndarray
    """`(n,)` text."""
    five: np.ndarray
    """`(n, 5, 2)` px: where the pack says that the face lies."""

    def of(self, *packs: str) -> "LabelledFaces":
        """The faces of packs of these names."""
        return self.rows(np.isin(self.packs, packs))

    def of_five(self) -> "LabelledFaces":
        """The faces of which people marked five points: no brow, and the nose."""
        brow, nose = (TOPOLOGY_49.groups[name][at] for name, at in (("right_brow", 0), ("nose_bridge", 3)))
        return self.rows(np.isnan(self.labels[:, brow, 0]) & np.isfinite(self.labels[:, nose, 0]))

    def dense(self) -> "LabelledFaces":
        """The faces with a label for each of the 49 points."""
        return self.rows(np.isfinite(self.labels).all((1, 2)))


def predict(folders: Sequence[Path], models: ShippedModels, cache: Path | None) -> LabelledFaces:
    """The points of each labelled face of data packs as an independent image gives them, without those not found.

    Args:
        folders: the packs; those without labelled faces are passed over.
        models: give the points.
        cache: keeps the points of each pack; None for none.

    Raises:
        DataError: no pack holds labelled faces, or none of them was found.
    """
    labelled = of_kind(folders, PackKind.MTFL, PackKind.DENSE)
    faces = [_of_pack(folder, read_faces([folder]), models, cache) for folder in labelled]
    if not any(map(len, faces)):
        raise DataError(
            "the models find none of the labelled faces of --data: name other packs, or other models with --models"
        )
    return LabelledFaces.concatenate(faces)


def nearest_face(faces: Sequence[Face], five: np.ndarray) -> Face | None:
    """The face whose five points are nearest the labels `(5, 2)` px; None where none is near enough to be theirs."""
    errors = [float(five_point_error(TOPOLOGY_49.five_points(TOPOLOGY_49.pick(face.points)), five)) for face in faces]
    return faces[int(np.argmin(errors))] if errors and min(errors) < LOST_PERCENT else None


def _of_pack(folder: Path, samples: Sequence[FaceSample], models: ShippedModels, cache: Path | None) -> LabelledFaces:
    names = [sample.image.relative_to(folder).as_posix() for sample in samples]
    places = [sample.five().tolist() for sample in samples]
    made_of = [models.identity, list(zip(names, places, strict=True))]
    found = kept(cache, f"predictions-{folder.name}", made_of, lambda: _found(samples, models.pipeline))
    targets = np.stack([sample.targets[: TOPOLOGY_49.count] for sample in samples])
    faces = LabelledFaces(
        found["points"],
        found["sigma"],
        np.where(targets[..., 2:] > 0, targets[..., :2], np.nan),
        np.array(names),
        np.array([sample.group for sample in samples]),
        np.array([sample.pack for sample in samples]),
        np.array(places, np.float32),
    )
    return faces.rows(np.isfinite(found["points"]).all((1, 2)))


def _found(samples: Sequence[FaceSample], pipeline: FacePipeline) -> dict[str, np.ndarray]:
    """`points (n, 49, 2)` and `sigma (n, 49)` px, NaN where the face was not found."""
    points = np.full((len(samples), TOPOLOGY_49.count, 2), np.nan, np.float32)
    sigma = np.full(points.shape[:2], np.nan, np.float32)
    for first in range(0, len(samples), _BATCH):
        batch = samples[first : first + _BATCH]
        images: list[Any] = [read_bgr(sample.image) for sample in batch]
        for row, (sample, result) in enumerate(zip(batch, pipeline.process_batch(images), strict=True), first):
            if (face := nearest_face(result.faces, sample.five())) is not None:
                points[row] = TOPOLOGY_49.pick(face.points)
                sigma[row] = TOPOLOGY_49.pick(face.sigma[:, None])[:, 0]
    return {"points": points, "sigma": sigma}
