"""Building the one-graph pipeline from two shipped models: compose, compare with the two models, write, describe."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import onnx

from export.errors import GraphError, ParityError
from export.fusion.graph import SHARE_OUTPUTS, FusedSettings, fused_graph
from export.fusion.pyramid_atlas import SMALLEST_FRAME_PX
from export.staging import drafted, published
from smile_edge.detection.detector import FaceDetector
from smile_edge.detection.fused import FUSED, FusedDetector, open_sized, seen_landmarks
from smile_edge.errors import UsageError
from smile_edge.landmarks.landmarker import FaceLandmarker
from smile_edge.pipeline.face_pipeline import FRESH_PASSES
from smile_edge.runtime.manifest import ModelManifest, TensorSpec, sha256_of
from smile_edge.runtime.session import OnnxSession
from smile_edge.sources import open_source
from smile_edge.topology import TOPOLOGIES
from smile_edge.types import Image

__all__ = ["FACES", "TOLERANCE_PX", "TOLERANCE_SIGMAS", "fuse", "largest_differences_px", "settings_of"]

FACES = 8
"""Faces that the graph looks at; with as many or more in a frame the runtime uses the two models."""

PARITY_FRAMES, PARITY_STEP = 200, 7
"""How many frames of the demo both see, and how far they are apart."""

TOLERANCE_PX = 0.25
"""Largest distance allowed between a landmark of the graph and of the two models, where sigma is small."""
TOLERANCE_SIGMAS = 0.2
"""The same in sigmas, where that is more: a point that is read from a broad heatmap, as at the end of a jaw, moves
further when the crop is cut a little differently."""


_MEANINGS = {
    "points": "x, y in px of the frame, after two looks",
    "sigma": "expected error of each point in px of the frame (Laplace scale)",
    "face": "probability that the crop shows a face, 0..1",
    "box": "left, top, width, height of the face in px of the frame, from the landmark model",
    "score": "of the detection, 0..1, best first",
    "detected_points": "five points of the detection in px of the frame",
    "detected_box": "left, top, width, height of the detection in px of the frame",
    "visible": "probability that nothing covers the point, 0..1",
    "expression": "ARKit's coefficients but tongueOut, 0..1",
}


def fuse(
    models: Path, out: Path, *, faces: int = FACES, provider: str = "cpu", frames: int = PARITY_FRAMES
) -> ModelManifest:
    """Writes `<out>/fused.onnx` and `.json`; they appear only when the graph does what the two models do.

    Args:
        models: folder with `detector` and `landmarks`.
        out: folder, made where missing; may be the same.
        faces: see `FACES`.
        provider: where the graph runs while it is compared; the two models run on the CPU.
        frames: of the demo that both see.

    Raises:
        UsageError: `faces` cannot be used.
        ProviderError: the provider was not obtained.
        ModelError, ManifestMismatchError: a model is missing or not the one that its manifest describes.
        GraphError: a model is not of the kind that can be fused.
        ParityError: the graph computes something else than the two models.
        ExportError: the folder cannot be written to.
    """
    detector, landmarks = (_manifest(models, name) for name in ("detector", "landmarks"))
    settings = settings_of(detector, landmarks, faces)
    model = fused_graph(onnx.load(models / detector.file), onnx.load(models / landmarks.file), settings)
    onnx.checker.check_model(model, full_check=True)
    with drafted(out, f"{FUSED}.onnx") as draft:
        onnx.save(model, draft)
        manifest = _described(model, draft, detector, landmarks, settings)
        images = _parity_images(frames)
        differences = largest_differences_px(models, draft, manifest, images, provider)
        parity = {
            "largest_difference": {name: float(f"{value:.3g}") for name, value in differences.items()},
            "images": len(images),
            "image_sizes": [list(size) for size in sorted({image.shape[:2] for image in images})],
        }
        return published(draft, replace(manifest, parity=parity), out)


def settings_of(detector: ModelManifest, landmarks: ModelManifest, faces: int) -> FusedSettings:
    """The numbers of both manifests.

    Raises:
        UsageError: `faces` is not within 2..64.
        GraphError: a manifest lacks a parameter or an output.
    """
    if not 2 <= faces <= 64:  # as many faces as rows is a crowd: with one row every face would be
        raise UsageError(f"--faces must lie between 2 and 64. Received: {faces}.")
    if missing := {"points", "sigma", "face", "box"} - {spec.name for spec in landmarks.outputs}:
        raise GraphError(
            f"{landmarks.file} has no output {', '.join(sorted(missing))}. Export the landmark model again, then fuse."
        )
    try:
        return FusedSettings(
            strides=tuple(int(stride) for stride in detector.parameters["strides"]),
            long_side=int(detector.parameters["long_side"]),
            nms_iou=float(detector.parameters["nms_iou"]),
            crop_px=int(landmarks.parameters["crop_px"]),
            crop_scale=float(landmarks.parameters["crop_scale"]),
            crop_shift=float(landmarks.parameters.get("crop_shift", 0.0)),
            topology=TOPOLOGIES[landmarks.topology],
            faces=faces,
            shares=tuple(name for name in SHARE_OUTPUTS if name in {spec.name for spec in landmarks.outputs}),
        )
    except KeyError as error:
        raise GraphError(f"A manifest lacks the parameter {error}. Export both models again, then fuse.") from None


def largest_differences_px(
    models: Path, path: Path, fused: ModelManifest, images: list[Image], provider: str = "cpu"
) -> dict[str, float]:
    """How far the graph, on a provider, and the two models on the CPU are apart on pictures.

    Returns:
        Largest absolute difference of `points`, `sigma`, `box` (px), `face`, and of `visible` and `expression`.

    Raises:
        ParityError: another number of faces, no face at all, or points further apart than `TOLERANCE_PX` and
            `TOLERANCE_SIGMAS`.
    """
    detector, landmarks = (_manifest(models, name) for name in ("detector", "landmarks"))
    session = OnnxSession(models / detector.file, provider="cpu")
    alone = FaceDetector(detector, session)
    sized = {size: open_sized(path, provider, *size) for size in {image.shape[:2] for image in images}}
    together = FusedDetector(detector, session, fused, lambda height, width: sized[height, width])
    landmarker = FaceLandmarker(landmarks, OnnxSession(models / landmarks.file, provider="cpu"))
    fields = {"points": "points", "sigma": "sigma", "face": "presence", "box": "box"}  # of a batch, by output
    fields |= {name: name for name in SHARE_OUTPUTS if name in {spec.name for spec in fused.outputs}}
    largest = dict.fromkeys(fields, 0.0)
    faces, worst = 0, 0.0  # the latter in what is allowed
    for image in images:
        wanted = alone.detect(image)
        got = together.detect(image)
        if len(got) != len(wanted):
            raise ParityError(f"The graph finds {len(got)} faces where the two models find {len(wanted)}.")
        batch = landmarker.landmarks([(image, one.points) for one in wanted], FRESH_PASSES)
        seen = seen_landmarks(got)
        if seen is None:
            continue
        faces += len(seen)
        for name, field in fields.items():
            apart = np.abs(getattr(seen, field) - getattr(batch, field)).max()
            largest[name] = float(np.maximum(largest[name], apart))  # keeps NaN
        allowed = np.maximum(TOLERANCE_PX, TOLERANCE_SIGMAS * batch.sigma)[..., None]
        worst = float(np.maximum(worst, (np.abs(seen.points - batch.points) / allowed).max()))
    if not faces:
        raise ParityError("Neither the graph nor the two models find a face in the pictures they are compared on.")
    if not worst <= 1:  # NaN fails too
        raise ParityError(
            f"The graph's points are up to {largest['points']:.3g} px from those of the two models. "
            f"Expected: at most {TOLERANCE_PX} px, or {TOLERANCE_SIGMAS} sigma."
        )
    return largest


def _manifest(models: Path, name: str) -> ModelManifest:
    manifest = ModelManifest.load(models / f"{name}.json")
    manifest.verify(models / manifest.file)
    return manifest


def _parity_images(frames: int) -> list[Image]:
    """The demo's portrait from near and far, turned all the way round; once larger, so that its crop is cut from a
    shrunken level."""
    with open_source("demo") as source:
        images = [frame.image for frame in islice(source, 0, frames * PARITY_STEP, PARITY_STEP)]
    large = cv2.resize(images[0], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return [*images, np.asarray(large, np.uint8)]


def _described(
    model: onnx.ModelProto, path: Path, detector: ModelManifest, landmarks: ModelManifest, settings: FusedSettings
) -> ModelManifest:
    """The manifest, still without parity."""
    shapes = {
        output.name: tuple(dim.dim_value for dim in output.type.tensor_type.shape.dim) for output in model.graph.output
    }
    return ModelManifest(
        name=FUSED,
        task="face-pipeline",
        file=f"{FUSED}.onnx",
        sha256=sha256_of(path),
        opset=model.opset_import[0].version,
        inputs=(TensorSpec("frame", "uint8", ("h", "w", 3), layout="HWC", colour="BGR", range=(0.0, 255.0)),),
        outputs=tuple(TensorSpec(name, "float32", shapes[name], meaning=_MEANINGS[name]) for name in settings.outputs),
        topology=landmarks.topology,
        licence=landmarks.licence,
        parameters={
            "faces": settings.faces,
            "smallest_frame_px": SMALLEST_FRAME_PX,
            "detector_sha256": detector.sha256,
            "landmarks_sha256": landmarks.sha256,
        },
        training={key: value for key, value in landmarks.training.items() if key == "licence"},
    )
