"""`python -m train landmarks --labels`: packs with teacher labels in, a landmarker of 70 points out."""

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import keras
import numpy as np

from smile_edge.geometry.affine import apply_affine
from train.augmentation.occluders import read_occluders
from train.data.crop_cache import WIDE_CROP, stored_crops, stored_matrices
from train.data.cut_out_heads import load_heads
from train.data.formats.teacher_labels import EXPRESSION, TeacherLabels, read_teacher_labels
from train.data.mined import load_mined
from train.data.negatives import negative_crops, read_negatives
from train.data.packs import stored_boxes
from train.data.samples import HELD_OUT_SHARE, held_out_mask
from train.engine.curves import Curve
from train.engine.loop import FitConfig, compile_trainer, error_before, fit, in_float32, save_config
from train.engine.prefetch import prefetched
from train.engine.start import start_training
from train.landmarks.dense_batches import DenseBatches, FacePart
from train.landmarks.dense_calibration import calibrate_dense_run
from train.landmarks.dense_trainer import DenseTrainer
from train.landmarks.dense_validation import HeldOut, HeldOutFaces
from train.networks.dense_landmarker import build_dense_landmarker, start_from_49
from train.networks.serialization import load_network, start_from
from train.synthesis.labelled_heads import labelled_heads

__all__ = ["train_dense_landmarks", "visible_points"]

_LOG = logging.getLogger(__name__)

SHARES = {"w300": 0.21, "mtfl": 0.25, "aaf": 0.09, "ytf68": 0.06, "wider_train": 0.05, "masks": 0.04}
"""Of a batch, by pack; others share `OTHER_SHARE`."""
OTHER_SHARE = 0.1
TEACHER_WEIGHTS = {"w300": 1.0, "mtfl": 0.7, "aaf": 0.8, "ytf68": 0.6, "wider_train": 0.6, "masks": 0.6}
"""What a label counts beside one of people's, by pack: people labelled w300."""
HEADS_SHARE = 0.09
"""Of a batch: heads turned aside or bent."""
BEHIND_FACES = 200
"""Faces of each pack before which such heads are shown; half of a crowd looks elsewhere."""
FIVE_WEIGHT = 8.0
"""What each of people's five points counts."""
MASKED_TIMES = 3
"""How often a masked face is drawn for one that is bare, and what a mask covers."""
MASK_COVERS = (*range(2, 15), *range(30, 36), *range(48, 68))
LEAST_WEIGHT = 0.35
"""Points whose teachers agree less may be covered: whether they are is not known."""
PEOPLES_PACK = "w300"
"""The pack whose 68 points people labelled: sigma is calibrated on its held-out faces."""
SCORES = "epochs.jsonl"


def train_dense_landmarks(
    folders: Sequence[Path],
    labels: Path,
    config: FitConfig,
    *,
    batch: int = 64,
    init: Path | None = None,
    mined: Sequence[Path] = (),
    heads: Sequence[Path] = (),
    workers: int = 1,
    seed: int = 0,
) -> dict[str, float]:
    """Trains the landmarker of 70 points and returns the scores of its best epoch.

    Args:
        folders: data packs; those without labels give negatives.
        labels: folder of teacher labels (`train.data.formats.teacher_labels`).
        config: time, rates, output folder; every epoch's scores are added to its `epochs.jsonl`.
        batch: crops a step.
        init: a `.keras` file to start from, of 49 or of 70 points.
        mined: folders that `train.mining.hard_negatives` wrote.
        heads: folders that `train.synthesis.rotate_heads` wrote of faces with teacher labels.
        workers: threads that make batches.
        seed: of batches and initial weights.
    """
    start_training(seed)
    packs = read_teacher_labels(labels, folders)
    negatives = read_negatives(folders)
    occluders = read_occluders(folders)
    parts, held = _faces(packs, folders, config.out.parent / "cache")
    expression = np.concatenate([part.expression for part in parts])
    known = expression[np.isfinite(expression[:, 0])]
    if heads:
        parts.append(_head_part(heads, parts, negatives.train, seed))
    network = build_dense_landmarker()
    exported = in_float32(build_dense_landmarker)
    _start(network, init, known.mean(0))
    trainer = DenseTrainer(network, known.std(0))
    compile_trainer(trainer, config)
    score = HeldOut(held, negative_crops(negatives.held_out, 600), occluders)
    curve = Curve(
        "Landmarker of 70 points", "weighted sum of several, %", error_before(score, network, exported, config)
    )
    save_config(config, network, task="landmarks", batch=batch, init=init, mined=list(mined), heads=list(heads),
                labels=labels, seed=seed, packs=sorted(pack.samples[0].pack for pack in packs),
                faces=sum(len(p.crops) for p in parts),
                held_out_faces=sum(len(p.crops) for p in held.values()), negatives=len(negatives.train),
                crop_scale=WIDE_CROP.scale, crop_shift=WIDE_CROP.shift,
                error_before=curve.before)  # fmt: skip
    source = DenseBatches(parts, negatives.train, occluders, load_mined(mined), batch)
    with closing(prefetched(source, config.batch_seed(seed), workers)) as batches:
        scores = fit(trainer, network, exported, batches, _noting(score, config.out / SCORES), config, curve=curve)
    if PEOPLES_PACK in held and scores:
        factors = calibrate_dense_run(config.out, *score.crops(PEOPLES_PACK))
        scores |= {f"sigma_factor_{name}": factor for name, factor in factors.items()}
    return scores


