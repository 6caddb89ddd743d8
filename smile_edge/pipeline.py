"""The order of things: detector, landmarker, tracker, smoother, measures. The only file that knows it."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from smile_edge.detector import FaceDetector
from smile_edge.errors import ImageError
from smile_edge.fused import open_fused, seen_landmarks
from smile_edge.geometry import face_frame, iou_xyxy, xywh_to_xyxy
from smile_edge.landmarker import FaceLandmarker, Item, LandmarkBatch
from smile_edge.measures import face_box, measure
from smile_edge.records import Detection, Face, Frame, FrameResult
from smile_edge.session import ExecutionReport, open_model
from smile_edge.smoother import OneEuroSmoother
from smile_edge.steps import Look, Search, StageObserver, Steps, advance, timed
from smile_edge.topology import TOPOLOGY_49
from smile_edge.tracker import FaceTracker, Track, TrackerSettings, face_distances

__all__ = ["FacePipeline", "Models", "StageObserver"]

Image = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]
FRESH_PASSES = 2
"""Looks at a detected face: the detector's five points are rough, the landmarker's own are not."""
MOST_CANDIDATES = 100
"""Detections in one picture that the landmarker looks at, best first."""
LIKELY = 0.6
"""Share of the threshold that a candidate must reach after its first look to be worth a second."""
SURE_PX = 20.0
"""Height under which a picture's face counts for less, in proportion: among fewer pixels more things look like one."""


class Detector(Protocol):
    """What the pipeline needs of `detector.FaceDetector`."""

    threshold: float
    candidate_threshold: float
    iou_threshold: float

    def detect(self, image: Image) -> list[Detection]:
        """Faces of one image, any orientation."""

    def detect_batch(
        self, images: Sequence[Image], *, threshold: float | None = None, thorough: bool = False
    ) -> list[list[Detection]]:
        """Faces of each image; `thorough` looks at several sizes."""


class Landmarker(Protocol):
    """What the pipeline needs of `landmarker.FaceLandmarker`."""

    @property
    def native_px(self) -> float:
        """Size of a face whose crop has the pixels of the frame."""

    def landmarks(self, items: Sequence[Item], passes: int = 1) -> LandmarkBatch:
        """The landmarks of every face, in order."""


