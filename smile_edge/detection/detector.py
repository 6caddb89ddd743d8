"""The face detector: a whole frame in, boxes and five points of every face out, at any in-plane orientation.

The network is anchor-free (FCOS, Tian et al., 2019): each cell of three maps votes for one face. A cell names the
face's in-plane angle as a distribution over bins and its points in the face's own frame, so that an uncertain
orientation cannot average the points into the middle.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from smile_edge.detection.decoding import RawDetections, decode, decode_batch, non_maximum
from smile_edge.detection.large_pictures import (
    SIGN_PX,
    SIGN_SCORE,
    ZOOM,
    ZOOM_TILES,
    TileGrid,
    cut_enlarged,
    halvings,
    outside_of,
    place_enlarged,
    whole_faces,
    without_parts,
)
from smile_edge.detection.rescoring import MIN_RESCORE, MOST_TILES, centre_faces, cut_upright
from smile_edge.detection.tiling import TILE_PX, cut_tiles, from_tiles, place_tiles, side_by_side, small_face_proposals
from smile_edge.errors import UsageError
from smile_edge.geometry.boxes import letterbox_scale
from smile_edge.imaging.crops import Item
from smile_edge.imaging.letterbox import batch_images, padded_size, shrink_image
from smile_edge.records import Detection
from smile_edge.runtime.finite import check_logits
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.protocol import Session
from smile_edge.types import FloatArray, Image, IntArray

__all__ = ["FaceDetector"]

Seen = tuple[RawDetections, FloatArray]
"""What was found, and signs of small faces `(k, 2)` px."""


CERTAIN_SCORE = 0.7
"""Score of a face that a closer look would not change."""

MOST_TILED = 0.7
"""Share of a picture that tiles may show; where they would show more, it is looked at as a whole."""

_LARGEST_SIDE = 4096
"""Pixels of a side that an image may be shrunk to: the network takes 200 MB for each million."""


class FaceDetector:
    """One detection model: its session and its manifest.

    `threshold` is the score from which a face in a picture counts. `stream_threshold` is that from which a detection in
    a stream is shown to the landmarker, which has the last word there, and from which a face in a picture that gets
    one look counts. Both may be set.
    """

    def __init__(self, manifest: ModelManifest, session: Session) -> None:
        """Sizes and thresholds come from the manifest.

        Raises:
            ManifestMismatchError: it lacks one, or one cannot be used.
        """
        given = manifest.reading()
        self.strides = given.wholes("strides", 1, 256)
        self.threshold = given.share("score_threshold")
        self.stream_threshold = given.share("stream_threshold", self.threshold)
        self.candidate_threshold = given.share("candidate_threshold")
        self.iou_threshold = given.number("nms_iou", 0, 1)
        self.long_side = given.whole("long_side", max(self.strides), _LARGEST_SIDE)
        self.image_long_sides = given.wholes("image_long_sides", max(self.strides), _LARGEST_SIDE)
        self.small_face_px = given.number("small_face_px", 0, _LARGEST_SIDE, 0)
        self.small_face_score = given.number("small_face_score", 0, 1, 0)
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
        looks: list[list[RawDetections]] = [[] for _ in images]
        signs: list[FloatArray | None] = [None] * len(images)
        smaller = 0
        for long_side in sorted(long_sides):
            chosen = [i for i, image in enumerate(images) if max(image.shape[:2]) > smaller]
            propose = in_part and not smaller and len(long_sides) > 1
            seen = self._look([images[i] for i in chosen], [signs[i] for i in chosen], long_side, threshold, propose)
            for index, (look, found) in zip(chosen, seen, strict=True):
                looks[index].append(look)
                signs[index] = found if propose else signs[index]
            smaller = long_side
        return [self._merged(found) for found in looks]

    def detect_tiled(self, image: Image, side_px: int, *, threshold: float | None = None) -> list[Detection]:
        """Faces of a large image: of the whole as `detect` finds them thoroughly, and of tiles of all its pixels.

        The time grows with the area of the image, the memory by a third of the image (see `large_pictures`).

        Args:
            image: `(h, w, 3)` uint8 BGR.
            side_px: largest side of a tile.
            threshold: lowest score kept, 0..1; None is `threshold`.

        Returns:
            Detections in pixels of the image, best first.
        """
        threshold = self.threshold if threshold is None else threshold
        found = self.detect(image, threshold=threshold, thorough=True)
        levels = halvings(image, max(self.image_long_sides))
        for steps, level in enumerate(levels, 1 - len(levels)):
            scale = 2.0**steps
            sure = np.array([one.box for one in found if one.score >= CERTAIN_SCORE], np.float32).reshape(-1, 4)
            sure = np.concatenate([(sure[:, :2] + 0.5) * scale - 0.5, sure[:, 2:] * scale], 1)
            looks = self._look_in_tiles(level, side_px, threshold, sure, enlarged=steps == 0)
            found = self._merged([_raw(found), *(_to_frame(*look, scale) for look in looks)])
        return found

    def rescore(self, items: Sequence[Item]) -> tuple[FloatArray, FloatArray]:
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
            scores[rows], boxes[rows] = centre_faces(self._look_at(tiles, MIN_RESCORE), matrices)
        return scores, boxes

    def _look(
        self,
        images: Sequence[Image],
        signs: Sequence[FloatArray | None],
        long_side: int,
        threshold: float,
        propose: bool,
    ) -> list[Seen]:
        """What is found in each image at one size: around its signs of small faces, or everywhere where it has None.
        New signs where `propose` is true."""
        shrunk = [shrink_image(image, long_side) for image in images]
        scales = [letterbox_scale(image.shape[1], image.shape[0], long_side) for image in images]
        seen: dict[int, Seen] = {}
        for index, (image, sign, scale) in enumerate(zip(shrunk, signs, scales, strict=True)):
            if sign is not None:
                corners = place_tiles((sign + 0.5) * scale - 0.5, image.shape[1], image.shape[0])
                if len(corners) * TILE_PX**2 <= MOST_TILED * image.shape[0] * image.shape[1]:
                    seen[index] = self._look_at_tiles(image, corners, threshold), sign[:0]
        signs_of = (self.small_face_score, self.small_face_px) if propose else None
        # Images of a size go together: what is found in one then does not depend on its neighbours.
        groups: dict[tuple[int, int], list[int]] = {}
        for index, image in enumerate(shrunk):
            if index not in seen:
                groups.setdefault(padded_size(image, max(self.strides)), []).append(index)
        for group in groups.values():
            seen.update(zip(group, self._look_at_all([shrunk[i] for i in group], threshold, signs_of), strict=True))
        return [
            (_to_frame(*look, scale), (found + 0.5) / scale - 0.5)
            for scale, (look, found) in ((scales[index], seen[index]) for index in range(len(images)))
        ]

    def _look_at_all(
        self, images: Sequence[Image], threshold: float, signs_of: tuple[float, float] | None
    ) -> list[Seen]:
        """What is found in whole images of one padded size, in their pixels.

        `signs_of` are lowest score and size px of signs of small faces; None where none are wanted.
        """
        outputs = self.session.run({"image": batch_images(images, max(self.strides))})
        maps, finest = {stride: outputs[f"level{stride}"] for stride in self.strides}, min(self.strides)
        check_logits(self.manifest.file, (level[:, 0] for level in maps.values()))
        looks = decode_batch(maps, threshold=threshold, iou_threshold=self.iou_threshold)
        seen: list[Seen] = []
        for level, look in zip(maps[finest], looks, strict=True):
            signs = np.zeros((0, 2), np.float32)
            if signs_of is not None:
                signs = small_face_proposals(level, finest, *signs_of, look[0][look[1] >= CERTAIN_SCORE])
            seen.append((look, signs))
        return seen

    def _look_in_tiles(
        self, image: Image, side_px: int, threshold: float, sure: FloatArray, enlarged: bool
    ) -> list[RawDetections]:
        """What is found in tiles of all of an image, and `enlarged` around signs of small faces, in its pixels.

        What lies in a `sure` face, a box `(s, 4)` xywh px of it, is a part of that.
        """
        height, width = image.shape[:2]
        grid = TileGrid.over(width, height, side_px, max(self.strides))
        signs_of = (SIGN_SCORE, SIGN_PX) if enlarged else None
        looks, signs = [], []
        for corners in grid.batches():
            seen = self._look_at_all(grid.cut(image, corners), threshold, signs_of)
            for corner, (look, found) in zip(corners, seen, strict=True):
                looks.append(whole_faces(look, corner, grid, width, height))
                signs.append(found + corner.astype(np.float32))
        if enlarged:
            looks += self._look_enlarged(image, np.concatenate(signs), threshold, sure)
        return [without_parts(look, sure) for look in looks]

    def _look_enlarged(
        self, image: Image, signs: FloatArray, threshold: float, sure: FloatArray
    ) -> Iterator[RawDetections]:
        """What is found around signs `(k, 2)` px in an image that is enlarged there, in its pixels."""
        height, width = image.shape[:2]
        corners = place_enlarged(signs[outside_of(sure, np.hstack([signs, np.zeros_like(signs)]))], image)
        for start in range(0, len(corners), ZOOM_TILES):
            some = corners[start : start + ZOOM_TILES]
            found = self._look_at(cut_enlarged(image, some), threshold)
            yield _to_frame(*from_tiles(found, some * ZOOM, width * ZOOM, height * ZOOM), ZOOM)

    def _look_at_tiles(self, image: Image, corners: IntArray, threshold: float) -> RawDetections:
        """What is found in tiles of one image, in its pixels."""
        if not len(corners):
            return np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32)
        found = self._look_at(cut_tiles(image, corners), threshold)
        return from_tiles(found, corners, image.shape[1], image.shape[0])

    def _look_at(self, tiles: FloatArray, threshold: float) -> RawDetections:
        """What is found in tiles `(t, 3, TILE_PX, TILE_PX)`, in px of all of them `side_by_side`."""
        outputs = self.session.run({"image": tiles})
        maps = {stride: side_by_side(outputs[f"level{stride}"]) for stride in self.strides}
        check_logits(self.manifest.file, (level[0] for level in maps.values()))
        return decode(maps, threshold=threshold, iou_threshold=self.iou_threshold)

    def _merged(self, looks: Sequence[RawDetections]) -> list[Detection]:
        """The faces of one image from one look or several."""
        boxes, scores, points = (np.concatenate(parts) for parts in zip(*looks, strict=True))
        if len(looks) > 1:
            kept = non_maximum(boxes, scores, 0.0, self.iou_threshold)
            boxes, scores, points = boxes[kept], scores[kept], points[kept]
        return [Detection(*item) for item in zip(boxes, scores.tolist(), points, strict=True)]


def _raw(found: Sequence[Detection]) -> RawDetections:
    """Detections as arrays."""
    return (
        np.array([one.box for one in found], np.float32).reshape(-1, 4),
        np.array([one.score for one in found], np.float32),
        np.array([one.points for one in found], np.float32).reshape(-1, 5, 2),
    )


def _to_frame(boxes: FloatArray, scores: FloatArray, points: FloatArray, scale: float) -> RawDetections:
    """Network pixels to frame pixels: pixel centres, so half a pixel moves with the scale."""
    boxes = boxes.copy()
    boxes[:, :2] = (boxes[:, :2] + 0.5) / scale - 0.5
    boxes[:, 2:] /= scale
    return boxes, scores, (points + 0.5) / scale - 0.5
