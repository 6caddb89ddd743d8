"""`python -m train landmarks`: data packs in, a run folder with the trained landmarker out."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np

from smile_edge.geometry.boxes import rotated_box_xywh
from smile_edge.geometry.face_roi import face_frame
from train.data.crop_cache import stored_crops, stored_matrices
from train.data.formats.dense import read_dense
from train.data.formats.mtfl import read_mtfl
from train.data.formats.points_csv import read_points_csv
from train.data.formats.teacher import read_teacher
from train.data.negatives import negative_crops, read_negatives
from train.data.samples import READOUT, ROUGH_PACKS, FaceSample, held_out_mask
from train.data.scenes import SURE
from train.distillation.pseudo_labels import taught_points
from train.engine.checkpoint import replacing
from train.engine.loop import FitConfig, compile_trainer, fit, in_float32, save_config
from train.engine.prefetch import prefetched
from train.errors import DataError
from train.landmarks.trainer import FaceBatches, LandmarkTrainer, calibrate_sigma, validate_landmarks
from train.mining.hard_negatives import Mined, load_mined
from train.networks import build_landmarker
from train.networks.net2net import grow
from train.networks.serialization import load_network
from train.synthesis.head_dataset import head_crops, load_heads

__all__ = [
    "agreeing",
    "calibrate_run",
    "labelled_points",
    "read_faces",
    "start_from",
    "stored_boxes",
    "train_landmarks",
]

_LOG = logging.getLogger(__name__)

MAX_DISAGREEMENT = 0.2
"""Dense labels whose five points lie further than this (in face sizes) from a detector's are taken for wrong."""

MINED_TO_HEADS = 2
"""How often a face of each mined folder is drawn for one of a head turned aside."""


def read_faces(folders: Sequence[Path]) -> list[FaceSample]:
    """Faces of every pack and CSV, each read in its own format; dense labels that a teacher contradicts are left out.

    Raises:
        DataError: none of the folders holds labelled faces.
    """
    samples: list[FaceSample] = []
    for folder in folders:
        if folder.is_file():
            samples += read_points_csv(folder)
        elif (folder / "training.txt").is_file():
            samples += read_mtfl(folder)
        elif (folder / "keypoints.csv").is_file():
            samples += agreeing(read_dense(folder), folder)
    if not samples:
        raise DataError(
            "no labelled faces in --data: pass a CSV of named points, or a pack with training.txt or keypoints.csv"
        )
    return samples


def agreeing(samples: Sequence[FaceSample], folder: Path) -> list[FaceSample]:
    """The samples whose five points no teacher face contradicts (`MAX_DISAGREEMENT`)."""
    teacher = read_teacher(folder)
    kept = []
    for sample in samples:
        points = teacher.get(sample.image.relative_to(folder).as_posix(), (None, None, np.zeros((0, 5, 2))))[2]
        size = face_frame(sample.five())[1]
        if len(points) == 0 or np.linalg.norm(points - sample.five(), axis=-1).mean(-1).min() < MAX_DISAGREEMENT * size:
            kept.append(sample)
    return kept


