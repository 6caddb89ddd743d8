"""`python -m train evaluate`: scores of the shipped ONNX files through the runtime, never of the Keras models."""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from smile_edge import FacePipeline
from smile_edge.detection.detector import FaceDetector
from smile_edge.geometry.affine import apply_affine, similarity_about
from smile_edge.landmarks.landmarker import FaceLandmarker
from smile_edge.records import Face
from smile_edge.runtime.manifest import ModelManifest
from train.data.crop_cache import read_bgr
from train.data.formats.kind import PackKind, of_kind
from train.data.formats.mtfl import read_mtfl
from train.data.formats.wider import read_wider
from train.data.samples import FaceSample, SceneSample
from train.errors import DataError
from train.evaluation.metrics import five_point_error, score_detections, score_five_points
from train.evaluation.worst_faces import worst_faces

__all__ = [
    "EVALUATED_FROM_SCORE",
    "detections_of",
    "evaluate",
    "face_scores",
    "model_times",
    "pixelated",
    "scene_scores",
    "turned",
]

ANGLES = tuple(range(0, 360, 45))
PIXELATED_PX = (24, 16)
EVALUATED_FROM_SCORE = 0.15
"""Detections are taken down to this score, so that the whole precision-recall curve is seen."""


def evaluate(
    data: Path, out: Path, models: Path, *, angles: Sequence[int] = ANGLES, write_back: bool = False
) -> dict[str, Any]:
    """Scores on every evaluation pack found in `data`.

    Args:
        data: folder with packs: MTFL format (`testing.txt`) or WIDER format.
        out: receives `scores.json` and a picture of the worst faces of each pack.
        models: folder of the shipped models.
        angles: in-plane turns of the landmark packs, degrees.
        write_back: store the scores as `metrics` in the manifests.

    Raises:
        DataError: `data` holds no pack.
    """
    folders = sorted(p for p in [data, *data.iterdir()] if p.is_dir())
    faces = of_kind(folders, PackKind.MTFL_TEST)
    scenes = of_kind(folders, PackKind.WIDER)
    if not faces and not scenes:
        raise DataError(f"{data} holds no pack with testing.txt or wider_face_bbx_gt.txt: pass the evaluation folder")
    out.mkdir(parents=True, exist_ok=True)
    pipeline = FacePipeline(models, provider="cpu")
    precision = {name: report.precision for name, report in pipeline.reports.items()}
    scores: dict[str, Any] = {"precision": precision, "time": model_times(pipeline)}
    for folder in faces:
        scores[folder.name] = face_scores(
            pipeline, read_mtfl(folder, "testing.txt"), angles, out / f"{folder.name}-worst.png"
        )
    for folder in scenes:
        scores[folder.name] = scene_scores(pipeline, read_wider(folder))
    (out / "scores.json").write_text(json.dumps(scores, indent=1))
    if write_back:
        _store(models, scores)
    return scores


def face_scores(
    pipeline: FacePipeline, samples: Sequence[FaceSample], angles: Sequence[int], picture: Path
) -> dict[str, Any]:
    """Five-point scores end to end: upright, turned, and pixelated."""
    images = [read_bgr(sample.image) for sample in samples]
    truth = np.stack([sample.five() for sample in samples])
    scores: dict[str, Any] = {"images": len(samples), "turned": {}, "pixelated": {}}
    for angle in angles:
        pairs = [turned(image, five, np.radians(angle)) for image, five in zip(images, truth, strict=True)]
        found, score, errors = _five(pipeline, [p[0] for p in pairs], np.stack([p[1] for p in pairs]))
        scores["turned"][str(angle)] = asdict(score)
        if angle == 0:
            worst_faces(images, truth, found, errors, picture)
    for pixels in PIXELATED_PX:
        low = [pixelated(image, five, pixels) for image, five in zip(images, truth, strict=True)]
        scores["pixelated"][str(pixels)] = asdict(_five(pipeline, low, truth)[1])
    return scores


