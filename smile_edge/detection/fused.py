"""The one-graph pipeline on a stream: one model call finds the faces of a frame and their landmarks.

Where starting a model costs more than running it, as on CUDA, a frame that wants the detector goes through `fused.onnx`
(made by `python -m export fuse` from the two other models): it is uploaded once and nothing comes back before the
landmarks. Tracked frames need no detector and go through the landmark model alone.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from smile_edge.detection.detector import FaceDetector
from smile_edge.errors import ManifestMismatchError, SmileEdgeError
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.records import Detection
from smile_edge.runtime.manifest import ModelManifest, find_models
from smile_edge.runtime.protocol import Session
from smile_edge.runtime.protocol import Session as DetectorSession
from smile_edge.runtime.report import ExecutionReport
from smile_edge.runtime.session import OnnxSession
from smile_edge.types import Image

__all__ = ["FUSED", "FusedDetector", "SeenDetection", "open_fused", "open_sized", "seen_landmarks"]

FUSED = "fused"
"""Name of the model: `fused.onnx` and `fused.json`."""


_LIKELY_SIZE = (480, 640)
"""Height and width of what most cameras give: opened at the start, so that the first frame need not wait."""
_KEPT_SIZES = 4
"""Frame sizes whose sessions are kept."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class SeenDetection(Detection):
    """A detection whose landmarks came with it."""

    landmarks: LandmarkBatch
    """Of this one face, looked at twice."""


def seen_landmarks(detections: Sequence[Detection]) -> LandmarkBatch | None:
    """The landmarks that came with detections, in their order; None where some came without."""
    seen = [one.landmarks for one in detections if isinstance(one, SeenDetection)]
    if not seen or len(seen) < len(detections):
        return None
    return LandmarkBatch.concatenate(seen)


class FusedDetector(FaceDetector):
    """A detector whose looks at the frames of a stream give `SeenDetection`s.

    Pictures (`thorough`, or with a threshold of their own: each may have another size, which would take a session of
    its own), chosen sizes, tiny frames and crowds of more faces than the graph looks at go through the detection model.
    """

    def __init__(
        self,
        manifest: ModelManifest,
        session: DetectorSession,
        fused: ModelManifest,
        open_session: Callable[[int, int], Session],
    ) -> None:
        """Opens nothing yet.

        Args:
            manifest: of the detection model.
            session: of the detection model.
            fused: manifest of the one-graph pipeline.
            open_session: gives a session of it for frames of one height and width.
        """
        super().__init__(manifest, session)
        self.fused, self._open_session = fused, open_session
        self._sessions: dict[tuple[int, int], Session] = {}
        self._failed = False
        self._lock = threading.Lock()

    def detect_batch(
        self,
        images: Sequence[Image],
        *,
        threshold: float | None = None,
        long_sides: Sequence[int] | None = None,
        thorough: bool = False,
    ) -> list[list[Detection]]:
        """Faces of each image; see `FaceDetector.detect_batch`."""
        whole = super().detect_batch
        if thorough or long_sides is not None or threshold is not None:
            return whole(images, threshold=threshold, long_sides=long_sides, thorough=thorough)
        seen = [self._seen(image) for image in images]
        return [whole([image])[0] if got is None else got for image, got in zip(images, seen, strict=True)]

    def session_for(self, height: int, width: int) -> Session | None:
        """The session for frames of one size; None where there is none, which is logged once."""
        with self._lock:
            if (height, width) in self._sessions:
                return self._sessions[height, width]
            if self._failed or min(height, width) < int(self.fused.parameters["smallest_frame_px"]):
                return None
            try:
                session = self._open_session(height, width)
            except SmileEdgeError as error:
                _log.warning("faces are found by two models, not by one: %s", error)
                self._failed = True
                return None
            while len(self._sessions) >= _KEPT_SIZES:
                del self._sessions[next(iter(self._sessions))]
            self._sessions[height, width] = session
            return session

    def _seen(self, image: Image) -> list[Detection] | None:
        """Faces of one frame with their landmarks; None where the graph cannot tell."""
        session = self.session_for(*image.shape[:2])
        if session is None:
            return None
        found = session.run({"frame": image})
        scores = found["score"].tolist()  # best first
        count = sum(score > self.stream_threshold for score in scores)
        if count == len(scores):
            return None  # there may be more faces than were looked at
        shares = found.get("visible"), found.get("expression")
        batch = LandmarkBatch(found["points"], found["sigma"], found["face"], found["box"], *shares)
        return [
            SeenDetection(
                found["detected_box"][row],
                scores[row],
                found["detected_points"][row],
                batch.rows(slice(row, row + 1)),
            )
            for row in range(count)
        ]


def open_fused(
    detector: FaceDetector, landmarks: ModelManifest, report: ExecutionReport, models: str | Path | None = None
) -> tuple[FaceDetector, tuple[tuple[str, ExecutionReport], ...]]:
    """The detector that a session on `report.obtained` is best served by.

    Args:
        detector: the detection model, opened.
        landmarks: manifest of the landmark model beside it.
        report: of the detector's session.
        models: folder of the models, as for `load_model`.

    Returns:
        A `FusedDetector` on CUDA; the detector itself elsewhere, or where there is no one-graph pipeline or none made
        from these two models. And the reports of the sessions, with the reason.
    """
    if report.obtained != "cuda":
        return detector, (("detector", report),)
    try:
        path = find_models(models) / f"{FUSED}.json"
        manifest = ModelManifest.load(path)
        made_from = {name: manifest.parameters.get(f"{name}_sha256") for name in ("detector", "landmarks")}
        if made_from != {"detector": detector.manifest.sha256, "landmarks": landmarks.sha256}:
            raise ManifestMismatchError(f"{path} was made from other models; run `python -m export fuse` again")
        file = path.with_name(manifest.file)
        manifest.verify(file)
        session = open_sized(file, "cuda", *_LIKELY_SIZE)
    except SmileEdgeError as error:
        reason = f"no one-graph pipeline: {error}"
        return detector, (("detector", replace(report, reason="; ".join(filter(None, [report.reason, reason])))),)

    def open_session(height: int, width: int) -> OnnxSession:
        if (height, width) == _LIKELY_SIZE:
            return session
        return open_sized(file, "cuda", height, width)

    fused = FusedDetector(detector.manifest, detector.session, manifest, open_session)
    return fused, (("detector", report), (FUSED, session.report))


def open_sized(path: Path, provider: str, height: int, width: int) -> OnnxSession:
    """A session of the one-graph pipeline for frames of one size.

    Raises:
        ModelError, ProviderError: see `OnnxSession`.
    """
    return OnnxSession(path, provider=provider, sizes={"h": height, "w": width})
