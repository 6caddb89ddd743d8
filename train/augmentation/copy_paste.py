"""Who is put on a training canvas beside those of its scene: a face of another scene, or a head turned aside."""

from dataclasses import replace

import cv2
import numpy as np

from smile_edge.geometry.affine import similarity_about
from smile_edge.geometry.face_roi import face_roi
from train.augmentation.occlusion import MOST_COVERED
from train.augmentation.scene_transforms import move_faces, warp_scene
from train.data.instances import Instances, hidden_share
from train.data.scenes import Scene

__all__ = ["blend_face", "blend_head", "paste_face", "paste_head"]

HEAD = 1.2
"""Size of the ellipse that is cut out around a face, in boxes: with hair and ears."""
SMALLEST_JOINED_PX = 14.0
JOINED_SIZE = (0.75, 1.35)
MOST_ENLARGED = 2.0
"""A face that is enlarged more is too blurred to stand beside another."""
HEAD_OVER_SHARE, HEAD_BESIDE_SHARE = 0.6, 0.2
"""How often a head turned aside takes the place of a face, and stands beside one, if there is one."""
HEAD_SIZE = (0.85, 1.25)
"""Height of its box, in boxes of the face in whose place it is put."""
HEAD_PX = (14.0, 170.0)
"""Height of its box elsewhere."""


def paste_face(piece: np.ndarray, faces: Instances, stranger: Scene, rng: np.random.Generator) -> Instances:
    """Puts a face of another scene beside one of the faces, as large and as much turned, cheek to cheek, in place.

    Args:
        piece: `(s, s, 3)` uint8.
        faces: in the piece.
        stranger: where the other face comes from: one with known points, not much smaller than it will be.
        rng: source of chance.

    Returns:
        All faces of the piece; the same where there is none to join or to be joined.
    """
    here = faces.countable(SMALLEST_JOINED_PX)
    there = ~stranger.ignore & np.isfinite(stranger.points).all((1, 2)) if len(stranger.boxes) else np.zeros(0, bool)
    if not len(here) or not there.any():
        return faces
    one, other = int(rng.choice(here)), int(rng.choice(np.flatnonzero(there)))
    box, theirs = faces.boxes[one], stranger.boxes[other]
    scale = float(np.sqrt(box[2:].prod() / theirs[2:].prod()) * np.exp(rng.uniform(*np.log(JOINED_SIZE))))
    if scale > MOST_ENLARGED:
        return faces
    way = faces.angle[one] + rng.choice([0, np.pi]) + rng.normal(0, 0.5)
    apart = rng.uniform(0.6, 1.1) * (box[2:].min() + scale * theirs[2:].min()) / 2
    centre = box[:2] + box[2:] / 2 + apart * np.array([np.cos(way), np.sin(way)])
    turn = faces.angle[one] - face_roi(stranger.points[other])[2] + rng.normal(0, 0.2)
    matrix = similarity_about(theirs[:2] + theirs[2:] / 2, centre, scale, float(turn))
    order = np.argsort(np.arange(len(stranger.boxes)) != other, kind="stable")
    names = ("boxes", "points", "ignore")
    first = replace(stranger, detector_scores=None, **{name: getattr(stranger, name)[order] for name in names})
    side = piece.shape[0]
    its = move_faces(first, matrix, False, float(turn), side)
    if not len(its.boxes) or its.ignore[0] or not (centre > 0).all() or not (centre < side).all():
        return faces
    return blend_face(piece, faces, warp_scene(stranger.image, matrix, side, None), its)