def turned(image: np.ndarray, points: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """The image turned about its centre on a canvas that holds it whole, and its points with it; unchanged at 0."""
    if angle == 0:
        return image, points
    height, width = image.shape[:2]
    cos, sin = abs(np.cos(angle)), abs(np.sin(angle))
    size = (round(width * cos + height * sin), round(width * sin + height * cos))
    middle, target = np.array([width - 1, height - 1]) / 2, (np.array(size) - 1) / 2
    matrix = similarity_about(middle, target, 1.0, angle)
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR), apply_affine(matrix, points)


def pixelated(image: np.ndarray, five: np.ndarray, face_px: int) -> np.ndarray:
    """The image brought down until its face is `face_px` wide, and back to its size."""
    width_of_face = 2.0 * np.linalg.norm(five[3:5].mean(0) - five[0:2].mean(0))
    scale = min(1.0, face_px / max(float(width_of_face), 1.0))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    low = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(low, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)


def _five(pipeline: FacePipeline, images: Iterable[np.ndarray], truth: np.ndarray):
    found = [_nearest(pipeline.process(image).faces, five) for image, five in zip(images, truth, strict=True)]
    score, errors = score_five_points([None if f is None else f.five_points() for f in found], truth)
    return found, score, errors


def _nearest(faces: Sequence[Face], truth: np.ndarray) -> Face | None:
    if not faces:
        return None
    return min(faces, key=lambda face: float(five_point_error(face.five_points(), truth)))


def scene_scores(pipeline: FacePipeline, samples: Sequence[SceneSample]) -> dict[str, Any]:
    """Detection scores: AP over faces of at least 20 and 40 px, and false alarms an image at the shipped threshold."""
    detections = detections_of(pipeline, samples, EVALUATED_FROM_SCORE)
    truth = [(sample.boxes, sample.ignore) for sample in samples]
    scores: dict[str, Any] = {"images": len(samples)}
    for smallest in (20, 40):
        score, confidence, hits = score_detections(detections, truth, smallest)
        scores[f"ap{smallest}"] = score.average_precision
        kept = confidence >= pipeline.threshold
        scores[f"recall{smallest}"] = float(hits[kept].sum() / max(score.faces, 1))
        scores[f"false_alarms_{smallest}"] = float((~hits[kept]).sum() / len(samples))
    return scores


def detections_of(
    pipeline: FacePipeline, samples: Sequence[SceneSample], lowest_score: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Boxes `(k, 4)` xywh px and scores `(k,)` of the faces of each scene, down to `lowest_score`."""
    detections = []
    shipped, pipeline.threshold = pipeline.threshold, lowest_score
    try:
        for sample in samples:
            faces = pipeline.process(read_bgr(sample.image)).faces
            boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
            detections.append((boxes, np.array([face.score for face in faces], np.float32)))
    finally:
        pipeline.threshold = shipped
    return detections


def model_times(pipeline: FacePipeline, runs: int = 200) -> dict[str, float]:
    """Median milliseconds of one run of each model on one core."""
    cv2.setNumThreads(1)
    detector, landmarker = pipeline.models.detector, pipeline.models.landmarker
    frame = np.random.default_rng(0).random((1, 3, 256, 320), np.float32) * 255
    crop = np.random.default_rng(0).random((1, 3, 96, 96), np.float32) * 255
    assert isinstance(detector, FaceDetector)
    assert isinstance(landmarker, FaceLandmarker)
    return {
        "detector_320x256_ms": _median_ms(lambda: detector.session.run({"image": frame}), runs),
        "landmarks_ms": _median_ms(lambda: landmarker.session.run({"crops": crop}), runs),
    }


def _median_ms(work, runs: int) -> float:
    for _ in range(20):
        work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(1000 * np.median(times))


def _store(models: Path, scores: dict[str, Any]) -> None:
    from dataclasses import replace

    for path in sorted(models.glob("*.json")):
        manifest = ModelManifest.load(path)
        replace(manifest, metrics={**manifest.metrics, "evaluation": scores}).save(path)
