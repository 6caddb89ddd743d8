"""The measures of the faces of pictures, those of many pictures at once; streams have theirs (`measures.stream`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from smile_edge.measures.camera import Camera, Lens
from smile_edge.measures.measure import measure_faces
from smile_edge.records import Face, FrameResult
from smile_edge.topology import TOPOLOGY_70

__all__ = ["with_measures"]


def with_measures(results: Sequence[FrameResult], camera: Camera) -> list[FrameResult]:
    """The results with the measures of their faces made from the points, each face by itself.

    Faces of a mirrored frame may come with the sides that the frame shows; they leave with the subject's. An
    expression that a face came with stays.
    """
    measured: list[FrameResult] = []
    for lens, group in groupby(results, lambda result: camera.lens(result.width, result.height)):
        measured += _measured(list(group), lens)
    return measured


def _measured(results: Sequence[FrameResult], lens: Lens) -> list[FrameResult]:
    """Those of one camera."""
    faces = [_as_seen(face) for result in results for face in result.faces]
    if not faces:
        return list(results)
    points, visible = np.array([face.points for face in faces]), np.array([face.visible for face in faces])
    measures = measure_faces(points, TOPOLOGY_70.five_points(points), lens, visible=visible)
    said = [_expression(face) for result in results for face in result.faces]
    rows = zip(faces, measures, said, strict=True)
    done = iter([replace(face, given=found._replace(expression=known)) for face, found, known in rows])
    return [_with_faces(result, [next(done) for _ in result.faces]) for result in results]


def _with_faces(result: FrameResult, faces: Sequence[Face]) -> FrameResult:
    if not faces:
        return result
    return replace(result, faces=tuple(face.with_sides_swapped() if result.mirrored else face for face in faces))


def _as_seen(face: Face) -> Face:
    """With the sides that the models saw."""
    return face.with_sides_swapped() if face.mirrored else face


def _expression(face: Face) -> Mapping[str, float] | None:
    """The expression that a face came with, on the sides that the models saw."""
    measures = None if face.given is None else face.measures
    if measures is None or measures.expression is None:
        return None
    return measures.with_sides_swapped().expression if face.mirrored else measures.expression
