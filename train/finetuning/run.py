"""`python -m train landmarks --data my.csv --init models`: teaches a trained landmarker a user's own labels.

A few hundred faces with a few labelled points must not cost what the network already knows: see `lwf_trainer`.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import keras
import numpy as np

from smile_edge.geometry.face_roi import face_roi
from smile_edge.topology import TOPOLOGY_49
from train.data.crop_cache import (
    STORED_PX,
    TIGHT_CROP,
    WIDE_CROP,
    CropGeometry,
    read_bgr,
    stored_crops,
    validation_crops,
)
from train.data.mined import Mined, load_mined
from train.data.negatives import negative_crops, read_negatives
from train.data.packs import read_faces, stored_boxes
from train.data.samples import FaceSample, held_out_mask, held_out_share, readout_of
from train.engine.curves import Curve
from train.engine.loop import FitConfig, compile_trainer, fit, save_config
from train.engine.prefetch import prefetched
from train.engine.start import start_training
from train.finetuning.lwf_trainer import LwfTrainer, freeze_statistics
from train.landmarks.batches import FaceBatches
from train.landmarks.run import labelled_points
from train.landmarks.sigma_calibration import calibrate_run
from train.landmarks.validation import predict, validate_landmarks
from train.networks import build_landmarker
from train.networks.dense_landmarker import build_dense_landmarker
from train.networks.serialization import load_network, start_from

__all__ = ["finetune_landmarks", "summary"]

SURROUNDINGS = 512
"""Crops from anywhere in the user's images; there the network shall say what it said before."""
SURROUNDINGS_SHARE = 0.2
"""Of a batch; each folder of mined faces has as much, all together `MOST_BESIDE` at most: the labels are the point."""
MOST_BESIDE = 0.5
PICTURE_PX = 480
FEWEST_ERRORS = 100
"""Held-out errors along an axis from which sigma is calibrated; fewer say too little about a share."""


def finetune_landmarks(
    data: Sequence[Path],
    config: FitConfig,
    init: Path,
    *,
    batch: int = 32,
    keep: float = 3.0,
    mined: Sequence[Path] = (),
    workers: int = 1,
    seed: int = 0,
) -> dict[str, float]:
    """Trains on and returns the scores of the best epoch.

    Args:
        data: CSV files of named points; data packs may stand beside them, packs without landmarks give negatives.
        config: time, rates, output folder.
        init: a trained landmarker of 49 or of 70 points, `.keras` or `.h5`.
        batch: faces a step.
        keep: weight of staying as before in all that is not labelled; 0 lets it go.
        mined: folders that `train.mining.hard_negatives` wrote.
        workers: threads that make batches.
        seed: of batches.

    Returns:
        The scores of `validate_landmarks`, `moved` (mean distance by which points without a label moved away from where
        `init` puts them, in % of the face size), `error_before` (what `init` scores), `held_out_faces`, `sigma_factor`.

    Raises:
        DataError: the labels or the network cannot be used, or all faces are in one image.
    """
    start_training(seed)
    samples = read_faces(data)
    packs = [path for path in data if path.is_dir()]
    negatives = read_negatives(packs)
    exported = load_network(init)
    dense = "visible" in exported.output_names
    network, geometry = (build_dense_landmarker(), WIDE_CROP) if dense else (build_landmarker(), TIGHT_CROP)
    teacher = start_from(network, init)
    freeze_statistics(network)
    faces = _split(samples, packs, config.out.parent / "cache", geometry)
    held = (*faces.held_out, negative_crops(negatives.held_out, 600), geometry)
    hard_negatives = load_mined(mined)
    trainer = LwfTrainer(network, teacher, keep, teach_face=bool(negatives.train or hard_negatives))
    compile_trainer(trainer, config)
    before = _validated(exported, teacher, held)["error"]
    save_config(config, network, task="landmarks", batch=batch, init=init, keep=keep, mined=list(mined), seed=seed,
                packs=sorted({sample.pack for sample in samples}), faces=int((~faces.out).sum()),
                held_out_faces=int(faces.out.sum()), negatives=len(negatives.train), error_before=before,
                crop_scale=geometry.scale, crop_shift=geometry.shift)  # fmt: skip
    curve = Curve("Landmarker on labels of one's own", "% of the face size", before)
    source = faces.batches(negatives.train, hard_negatives, batch)
    with closing(prefetched(source, config.batch_seed(seed), workers)) as batches:
        scores = fit(
            trainer, network, exported, batches, lambda model: _validated(model, teacher, held), config, curve=curve
        )
    return scores | {
        "error_before": before,
        "held_out_faces": float(faces.out.sum()),
        "sigma_factor": _calibrated(config.out, faces),
    }