def stored_boxes(samples: Sequence[FaceSample], folders: Sequence[Path]) -> np.ndarray:
    """`(n, 4)` xywh px of the stored crop: the box a teacher drew around the same face, NaN where it drew none."""
    boxes = np.full((len(samples), 4), np.nan, np.float32)
    teachers = [(folder, read_teacher(folder)) for folder in folders]
    for row, sample in enumerate(samples):
        for folder, teacher in teachers:
            found = teacher.get(sample.image.relative_to(folder).as_posix()) if folder in sample.image.parents else None
            if found is None or not len(found[0]):
                continue
            distance = np.linalg.norm(found[2] - sample.five(), axis=-1).mean(-1) / face_frame(sample.five())[1]
            distance[found[1] < SURE] = np.inf
            if distance.min() < MAX_DISAGREEMENT:
                boxes[row] = found[0][distance.argmin()]
    moved = [rotated_box_xywh(box, matrix)[0] for box, matrix in zip(boxes, stored_matrices(samples), strict=True)]
    return np.stack(moved)


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
        init: a `.keras` file to start from, of this network or a smaller one of the same plan (`networks.grow`).
        mined: folders that `train.mining.hard_negatives` wrote.
        teacher: folder of models whose landmarker labels every face once more (`distillation`); None for labels only.
        heads: folders that `train.synthesis.rotate_heads` wrote: heads turned aside, drawn among the faces of `mined`.
        workers: threads that make batches.
        seed: of batches and initial weights.
    """
    keras.utils.set_random_seed(seed)
    cv2.setNumThreads(1)
    samples = read_faces(folders)
    negatives = read_negatives(folders)
    cache = config.out.parent / "cache"
    crops, targets = stored_crops(samples, cache)
    out = held_out_mask([sample.group for sample in samples])
    if init is None and not (known := labelled_points(targets)).all():
        _LOG.warning("%d of the 49 points have no label and will mean nothing: start from --init", (~known).sum())
    network = build_landmarker(width)
    exported = in_float32(lambda: build_landmarker(width))
    if init is not None:
        afresh = grow(network, load_network(init))
        if afresh:
            _LOG.warning("--init %s: these layers start afresh: %s", init, ", ".join(afresh))
    trainer = LandmarkTrainer(network)
    compile_trainer(trainer, config)
    packs = sorted({sample.pack for sample in samples})
    save_config(config, network, task="landmarks", batch=batch, width=width, init=init, mined=list(mined),
                teacher=teacher, heads=list(heads), seed=seed, packs=packs, faces=int((~out).sum()),
                held_out_faces=int(out.sum()), negatives=len(negatives.train))  # fmt: skip
    faces = crops[~out], targets[~out], stored_boxes(samples, folders)[~out]
    detections = load_mined(mined)
    told = {} if teacher is None else _taught(teacher, crops, out, detections, cache)
    if heads:
        aside = head_crops(load_heads(heads), faces[0], negatives.train, seed)
        detections, told["mined_taught"] = _among(detections, told.get("mined_taught"), *aside)
    source = FaceBatches(*faces, negatives.train, batch, mined=detections, **told)
    batches = prefetched(source, config.batch_seed(seed), workers)
    held = (np.asarray(crops[out]), np.asarray(targets[out]), negative_crops(negatives.held_out, 600))
    try:
        scores = fit(trainer, network, exported, batches, lambda model: validate_landmarks(model, *held), config)
    finally:
        batches.close()
    sure = out & np.array([sample.pack not in ROUGH_PACKS for sample in samples])
    chosen = sure if sure.any() else out
    return scores | {"sigma_factor": calibrate_run(config.out, np.asarray(crops[chosen]), np.asarray(targets[chosen]))}


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


def labelled_points(targets: np.ndarray) -> np.ndarray:
    """`(49,)` bool: the points that some label of the targets `(n, 51, 3)` speaks of."""
    labels = (targets[..., 2] > 0).any(0)
    points: np.ndarray = (READOUT[labels] != 0).any(0)
    return points


def start_from(network: keras.Model, init: Path) -> keras.Model:
    """Gives the network the weights of a trained one, `.keras` or `.h5`, and returns that one.

    Raises:
        DataError: the file cannot be read, or holds another network.
    """
    trained = load_network(init)
    kinds, expected = ([type(layer).__name__ for layer in model.layers] for model in (trained, network))
    shapes, wanted = ([weight.shape for weight in model.weights] for model in (trained, network))
    if kinds != expected or shapes != wanted:
        raise DataError(
            f"--init {init} is not a landmarker of this version ({trained.count_params()} parameters, expected "
            f"{network.count_params()}): name the landmarks.keras that came with it, or best.keras of a run of yours"
        )
    network.set_weights(trained.get_weights())
    return trained


def calibrate_run(out: Path, crops: np.ndarray, targets: np.ndarray, points: np.ndarray | None = None) -> float:
    """Calibrates the sigma of a run's best weights and of its last ones, and notes the factor among the scores of each.

    Arguments as in `calibrate_sigma`. Returns the factor of the best weights.
    """
    factors = []
    for weights, scores in (("best.keras", "metrics.json"), ("last.keras", "last.json")):
        network = keras.saving.load_model(out / weights)
        factors.append(calibrate_sigma(network, crops, targets, points))
        with replacing(out / weights) as partial:
            network.save(partial)
        noted = json.loads((out / scores).read_text()) | {"sigma_factor": factors[-1]}
        with replacing(out / scores) as partial:
            partial.write_text(json.dumps(noted, indent=1))
    return factors[0]
