"""The order of things in images that belong to no stream: candidates, their scores, the best of them, the way up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from smile_edge.detection.large_pictures import Tiling
from smile_edge.geometry.face_roi import face_roi
from smile_edge.pipeline.face_filter import FaceFilter
from smile_edge.pipeline.models import Models
from smile_edge.pipeline.results import result_of
from smile_edge.pipeline.scheduler import StageObserver, timed
from smile_edge.pipeline.still_images import find_faces, find_faces_in_one_pass, landmarks_of, select_faces
from smile_edge.pipeline.way_up import right_way_up
from smile_edge.records import Face, Frame, FrameResult
from smile_edge.topology import POINTS, TOPOLOGY_70
from smile_edge.types import Image

__all__ = ["StillPipeline"]


@dataclass(frozen=True, slots=True, eq=False)
class StillPipeline:
    """The faces of independent images, before they are measured; `FacePipeline` makes one for each call."""

    models: Models
    wanted: FaceFilter
    threshold: float
    """Lowest score of a face."""
    tiling: Tiling | None
    """Which images are looked at in tiles; None is none."""
    fast: bool
    """One look of each model at each image."""
    max_faces: int | None
    expression: bool
    """Whether faces bring their expressions."""
    observer: StageObserver | None
    """Hears the seconds of the stages `detector` and `landmarks`."""

    def find(self, frames: Sequence[Frame], factors: Sequence[int]) -> list[FrameResult]:
        """The faces of each image, best first: one detector batch, all faces in one landmark batch.

        Args:
            frames: the images.
            factors: by which each was reduced; `min_size` and `roi` are px of the whole one.
        """
        look = find_faces_in_one_pass if self.fast else partial(find_faces, tiling=self.tiling)
        images = [frame.image for frame in frames]
        owner, faces = look(self.models, images, self._timed, self.expression, self.threshold)
        chosen = [
            select_faces(
                [faces[row] for row in np.flatnonzero(owner == index) if self.wanted.passes(faces[row], factor)],
                self._least_score(images[index]),
                self.max_faces,
            )
            for index, factor in enumerate(factors)
        ]
        found = self._timed("landmarks", self._right_way_up, images, chosen)
        return [result_of(frame, faces, still=True) for frame, faces in zip(frames, found, strict=True)]

    def refine(self, frame: Frame, result: FrameResult, below_px: float) -> FrameResult:
        """The small faces of `result` looked at once more; see `FacePipeline.refine`."""
        faces = [face.with_sides_swapped() if face.mirrored else face for face in result.faces]
        five = TOPOLOGY_70.five_points(np.array([face.points for face in faces], np.float32).reshape(-1, POINTS, 2))
        small = np.flatnonzero(face_roi(five)[1] < below_px).tolist()
        landmarker = self.models.landmarker
        batch = self._timed("landmarks", landmarker.landmarks, [(frame.image, five[k]) for k in small], 1, True)
        for k, found in zip(small, landmarks_of(batch, landmarker.topology, self.expression), strict=True):
            faces[k] = replace(faces[k], **found)
        return result_of(frame, faces, still=True)

    def _least_score(self, image: Image) -> float:
        """Score from which a face of the image counts."""
        tiling = self.tiling if self.wanted.min_score is None else None
        return max(self.threshold, tiling.min_score) if tiling and tiling.applies(image) else self.threshold

    def _right_way_up(self, images: Sequence[Image], faces: Sequence[Sequence[Face]]) -> list[list[Face]]:
        rows = zip(images, faces, strict=True)
        return [right_way_up(self.models.landmarker, image, found, self.expression) for image, found in rows]

    def _timed(self, stage: str, work: Callable[..., Any], *arguments: Any) -> Any:
        return timed(self.observer, stage, work, *arguments)
