"""Generated faces with known points: enough for a machine to learn from, for tests and smoke runs without data."""

import json
from pathlib import Path

import cv2
import numpy as np

from smile_edge.geometry.affine import apply_affine, similarity_about
from smile_edge.geometry.face_roi import LABELLED_BOX, average_box
from smile_edge.topology import TOPOLOGY_49
from train.data.cut_out_heads import HEADS
from train.data.samples import FIRST_PIXEL

__all__ = ["cartoon_scene", "write_packs"]


def _ellipse(
    centre_x: float, centre_y: float, half_x: float, half_y: float, degrees: list[float]
) -> list[tuple[float, float]]:
    """Points of an ellipse; 0 degrees is image left, 90 the top."""
    turn = np.radians(degrees)
    return [(centre_x - half_x * c, centre_y - half_y * s) for c, s in zip(np.cos(turn), np.sin(turn), strict=True)]


def _template() -> np.ndarray:
    """The 49 points of a plain face, `(49, 2)`: eyes to mouth is 1, the origin midway between them."""
    brow = [(-0.75, -0.72), (-0.62, -0.82), (-0.47, -0.85), (-0.32, -0.82), (-0.18, -0.76)]
    bridge = [(0, -0.5), (0, -0.33), (0, -0.16), (0, 0.02)]
    nostrils = [(-0.18, 0.12), (-0.09, 0.15), (0, 0.17), (0.09, 0.15), (0.18, 0.12)]
    eye = [0.0, 60.0, 120.0, 180.0, 240.0, 300.0]
    outer = [0.0, 35.0, 65.0, 90.0, 115.0, 145.0, 180.0, 215.0, 245.0, 270.0, 295.0, 325.0]
    inner = [55.0, 90.0, 125.0, 235.0, 270.0, 305.0]
    points = [
        *brow, *[(-x, y) for x, y in reversed(brow)], *bridge, *nostrils,
        *_ellipse(-0.43, -0.5, 0.16, 0.07, eye), *_ellipse(0.43, -0.5, 0.16, 0.07, eye),
        *_ellipse(0, 0.5, 0.34, 0.15, outer), *_ellipse(0, 0.5, 0.24, 0.05, inner),
    ]  # fmt: skip
    return np.array(points, np.float32)


TEMPLATE = _template()


def cartoon_scene(rng: np.random.Generator, width: int = 160, height: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """One face on a noisy background: the image `(h, w, 3)` uint8 BGR and its points `(49, 2)` px."""
    low = rng.integers(0, 256, (6, 6, 3), np.uint8)
    image = cv2.resize(low, (width, height), interpolation=cv2.INTER_CUBIC)
    size = rng.uniform(0.18, 0.3) * min(width, height)
    centre = np.array([width, height]) / 2 + rng.uniform(-0.1, 0.1, 2) * min(width, height)
    matrix = similarity_about(np.zeros(2), centre, size, rng.normal(0, 0.15))
    points = apply_affine(matrix, TEMPLATE)
    skin = rng.integers(120, 230, 3).tolist()
    angle = float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    cv2.ellipse(image, (centre.tolist(), (2.1 * size, 2.7 * size), angle), skin, -1, cv2.LINE_AA)
    pixels = np.rint(points * 8).astype(np.int32)
    for name, indices in TOPOLOGY_49.groups.items():
        line = [pixels[list(indices)]]
        colour = rng.integers(0, 90, 3).tolist()
        if name in ("right_eye", "left_eye", "outer_lip"):
            cv2.fillPoly(image, line, colour, cv2.LINE_AA, 3)
        cv2.polylines(image, line, name in TOPOLOGY_49.closed, colour, max(1, round(size / 14)), cv2.LINE_AA, 3)
    return image, points


def write_heads(folder: Path, count: int, seed: int = 0) -> Path:
    """A folder of heads as `python -m train turn` writes them, but not turned aside; returns it."""
    rng = np.random.default_rng(seed)
    (folder / "heads").mkdir(parents=True, exist_ok=True)
    lines = []
    for index in range(count):
        image, points = cartoon_scene(rng)
        box = average_box(TOPOLOGY_49.five_points(points), LABELLED_BOX)
        alpha = np.zeros(image.shape[:2], np.uint8)
        cv2.ellipse(alpha, ((box[:2] + box[2:] / 2).tolist(), (1.2 * box[2:]).tolist(), 0.0), 255, -1)
        cv2.imwrite(str(folder / "heads" / f"{index:03d}.png"), np.dstack([image, alpha]))
        lines.append(json.dumps({"file": f"{index:03d}.png", "box": box.tolist(), "points": points.tolist()}))
    (folder / HEADS).write_text("\n".join(lines) + "\n")
    return folder


def write_packs(folder: Path, count: int, seed: int = 0) -> list[Path]:
    """Small packs in every native format: MTFL, dense points with a teacher, WIDER, and images without a face.

    Args:
        folder: receives one folder a pack.
        count: images in each.
        seed: of the images.

    Returns:
        The packs' folders.
    """
    rng = np.random.default_rng(seed)
    packs = [folder / name for name in ("mtfl", "dense", "scenes", "negatives")]
    for pack in packs:
        (pack / "images").mkdir(parents=True, exist_ok=True)
    mtfl: list[str] = []
    scenes: list[str] = []
    teacher: list[str] = []
    dense: list[str] = []
    dense.append(",".join(["file", *(f"{axis}{i}" for i in range(49) for axis in "xy")]))
    for index in range(count):
        name = f"images/{index:03d}.png"
        for pack, lines in zip(packs, (mtfl, dense, scenes), strict=False):
            image, points = cartoon_scene(rng)
            five = TOPOLOGY_49.five_points(points)
            box = average_box(five, LABELLED_BOX)
            cv2.imwrite(str(pack / name), image)
            if lines is mtfl:
                mtfl.append(" ".join([name, *(f"{v:.2f}" for v in (five + FIRST_PIXEL["mtfl"]).T.ravel()), "1 1 2 3"]))
            elif lines is dense:
                dense.append(",".join([name, *(f"{v:.2f}" for v in points.ravel())]))
                face = {"box": box.tolist(), "score": 0.9, "points": five.tolist()}
                teacher.append(json.dumps({"file": name, "faces": [face]}))
            else:
                scenes += [f"{index:03d}.png", "1", " ".join(f"{v:.1f}" for v in box) + " 0 0 0 0 0 0"]
        blank = cv2.resize(rng.integers(0, 256, (9, 9, 3), np.uint8), (128, 128), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(packs[3] / f"{index:03d}.png"), blank)
    (packs[0] / "training.txt").write_text("\n".join(mtfl) + "\n")
    (packs[1] / "keypoints.csv").write_text("\n".join(dense) + "\n")
    (packs[1] / "teacher_faces.jsonl").write_text("\n".join(teacher) + "\n")
    (packs[2] / "wider_face_bbx_gt.txt").write_text("\n".join(scenes) + "\n")
    return packs
