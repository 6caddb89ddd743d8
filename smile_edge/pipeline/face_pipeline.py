"""The order of things in a stream: detector, landmarker, tracker, smoother. The only file that knows it."""

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from smile_edge.detection.fused import seen_landmarks
from smile_edge.detection.large_pictures import Tiling
from smile_edge.errors import UsageError
from smile_edge.geometry.face_roi import average_box, upside_down
from smile_edge.landmarks.landmarker import MIN_PRESENCE
from smile_edge.measures.camera import Camera
from smile_edge.measures.stream import StreamMeasures
from smile_edge.pipeline.face_filter import FaceFilter
from smile_edge.pipeline.models import Models
from smile_edge.pipeline.results import result_of
from smile_edge.pipeline.scheduler import DetectionRequest, LandmarkRequest, StageObserver, Steps, run_batched, timed
from smile_edge.pipeline.still_measures import with_measures
from smile_edge.pipeline.still_pipeline import StillPipeline
from smile_edge.records import Face, Frame, FrameResult
from smile_edge.records.frame import check_image
from smile_edge.runtime.report import ExecutionReport
from smile_edge.topology import POINTS
from smile_edge.tracking.smoother import OneEuroSmoother, SmoothingSettings
from smile_edge.tracking.tracker import FaceTracker, Track, TrackerSettings
from smile_edge.types import FloatArray, Image
from smile_edge.validation import check_flags, shown

__all__ = ["FacePipeline", "StageObserver"]

_NOT_KNOWN = np.full(POINTS, np.nan, np.float32)
"""Visibility of points of which the model does not say it."""
_NOT_KNOWN.flags.writeable = False
_ONE_AT_A_TIME = (
    "two threads gave frames to one FacePipeline at once: the frames of a stream come one after another. "
    "Give each stream a FacePipeline of its own, or all to a StreamGroup (smile_edge.pipeline)"
)
FRESH_PASSES = 2
"""Looks at a detected face: the detector's five points are rough, the landmarker's own are not."""


