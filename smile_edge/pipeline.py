"""The order of things: detector, landmarker, tracker, smoother, measures. The only file that knows it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from smile_edge.detector import FaceDetector
from smile_edge.errors import ImageError
from smile_edge.geometry import face_frame
from smile_edge.landmarker import FaceLandmarker, Item, LandmarkBatch
from smile_edge.measures import face_box, measure
from smile_edge.records import Detection, Face, Frame, FrameResult
from smile_edge.session import ExecutionReport, open_model
from smile_edge.smoother import OneEuroSmoother
from smile_edge.topology import TOPOLOGY_49
from smile_edge.tracker import FaceTracker, Track, TrackerSettings, face_distances

__all__ = ["FacePipeline", "Models", "StageObserver"]

Image = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]
StageObserver = Callable[[str, float], None]
"""Called with the name of a stage and its seconds."""

FRESH_PASSES = 2
"""Looks at a detected face: the detector's five points are rough, the landmarker's own are not."""


class Detector(Protocol):
    """What the pipeline needs of `detector.FaceDetector`."""

    threshold: float

    def detect(self, image: Image) -> list[Detection]:
        """Faces of one image, any orientation."""

    def detect_batch(self, images: Sequence[Image], *, thorough: bool) -> list[list[Detection]]:
        """Faces of each image; `thorough` looks at several sizes."""


class Landmarker(Protocol):
    """What the pipeline needs of `landmarker.FaceLandmarker`."""

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
        """Opens `detector` and `landmarks`.

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
        return cls(
            FaceDetector(detector, detector_session),
            FaceLandmarker(landmarks, landmarks_session),
            (("detector", detector_session.report), ("landmarks", landmarks_session.report)),
        )


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
        _check(frame.image)
        if self._stream is not None and (frame.source != self._stream[0] or frame.time_s < self._stream[1]):
            self.reset()
        self._stream = (frame.source, frame.time_s)
        self._track(frame)
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
        found = self._timed("detector", self._detect_thoroughly, images)
        ranked = [sorted(detections, key=lambda d: -d.score) for detections in found]
        items = [(image, d.points) for image, detections in zip(images, ranked, strict=True) for d in detections]
        batch = self._timed("landmarks", self.models.landmarker.landmarks, items, FRESH_PASSES)
        results, row = [], 0
        for frame, detections in zip(frames, ranked, strict=True):
            faces = self._timed("smooth+measure", self._independent_faces, detections, batch, row)
            results.append(_result(frame, faces))
            row += len(detections)
        return results

    def _track(self, frame: Frame) -> None:
        """Moves the tracker on by one frame."""
        height, width = frame.image.shape[:2]
        tracker, landmarks = self.tracker, self.models.landmarker.landmarks
        starts = tracker.starts(frame.time_s)
        batch = self._timed("landmarks", landmarks, [(frame.image, five) for five in starts])
        self._timed("track", tracker.follow, batch, frame.time_s, width, height)
        if not tracker.detection_due():
            return
        detections = self._timed("detector", self.models.detector.detect, frame.image)
        fresh = [(frame.image, detection.points) for detection in tracker.unclaimed(detections)]
        if fresh:
            batch = self._timed("landmarks", landmarks, fresh, FRESH_PASSES)
            self._timed("track", tracker.admit, batch, frame.time_s, width, height)

    def _tracked_face(self, track: Track, time_s: float) -> Face:
        points = track.points
        if self.smooth:
            smoother = self._smoothers.setdefault(track.id, OneEuroSmoother())
            points = smoother.smooth(points, float(face_frame(track.five)[1]), time_s)
        box = face_box(TOPOLOGY_49.five_points(points))
        return Face(points, track.sigma, track.probability, box, track.id, **measure(points))

    def _independent_faces(self, detections: Sequence[Detection], batch: LandmarkBatch, row: int) -> list[Face]:
        """The faces of one image from its detections and their landmarks from `row` on, best first.

        The score is the detector's, lowered by what the landmarker thinks of the crop (times the square root of its
        face probability): it sees upright and from near by what the detector took for a face.
        """
        here = slice(row, row + len(detections))
        points, sigma = batch.points[here], batch.sigma[here]
        scores = np.array([detection.score for detection in detections]) * np.sqrt(batch.face[here])
        five = TOPOLOGY_49.five_points(points)
        # Two detections whose crops led to one face are one face.
        close = face_distances(five, five) < self.tracker.settings.converge_distance
        kept: list[int] = []
        for index in np.argsort(-scores, kind="stable"):
            sure = scores[index] >= self.models.detector.threshold
            if sure and len(kept) != self.max_faces and not close[index, kept].any():
                kept.append(int(index))
        return [
            Face(points[k], sigma[k], float(scores[k]), detections[k].box, rank, **measure(points[k]))
            for rank, k in enumerate(kept)
        ]

    def _detect_thoroughly(self, images: Sequence[Image]) -> list[list[Detection]]:
        """An independent image has no next frame to make good what one look missed."""
        return self.models.detector.detect_batch(images, thorough=True)

    def _timed(self, stage: str, work: Callable[..., Any], *arguments: Any) -> Any:
        """Runs `work`, telling the observer how long it took; one comparison where there is none."""
        if self.observer is None:
            return work(*arguments)
        start = time.perf_counter()
        result = work(*arguments)
        self.observer(stage, time.perf_counter() - start)
        return result


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
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ImageError(
            f"an image must be (height, width, 3) uint8 BGR. Received: shape {image.shape}, {image.dtype}: "
            "convert it with cv2.cvtColor or astype first"
        )
    if not image.size:
        raise ImageError(f"the image has zero size {image.shape[1]}x{image.shape[0]}, expected at least one pixel")
