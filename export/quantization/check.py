"""What a quantised model is calibrated with and held against, by task.

Both look at pictures as the runtime does: the landmarker at upright crops cut like those of validation, the detector at
letterboxed scenes. Calibration takes pictures of the training split, the comparison those held out. There are too few
scenes among those: one face found or lost is half a hundredth of average precision. So the detector is also compared on
scenes of the training split that calibration did not see; both models know them equally well.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np

from export.errors import ParityError
from smile_edge.detection.detector import FaceDetector
from smile_edge.geometry.face_roi import face_roi
from smile_edge.imaging.letterbox import preprocess
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.session import OnnxSession
from smile_edge.topology import TOPOLOGIES, TOPOLOGY_49, Topology
from smile_edge.types import Array
from train.errors import DataError

__all__ = ["CHECKS", "Check", "DetectorCheck", "LandmarksCheck", "times_as_fast"]

Outputs = Mapping[str, Array]

CALIBRATION_FACES, CALIBRATION_SCENES = 256, 48
MOST_FACES = 800
"""Held-out faces to compare on."""
MOST_SCENES = 600
"""Scenes to compare on: those held out, then others."""
NEGATIVES = 200
MOST_PICTURES = 50
"""Pictures of a user's own that crops from anywhere are cut from."""
_REST = (13, 31, 37)
"""Tip of the nose and corners of the mouth among the 49 points."""
_BATCH = 16
_RUNS = 40


class Check(Protocol):
    """One task's pictures and scores."""

    FLOAT_FIRST: int
    """Convolutions from the picture on that stay in float32."""

    def calibration(self) -> list[Array]:
        """Batches for the model's input."""

    def compare(self, reference: OnnxSession, quantised: OnnxSession) -> tuple[dict[str, Any], dict[str, float]]:
        """Scores of both models and the mean difference of what they give.

        Raises:
            ParityError: the quantised model is worse than it may be.
        """