def paste_head(piece: np.ndarray, faces: Instances, head: Scene, rng: np.random.Generator) -> Instances:
    """Puts a head in the place of one of the faces, as large and as much turned, beside one, or anywhere, in
    place.

    Args:
        piece: `(s, s, 3)` uint8.
        faces: in the piece.
        head: one of `cut_out_heads.load_heads`.
        rng: source of chance.

    Returns:
        All faces of the piece; the same where the head would be too blurred.
    """
    side = piece.shape[0]
    box, here, mirror = head.boxes[0], faces.countable(SMALLEST_JOINED_PX), bool(rng.random() < 0.5)
    turn, stays, draw = rng.normal(0, 0.15), np.ones(len(faces.boxes), bool), rng.random()
    if len(here) and draw < HEAD_OVER_SHARE + HEAD_BESIDE_SHARE:
        one = int(rng.choice(here))
        theirs, over = faces.boxes[one], draw < HEAD_OVER_SHARE
        size = theirs[3] if abs(np.cos(faces.angle[one])) > 0.7 else theirs[2]
        scale = size / box[3] * np.exp(rng.uniform(*np.log(HEAD_SIZE)))
        centre = theirs[:2] + theirs[2:] / 2 + rng.normal(0, 0.08, 2) * size
        turn += faces.angle[one]
        if not over:
            way = faces.angle[one] + rng.choice([0, np.pi]) + rng.normal(0, 0.4)
            centre += rng.uniform(0.5, 1.1) * scale * box[2] * np.array([np.cos(way), np.sin(way)])
        stays[one] = not over
    else:
        scale = np.exp(rng.uniform(np.log(HEAD_PX[0]), np.log(min(HEAD_PX[1], 0.8 * side)))) / box[3]
        centre = rng.uniform(0.05, 0.95, 2) * side
    if scale > MOST_ENLARGED:
        return faces
    matrix = similarity_about(box[:2] + box[2:] / 2, centre, float(scale), float(turn), mirror)
    its = move_faces(head, matrix, mirror, float(turn), side)
    if not len(its.boxes):
        return faces
    return blend_head(piece, faces.only(stays), warp_scene(head.image, matrix, side, None), its, rng)


def blend_face(piece: np.ndarray, faces: Instances, other: np.ndarray, its: Instances) -> Instances:
    """Cuts the first face of another piece out and puts it before this one, in place.

    Args:
        piece: `(s, s, 3)` uint8.
        faces: in the piece; those that are hidden by more than half are ignored from now on.
        other: `(s, s, 3)` uint8, the picture of the other face where it shall come to lie.
        its: faces of `other`; those behind the first that are seen with it are ignored.

    Returns:
        All faces that the piece shows now.
    """
    box = its.boxes[0]
    centre = box[:2] + box[2:] / 2
    axes = HEAD * box[2:] / 2
    mask = np.zeros(piece.shape[:2], np.uint8)
    cv2.ellipse(mask, (centre.tolist(), (2 * axes).tolist(), 0.0), 255, -1)
    soft = max(3, round(0.06 * float(box[2:].min())) | 1)
    alpha = cv2.blur(mask, (soft, soft)).astype(np.float32)[..., None] / 255
    piece[:] = (piece + alpha * (other.astype(np.float32) - piece) + 0.5).astype(np.uint8)
    inside = mask > 0
    for k, behind in enumerate(faces.boxes):
        faces.ignore[k] |= hidden_share(behind, inside) > MOST_COVERED
    seen = np.array([True] + [hidden_share(one, inside) > 0 for one in its.boxes[1:]])
    shown = Instances(
        its.boxes[seen], its.points[seen], its.angle[seen], its.angle_weight[seen], its.ignore[seen].copy()
    )
    shown.ignore[1:] = True
    return Instances.join([faces, shown])


def blend_head(
    piece: np.ndarray, faces: Instances, cut: np.ndarray, its: Instances, rng: np.random.Generator
) -> Instances:
    """Puts a head that is cut out before a piece, in a light nearer to what it hides, in place.

    Args:
        piece: `(s, s, 3)` uint8.
        faces: in the piece; those that are hidden by more than half are ignored from now on.
        cut: `(s, s, 4)` uint8 BGRA, the head where it shall come to lie.
        its: its face.
        rng: source of chance.

    Returns:
        All faces that the piece shows now.
    """
    alpha = cut[..., 3:].astype(np.float32) / 255
    inside = cut[..., 3] > 127
    if inside.any():
        hidden, shown = piece[inside].mean() + 20, cut[inside, :3].mean() + 20
        gain = float(np.clip(hidden / shown, 0.4, 2.0)) ** rng.uniform(0, 1)
        piece[:] = piece + alpha * (np.minimum(cut[..., :3] * np.float32(gain), 255) - piece) + 0.5
    for k, behind in enumerate(faces.boxes):
        faces.ignore[k] |= hidden_share(behind, inside) > MOST_COVERED
    return Instances.join([faces, its])