def _faces(
    packs: Sequence[TeacherLabels], folders: Sequence[Path], cache: Path
) -> tuple[list[FacePart], dict[str, HeldOutFaces]]:
    """The faces of all packs to train on, and by pack those that are held out."""
    parts, held = [], {}
    for pack in packs:
        part, kept = _split(pack, folders, cache)
        parts.append(part)
        if len(kept.crops):
            held[pack.samples[0].pack] = kept
    return parts, held


def _noting(score: HeldOut, path: Path) -> Callable[[keras.Model], dict[str, float]]:
    """`score`, which also adds what it gives to a file, a line each time."""

    def noted(model: keras.Model) -> dict[str, float]:
        scores = score(model)
        with path.open("a") as stream:
            stream.write(json.dumps(scores) + "\n")
        return scores

    return noted


def _head_part(heads: Sequence[Path], parts: Sequence[FacePart], empty: Sequence[np.ndarray], seed: int) -> FacePart:
    """Heads that are turned aside or bent, before other faces and before pictures without one."""
    behind = [image for part in parts for image in part.crops[:: max(1, len(part.crops) // BEHIND_FACES)]]
    made = labelled_heads(load_heads(heads), WIDE_CROP, [*behind, *empty], seed)
    count = len(made.crops)
    unknown = np.full((count, len(EXPRESSION)), np.nan, np.float32)
    chances = np.arange(1, count + 1) / count
    return FacePart(made.crops, made.targets, made.boxes, unknown, made.visible, chances, HEADS_SHARE)


def _start(network: keras.Model, init: Path | None, mean: np.ndarray) -> None:
    """Weights to start from, and the mean expression `(51,)` for a network that has none yet."""
    if init is not None:
        trained = load_network(init)
        if len(trained.outputs) == len(network.outputs):
            start_from(network, init)
            return
        _LOG.warning("--init %s: these layers start afresh: %s", init, ", ".join(start_from_49(network, trained)))
    bounded = np.clip(mean, 0.002, 0.998)
    for name, bias in (("expression", np.log(bounded / (1 - bounded))), ("visible", np.full(70, 2.0))):
        kernel, _ = network.get_layer(name).get_weights()
        network.get_layer(name).set_weights([kernel * 0.3, bias])


def _split(pack: TeacherLabels, folders: Sequence[Path], cache: Path) -> tuple[FacePart, HeldOutFaces]:
    """The faces of one pack to train on, and those that are held out."""
    samples, name = pack.samples, pack.samples[0].pack
    crops, targets = stored_crops(samples, cache, WIDE_CROP)
    five = np.stack([sample.five() for sample in samples])
    own_five = np.concatenate([apply_affine(stored_matrices(samples, WIDE_CROP), five), targets[:, 70:, 2:]], -1)
    out = held_out_mask([sample.group for sample in samples], HELD_OUT_SHARE.get(name, 0.04))
    usable = pack.valid | ((pack.occlusion == 2) & (name == "masks"))
    held = out & usable
    rows = targets, own_five, pack.expression, pack.expression_plain, pack.occlusion
    kept = HeldOutFaces(np.asarray(crops[held]), *(values[held] for values in rows))
    weighted = targets.copy()
    weighted[:, :70, 2] *= TEACHER_WEIGHTS.get(name, 0.7)
    weighted[:, 70:, 2] *= FIVE_WEIGHT
    weighted[~pack.valid, :, 2] = 0
    chances = np.cumsum(np.where(usable & ~out, np.where(pack.occlusion == 2, MASKED_TIMES, 1), 0).astype(np.float64))
    boxes, visible = stored_boxes(samples, folders, WIDE_CROP), visible_points(pack, targets, name)
    share = SHARES.get(name, OTHER_SHARE)
    return FacePart(crops, weighted, boxes, pack.expression, visible, chances / chances[-1], share), kept


def visible_points(pack: TeacherLabels, targets: np.ndarray, name: str) -> np.ndarray:
    """`(n, 70)`: 1 visible, 0 covered, -1 unknown; of flags that say no more than "in part", nothing is known."""
    weight = targets[:, :70, 2]
    visible = np.where(weight >= LEAST_WEIGHT, 1.0, -1.0).astype(np.float32)
    if name == "w300":
        visible[:] = 1
    flag = pack.occlusion
    visible[flag > 0] = -1
    if name == "masks":
        masked = flag == 2
        visible[masked] = 1
        visible[np.ix_(masked, MASK_COVERS)] = 0
        visible[np.ix_(masked, [0, 1, 15, 16, 27, 28, 29])] = -1
    return visible