class LandmarksCheck:
    """Points of held-out faces, and the face probability there and on backgrounds.

    `largest_loss` is how much the corrected five-point error may grow, in % of itself; where people labelled the inner
    points of faces (`HUMAN_PACKS`), the error of those, too; of a CSV of named points, that of the points it labels.
    Faces of a CSV are held out as fine-tuning holds them out. Without face-free pictures, crops from anywhere in the
    pictures take their place.
    """

    FLOAT_FIRST = 1  # with the second in integers nmec of held-out faces stays where it is, a run takes a tenth less
    LARGEST_LOSS = 2.0
    MOST_DIFFERENT: Mapping[str, float] = {
        "points": 0.3, "sigma": 0.1, "face": 0.02, "box": 0.6, "visible": 0.02, "expression": 0.02
    }  # fmt: skip
    """Mean absolute differences allowed: crop px, probabilities, coefficients; of what the model gives."""

    def __init__(self, manifest: ModelManifest, packs: Sequence[Path], largest_loss: float | None = None) -> None:
        from train.data.negatives import negative_crops, read_negatives
        from train.data.packs import read_faces
        from train.data.samples import held_out_mask, held_out_share

        self.input = manifest.inputs[0].name
        self.topology, self.crop = TOPOLOGIES[manifest.topology], manifest.parameters
        self.largest_loss = self.LARGEST_LOSS if largest_loss is None else largest_loss
        samples = read_faces(packs)
        self.own = any(pack.is_file() for pack in packs)
        groups = [sample.group for sample in samples]
        held = held_out_mask(groups, held_out_share(len(samples))) if self.own else held_out_mask(groups)
        self.training = _sample([one for one, out in zip(samples, held, strict=True) if not out], CALIBRATION_FACES)
        self.held_out = _sample([one for one, out in zip(samples, held, strict=True) if out], MOST_FACES)
        _require(self.training, "face")
        negatives = read_negatives(packs)
        backgrounds = [negatives.train, negatives.held_out]
        if self.own and not negatives.train:
            backgrounds = [_pictures(self.training), _pictures(self.held_out)]
        self.backgrounds = [negative_crops(images, NEGATIVES).transpose(0, 3, 1, 2) for images in backgrounds]

    def calibration(self) -> list[Array]:
        faces = _labelled_crops(self.training, self.crop)[0]
        return _batches(np.concatenate([faces, self.backgrounds[0]]))

    def compare(self, reference: OnnxSession, quantised: OnnxSession) -> tuple[dict[str, Any], dict[str, float]]:
        from train.evaluation.metrics import score_five_points

        faces, labels = _labelled_crops(self.held_out, self.crop)
        truth, inner = _five(labels), _inner(self.held_out, labels)
        both = [_outputs(session, self.input, faces) for session in (reference, quantised)]
        differences = {name: float(np.abs(both[1][name] - value).mean()) for name, value in both[0].items()}
        if len(self.backgrounds[1]):
            face = [_outputs(session, self.input, self.backgrounds[1])["face"] for session in (reference, quantised)]
            differences["face"] = max(differences["face"], float(np.abs(face[1] - face[0]).mean()))
        scores: dict[str, Any] = {"faces": len(faces)}
        if (known := np.isfinite(truth).all((1, 2))).any():
            five = [list(self.topology.five_points(outputs["points"])[known]) for outputs in both]
            before, after = (score_five_points(points, truth[known])[0] for points in five)
            self._hold_loss("nmec", before.nmec, after.nmec)
            scores |= {"nmec": round(after.nmec, 4), "nmec_float32": round(before.nmec, 4)}
            scores |= {"fail10": after.fail10, "fail10_float32": before.fail10}
        errors = {"inner": [_inner_error(outputs["points"], inner, self.topology) for outputs in both]}
        if self.own:
            errors["labelled"] = [_labelled_error(outputs["points"], labels) for outputs in both]
        for name, (float32, int8) in errors.items():
            if float32 is not None and int8 is not None:
                self._hold_loss(f"of the {name} points", float32, int8)
                scores |= {name: round(int8, 4), f"{name}_float32": round(float32, 4)}
        for name, most in self.MOST_DIFFERENT.items():
            off = differences.get(name, 0.0)
            _hold(off <= most, f"{name!r} differs from float32's by {off:.3g} in the mean", f"{most:g}")
        return {"compared": scores}, differences

    def _hold_loss(self, name: str, before: float, after: float) -> None:
        loss = 100 * (after / before - 1)
        what = f"its error {name} is {loss:.2f} % larger than float32's"
        _hold(loss <= self.largest_loss, what, f"{self.largest_loss:g} %")


