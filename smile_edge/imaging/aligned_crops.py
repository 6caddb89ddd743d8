"""Faces cut out upright, in a layout that others expect: `Face.crop`."""

from collections.abc import Callable

import numpy as np

from smile_edge.errors import UsageError
from smile_edge.geometry.alignment import arcface_matrix, ffhq_matrix, own_matrix
from smile_edge.geometry.face_roi import face_roi
from smile_edge.imaging.crops import cut_crop
from smile_edge.records import Face
from smile_edge.records.frame import check_image
from smile_edge.topology import TOPOLOGY_70
from smile_edge.types import FloatArray, Image
from smile_edge.validation import check_counts, check_given, shown

__all__ = ["LARGEST_CROP_PX", "TEMPLATES", "aligned_crop", "alignment", "check_crop"]

LARGEST_CROP_PX = 4096
LEAST_EXTENT_PX = 1e-3
"""Size of a face (see `geometry.face_roi`) below which its points say no direction."""


def _arcface(face: Face, size: int) -> FloatArray:
    return arcface_matrix(face.five_points(), size)


def _ffhq(face: Face, size: int) -> FloatArray:
    names = ("right_eye", "left_eye", "mouth_right", "mouth_left")  # the subject's right is at the image's left
    return ffhq_matrix([face.points[list(TOPOLOGY_70.readouts[name])].mean(0) for name in names], size)


def _own(face: Face, size: int) -> FloatArray:
    return own_matrix(TOPOLOGY_70.five_points(face.points), size)


TEMPLATES: dict[str, Callable[[Face, int], FloatArray]] = {"arcface": _arcface, "ffhq": _ffhq, "smile-edge": _own}
"""From the name of a layout to what gives the similarity `(2, 3)` from an image's px to those of its crop."""


def check_crop(size: int, template: str) -> None:
    """Holds that there is such a crop.

    Raises:
        UsageError: the size is no whole number from 1 to `LARGEST_CROP_PX`, or there is no such template.
    """
    check_given(size=size)
    check_counts(size=size)
    if size > LARGEST_CROP_PX:
        raise UsageError(f"size must be at most {LARGEST_CROP_PX} px. Received: size={shown(size)}")
    if not isinstance(template, str) or template not in TEMPLATES:
        raise UsageError(f"template must be {', '.join(TEMPLATES)}. Received: template={shown(template)}")


def alignment(face: Face, size: int = 112, template: str = "arcface") -> FloatArray:
    """The similarity `(2, 3)` from px of the face's image to px of its crop.

    Args:
        face: of an image or frame; one of a mirrored frame is cut as the mirror shows it.
        size: side of the crop, px.
        template: one of `TEMPLATES`.

    Raises:
        UsageError: there is no such crop, or the face has no points, or all at one place.
    """
    check_crop(size, template)
    plain = face.with_sides_swapped() if face.mirrored else face
    five = TOPOLOGY_70.five_points(np.where(np.isfinite(plain.points), plain.points, np.nan))
    if not np.isfinite(five).all() or face_roi(five)[1] < LEAST_EXTENT_PX:
        raise UsageError("the face has no points that it could be aligned by: expected those of a landmark model")
    return TEMPLATES[template](plain, int(size))


def aligned_crop(image: Image, face: Face, size: int = 112, template: str = "arcface") -> Image:
    """One face, upright: see `Face.crop`, of which this is the work.

    Raises:
        ImageError: not `(h, w, 3)` uint8, or of zero size.
        UsageError: see `alignment`.
    """
    check_image(image)
    return np.ascontiguousarray(cut_crop(image, alignment(face, size, template), int(size)))
