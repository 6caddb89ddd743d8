"""Similarities that bring a face into a crop of a known layout, by its points."""

import math

import numpy as np
import numpy.typing as npt

from smile_edge.geometry.affine import crop_matrix
from smile_edge.geometry.face_roi import face_roi
from smile_edge.types import FloatArray

__all__ = ["ARCFACE", "arcface_matrix", "ffhq_matrix", "own_matrix", "similarity_onto"]

ARCFACE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float64
)
"""Where the five points lie in a crop of 112 px, as networks of face recognition are trained on (ArcFace, Deng et al.,
CVPR 2019; `arcface_dst` of insightface)."""
ARCFACE_PX = 112
FFHQ_EYES, FFHQ_MOUTH, FFHQ_DOWN = 2.0, 1.8, 0.1
"""Half a side of FFHQ's square is the larger of 2 distances of the eyes and 1.8 from eyes to mouth; its centre lies a
tenth of the way from eyes to mouth (Karras et al., CVPR 2019; `download_ffhq.py` of NVlabs/ffhq-dataset)."""
OWN_SCALE, OWN_SHIFT = 2.8, 0.2
"""`crop_scale` and `crop_shift` of the landmark model that ships."""


def arcface_matrix(five: npt.ArrayLike, size: int) -> FloatArray:
    """The similarity `(2, 3)` that brings five points `(5, 2)` px onto ArcFace's template in a crop of `size` px.

    As in insightface the template grows with the crop from the centre of its first pixel.
    """
    return similarity_onto(five, ARCFACE * (size / ARCFACE_PX))


def ffhq_matrix(eyes_and_mouth: npt.ArrayLike, size: int) -> FloatArray:
    """The similarity `(2, 3)` of FFHQ's square, in a crop of `size` px.

    Args:
        eyes_and_mouth: `(4, 2)` px: the eyes' centres (means of six points) and the outer corners of the mouth, left in
            the image first.
        size: side of the crop.
    """
    left_eye, right_eye, left_mouth, right_mouth = np.asarray(eyes_and_mouth, np.float64)
    eyes, mouth = (left_eye + right_eye) / 2, (left_mouth + right_mouth) / 2
    across, down = right_eye - left_eye, mouth - eyes
    axis = across[0] + down[1], across[1] - down[0]
    half_px = max(math.hypot(*across) * FFHQ_EYES, math.hypot(*down) * FFHQ_MOUTH)
    return crop_matrix(eyes + FFHQ_DOWN * down, 2 * half_px, math.atan2(axis[1], axis[0]), size)


def own_matrix(five: npt.ArrayLike, size: int) -> FloatArray:
    """The similarity `(2, 3)` of what the landmark model sees of a face, in a crop of `size` px."""
    centre, size_px, angle = face_roi(five)
    down = np.array([-np.sin(angle), np.cos(angle)], np.float32)
    return crop_matrix(centre + OWN_SHIFT * size_px * down, OWN_SCALE * size_px, angle, size)


def similarity_onto(points: npt.ArrayLike, target: npt.ArrayLike) -> FloatArray:
    """The similarity `(2, 3)` without reflection that brings points `(n, 2)` nearest to others, in least squares.

    That of Umeyama (1991), in complex numbers: one turns, scales and moves the plane by `a z + b`.
    """
    here, there = (np.asarray(given, np.float64) @ [1, 1j] for given in (points, target))
    centred = here - here.mean()
    a = np.vdot(centred, there - there.mean()) / np.vdot(centred, centred).real
    b = there.mean() - a * here.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]], np.float32)
