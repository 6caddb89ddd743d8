"""The landmark model: rotated face crops in; points with their expected errors, face probability and box out.

A model may say as well which points are covered, and the expression (`SHARES`).
"""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from smile_edge.errors import ManifestMismatchError
from smile_edge.geometry.affine import apply_affine
from smile_edge.geometry.face_roi import roi_distance
from smile_edge.geometry.scalar import FaceRoi, boxes_after, face_rois, inverses
from smile_edge.imaging.crops import Item, cut_crops
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.measures.expression import FLIP_LEARNT
from smile_edge.runtime.finite import check_finite
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.protocol import Session
from smile_edge.topology import TOPOLOGIES, Topology
from smile_edge.types import FloatArray, Image
from smile_edge.validation import check_counts

__all__ = ["MIN_PRESENCE", "SHARES", "FaceLandmarker", "postprocess"]

SHARES = ("visible", "expression")
"""Outputs that a model may have beside points, sigma, face and box: numbers 0..1."""

FLIP_TEST_SIGMA = 0.97
"""How much smaller than one look's the errors of its mean with the mirror image are (677 held-out faces)."""
SAME_CROP = 0.25
"""How far a face's crop may move (see `_moved`) between two looks of which one is in the mirror: up to there their mean
errs by 0.4 % more than that of two looks at one crop. None of 363 held-out faces moves more; one that turns out to
stand on its head does."""
SURE_PRESENCE = 0.9
"""Face probability of the first look from which it may be one of the two; a doubtful face is judged anew by both."""
MIN_PRESENCE = 0.3
"""Face probability below which a detection may be a face that was taken for one upside down."""
MAX_BATCH = 64
"""Faces in one model call: a crowd of hundreds is cut in pieces, so that memory stays bounded."""
MOST_CANVAS_PX = 4096 * 2304
"""Frames with more pixels do without a canvas (see `crops.cut_crop`): 38 MB a thread are enough."""

_OUTPUTS = ("points", "sigma", "face", "box")


def postprocess(outputs: Mapping[str, npt.NDArray[np.float32]], matrices: FloatArray) -> LandmarkBatch:
    """Model outputs in crop px, moved back to the frame by the matrices `(k, 2, 3)` that cut the crops."""
    parts, back = inverses(matrices)
    scale = np.array([[math.hypot(cos, sin)] for cos, sin, _, _ in parts], np.float32)  # (k, 1) frame px per crop px
    boxes = boxes_after(outputs["box"], parts)
    kept = {name: outputs[name].copy() for name in ("face", *SHARES) if name in outputs}  # a session reuses its arrays
    return LandmarkBatch(
        apply_affine(back, outputs["points"]),
        outputs["sigma"] * scale,
        kept["face"],
        boxes,
        kept.get("visible"),
        kept.get("expression"),
    )


def _unmirrored(outputs: Mapping[str, FloatArray], crop_px: int, topology: Topology) -> dict[str, FloatArray]:
    """Outputs for crops in a mirror as those of the crops themselves."""
    flip = list(topology.flip)
    turned = {"points": topology.mirrored(outputs["points"], crop_px), "sigma": outputs["sigma"][:, flip]}
    turned |= {"face": outputs["face"], "box": outputs["box"].copy()}
    turned["box"][:, 0] = crop_px - 1 - turned["box"][:, 0] - turned["box"][:, 2]
    if "visible" in outputs:
        turned["visible"] = outputs["visible"][:, flip]
    if "expression" in outputs:
        turned["expression"] = outputs["expression"][:, list(FLIP_LEARNT)]
    return turned


def _moved(before: FaceRoi, now: FaceRoi) -> float:
    """How far a crop moves when a face turns out to lie elsewhere: in face sizes, radians, or the log of its size,
    whichever is most."""
    turn = abs(math.remainder(now.angle - before.angle, 2 * math.pi))
    growth = abs(math.log(max(now.size, 1.0) / max(before.size, 1.0)))
    return max(roi_distance(before, now), turn, growth)