class DetectorCheck:
    """Average precision on scenes whose every face was boxed by people, by the detector alone.

    `largest_loss` is how much it may fall, in hundredths.
    """

    FLOAT_FIRST = 2  # with the second in integers average precision falls by 0.006 to 0.008
    LARGEST_LOSS = 0.5
    SCORED_FROM_PX = (20, 40)

    def __init__(self, manifest: ModelManifest, packs: Sequence[Path], largest_loss: float | None = None) -> None:
        from train.data.formats.kind import PackKind, of_kind
        from train.data.scenes import held_out_people, read_scenes, split_scenes

        if files := [pack for pack in packs if pack.is_file()]:
            raise DataError(f"{files[0]} holds points of faces, which say nothing of a detector: name packs of scenes")
        self.manifest = manifest
        self.largest_loss = self.LARGEST_LOSS if largest_loss is None else largest_loss
        self.training = _sample(split_scenes(read_scenes(packs))[0], CALIBRATION_SCENES)
        _require(self.training, "scene")
        held_out = held_out_people(packs)
        boxed = read_scenes(of_kind(packs, PackKind.WIDER))
        seen = {scene.image for scene in (*self.training, *held_out)}
        others = [scene for scene in boxed if scene.image not in seen]
        self.compared = [*held_out, *_sample(others, max(0, MOST_SCENES - len(held_out)))]
        self.held_out = len(held_out)

    def calibration(self) -> list[Array]:
        from train.data.crop_cache import read_bgr

        multiple = max(self.manifest.parameters["strides"])
        small, *larger = self.manifest.parameters["image_long_sides"]
        images = [read_bgr(scene.image) for scene in self.training]
        feeds = [preprocess([image], small, multiple)[0] for image in images]
        return feeds + [preprocess([image], side, multiple)[0] for side in larger for image in images[::4]]

    def compare(self, reference: OnnxSession, quantised: OnnxSession) -> tuple[dict[str, Any], dict[str, float]]:
        from train.data.crop_cache import read_bgr
        from train.evaluation.evaluate import EVALUATED_FROM_SCORE
        from train.evaluation.metrics import score_detections

        detectors = [FaceDetector(self.manifest, session) for session in (reference, quantised)]
        found: list[list[tuple[Array, Array]]] = [[], []]
        apart: list[dict[str, float]] = []
        multiple = max(self.manifest.parameters["strides"])
        for scene in self.compared:
            image = read_bgr(scene.image)
            for detector, results in zip(detectors, found, strict=True):
                faces = detector.detect_batch([image], threshold=EVALUATED_FROM_SCORE, thorough=True)[0]
                boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
                results.append((boxes, np.array([face.score for face in faces], np.float32)))
            feed = {self.manifest.inputs[0].name: preprocess([image], detectors[0].long_side, multiple)[0]}
            both = [session.run(feed) for session in (reference, quantised)]
            apart.append({name: float(np.abs(both[1][name] - value).mean()) for name, value in both[0].items()})
        truth = [(scene.boxes, scene.ignore) for scene in self.compared]
        scores: dict[str, Any] = {"images": len(truth), "held_out_images": self.held_out}
        for smallest in self.SCORED_FROM_PX:
            before, after = (score_detections(one, truth, smallest)[0].average_precision for one in found)
            scores |= {f"ap{smallest}": round(after, 4), f"ap{smallest}_float32": round(before, 4)}
            loss = 100 * (before - after)
            text = f"its average precision (faces of {smallest} px and more) is {loss:.2f} hundredths below float32's"
            _hold(loss <= self.largest_loss, text, f"{self.largest_loss:g}")
        differences = {name: float(np.mean([one[name] for one in apart])) for name in apart[0]}
        return {"compared": scores}, differences


CHECKS: Mapping[str, Callable[[ModelManifest, Sequence[Path], float | None], Check]] = {
    "landmarks": LandmarksCheck,
    "detector": DetectorCheck,
}
"""By task."""


def times_as_fast(reference: OnnxSession, quantised: OnnxSession, feed: Outputs) -> float:
    """Time of the float32 model over that of the other: the fastest of runs in turns."""
    fastest = [np.inf, np.inf]
    for _ in range(_RUNS):
        for place, session in enumerate((reference, quantised)):
            start = time.perf_counter()
            session.run(feed)
            fastest[place] = min(fastest[place], time.perf_counter() - start)
    return float(fastest[0] / fastest[1])


def _crops(samples: Sequence[Any], parameters: Mapping[str, Any]) -> tuple[Array, Array, Array]:
    """The network's crops of faces, and what is labelled of all their five points and of all their inner points.

    Args:
        samples: `FaceSample`s.
        parameters: the manifest's: how large the crop is, and where it lies.

    Returns:
        The crops `(n, 3, 96, 96)` uint8; `_five` and `_inner` of their labels.
    """
    crops, labels = _labelled_crops(samples, parameters)
    return crops, _five(labels), _inner(samples, labels)


def _labelled_crops(samples: Sequence[Any], parameters: Mapping[str, Any]) -> tuple[Array, Array]:
    """The crops `(n, 3, 96, 96)` uint8, and their labels `(n, 51, 3)`: px of the crop, and weights."""
    from dataclasses import replace

    from train.data.crop_cache import TIGHT_CROP, WIDE_CROP, stored_crops, validation_crops

    known = TIGHT_CROP if float(parameters["crop_scale"]) == TIGHT_CROP.scale else WIDE_CROP
    scale, shift = float(parameters["crop_scale"]), float(parameters.get("crop_shift", 0.0))
    geometry = replace(known, scale=scale, shift=shift)
    with TemporaryDirectory() as folder:
        crops, labels = validation_crops(*stored_crops(samples, Path(folder), geometry), geometry)
    return crops.transpose(0, 3, 1, 2), labels


