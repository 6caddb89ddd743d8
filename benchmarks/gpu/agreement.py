"""How far the points on a provider are from those of the two models on the CPU, and what less precision costs."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gpu.job import TWO_SESSIONS, Job, Rows, crops_of, timed
from benchmarks.gpu.networks import attempted, feeds_of
from benchmarks.gpu.raw_sessions import open_raw
from benchmarks.speed.harness.suite import Row, figure, missing
from smile_edge import FacePipeline
from smile_edge.imaging.crops import cut_crops
from smile_edge.pipeline.models import Models
from smile_edge.records import Frame
from smile_edge.sources import open_source
from smile_edge.types import FloatArray, Image

__all__ = ["parity", "precisions"]

FRAMES, STEP = 200, 7
"""Frames of the demo, and how far they are apart: the face turns all the way round."""
WANTED_PX = 0.25


def parity(job: Job) -> Rows:
    """Largest and median distance of the points of fresh frames, px of the frame."""
    images = _demo_images(20 if job.quick else FRAMES)
    wanted = _points(job.open_models(TWO_SESSIONS, "cpu"), images)
    for way in job.ways:
        got = _points(job.open_models(way), images)
        yield attempted(f"parity: {way} on {job.provider} against two sessions on the CPU", _apart, got, wanted)


def precisions(job: Job) -> Rows:
    """The landmark network in float32, TensorFloat-32 and float16: time, and the loss in px of the crop."""
    file = job.models / job.manifest("landmarks").file
    crops = _demo_crops(job, 64)
    wanted = open_raw(file, "cpu").run(["points"], {"crops": crops})[0]
    kinds: dict[str, Callable[[], Any]] = {
        "float32": lambda: open_raw(file, job.provider),
        "float16": lambda: open_raw(_float16(file), job.provider),
    }
    if job.provider == "cuda":
        kinds["TensorFloat-32"] = lambda: open_raw(file, "cuda", use_tf32="1")
    else:
        yield missing("landmarks in TensorFloat-32", f"only CUDA has it; this ran with --provider {job.provider}")
    for kind, opened in kinds.items():
        for batch in (1, 64):
            yield attempted(f"landmarks in {kind}, batch {batch}", _precise, opened, batch, crops, wanted, job)


def _precise(opened: Callable[[], Any], batch: int, crops: FloatArray, wanted: FloatArray, job: Job) -> Row:
    session = opened()
    feeds = feeds_of("landmarks", (crops.shape[2], crops.shape[3]), batch)
    row = timed(lambda: session.run(None, feeds), job.seconds)
    got = session.run(["points"], {"crops": crops})[0]
    apart = np.linalg.norm(got - wanted, axis=-1)
    return {**row, "mean_loss_px": round(float(apart.mean()), 4), "largest_loss_px": round(float(apart.max()), 4)}


def _float16(file: Path) -> bytes:
    """The model computed in float16, its inputs and outputs as they were."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    return convert_float_to_float16(onnx.load(file), keep_io_types=True).SerializeToString()


def _demo_images(count: int) -> list[Image]:
    with open_source("demo") as source:
        return [frame.image for frame in islice(source, 0, count * STEP, STEP)]


def _demo_crops(job: Job, count: int) -> FloatArray:
    parameters = job.manifest("landmarks").parameters
    crops = np.empty((count, 3, int(parameters["crop_px"]), int(parameters["crop_px"])), np.float32)
    shift = float(parameters.get("crop_shift", 0.0))
    cut_crops(crops_of(count), crops.shape[-1], float(parameters["crop_scale"]), crops, None, shift)
    return crops


def _points(models: Models, images: list[Image]) -> list[FloatArray]:
    """The faces' points of each image as a stream's first frame, from left to right: `(faces, points, 2)` px."""
    pipeline, found = FacePipeline(models, smooth=False), []
    for image in images:
        pipeline.reset()
        faces = sorted(pipeline.process(Frame(image)).faces, key=lambda face: face.box[0])
        found.append(np.array([face.points for face in faces], np.float32).reshape(len(faces), -1, 2))
    return found


def _apart(got: list[FloatArray], wanted: list[FloatArray]) -> Row:
    differing = sum(len(one) != len(other) for one, other in zip(got, wanted, strict=True))
    pairs = [(one, other) for one, other in zip(got, wanted, strict=True) if len(one) == len(other) and len(one)]
    if not pairs:
        raise RuntimeError("no frame has the same number of faces on both")
    apart = np.concatenate([np.linalg.norm(one - other, axis=-1).ravel() for one, other in pairs])
    apart = apart[np.isfinite(apart)]
    details: dict[str, Any] = {
        "median_px": round(float(np.median(apart)), 4),
        "frames": len(pairs),
        "other_number_of_faces": differing,
    }
    return figure(float(apart.max()), "px", wanted=WANTED_PX, **details)