class FaceLandmarker:
    """One landmark model: all faces of a frame, or of many frames, in one batch; several threads may use it."""

    def __init__(self, manifest: ModelManifest, session: Session) -> None:
        """Crop size, scale and shift come from the manifest.

        Raises:
            ManifestMismatchError: the manifest lacks `crop_px` or `crop_scale`, one cannot be used, or it names other
                points than ours.
        """
        given = manifest.reading()
        self.crop_px = given.whole("crop_px", 8, 1024)
        self.crop_scale = given.number("crop_scale", 0.1, 100)
        self.crop_shift = given.number("crop_shift", -10, 10, 0)
        if manifest.topology not in TOPOLOGIES:
            raise ManifestMismatchError(
                f"the manifest of {manifest.name} names the topology {manifest.topology!r}, expected "
                f"{' or '.join(map(repr, TOPOLOGIES))}: use a landmark model of this version"
            )
        self.topology = TOPOLOGIES[manifest.topology]
        """The points that the model gives."""
        self.gives = frozenset(output.name for output in manifest.outputs)
        """Names of the model's outputs; `visible` and `expression` are not among every model's."""
        self.manifest, self.session = manifest, session
        self._local = threading.local()  # each thread has a buffer of its own

    @property
    def native_px(self) -> float:
        """Size (see `geometry.face_roi`) of a face whose crop has the pixels of the frame; more would be lost."""
        return self.crop_px / self.crop_scale

    def landmarks(self, items: Sequence[Item], passes: int = 1, flip_test: bool = False) -> LandmarkBatch:
        """The landmarks of `k` faces.

        Args:
            items: a frame `(h, w, 3)` uint8 BGR and five points `(5, 2)` px for each face.
            passes: how often to look; each later pass cuts its crop from the points of the one before, which repairs
                a rough start (a detector's five points) and gains nothing on a tracked face.
            flip_test: the last pass looks into a mirror as well and gives the mean of both, which errs less.

        Raises:
            UsageError: `passes` is below one.
        """
        check_counts(passes=passes)
        parts = [
            self._pieces(items[start : start + MAX_BATCH], passes, flip_test)
            for start in range(0, len(items), MAX_BATCH)
        ]
        if not parts:
            points = np.zeros((0, self.topology.count, 2), np.float32)
            return LandmarkBatch(points, points[..., 0], points[:, 0, 0], points[:, :4, 0], *self._no_shares())
        return LandmarkBatch.concatenate(parts)

    def look_again(
        self, items: Sequence[Item], first: LandmarkBatch, cut_from: npt.NDArray[np.floating]
    ) -> LandmarkBatch:
        """A second look at `k` faces, from the points of the first and into a mirror: the mean of two errs less.

        The first look is one of the two where it is sure and its crop lay about as it would now; else there is another.

        Args:
            items: as for `landmarks`, with the five points that the first look found.
            first: what it gave.
            cut_from: five points `(k, 5, 2)` px that its crops were cut from.
        """
        parts = []
        for start in range(0, len(items), MAX_BATCH // 2):
            rows = slice(start, start + MAX_BATCH // 2)
            parts.append(self._again(items[rows], first.rows(rows), cut_from[rows]))
        return LandmarkBatch.concatenate(parts) if parts else first

    def _again(self, items: Sequence[Item], first: LandmarkBatch, cut_from: npt.NDArray[np.floating]) -> LandmarkBatch:
        count, rois = len(items), face_rois(np.array([five for _, five in items], np.float32))
        pairs = zip(face_rois(cut_from), rois, first.presence.tolist(), strict=True)
        moved = [k for k, (*pair, sure) in enumerate(pairs) if sure < SURE_PRESENCE or _moved(*pair) > SAME_CROP]
        buffer, canvas = self._buffer(count + len(moved)), self._canvas(items)
        matrices = cut_crops(items, self.crop_px, self.crop_scale, buffer, canvas, self.crop_shift, mirrored=True)
        for slot, k in enumerate(moved, count):
            buffer[slot] = buffer[k, ..., ::-1]
        outputs = self._checked(count + len(moved))
        mirrored = _unmirrored({name: value[:count] for name, value in outputs.items()}, self.crop_px, self.topology)
        if moved:
            plain = {name: value[count:] for name, value in outputs.items()}
            first = first.with_rows(moved, postprocess(plain, matrices[moved]))
        return first.mean(postprocess(mirrored, matrices), FLIP_TEST_SIGMA)

    def _no_shares(self) -> tuple[FloatArray | None, FloatArray | None]:
        """`visible` and `expression` of no face."""
        sizes = zip(SHARES, (self.topology.count, len(FLIP_LEARNT)), strict=True)
        visible, expression = (np.zeros((0, size), np.float32) if name in self.gives else None for name, size in sizes)
        return visible, expression

    def _pieces(self, items: Sequence[Item], passes: int, flip_test: bool) -> LandmarkBatch:
        count = len(items)
        buffer, canvas = self._buffer((1 + flip_test) * count), self._canvas(items)
        for index in range(passes):
            matrices = cut_crops(items, self.crop_px, self.crop_scale, buffer, canvas, self.crop_shift)
            last = index + 1 == passes
            looks = 2 if flip_test and last else 1
            if looks == 2:
                buffer[count : 2 * count] = buffer[:count, ..., ::-1]
            outputs = self._checked(looks * count)
            batch = postprocess({name: value[:count] for name, value in outputs.items()}, matrices)
            if looks == 2:
                other = {name: value[count:] for name, value in outputs.items()}
                other = _unmirrored(other, self.crop_px, self.topology)
                batch = batch.mean(postprocess(other, matrices), FLIP_TEST_SIGMA)
            if not last:
                five = self.topology.five_points(batch.points)
                items = [(image, five[row]) for row, (image, _) in enumerate(items)]
        return batch

    def _checked(self, count: int) -> Mapping[str, npt.NDArray[Any]]:
        """What the model gives for the first `count` crops of this thread's buffer.

        Raises:
            ModelError: some of it is no number.
        """
        outputs = self._run(count)()
        check_finite(self.manifest.file, (outputs[name] for name in (*_OUTPUTS, *SHARES) if name in outputs))
        return outputs

    def _buffer(self, count: int) -> FloatArray:
        """Room for the crops of `count` faces, kept from call to call."""
        buffer: FloatArray | None = getattr(self._local, "buffer", None)
        if buffer is None or len(buffer) < count:
            buffer = self._local.buffer = np.empty((max(count, 4), 3, self.crop_px, self.crop_px), np.float32)
            self._local.runs = {}
        return buffer

    def _run(self, count: int) -> Callable[[], Mapping[str, npt.NDArray[Any]]]:
        """The session's run over the first `count` crops of this thread's buffer."""
        runs: dict[int, Callable[[], Mapping[str, npt.NDArray[Any]]]] = self._local.runs
        if count not in runs:
            runs[count] = self.session.kept({"crops": self._local.buffer[:count]})
        return runs[count]

    def _canvas(self, items: Sequence[Item]) -> Image | None:
        """Room for any of the frames with four channels, kept from call to call; None where they are very large."""
        canvas: Image | None = getattr(self._local, "canvas", None)
        height, width = (0, 0) if canvas is None else canvas.shape[:2]
        for image, _ in items:
            height, width = max(height, image.shape[0]), max(width, image.shape[1])
        if height * width > MOST_CANVAS_PX:
            return None
        if canvas is None or canvas.shape[:2] != (height, width):
            canvas = self._local.canvas = np.empty((height, width, 4), np.uint8)
        return canvas
