"""The two models behind a pipeline, and what the pipeline needs of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from smile_edge.detection.detector import FaceDetector
from smile_edge.detection.fused import open_fused
from smile_edge.imaging.crops import Item
from smile_edge.landmarks.landmarker import FaceLandmarker
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.records import Detection
from smile_edge.runtime.model_loader import load_model
from smile_edge.runtime.report import ExecutionReport
from smile_edge.topology import Topology
from smile_edge.types import FloatArray, Image
from smile_edge.validation import check_paths

__all__ = ["Models"]


class Detector(Protocol):
    """What the pipeline needs of `detector.FaceDetector`."""

    threshold: float
    stream_threshold: float
    candidate_threshold: float

    def detect(self, image: Image) -> list[Detection]:
        """Faces of one image, any orientation."""

    def detect_batch(
        self, images: Sequence[Image], *, threshold: float | None = None, thorough: bool = False
    ) -> list[list[Detection]]:
        """Faces of each image; `thorough` looks at several sizes."""

    def detect_tiled(self, image: Image, side_px: int, *, threshold: float | None = None) -> list[Detection]:
        """Faces of one large image, looked at in tiles as well."""

    def rescore(self, items: Sequence[Item]) -> tuple[FloatArray, FloatArray]:
        """Scores and boxes of single faces, looked at by themselves."""


class Landmarker(Protocol):
    """What the pipeline needs of `landmarker.FaceLandmarker`."""

    topology: Topology
    """The points that it gives."""
    gives: frozenset[str]
    """Names of the model's outputs."""

    @property
    def native_px(self) -> float:
        """Size of a face whose crop has the pixels of the frame."""

    def landmarks(self, items: Sequence[Item], passes: int = 1, flip_test: bool = False) -> LandmarkBatch:
        """The landmarks of every face, in order."""


@dataclass(frozen=True, slots=True)
class Models:
    """The two models behind a pipeline, ready to run; may serve several pipelines."""

    detector: Detector
    landmarker: Landmarker
    reports: tuple[tuple[str, ExecutionReport], ...] = ()
    """What each model's session was asked for and got."""

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        *,
        provider: str = "auto",
        threads: int = 1,
        precision: str = "auto",
    ) -> "Models":
        """Opens `detector` and `landmarks`, and on CUDA `fused`, where it is there.

        Args:
            folder: where the models lie; None looks in the usual places (`manifest.find_models`).
            provider: `auto`, `cpu`, `cuda` or `tensorrt`.
            threads: CPU threads inside one run.
            precision: `float32`, `int8`, or `auto`: int8 on a CPU where it is faster and as good (`precision`).

        Raises:
            UsageError: an unknown provider or precision.
            ModelError: a model or manifest is missing, or int8 was asked for and is not to be had;
                `ManifestMismatchError` where manifest and model disagree.
            ProviderError: the provider that was named was not obtained.
        """
        if folder is not None:
            check_paths(models=folder)
        options: dict[str, Any] = {"models": folder, "provider": provider, "threads": threads, "precision": precision}
        detector, detector_session = load_model("detector", **options)
        landmarks, landmarks_session = load_model("landmarks", **options)
        faces = FaceDetector(detector, detector_session)
        landmarker = FaceLandmarker(landmarks, landmarks_session)
        detector.check_outputs(f"level{stride}" for stride in faces.strides)
        landmarks.check_input("crop_px", landmarker.crop_px)
        found, reports = open_fused(faces, landmarks, detector_session.report, folder)
        return cls(found, landmarker, (*reports, ("landmarks", landmarks_session.report)))