class FacePipeline:
    """Faces of images and of streams.

    `process` on a bare BGR array, and `process_batch`, look at each image by itself, from as many threads as call them.
    `process` on the `Frame`s of a stream tracks: ids stay, points are smoothed, and the detector runs only when it is
    needed. A stream's frames come one after another, from whichever thread.
    """

    def __init__(
        self,
        models: str | Path | Models | None = None,
        provider: str = "auto",
        max_faces: int | None = None,
        detect_every: int = 10,
        smooth: bool | float = True,
        threads: int = 1,
        precision: str = "auto",
        fast: bool = False,
        hfov: float | None = None,
        camera_matrix: npt.ArrayLike | None = None,
        expression: bool = False,
        min_score: float | None = None,
        min_size: float | None = None,
        roi: Sequence[float] | None = None,
        tiles: str | int | None = None,
    ) -> None:
        """Opens the models.

        Args:
            models: folder of models, models already loaded, or None for the usual places.
            provider: `auto`, `cpu`, `cuda` or `tensorrt`.
            max_faces: at most this many faces a frame, the best; None is no limit.
            detect_every: frames of a stream between two looks for new faces.
            smooth: whether points of a stream pass the One-Euro filter, or how much it damps, 0..1: 0 is not at all,
                True 0.5.
            threads: CPU threads inside one model run.
            precision: `auto`, `float32` or `int8`.
            fast: independent images get one look of each model, like a frame of a stream, and not several: half to
                two thirds of the time, but small faces are missed and points err a little more.
            hfov: the camera's horizontal field of view, degrees: translations are in mm then.
            camera_matrix: the camera's matrix `(3, 3)` px instead, as OpenCV's calibration gives it.
            expression: whether faces bring the 52 coefficients of their expression.
            min_score: lowest score of a face, 0..1. None is the models' own: `threshold` in independent images; in a
                stream new faces need 0.8 and known ones 0.4.
            min_size: least longer side of a face's box, px.
            roi: left, top, width, height px of the rectangle that holds the middle of a face's box.
            tiles: `auto` looks at independent images of more than 640 px in overlapping tiles of all their pixels as
                well, which finds faces from 24 px on however large the image is (docs/large-pictures.md); a number is
                the side of a tile in px, 256 to 2048; None or `off` does not.

        Raises:
            UsageError: a count below one, another strength of `smooth`, an unknown provider or precision, a camera,
                filter or tile that cannot be, tiles for one look (`fast`), or a landmark model that gives no
                expression where that is asked for.
            ModelError, ProviderError: see `Models.load`.
        """
        check_flags(fast=fast)
        self.wanted = FaceFilter(min_score, min_size, roi)
        self.tiling = Tiling.parse(tiles)
        """Which independent images are looked at in tiles; None is none."""
        if fast and self.tiling is not None:
            raise UsageError("tiles look at a picture many times and fast once: give one of the two")
        settings = _tracking(max_faces, detect_every, min_score)
        self._smoothing = _smoothing(smooth)
        self.camera = Camera(hfov, camera_matrix)
        if not isinstance(models, Models):
            models = Models.load(models, provider=provider, threads=threads, precision=precision)
        if expression and "expression" not in models.landmarker.gives:
            raise UsageError(
                "expressions were asked for, and the landmark model gives none: leave the option out, or "
                "use a model of 70 points with the output 'expression'"
            )
        self.models, self.expression = models, expression
        self.topology = models.landmarker.topology
        """The points that the landmark model gives."""
        self.tracker = FaceTracker(settings, self.topology, self.wanted.passes_place)
        self._known: FloatArray = np.empty((0, self.topology.count + 1, 3), np.float32)
        """x, y and sigma of the points that the model gives, then of one that it does not: kept, since making it anew
        for each frame takes longer than filling it."""
        own = {index: place for place, index in enumerate(self.topology.indices)}
        self._places = np.array([own.get(index, self.topology.count) for index in range(POINTS)], np.intp)
        self.max_faces, self.smooth, self.fast = max_faces, smooth, fast
        self.observer: StageObserver | None = None
        """Set it to learn the seconds of each stage: detector, landmarks, track, smooth."""
        self._busy = threading.Lock()
        """Held while a frame of the stream is on its way."""
        self.reset()

    @property
    def reports(self) -> dict[str, ExecutionReport]:
        """The execution report of each session, by model name."""
        return dict(self.models.reports)

    @property
    def threshold(self) -> float:
        """Lowest score of a face in an independent image, 0..1: the detector's, one of its own for `fast`."""
        detector = self.models.detector
        if self.wanted.min_score is not None:
            return self.wanted.min_score
        return detector.stream_threshold if self.fast else detector.threshold

    @threshold.setter
    def threshold(self, value: float) -> None:
        self.wanted = replace(self.wanted, min_score=None)
        setattr(self.models.detector, "stream_threshold" if self.fast else "threshold", value)

    def reset(self) -> None:
        """Forgets the stream: tracks, ids and filters."""
        self.tracker.reset()
        self._forget_faces()
        self._stream: tuple[str, float] | None = None
        self._size: tuple[int, ...] | None = None

    def _forget_faces(self) -> None:
        """Forgets tracks and filters, but not which ids there were."""
        self.tracker.forget()
        self._smoother = OneEuroSmoother(self._smoothing)
        self._measures = StreamMeasures()

    def process(self, frame: Frame | Image) -> FrameResult:
        """The faces of one frame.

        Images may come from any number of threads at once. The frames of a stream may not: chance would order them.

        Args:
            frame: the next `Frame` of a stream, or one independent image `(h, w, 3)` uint8 BGR. Another source, or a
                time that runs backwards, starts a new stream. After a gap (`Frame.gap_s`), or with another size, all
                faces are new ones: tracks start anew, with ids that went before to nobody.

        Raises:
            ImageError: not such an image, or one of zero size.
            UsageError: a frame of a stream, while another thread's is on its way.
        """
        if not isinstance(frame, Frame):
            return self.process_batch([Frame(frame)])[0]
        return run_batched(self.models, [self.steps(frame)], self.observer)[0]

    def steps(self, frame: Frame) -> Steps:
        """One frame of a stream as requests to its models (see `scheduler.run_batched`), which other streams may share.

        Raises:
            ImageError, UsageError: see `process`.
        """
        if not self._busy.acquire(blocking=False):
            raise UsageError(_ONE_AT_A_TIME)
        try:
            return (yield from self._steps(frame))
        finally:
            self._busy.release()

    def _steps(self, frame: Frame) -> Steps:
        check_image(frame.image)
        if self._stream is not None and (frame.source != self._stream[0] or frame.time_s < self._stream[1]):
            self.reset()
        if frame.gap_s is not None or self._size not in (None, frame.image.shape):
            self._forget_faces()
        self._stream, self._size = (frame.source, frame.time_s), frame.image.shape
        yield from self._track(frame)
        points, five = self._timed("smooth", self._smoothed, self.tracker.tracks, frame.time_s)
        faces = self._tracked_faces(frame, self.tracker.tracks, points, five)
        return result_of(frame, [face for face in faces if self.wanted.passes(face)])

    def process_batch(
        self, images: Sequence[Frame | Image], *, reductions: Sequence[int] | None = None
    ) -> list[FrameResult]:
        """The faces of independent images, best first: one detector batch, all faces in one landmark batch.

        Args:
            images: `Frame`s, or arrays `(h, w, 3)` uint8 BGR, which are numbered.
            reductions: by which factor each image was reduced; `min_size` and `roi` are px of the whole one. None is
                by none. Faces of reduced images are to be measured in the whole one (`measured`).

        Raises:
            ImageError: one of the images cannot be used (see `process`).
            UsageError: it is no list.
        """
        _check_list(images)
        frames = [image if isinstance(image, Frame) else Frame(image, index) for index, image in enumerate(images)]
        for frame in frames:
            check_image(frame.image)
        results = self._stills().find(frames, reductions or [1] * len(frames))
        return results if reductions and max(reductions) > 1 else self.measured_all(results)

    def refine(self, frame: Frame, result: FrameResult, below_px: float) -> FrameResult:
        """The small faces of `result` looked at once more, in the same picture with more pixels.

        Args:
            frame: the picture.
            result: what was found in it at less resolution, already in its pixels.
            below_px: size (see `geometry.face_roi`) below which a face is small.
        """
        check_image(frame.image)
        return self.measured(self._stills().refine(frame, result, below_px))

    def _stills(self) -> StillPipeline:
        """What looks at independent images, by the settings of this moment."""
        return StillPipeline(
            models=self.models,
            wanted=self.wanted,
            threshold=self.threshold,
            tiling=self.tiling,
            fast=self.fast,
            max_faces=self.max_faces,
            expression=self.expression,
            observer=self.observer,
        )

    def measured(self, result: FrameResult) -> FrameResult:
        """The result with the measures of its faces made from their points, each by itself and not as one of a stream.

        Faces of a mirrored frame may come with the sides that the frame shows; they leave with the subject's. An
        expression that a face came with stays.
        """
        return self.measured_all([result])[0]

    def measured_all(self, results: Sequence[FrameResult]) -> list[FrameResult]:
        """`measured` of many results, which takes less time than one after the other."""
        return with_measures(results, self.camera)

    def _track(self, frame: Frame) -> Generator[LandmarkRequest | DetectionRequest, Any, None]:
        """Moves the tracker on by one frame."""
        height, width = frame.image.shape[:2]
        tracker = self.tracker
        batch = yield LandmarkRequest([(frame.image, five) for five in tracker.predict(frame.time_s)])
        self._timed("track", tracker.update, batch, frame.time_s, width, height)
        if not tracker.detection_due():
            return
        detections = yield DetectionRequest(frame.image)
        fresh = tracker.unmatched(detections)
        if fresh:
            batch = seen_landmarks(fresh)
            if batch is None:
                batch = yield LandmarkRequest([(frame.image, one.points) for one in fresh], FRESH_PASSES)
            turned = np.flatnonzero(batch.presence < MIN_PRESENCE).tolist()
            if turned:
                items = [(frame.image, upside_down(fresh[k].points)) for k in turned]
                batch = batch.with_better(turned, (yield LandmarkRequest(items, FRESH_PASSES)))
            self._timed("track", tracker.start_tracks, batch, frame.time_s, width, height)

    def _smoothed(self, tracks: Sequence[Track], time_s: float) -> tuple[FloatArray, FloatArray]:
        """Points and five points of a stream's frame, in one array: numpy takes as long for one face as for four."""
        points = np.array([track.points for track in tracks], np.float32).reshape(-1, self.topology.count, 2)
        if self.smooth and tracks:
            sizes = [track.place.size for track in tracks]
            points = self._smoother.smooth([track.id for track in tracks], points, sizes, time_s)
        return points, self.topology.five_points(points)

    def _tracked_faces(self, frame: Frame, tracks: Sequence[Track], points: FloatArray, five: FloatArray) -> list[Face]:
        """The faces of a stream's frame; their measures are made when they are asked for."""
        if not tracks:
            return []
        height, width = frame.image.shape[:2]
        lens = self.camera.lens(width, height)
        visible = self._visible(tracks)
        ids, said = [track.id for track in tracks], self._expressions(tracks)
        measures = self._measures.frame(ids, points, five, lens, frame.time_s, visible, said)
        seen = [_NOT_KNOWN] * len(tracks) if visible is None else visible
        rows = zip(self._whole(points, tracks), tracks, average_box(five), seen, strict=True)
        faces = [
            Face(
                whole[:, :2],
                whole[:, 2],
                track.probability,
                box,
                track.id,
                uncovered,
                False,
                partial(measures.of, row),
            )
            for row, (whole, track, box, uncovered) in enumerate(rows)
        ]
        return [face.with_sides_swapped() for face in faces] if frame.mirrored else faces

    def _visible(self, tracks: Sequence[Track]) -> FloatArray | None:
        """`(k, 70)` probability that nothing covers the points of tracks; None where the model does not say."""
        known = [track.uncovered for track in tracks if track.uncovered is not None]
        return self.topology.embed(np.array(known)) if len(known) == len(tracks) else None

    def _expressions(self, tracks: Sequence[Track]) -> FloatArray | None:
        """`(k, 51)` coefficients of the faces of tracks, where they were asked for."""
        if not self.expression:
            return None
        return np.array([track.expression for track in tracks], np.float32)

    def _whole(self, points: FloatArray, tracks: Sequence[Track]) -> FloatArray:
        """x, y and sigma `(k, 70, 3)` of the points of tracks, NaN for points that the model does not give."""
        if len(self._known) < len(tracks):
            self._known = np.full((2 * len(tracks), self.topology.count + 1, 3), np.nan, np.float32)
        known = self._known[: len(tracks)]
        known[:, :-1, :2] = points
        for row, track in zip(known, tracks, strict=True):
            row[:-1, 2] = track.sigma
        return known.take(self._places, 1)

    def _timed(self, stage: str, work: Callable[..., Any], *arguments: Any) -> Any:
        return timed(self.observer, stage, work, *arguments)


def _tracking(max_faces: int | None, detect_every: int, min_score: float | None) -> TrackerSettings:
    """When a track lives; `min_score` takes the place of what new faces need, and of what known ones do if lower."""
    settings = TrackerSettings(max_faces=max_faces, detect_every=detect_every)
    if min_score is None:
        return settings
    return replace(settings, admit_probability=min_score, keep_probability=min(min_score, settings.keep_probability))


def _smoothing(smooth: bool | float) -> SmoothingSettings:
    """The settings that `smooth` asks for; the defaults where it asks for none. 1 stands for True, 1.0 is a strength.

    Raises:
        UsageError: it is neither True or False nor a strength.
    """
    if isinstance(smooth, float) and smooth != 0:
        return SmoothingSettings.of_strength(smooth)
    if not isinstance(smooth, float):
        check_flags(smooth=smooth)
    return SmoothingSettings()


def _check_list(images: Any) -> None:
    if not isinstance(images, Iterable) or isinstance(images, (str, bytes, np.ndarray)):
        raise UsageError(f"images must be a list of images. Received: {shown(images)}")