def _five(labels: Array) -> Array:
    """Five points `(n, 5, 2)` px of labels `(n, 51, 3)`; NaN throughout for a face that has not all of them."""
    places: Array = labels[..., :2]
    known: Array = labels[..., 2] > 0
    five: Array = np.stack([*(_eye(places, known, eye) for eye in (49, 50)), *(places[:, i] for i in _REST)], axis=1)
    five[~known[:, _REST].all(1)] = np.nan
    five[~np.isfinite(five).all((1, 2))] = np.nan
    return five.astype(np.float32)


def _eye(places: Array, known: Array, label: int) -> Array:
    """The centre of an eye `(n, 2)` px: its label, else what the labels of its six points give, else NaN."""
    from train.data.samples import READOUT

    outline = np.flatnonzero(READOUT[label])
    centre: Array = (READOUT[label, outline, None] * places[:, outline]).sum(1)
    centre = np.where(known[:, outline].all(1, keepdims=True), centre, np.nan)
    return np.where(known[:, label, None], places[:, label], centre)


def _inner(samples: Sequence[Any], labels: Array) -> Array:
    """The 49 inner points `(n, 49, 2)` px; NaN throughout for a face that people have not labelled whole."""
    from train.data.samples import HUMAN_PACKS

    inner: Array = labels[:, : TOPOLOGY_49.count, :2].copy()
    people = np.array([one.pack in HUMAN_PACKS for one in samples])
    inner[~(people & (labels[:, : TOPOLOGY_49.count, 2] > 0).all(1))] = np.nan
    return inner


def _labelled_error(points: Array, labels: Array) -> float | None:
    """Mean over faces of the mean distance of their labelled points, in % of the face size; None without a label."""
    from train.data.samples import readout_of

    read = readout_of(points.shape[1]) @ points
    weight = labels[..., 2] > 0
    faces = weight.any(1)
    if not faces.any():
        return None
    distance = np.linalg.norm(read - labels[..., :2], axis=-1)
    mean = np.where(weight, distance, 0.0).sum(1)[faces] / weight.sum(1)[faces]
    return float(100 * np.mean(mean / face_roi(TOPOLOGY_49.five_points(read[faces, : TOPOLOGY_49.count]))[1]))


def _pictures(samples: Sequence[Any]) -> list[Array]:
    """Some of the pictures that the faces are in."""
    from train.data.crop_cache import read_bgr

    return [read_bgr(path) for path in _sample(sorted({sample.image for sample in samples}), MOST_PICTURES)]


def _inner_error(points: Array, labels: Array, topology: Topology) -> float | None:
    """Mean distance of inner points from labels `(n, 49, 2)` px, in % of the face size; None where no face has any."""
    inner = points if topology.count == TOPOLOGY_49.count else TOPOLOGY_49.pick(points)
    known = np.isfinite(labels).all((1, 2))
    if not known.any():
        return None
    sizes = face_roi(TOPOLOGY_49.five_points(labels[known]))[1]
    return float(100 * (np.linalg.norm(inner - labels, axis=-1)[known].mean(1) / sizes).mean())


def _outputs(session: OnnxSession, name: str, crops: Array) -> Outputs:
    parts = [session.run({name: batch}) for batch in _batches(crops)]
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def _batches(crops: Array) -> list[Array]:
    return [crops[start : start + _BATCH].astype(np.float32) for start in range(0, len(crops), _BATCH)]


def _sample(items: Sequence[Any], most: int) -> list[Any]:
    """So many of them, evenly spread: packs come one after the other."""
    return [items[i] for i in np.linspace(0, len(items) - 1, min(most, len(items))).astype(int)]


def _require(training: Sequence[Any], what: str) -> None:
    if not training:
        raise DataError(f"every {what} of --data is held out for the comparison: name a larger pack to calibrate with")


def _hold(good: bool, what: str, most: str) -> None:
    if not good:  # NaN is not good either
        raise ParityError(f"The int8 model is refused: {what}, at most {most} is allowed. Keep float32.")
