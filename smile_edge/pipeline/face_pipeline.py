"""The order of things: detector, landmarker, tracker, smoother. The only file that knows it."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from smile_edge.detection.fused import seen_landmarks
from smile_edge.errors import ImageError
from smile_edge.geometry.face_roi import average_box, face_roi, upside_down
from smile_edge.landmarks.landmarker import MIN_PRESENCE
from smile_edge.pipeline.models import Models
from smile_edge.pipeline.scheduler import DetectionRequest, LandmarkRequest, StageObserver, Steps, run_batched, timed
from smile_edge.pipeline.still_images import find_faces, find_faces_in_one_pass, select_faces
from smile_edge.records import Face, Frame, FrameResult
from smile_edge.runtime.report import ExecutionReport
from smile_edge.topology import TOPOLOGY_49
from smile_edge.tracking.smoother import OneEuroSmoother
from smile_edge.tracking.tracker import FaceTracker, Track, TrackerSettings
from smile_edge.types import Image

__all__ = ["FacePipeline", "StageObserver"]

FRESH_PASSES = 2
"""Looks at a detected face: the detector's five points are rough, the landmarker's own are not."""


class FacePipeline:
    """Faces of images and of streams.

    `process` on a bare BGR array, and `process_batch`, look at each image by itself. `process` on the `Frame`s of a
    stream tracks: ids stay, points are smoothed, and the detector runs only when it is needed.
    """

    def __init__(
        self,
        models: str | Path | Models | None = None,
        provider: str = "auto",
        max_faces: int | None = None,
        detect_every: int = 10,
        smooth: bool = True,
        threads: int = 1,
        precision: str = "auto",
        fast: bool = False,
    ) -> None:
        """Opens the models.

        Args:
            models: folder of models, models already loaded, or None for the usual places.
            provider: `auto`, `cpu`, `cuda` or `tensorrt`.
            max_faces: at most this many faces a frame, the best; None is no limit.
            detect_every: frames of a stream between two looks for new faces.
            smooth: whether points of a stream pass the One-Euro filter.
            threads: CPU threads inside one model run.
            precision: `auto`, `float32` or `int8`.
            fast: independent images get one look of each model, like a frame of a stream, and not several: half to
                two thirds of the time, but small faces are missed and points err a little more.

        Raises:
            UsageError: a count below one, or an unknown provider or precision.
            ModelError, ProviderError: see `Models.load`.
        """
        self.tracker = FaceTracker(TrackerSettings(max_faces=max_faces, detect_every=detect_every))
        if not isinstance(models, Models):
            models = Models.load(models, provider=provider, threads=threads, precision=precision)
        self.models = models
        self.max_faces, self.smooth, self.fast = max_faces, smooth, fast
        self.observer: StageObserver | None = None
        """Set it to learn the seconds of each stage: detector, landmarks, track, smooth."""
        self.reset()

    @property
    def reports(self) -> dict[str, ExecutionReport]:
        """The execution report of each session, by model name."""
        return dict(self.models.reports)

    @property
    def threshold(self) -> float:
        """Lowest score of a face in an independent image, 0..1: the detector's, one of its own for `fast`."""
        detector = self.models.detector
        return detector.stream_threshold if self.fast else detector.threshold

    @threshold.setter
    def threshold(self, value: float) -> None:
        setattr(self.models.detector, "stream_threshold" if self.fast else "threshold", value)

    def reset(self) -> None:
        """Forgets the stream: tracks, ids and filters."""
        self.tracker.reset()
        self._smoother = OneEuroSmoother()
        self._stream: tuple[str, float] | None = None

    def process(self, frame: Frame | Image) -> FrameResult:
        """The faces of one frame.

        Args:
            frame: the next `Frame` of a stream, or one independent image `(h, w, 3)` uint8 BGR. Another source, or a
                time that runs backwards, starts a new stream.

        Raises:
            ImageError: not such an image, or one of zero size.
        """
        if not isinstance(frame, Frame):
            return self.process_batch([Frame(frame)])[0]
        return run_batched(self.models, [self.steps(frame)], self.observer)[0]

    def steps(self, frame: Frame) -> Steps:
        """One frame of a stream as requests to its models (see `scheduler.run_batched`), which other streams may share.

        Raises:
            ImageError: see `process`.
        """
        _check(frame.image)
        if self._stream is not None and (frame.source != self._stream[0] or frame.time_s < self._stream[1]):
            self.reset()
        self._stream = (frame.source, frame.time_s)
        yield from self._track(frame)
        faces = self._timed("smooth", self._tracked_faces, self.tracker.tracks, frame.time_s)
        return _result(frame, faces)

    def process_batch(self, images: Sequence[Frame | Image]) -> list[FrameResult]:
        """The faces of independent images, best first: one detector batch, all faces in one landmark batch.

        Args:
            images: `Frame`s, or arrays `(h, w, 3)` uint8 BGR, which are numbered.

        Raises:
            ImageError: one of the images cannot be used (see `process`).
        """
        frames = [image if isinstance(image, Frame) else Frame(image, index) for index, image in enumerate(images)]
        for frame in frames:
            _check(frame.image)
        look = find_faces_in_one_pass if self.fast else find_faces
        owner, faces = look(self.models, [frame.image for frame in frames], self._timed)
        wanted = self.threshold, self.max_faces
        return [
            _result(frame, select_faces([faces[row] for row in np.flatnonzero(owner == index)], *wanted))
            for index, frame in enumerate(frames)
        ]

    def refine(self, frame: Frame, result: FrameResult, below_px: float) -> FrameResult:
        """The small faces of `result` looked at once more, in the same picture with more pixels.

        Args:
            frame: the picture.
            result: what was found in it at less resolution, already in its pixels.
            below_px: size (see `geometry.face_roi`) below which a face is small.
        """
        _check(frame.image)
        faces = list(result.faces)
        five = TOPOLOGY_49.five_points(np.array([face.points for face in faces], np.float32).reshape(-1, 49, 2))
        small = np.flatnonzero(face_roi(five)[1] < below_px).tolist()
        items = [(frame.image, five[k]) for k in small]
        batch = self._timed("landmarks", self.models.landmarker.landmarks, items, 1, True)
        for row, k in enumerate(small):
            faces[k] = replace(faces[k], points=batch.points[row], sigma=batch.sigma[row])
        return _result(frame, faces)

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

    def _tracked_faces(self, tracks: Sequence[Track], time_s: float) -> list[Face]:
        """The smoothed faces of a stream's frame, all in the same arrays: numpy takes as long for one as for four."""
        if not tracks:
            return []
        points = np.array([track.points for track in tracks])  # (k, 49, 2)
        if self.smooth:
            sizes = [track.place.size for track in tracks]
            points = self._smoother.smooth([track.id for track in tracks], points, sizes, time_s)
        boxes = average_box(TOPOLOGY_49.five_points(points))
        return [
            Face(one, track.sigma, track.probability, box, track.id)
            for track, one, box in zip(tracks, points, boxes, strict=True)
        ]

    def _timed(self, stage: str, work: Callable[..., Any], *arguments: Any) -> Any:
        return timed(self.observer, stage, work, *arguments)


def _result(frame: Frame, faces: Sequence[Face]) -> FrameResult:
    height, width = frame.image.shape[:2]
    age_ms = None if frame.captured_s is None else (time.monotonic() - frame.captured_s) * 1000
    return FrameResult(
        source=frame.source,
        frame=frame.index,
        time_s=frame.time_s,
        width=width,
        height=height,
        faces=tuple(faces),
        age_ms=age_ms,
        dropped=frame.dropped,
    )


def _check(image: Image) -> None:
    if not isinstance(image, np.ndarray):
        raise ImageError(
            f"an image must be an array (height, width, 3) uint8 BGR. Received: {type(image).__name__} "
            "(cv2.imread gives None where it cannot read a file)"
        )
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ImageError(
            f"an image must be (height, width, 3) uint8 BGR. Received: shape {image.shape}, {image.dtype}: "
            "convert it with cv2.cvtColor or astype first"
        )
    if not image.size:
        raise ImageError(f"the image has zero size {image.shape[1]}x{image.shape[0]}, expected at least one pixel")
