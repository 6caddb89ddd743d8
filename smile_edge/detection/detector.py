"""The face detector: a whole frame in, boxes and five points of every face out, at any in-plane orientation.

The network is anchor-free (FCOS, Tian et al., 2019): each cell of three maps votes for one face. A cell names the
face's in-plane angle as a distribution over bins and its points in the face's own frame, so that an uncertain
orientation cannot average the points into the middle.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.detection.rescoring import LOWEST_SCORE, MOST_TILES, cut_upright, in_the_middle
from smile_edge.detection.tiling import TILE_PX, Look, cut_tiles, from_tiles, place_tiles, side_by_side, small_signs
from smile_edge.errors import UsageError
from smile_edge.geometry.boxes import face_frame, iou_xyxy, letterbox_scale, xywh_to_xyxy
from smile_edge.imaging.crops import Item
from smile_edge.records import Detection
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.types import FloatArray, Image, IntArray

__all__ = [
    "ANGLE_BINS",
    "CHANNELS",
    "LARGEST_LOG_SIZE",
    "LEAST_ALIKE",
    "VOTING_IOU",
    "VOTING_SCORE",
    "FaceDetector",
    "Session",
    "bin_angles",
    "cell_centres",
    "decode",
    "decode_cells",
    "preprocess",
    "suppress",
]

Seen = tuple[Look, FloatArray]
"""What was found, and signs of small faces `(k, 2)` px."""
ANGLE_BINS = 12
CHANNELS = 1 + 4 + 10 + ANGLE_BINS
"""Values a cell gives: score logit, box, five points, angle bins."""

LARGEST_LOG_SIZE = 5.0
"""A box is at most e to this many strides wide: an untrained cell must not overflow."""

VOTING_SCORE, VOTING_IOU = 1 / 3, 0.4
"""Share of the best cell's score, and overlap with its box, from which a cell has a say in where the face is."""

LEAST_ALIKE = 1e-6
"""What is left of a vote against most: only where as many cells see a face one way as the other does it count."""

SURE = 0.7
"""Score of a face that a closer look would not change."""

MOST_TILED = 0.7
"""Share of a picture that tiles may show; where they would show more, it is looked at as a whole."""

MOST_CANDIDATES = 3000
"""Cells that compete for the faces of one image; beyond this only the best do, so that a crowd takes bounded time."""


class Session(Protocol):
    """What the detector needs of `session.OnnxSession`; tests pass a fake."""

    def run(self, feeds: dict[str, npt.NDArray[np.float32]]) -> Mapping[str, npt.NDArray[np.float32]]:
        """All outputs by name."""


def cell_centres(height: int, width: int, stride: int) -> FloatArray:
    """Centres of a map's cells in pixels of the network's input, row by row: `(height * width, 2)`."""
    x = (np.arange(width, dtype=np.float32) + 0.5) * stride - 0.5
    y = (np.arange(height, dtype=np.float32) + 0.5) * stride - 0.5
    return np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)