@dataclass(frozen=True, slots=True)
class _Faces:
    """The labelled faces, some of them held out."""

    samples: Sequence[FaceSample]
    crops: np.ndarray
    """`(n, s, s, 3)` uint8, stored."""
    targets: np.ndarray
    """`(n, 51, 3)` px of the stored crop, and weights."""
    boxes: np.ndarray
    """`(n, 4)` xywh px of the stored crop, NaN where unknown."""
    out: np.ndarray
    """`(n,)` bool: held out."""
    geometry: CropGeometry = TIGHT_CROP
    """Of the crops."""

    @property
    def held_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Crops and targets to be scored on."""
        return np.asarray(self.crops[self.out]), np.asarray(self.targets[self.out])

    def batches(self, negatives: Sequence[np.ndarray], hard_negatives: Sequence[Mined], batch: int) -> FaceBatches:
        """Batches of the faces that are not held out, and of crops from anywhere in their images."""
        crops, targets, boxes = (array[~self.out] for array in (self.crops, self.targets, self.boxes))
        taught = [sample for sample, is_out in zip(self.samples, self.out, strict=True) if not is_out]
        share = min(MOST_BESIDE, SURROUNDINGS_SHARE * (1 + len(hard_negatives)))
        mined = [*hard_negatives, _surroundings(taught)]
        return FaceBatches(
            crops, targets, boxes, negatives, batch, mined=mined, mined_share=share, geometry=self.geometry
        )


def _split(samples: Sequence[FaceSample], packs: Sequence[Path], cache: Path, geometry: CropGeometry) -> _Faces:
    out = held_out_mask([sample.group for sample in samples], held_out_share(len(samples)))
    boxes = stored_boxes(samples, packs, geometry)
    return _Faces(samples, *stored_crops(samples, cache, geometry), boxes, out, geometry)


def _calibrated(out: Path, faces: _Faces) -> float:
    """Calibrates sigma of the labelled points in a run's best weights, where enough labels are held out; the factor."""
    crops, targets = faces.held_out
    if 2 * np.count_nonzero(targets[..., 2]) < FEWEST_ERRORS:
        return 1.0
    return calibrate_run(out, crops, targets, labelled_points(faces.targets), faces.geometry)


def _surroundings(samples: Sequence[FaceSample]) -> Mined:
    """Crops from anywhere in the images of the samples, left open: neither faces nor not, without labels."""
    images = sorted({sample.image for sample in samples})
    chosen = [images[i] for i in np.random.default_rng(5).permutation(len(images))[: SURROUNDINGS // 2]]
    crops = negative_crops([_small(read_bgr(path)) for path in chosen], SURROUNDINGS, STORED_PX)
    count = len(crops)
    return Mined(
        crops,
        labels=np.full(count, -1, np.float32),
        boxes=np.full((count, 4), np.nan, np.float32),
        presence_error=np.full(count, 0.5, np.float32),
    )


def _small(image: np.ndarray) -> np.ndarray:
    factor = min(1.0, PICTURE_PX / max(image.shape[:2]))
    return image if factor == 1 else cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _validated(
    network: keras.Model, teacher: keras.Model, held: tuple[np.ndarray, np.ndarray, np.ndarray, CropGeometry]
) -> dict[str, float]:
    """Scores on held-out faces, and how far points without a label have moved from the teacher's."""
    scores = validate_landmarks(network, *held)
    images, labels = validation_crops(*held[:2], held[3])
    after, before = predict(network, images)["points"], predict(teacher, images)["points"]
    readout = readout_of(before.shape[1])
    size = face_roi(TOPOLOGY_49.five_points((readout @ before)[:, :49]))[1]
    free = np.minimum(labels[..., 2], 1) @ (readout != 0) == 0  # (n, k): no label speaks of the point
    distance = np.linalg.norm(after - before, axis=-1) / size[:, None]
    return scores | {"moved": float(100 * distance[free].mean()) if free.any() else 0.0}


def summary(scores: Mapping[str, float]) -> str:
    """One line for a person."""
    before, after, moved = (scores[name] for name in ("error_before", "error", "moved"))
    line = (
        f"labelled points: error {before:.2f} -> {after:.2f} % of the face size on {scores['held_out_faces']:.0f} "
        f"held-out faces; the others moved by {moved:.2f} %"
    )
    return line if after < before else f"{line}. No better than --init: label more faces, or lower --learning-rate"