@dataclass(frozen=True, slots=True)
class Models:
    """The two models behind a pipeline, ready to run; may serve several pipelines."""

    detector: Detector
    landmarker: Landmarker
    reports: tuple[tuple[str, ExecutionReport], ...] = ()
    """What each model's session was asked for and got."""

    @classmethod
    def load(cls, folder: str | Path | None = None, *, provider: str = "auto", threads: int = 1) -> "Models":
        """Opens `detector` and `landmarks`, and on CUDA `fused`, where it is there.

        Args:
            folder: where the models lie; None looks in the usual places (`manifest.find_models`).
            provider: `auto`, `cpu`, `cuda` or `tensorrt`.
            threads: CPU threads inside one run.

        Raises:
            ModelError: a model or manifest is missing; `ManifestMismatchError` where the two disagree.
            ProviderError: the provider that was named was not obtained.
        """
        detector, detector_session = open_model("detector", models=folder, provider=provider, threads=threads)
        landmarks, landmarks_session = open_model("landmarks", models=folder, provider=provider, threads=threads)
        faces, reports = open_fused(
            FaceDetector(detector, detector_session), landmarks, detector_session.report, folder
        )
        landmarker = FaceLandmarker(landmarks, landmarks_session)
        return cls(faces, landmarker, (*reports, ("landmarks", landmarks_session.report)))


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
    ) -> None:
        """Opens the models.

        Args:
            models: folder of models, models already loaded, or None for the usual places.
            provider: `auto`, `cpu`, `cuda` or `tensorrt`.
            max_faces: at most this many faces a frame, the best; None is no limit.
            detect_every: frames of a stream between two looks for new faces.
            smooth: whether points of a stream pass the One-Euro filter.
            threads: CPU threads inside one model run.

        Raises:
            UsageError: a count below one, or an unknown provider.
            ModelError, ProviderError: see `Models.load`.
        """
        self.tracker = FaceTracker(TrackerSettings(max_faces=max_faces, detect_every=detect_every))
        self.models = models if isinstance(models, Models) else Models.load(models, provider=provider, threads=threads)
        self.max_faces, self.smooth = max_faces, smooth
        self.observer: StageObserver | None = None
        """Set it to learn the seconds of each stage: detector, landmarks, track, smooth+measure."""
        self.reset()

    @property
    def reports(self) -> dict[str, ExecutionReport]:
        """The execution report of each session, by model name."""
        return dict(self.models.reports)

    def reset(self) -> None:
        """Forgets the stream: tracks, ids and filters."""
        self.tracker.reset()
        self._smoothers: dict[int, OneEuroSmoother] = {}
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
        return advance(self.models, [self.steps(frame)], self.observer)[0]

    def steps(self, frame: Frame) -> Steps:
        """One frame of a stream as the wants of its models (see `steps.advance`), which other streams may share.

        Raises:
            ImageError: see `process`.
        """
        _check(frame.image)
        if self._stream is not None and (frame.source != self._stream[0] or frame.time_s < self._stream[1]):
            self.reset()
        self._stream = (frame.source, frame.time_s)
        yield from self._track(frame)
        tracks = self.tracker.tracks
        self._smoothers = {key: value for key, value in self._smoothers.items() if key in self.tracker.known_ids}
        faces = self._timed("smooth+measure", lambda: [self._tracked_face(track, frame.time_s) for track in tracks])
        return _result(frame, faces)

    def process_batch(self, frames: Sequence[Frame]) -> list[FrameResult]:
        """The faces of independent images, best first: one detector batch, all faces in one landmark batch.

        Raises:
            ImageError: one of the images cannot be used (see `process`).
        """
        for frame in frames:
            _check(frame.image)
        images = [frame.image for frame in frames]
        owner, detections = self._timed("detector", self._candidates, images)
        landmarks = self.models.landmarker.landmarks
        items = [(images[i], one.points) for i, one in zip(owner, detections, strict=True)]
        first = self._timed("landmarks", landmarks, items)
        scores = np.array([one.score for one in detections], np.float32)
        likely = np.flatnonzero(_confidence(scores, first.face, first.face) >= LIKELY * self.models.detector.threshold)
        owner, detections = owner[likely], [detections[k] for k in likely]
        items = list(zip([images[i] for i in owner], TOPOLOGY_49.five_points(first.points[likely]), strict=True))
        batch = self._timed("landmarks", landmarks, items, FRESH_PASSES - 1)
        scores = _confidence(scores[likely], first.face[likely], batch.face)
        faces = self._timed("smooth+measure", self._independent_faces, detections, batch, scores)
        results = []
        for index, frame in enumerate(frames):
            rows = np.flatnonzero(owner == index)
            results.append(_result(frame, self._best([faces[row] for row in rows])))
        return results

    def refine(self, frame: Frame, result: FrameResult) -> FrameResult:
        """The faces of `result` looked at once more, in the same picture with more pixels.

        Args:
            frame: the picture.
            result: what was found in it at less resolution, already in its pixels.
        """
        _check(frame.image)
        items = [(frame.image, TOPOLOGY_49.five_points(face.points)) for face in result.faces]
        batch = self._timed("landmarks", self.models.landmarker.landmarks, items)
        faces = [
            Face(batch.points[k], batch.sigma[k], face.score, face.box, face.id, **measure(batch.points[k]))
            for k, face in enumerate(result.faces)
        ]
        return _result(frame, faces)

    def _track(self, frame: Frame) -> Generator[Look | Search, Any, None]:
        """Moves the tracker on by one frame."""
        height, width = frame.image.shape[:2]
        tracker = self.tracker
        batch = yield Look([(frame.image, five) for five in tracker.starts(frame.time_s)])
        self._timed("track", tracker.follow, batch, frame.time_s, width, height)
        if not tracker.detection_due():
            return
        detections = yield Search(frame.image)
        fresh = tracker.unclaimed(detections)
        if fresh:
            batch = seen_landmarks(fresh)
            if batch is None:
                batch = yield Look([(frame.image, one.points) for one in fresh], FRESH_PASSES)
            self._timed("track", tracker.admit, batch, frame.time_s, width, height)

    def _tracked_face(self, track: Track, time_s: float) -> Face:
        points = track.points
        if self.smooth:
            smoother = self._smoothers.setdefault(track.id, OneEuroSmoother())
            points = smoother.smooth(points, float(face_frame(track.five)[1]), time_s)
        box = face_box(TOPOLOGY_49.five_points(points))
        return Face(points, track.sigma, track.probability, box, track.id, **measure(points))

    def _independent_faces(
        self, detections: Sequence[Detection], batch: LandmarkBatch, scores: FloatArray
    ) -> list[Face]:
        """The face of each detection; its box is the mean of what both models say, which errs less than either."""
        boxes = (np.array([one.box for one in detections], np.float32).reshape(-1, 4) + batch.box) / 2
        scores = scores * np.minimum(1, boxes[:, 3] / SURE_PX)
        columns = zip(batch.points, batch.sigma, scores.tolist(), boxes, strict=True)
        return [Face(points, sigma, score, box, **measure(points)) for points, sigma, score, box in columns]

    def _best(self, faces: Sequence[Face]) -> list[Face]:
        """The faces of one image that are sure enough, best first; of two that look at one face the better."""
        sure = [face for face in faces if face.score >= self.models.detector.threshold]
        sure.sort(key=lambda face: -face.score)
        five = TOPOLOGY_49.five_points(np.array([face.points for face in sure], np.float32).reshape(-1, 49, 2))
        corners = xywh_to_xyxy(np.array([face.box for face in sure], np.float32).reshape(-1, 4))
        same = face_distances(five, five) < self.tracker.settings.converge_distance
        same |= iou_xyxy(corners, corners) > self.models.detector.iou_threshold
        kept: list[int] = []
        for index in range(len(sure)):
            if len(kept) != self.max_faces and not same[index, kept].any():
                kept.append(index)
        return [replace(sure[index], id=rank) for rank, index in enumerate(kept)]

    def _candidates(self, images: Sequence[Image]) -> tuple[npt.NDArray[np.intp], list[Detection]]:
        """What may be a face, and which image it is in: the landmarker has the last word, so many are let through."""
        detector = self.models.detector
        found = detector.detect_batch(images, threshold=detector.candidate_threshold, thorough=True)
        found = [sorted(detections, key=lambda one: -one.score)[:MOST_CANDIDATES] for detections in found]
        owner = np.repeat(np.arange(len(images)), [len(detections) for detections in found])
        return owner, [one for detections in found for one in detections]

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


def _confidence(detector: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """How sure the models are that this is a face, 0..1, `(k,)`: the geometric mean of the detector's score and of the
    landmarker's probability, itself the geometric mean of its two looks."""
    return np.asarray(np.sqrt(detector * np.sqrt(first * second)), np.float32)


def _check(image: Image) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ImageError(
            f"an image must be (height, width, 3) uint8 BGR. Received: shape {image.shape}, {image.dtype}: "
            "convert it with cv2.cvtColor or astype first"
        )
    if not image.size:
        raise ImageError(f"the image has zero size {image.shape[1]}x{image.shape[0]}, expected at least one pixel")
