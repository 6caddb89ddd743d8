"""`python -m train landmarks`: data packs in, a run folder with the trained landmarker out."""

import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import keras
import numpy as np

from train.data.crop_cache import stored_crops
from train.data.cut_out_heads import load_heads
from train.data.mined import Mined, load_mined
from train.data.negatives import negative_crops, read_negatives
from train.data.packs import read_faces, stored_boxes
from train.data.samples import READOUT, ROUGH_PACKS, FaceSample, held_out_mask
from train.distillation.pseudo_labels import taught_points
from train.engine.curves import Curve
from train.engine.loop import FitConfig, compile_trainer, error_before, fit, in_float32, save_config
from train.engine.prefetch import prefetched
from train.engine.start import start_training
from train.errors import DataError
from train.landmarks.batches import FaceBatches
from train.landmarks.sigma_calibration import calibrate_run
from train.landmarks.trainer import LandmarkTrainer
from train.landmarks.validation import validate_landmarks
from train.networks import build_landmarker
from train.networks.net2net import grow
from train.networks.serialization import load_network
from train.synthesis.head_dataset import head_crops

__all__ = ["labelled_points", "train_landmarks"]

_LOG = logging.getLogger(__name__)


MINED_TO_HEADS = 2
"""How often a face of each mined folder is drawn for one of a head turned aside."""


def train_landmarks(
    folders: Sequence[Path],
    config: FitConfig,
    *,
    batch: int = 32,
    width: float = 1.0,
    init: Path | None = None,
    mined: Sequence[Path] = (),
    teacher: Path | None = None,
    heads: Sequence[Path] = (),
    workers: int = 1,
    seed: int = 0,
) -> dict[str, float]:
    """Trains the landmarker on data packs and returns the scores of its best epoch.

    Args:
        folders: data packs; packs without landmarks give negatives only.
        config: time, rates, output folder.
        batch: faces a step.
        width: see `build_landmarker`.
        init: a `.keras` file to start from, of this network or a smaller one of the same plan (`networks.net2net`).
        mined: folders that `train.mining.hard_negatives` wrote.
        teacher: folder of models whose landmarker labels every face once more (`distillation`); None for labels only.
        heads: folders that `train.synthesis.rotate_heads` wrote: heads turned aside, drawn among the faces of `mined`.
        workers: threads that make batches.
        seed: of batches and initial weights.
    """
    start_training(seed)
    samples = read_faces(folders)
    negatives = read_negatives(folders)
    cache = config.out.parent / "cache"
    crops, targets = stored_crops(samples, cache)
    out = held_out_mask([sample.group for sample in samples])
    network = build_landmarker(width)
    exported = in_float32(lambda: build_landmarker(width))
    _start(network, init, targets)
    trainer = LandmarkTrainer(network)
    compile_trainer(trainer, config)
    held = (np.asarray(crops[out]), np.asarray(targets[out]), negative_crops(negatives.held_out, 600))

    def validate(model: keras.Model) -> dict[str, float]:
        return validate_landmarks(model, *held)

    curve = Curve("Landmarker", "% of the face size", error_before(validate, network, exported, config))
    packs = sorted({sample.pack for sample in samples})
    save_config(config, network, task="landmarks", batch=batch, width=width, init=init, mined=list(mined),
                teacher=teacher, heads=list(heads), seed=seed, packs=packs, faces=int((~out).sum()),
                held_out_faces=int(out.sum()), negatives=len(negatives.train),
                error_before=curve.before)  # fmt: skip
    faces = crops[~out], targets[~out], stored_boxes(samples, folders)[~out]
    detections = load_mined(mined)
    told = {} if teacher is None else _taught(teacher, crops, out, detections, cache)
    if heads:
        aside = head_crops(load_heads(heads), faces[0], negatives.train, seed)
        detections, told["mined_taught"] = _among(detections, told.get("mined_taught"), *aside)
    source = FaceBatches(*faces, negatives.train, batch, mined=detections, **told)
    with closing(prefetched(source, config.batch_seed(seed), workers)) as batches:
        scores = fit(trainer, network, exported, batches, validate, config, curve=curve)
    return scores | {"sigma_factor": _calibrated(config.out, samples, crops, targets, out)}


def _start(network: keras.Model, init: Path | None, targets: np.ndarray) -> None:
    """Weights to start from; without any, a warning of points that the targets `(n, 51, 3)` have no label of.

    Raises:
        DataError: the file gives other points.
    """
    if init is None:
        known = labelled_points(targets)
        if not known.all():
            _LOG.warning("%d of the 49 points have no label and will mean nothing: start from --init", (~known).sum())
        return
    trained = load_network(init)
    if "visible" in trained.output_names:
        raise DataError(
            f"--init {init} gives 70 points, whose labels --labels names: add it, or fine-tune on a CSV of points"
        )
    afresh = grow(network, trained)
    if afresh:
        _LOG.warning("--init %s: these layers start afresh: %s", init, ", ".join(afresh))


def _taught(
    teacher: Path, crops: np.ndarray, out: np.ndarray, detections: Sequence[Mined], cache: Path
) -> dict[str, Any]:
    """What a teacher says of the crops that are not held out, and of the mined faces, as `FaceBatches` takes it."""
    return {
        "taught": taught_points(teacher, crops, cache)[~out],
        "mined_taught": [taught_points(teacher, part.crops, cache, part.labels == 1) for part in detections],
    }


def _among(
    detections: list[Mined], taught: list[np.ndarray] | None, aside: Mined, points: np.ndarray
) -> tuple[list[Mined], list[np.ndarray]]:
    """Heads turned aside among the mined detections, and the points of all; those that nobody taught weigh nothing."""
    if taught is None:
        taught = [np.zeros((len(part.crops), 49, 3), np.float32) for part in detections]
    return [*detections * MINED_TO_HEADS, aside], [*taught * MINED_TO_HEADS, points]


def _calibrated(
    run: Path, samples: Sequence[FaceSample], crops: np.ndarray, targets: np.ndarray, out: np.ndarray
) -> float:
    """Calibrates sigma in a run's best weights on what is held `out`, without rough labels if there are others."""
    sure = out & np.array([sample.pack not in ROUGH_PACKS for sample in samples])
    chosen = sure if sure.any() else out
    return calibrate_run(run, np.asarray(crops[chosen]), np.asarray(targets[chosen]))


def labelled_points(targets: np.ndarray) -> np.ndarray:
    """`(49,)` bool: the points that some label of the targets `(n, 51, 3)` speaks of."""
    labels = (targets[..., 2] > 0).any(0)
    points: np.ndarray = (READOUT[labels] != 0).any(0)
    return points
