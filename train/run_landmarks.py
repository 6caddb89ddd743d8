"""`python -m train landmarks`: data packs in, a run folder with the trained landmarker out."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import keras
import numpy as np

from smile_edge.geometry import face_frame
from train.crops import stored_crops
from train.datasets import FaceSample, held_out_mask, read_dense, read_mtfl, read_teacher
from train.errors import DataError
from train.fit import FitConfig, compile_trainer, fit, save_config
from train.landmarks import FaceBatches, LandmarkTrainer, calibrate_sigma, validate_landmarks
from train.loader import prefetched
from train.mine import load_mined
from train.negatives import negative_crops, read_negatives
from train.networks import build_landmarker

__all__ = ["agreeing", "calibrate_best", "read_faces", "train_landmarks"]

MAX_DISAGREEMENT = 0.2
"""Dense labels whose five points lie further than this (in face sizes) from a detector's are taken for wrong."""


def read_faces(folders: Sequence[Path]) -> list[FaceSample]:
    """Faces of every pack, each read in its own format; dense labels that a teacher contradicts are left out.

    Raises:
        DataError: none of the folders holds labelled faces.
    """
    samples: list[FaceSample] = []
    for folder in folders:
        if (folder / "training.txt").is_file():
            samples += read_mtfl(folder)
        elif (folder / "keypoints.csv").is_file():
            samples += agreeing(read_dense(folder), folder)
    if not samples:
        raise DataError(
            "no labelled faces in the folders of --data: pass at least one pack with training.txt or keypoints.csv"
        )
    return samples


def agreeing(samples: Sequence[FaceSample], folder: Path) -> list[FaceSample]:
    """The samples whose five points no teacher face contradicts (`MAX_DISAGREEMENT`)."""
    teacher = read_teacher(folder)
    kept = []
    for sample in samples:
        points = teacher.get(str(sample.image.relative_to(folder)), (None, None, np.zeros((0, 5, 2))))[2]
        size = face_frame(sample.five())[1]
        if len(points) == 0 or np.linalg.norm(points - sample.five(), axis=-1).mean(-1).min() < MAX_DISAGREEMENT * size:
            kept.append(sample)
    return kept


def train_landmarks(
    folders: Sequence[Path],
    config: FitConfig,
    *,
    batch: int = 32,
    width: float = 1.0,
    init: Path | None = None,
    mined: Path | None = None,
    workers: int = 1,
    seed: int = 0,
) -> dict[str, float]:
    """Trains the landmarker on data packs and returns the scores of its best epoch.

    Args:
        folders: data packs; packs without landmarks give negatives only.
        config: time, rates, output folder.
        batch: faces a step.
        width: see `build_landmarker`.
        init: a `.keras` file to start from.
        mined: folder that `train.mine` wrote.
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
    network = build_landmarker(width)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    exported = build_landmarker(width)
    keras.config.set_dtype_policy(policy)
    if init is not None:
        network.load_weights(init)
    trainer = LandmarkTrainer(network)
    compile_trainer(trainer, config)
    packs = sorted({sample.pack for sample in samples})
    save_config(config.out, config, task="landmarks", batch=batch, width=width, init=init, mined=mined, seed=seed,
                packs=packs, faces=int((~out).sum()), held_out_faces=int(out.sum()), negatives=len(negatives.train),
                dtype=policy.name, backend=keras.backend.backend(), parameters=network.count_params())  # fmt: skip
    source = FaceBatches(
        crops[~out], targets[~out], negatives.train, batch, mined=None if mined is None else load_mined(mined)
    )
    batches = prefetched(source, seed, workers)
    held = (np.asarray(crops[out]), np.asarray(targets[out]), negative_crops(negatives.held_out, 600))
    try:
        scores = fit(trainer, network, exported, batches, lambda model: validate_landmarks(model, *held), config)
    finally:
        batches.close()
    return scores | {"sigma_factor": calibrate_best(config.out, held[0], held[1])}


def calibrate_best(out: Path, crops: np.ndarray, targets: np.ndarray) -> float:
    """Calibrates the sigma of a run's best weights and notes the factor in its metrics; returns the factor."""
    best = keras.saving.load_model(out / "best.keras")
    factor = calibrate_sigma(best, crops, targets)
    best.save(out / "best.keras")
    metrics = json.loads((out / "metrics.json").read_text())
    (out / "metrics.json").write_text(json.dumps(metrics | {"sigma_factor": factor}, indent=1))
    return factor
