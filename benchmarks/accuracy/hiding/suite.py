"""`python -m benchmarks hide`: faces that stay uncovered, beside a plain detector at its default."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.accuracy.hiding.clips import uncovered_in_clips
from benchmarks.accuracy.hiding.scenes import HeadsOf, uncovered_in_scenes
from benchmarks.accuracy.peers import Peer, read_peers
from benchmarks.reporting.environment import describe
from smile_edge import FacePipeline
from smile_edge.geometry.heads import Head, heads_around
from smile_edge.imaging.hide import heads_of
from smile_edge.pipeline.face_hider import FaceHider
from smile_edge.pipeline.head_finder import HIDE_MIN_SCORE, HeadFinder
from smile_edge.records import Face
from smile_edge.runtime.manifest import find_models
from smile_edge.types import Image
from train.data.formats.wider import read_wider
from train.data.samples import SceneSample, held_out_mask
from train.errors import DataError

__all__ = ["HIDING", "REPORTED", "measure_hiding"]

REPORTED, HIDING = "reported faces only", "--hide"
YUNET_SCORE = 0.9
"""The default `score_threshold` of `cv2.FaceDetectorYN`."""
CLIPS = ("*.mkv", "*.mp4")


def measure_hiding(
    data: Path,
    *,
    peers: Path | None = None,
    yunet: Path | None = None,
    clips: Path | None = None,
    min_score: float = HIDE_MIN_SCORE,
    held_out: bool = False,
    limit: int | None = None,
) -> dict[str, Any]:
    """Hides the faces of a pack of scenes, upright and turned, and of clips.

    Args:
        data: a pack in WIDER's format.
        peers: predictions of other systems on its upright pictures; YuNet's are used.
        yunet: a YuNet ONNX file, for every turn, in place of its predictions.
        clips: folder of videos.
        min_score: see `HeadFinder`.
        held_out: only the scenes that training held out: to choose a score on a training pack.
        limit: at most so many scenes, spread evenly.

    Raises:
        DataError: no such pack, or a file of predictions is malformed.
    """
    samples = _samples(data, held_out, limit)
    folder = find_models(None)
    pipeline = FacePipeline(folder, provider="cpu", threads=1)
    results: dict[str, Any] = {**describe(pipeline, folder), "pack": data.name, "min_score": min_score}
    systems = _ours(pipeline, min_score) | _yunet(read_peers(peers, data.name), yunet, data)
    results["scenes"] = uncovered_in_scenes(systems, samples)
    if clips is not None:
        hider = FaceHider(HeadFinder(pipeline.models.detector, min_score), "fill")
        results["clips"] = uncovered_in_clips(pipeline, hider, sorted(p for kind in CLIPS for p in clips.glob(kind)))
    return results


def _samples(data: Path, held_out: bool, limit: int | None) -> list[SceneSample]:
    samples = read_wider(data)
    if held_out:
        mask = held_out_mask([sample.group for sample in samples])
        samples = [sample for sample, held in zip(samples, mask, strict=True) if held]
    if limit is not None and limit < len(samples):
        samples = [samples[index] for index in np.linspace(0, len(samples) - 1, limit).round().astype(int)]
    return samples


def _ours(pipeline: FacePipeline, min_score: float) -> dict[str, HeadsOf]:
    """The faces that a record reports, and what `--hide` hides: those, and what it finds beside them."""
    finder = HeadFinder(pipeline.models.detector, min_score)
    latest: dict[str, tuple[Face, ...]] = {}

    def reported(sample: SceneSample, image: Image, quarters: int) -> list[Head]:
        latest["faces"] = pipeline.process(image).faces
        return heads_of(latest["faces"])

    return {REPORTED: reported, HIDING: lambda sample, image, quarters: finder.find(image, latest["faces"])}


def _yunet(peers: list[Peer], file: Path | None, data: Path) -> dict[str, HeadsOf]:
    """YuNet at its default, its boxes with our margin: what differs is which faces it finds."""
    name = f"YuNet at its default, {YUNET_SCORE}"
    if file is not None:
        if not file.is_file():
            raise DataError(f"--yunet names {file}, which is not a file: name a YuNet ONNX file")
        return {name: _YuNet(file)}
    kept = next((peer for peer in peers if peer.name == "yunet"), None)
    if kept is None:
        return {}

    def heads(sample: SceneSample, image: np.ndarray, quarters: int) -> Any:
        if quarters:
            return None
        (faces,) = kept.of([sample.image.relative_to(data).as_posix()])
        sure = faces.scores >= YUNET_SCORE
        return heads_around(faces.boxes[sure], faces.five[sure])

    return {name: heads}


class _YuNet:
    """`cv2.FaceDetectorYN` on any picture."""

    def __init__(self, file: Path) -> None:
        self.detector = cv2.FaceDetectorYN.create(str(file), "", (320, 320), YUNET_SCORE)

    def __call__(self, sample: SceneSample, image: np.ndarray, quarters: int) -> Any:
        self.detector.setInputSize(image.shape[1::-1])
        found = self.detector.detect(image)[1]
        rows = np.zeros((0, 15), np.float32) if found is None else np.asarray(found, np.float32)
        return heads_around(rows[:, :4], rows[:, 4:14].reshape(-1, 5, 2))