def bin_angles(logits: FloatArray) -> FloatArray:
    """Angles `(k,)` rad from bin logits `(k, bins)`: the circular mean of the best bin and its two neighbours."""
    bins, best, rows = logits.shape[-1], logits.argmax(-1), np.arange(len(logits))
    step = 2 * np.pi / bins
    # Seen from the best bin the three lie at -1, 0 and 1 steps, so its own weight and direction are one.
    before, peak, after = (logits[rows, (best + steps) % bins] for steps in (-1, 0, 1))
    before, after = np.exp(before - peak), np.exp(after - peak)
    aside = np.arctan2((after - before) * np.float32(np.sin(step)), 1 + (after + before) * np.float32(np.cos(step)))
    result: FloatArray = aside + (np.where(best > bins // 2, best - bins, best) * step).astype(np.float32)
    return result


def decode_cells(values: FloatArray, centres: FloatArray, strides: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Boxes and points of cells.

    Args:
        values: `(k, 27)` raw values: logit, centre offset (strides), log size (strides), points in the face's own
            frame (fractions of the square root of the box area, from the box centre), angle bin logits.
        centres: `(k, 2)` px.
        strides: `(k,)` px.

    Returns:
        Boxes `(k, 4)` xywh px and points `(k, 5, 2)` px of the network's input.
    """
    centre = centres + values[:, 1:3] * strides[:, None]
    size = np.exp(np.minimum(values[:, 3:5], LARGEST_LOG_SIZE)) * strides[:, None]
    angle = bin_angles(values[:, 15:])
    reach = np.sqrt(size[:, 0] * size[:, 1])
    cos, sin = (reach * np.cos(angle))[:, None], (reach * np.sin(angle))[:, None]
    x, y = values[:, 5:15:2], values[:, 6:15:2]
    points = np.empty((len(values), 5, 2), np.float32)
    points[..., 0] = cos * x - sin * y + centre[:, :1]
    points[..., 1] = sin * x + cos * y + centre[:, 1:]
    return np.concatenate([centre - size / 2, size], 1), points


def decode(maps: Mapping[int, FloatArray], *, threshold: float, iou_threshold: float) -> Look:
    """Faces of one image from the network's maps.

    Args:
        maps: stride to map `(27, h, w)`.
        threshold: lowest score kept, 0..1.
        iou_threshold: a box that overlaps a better one by more than this is dropped.

    Returns:
        Boxes `(k, 4)` xywh px of the network's input, scores `(k,)`, points `(k, 5, 2)` px; best first.
    """
    lowest = threshold * VOTING_SCORE
    logit = np.log(lowest / (1 - lowest))
    values, cells, strides = [], [], []
    for stride, level in maps.items():
        over = np.flatnonzero(level[0] > logit)  # one index a cell: numpy takes columns faster than places on a map
        values.append(level.reshape(len(level), -1)[:, over])
        cells.append(np.stack(divmod(over, level.shape[2])[::-1], -1))
        strides.append(np.full(len(over), stride, np.float32))
    found, stride_px = np.ascontiguousarray(np.concatenate(values, 1).T), np.concatenate(strides)
    centres = (np.concatenate(cells).astype(np.float32) + 0.5) * stride_px[:, None] - 0.5  # (k, 2) px, x first
    boxes, points = decode_cells(found, centres, stride_px)
    scores = (1 / (1 + np.exp(-found[:, 0]))).astype(np.float32)
    if len(scores) > MOST_CANDIDATES:
        best = np.argpartition(-scores, MOST_CANDIDATES)[:MOST_CANDIDATES]
        boxes, scores, points = boxes[best], scores[best], points[best]
    return suppress(boxes, scores, points, threshold, iou_threshold)


def suppress(boxes: FloatArray, scores: FloatArray, points: FloatArray, threshold: float, iou_threshold: float) -> Look:
    """One detection for each heap of overlapping cells: the best score, with where those who agree see it.

    Non-maximum suppression with voting (Gidaris and Komodakis, 2015): a cell has the more weight the more its score
    exceeds a third of the best one's, and its overlap with that one `VOTING_IOU`; so a tie between two cells does not
    decide where the face is. On the points a cell has no say if it sees the face turned another way than most do.

    Args:
        boxes: `(n, 4)` xywh px.
        scores: `(n,)`.
        points: `(n, 5, 2)` px.
        threshold: lowest score kept; cells from `VOTING_SCORE` of it on have a vote.
        iou_threshold: a box that overlaps a better one by more than this is dropped.

    Returns:
        Boxes `(k, 4)`, scores `(k,)`, points `(k, 5, 2)`, best first.
    """
    kept = np.asarray(cv2.dnn.NMSBoxes(boxes, scores, threshold, iou_threshold), np.intp)  # type: ignore[arg-type]
    if not len(kept):
        return boxes[kept], scores[kept], points[kept]
    corners, best = xywh_to_xyxy(boxes), scores[kept]
    agreement = np.maximum(iou_xyxy(corners[kept], corners) - VOTING_IOU, 0)  # (k, n)
    weight = agreement * np.maximum(scores - VOTING_SCORE * best[:, None], 0)
    # Cells that see the face turned another way than most would pull its points into the middle.
    angle = face_frame(points)[2]
    ways = np.stack([np.cos(angle), np.sin(angle)], -1)  # (n, 2)
    alike = weight * (np.maximum(weight @ ways @ ways.T, 0) + LEAST_ALIKE)
    shared = [share / share.sum(1, keepdims=True) for share in (weight, alike)]
    return shared[0] @ boxes, best, np.einsum("kn,npc->kpc", shared[1], points)


def preprocess(images: Sequence[Image], long_side: int, multiple: int) -> tuple[FloatArray, list[float]]:
    """Images shrunk to `long_side` and put into the top left of one black batch.

    Args:
        images: `(h, w, 3)` BGR each.
        long_side: longest side of an image in the batch; smaller images are not enlarged.
        multiple: height and width of the batch are multiples of this.

    Returns:
        `(n, 3, H, W)` float32 0..255 and the scale of each image.
    """
    scales = [letterbox_scale(image.shape[1], image.shape[0], long_side) for image in images]
    return _batched([_shrunk(image, long_side) for image in images], multiple), scales


def _batched(images: Sequence[Image], multiple: int) -> FloatArray:
    """Images `(h, w, 3)` in the top left of one black batch `(n, 3, H, W)`."""
    sizes = [_padded(image, multiple) for image in images]
    height, width = (max(size[axis] for size in sizes) for axis in (0, 1))
    batch = np.zeros((len(images), 3, height, width), np.float32)
    for slot, image in zip(batch, images, strict=True):
        for channel, plane in zip(slot, cv2.split(image), strict=True):
            channel[: image.shape[0], : image.shape[1]] = plane
    return batch


def _padded(image: Image, multiple: int) -> tuple[int, int]:
    """Height and width of an image, rounded up."""
    return -(-image.shape[0] // multiple) * multiple, -(-image.shape[1] // multiple) * multiple


def _shrunk(image: Image, long_side: int) -> Image:
    """An image of at most `long_side`, bilinear; from twice that on in steps of a half, which OpenCV averages fast."""
    scale = letterbox_scale(image.shape[1], image.shape[0], long_side)
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    while image.shape[1] >= 2 * size[0] and image.shape[0] >= 2 * size[1]:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        image = cv2.resize(image[: half[1] * 2, : half[0] * 2], half, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    if image.shape[1::-1] != size:
        image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    return image


class FaceDetector:
    """One detection model: its session and its manifest.

    `threshold` is the score from which a face in a picture counts. `stream_threshold` is that from which a detection in
    a stream is shown to the landmarker, which has the last word there, and from which a face in a picture that gets
    one look counts. Both may be set.
    """

    def __init__(self, manifest: ModelManifest, session: Session) -> None:
        with manifest.reading() as parameters:
            self.strides = tuple(int(stride) for stride in parameters["strides"])
            self.threshold = float(parameters["score_threshold"])
            self.stream_threshold = float(parameters.get("stream_threshold", self.threshold))
            self.candidate_threshold = float(parameters["candidate_threshold"])
            self.iou_threshold = float(parameters["nms_iou"])
            self.long_side = int(parameters["long_side"])
            self.image_long_sides = tuple(int(side) for side in parameters["image_long_sides"])
            self.small_face_px = float(parameters.get("small_face_px", 0))
            self.small_face_score = float(parameters.get("small_face_score", 0))
        self.manifest, self.session = manifest, session

    def detect(
        self,
        image: Image,
        *,
        threshold: float | None = None,
        long_sides: Sequence[int] | None = None,
        thorough: bool = False,
    ) -> list[Detection]:
        """Faces of one image, best first; see `detect_batch`."""
        return self.detect_batch([image], threshold=threshold, long_sides=long_sides, thorough=thorough)[0]

    def detect_batch(
        self,
        images: Sequence[Image],
        *,
        threshold: float | None = None,
        long_sides: Sequence[int] | None = None,
        thorough: bool = False,
    ) -> list[list[Detection]]:
        """Faces of each image.

        Args:
            images: `(h, w, 3)` uint8 BGR each, sizes may differ.
            threshold: lowest score kept, 0..1; where None `stream_threshold`, or `threshold` if `thorough`.
            long_sides: sizes the images are shrunk to, px, smallest first; what is found at each is merged. A size that
                would not shrink an image less than the one before is left out for it.
            thorough: without `long_sides`, the manifest's sizes for pictures (slower: small faces and very large ones
                are found) instead of its one size for streams; where the manifest says what a sign of a small face is,
                the sizes after the first are looked at around such signs only (see `closer`).

        Returns:
            Detections in pixels of each image, best first.

        Raises:
            UsageError: the threshold is not within 0..1 or a size is below the largest stride.
        """
        if threshold is None:
            threshold = self.threshold if thorough else self.stream_threshold
        in_part = long_sides is None and self.small_face_score > 0
        if long_sides is None:
            long_sides = self.image_long_sides if thorough else (self.long_side,)
        if not 0 < threshold < 1:
            raise UsageError(f"The detection threshold must lie between 0 and 1. Received: {threshold}.")
        if not long_sides or min(long_sides) < max(self.strides):
            raise UsageError(
                f"The detector needs long sides of {max(self.strides)} px or more. Received: {list(long_sides)}."
            )
        looks: list[list[Look]] = [[] for _ in images]
        signs: list[FloatArray | None] = [None] * len(images)
        smaller = 0
        for long_side in sorted(long_sides):
            chosen = [i for i, image in enumerate(images) if max(image.shape[:2]) > smaller]
            seen = self._look([images[i] for i in chosen], [signs[i] for i in chosen], long_side, threshold)
            for index, (look, found) in zip(chosen, seen, strict=True):
                looks[index].append(look)
                signs[index] = found if in_part and not smaller else signs[index]
            smaller = long_side
        return [self._merged(found) for found in looks]

    def look_again(self, items: Sequence[Item]) -> tuple[FloatArray, FloatArray]:
        """Looks at single faces by themselves, upright and of one size (see `upright`).

        Args:
            items: an image `(h, w, 3)` uint8 BGR and five points `(5, 2)` px for each of `k` faces.

        Returns:
            Scores `(k,)`, 0 where no face is seen in that place, and boxes `(k, 4)` xywh px of each image, NaN there.
        """
        scores, boxes = np.zeros(len(items), np.float32), np.zeros((len(items), 4), np.float32)
        for start in range(0, len(items), MOST_TILES):
            rows = slice(start, start + MOST_TILES)
            tiles, matrices = cut_upright(items[rows])
            scores[rows], boxes[rows] = in_the_middle(self._look_at(tiles, LOWEST_SCORE), matrices)
        return scores, boxes

    def _look(
        self, images: Sequence[Image], signs: Sequence[FloatArray | None], long_side: int, threshold: float
    ) -> list[Seen]:
        """What is found in each image at one size: around its signs of small faces, or everywhere where it has None."""
        shrunk = [_shrunk(image, long_side) for image in images]
        scales = [letterbox_scale(image.shape[1], image.shape[0], long_side) for image in images]
        seen: dict[int, Seen] = {}
        for index, (image, sign, scale) in enumerate(zip(shrunk, signs, scales, strict=True)):
            if sign is not None:
                corners = place_tiles((sign + 0.5) * scale - 0.5, image.shape[1], image.shape[0])
                if len(corners) * TILE_PX**2 <= MOST_TILED * image.shape[0] * image.shape[1]:
                    seen[index] = self._look_at_tiles(image, corners, threshold), sign[:0]
        # Images of a size go together: what is found in one then does not depend on its neighbours.
        groups: dict[tuple[int, int], list[int]] = {}
        for index, image in enumerate(shrunk):
            if index not in seen:
                groups.setdefault(_padded(image, max(self.strides)), []).append(index)
        for group in groups.values():
            seen.update(zip(group, self._look_at_all([shrunk[i] for i in group], threshold), strict=True))
        return [
            (_to_frame(*look, scale), (found + 0.5) / scale - 0.5)
            for scale, (look, found) in ((scales[index], seen[index]) for index in range(len(images)))
        ]

    def _look_at_all(self, images: Sequence[Image], threshold: float) -> list[Seen]:
        """What is found in whole images of one padded size, in their pixels."""
        outputs = self.session.run({"image": _batched(images, max(self.strides))})
        seen, finest = [], min(self.strides)
        for index in range(len(images)):
            maps = {stride: outputs[f"level{stride}"][index] for stride in self.strides}
            look = boxes, scores, _ = decode(maps, threshold=threshold, iou_threshold=self.iou_threshold)
            signs = np.zeros((0, 2), np.float32)
            if self.small_face_score > 0:
                sure = boxes[scores >= SURE]
                signs = small_signs(maps[finest], finest, self.small_face_score, self.small_face_px, sure)
            seen.append((look, signs))
        return seen

    def _look_at_tiles(self, image: Image, corners: IntArray, threshold: float) -> Look:
        """What is found in tiles of one image, in its pixels."""
        if not len(corners):
            return np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32)
        found = self._look_at(cut_tiles(image, corners), threshold)
        return from_tiles(found, corners, image.shape[1], image.shape[0])

    def _look_at(self, tiles: FloatArray, threshold: float) -> Look:
        """What is found in tiles `(t, 3, TILE_PX, TILE_PX)`, in px of all of them `side_by_side`."""
        outputs = self.session.run({"image": tiles})
        maps = {stride: side_by_side(outputs[f"level{stride}"]) for stride in self.strides}
        return decode(maps, threshold=threshold, iou_threshold=self.iou_threshold)

    def _merged(self, looks: Sequence[Look]) -> list[Detection]:
        """The faces of one image from one look or several."""
        boxes, scores, points = (np.concatenate(parts) for parts in zip(*looks, strict=True))
        if len(looks) > 1:
            kept = np.asarray(cv2.dnn.NMSBoxes(boxes, scores, 0.0, self.iou_threshold), np.intp)  # type: ignore[arg-type]
            boxes, scores, points = boxes[kept], scores[kept], points[kept]
        return [Detection(*item) for item in zip(boxes, scores.tolist(), points, strict=True)]


def _to_frame(boxes: FloatArray, scores: FloatArray, points: FloatArray, scale: float) -> Look:
    """Network pixels to frame pixels: pixel centres, so half a pixel moves with the scale."""
    boxes = boxes.copy()
    boxes[:, :2] = (boxes[:, :2] + 0.5) / scale - 0.5
    boxes[:, 2:] /= scale
    return boxes, scores, (points + 0.5) / scale - 0.5
