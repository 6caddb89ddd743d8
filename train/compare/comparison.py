"""The comparison: splits the images, trains a row an entry, puts the mean face beside them."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from train.compare.batches import disturbed, subset
from train.compare.entries import Entry
from train.compare.networks.registry import NETWORKS
from train.compare.points import mean_face
from train.compare.row import Schedule, final_scores, train_row
from train.data.formats.kaggle import KeypointSet
from train.data.samples import held_out_mask
from train.errors import DataError, UnreachableWeightsError

__all__ = ["MEAN_FACE", "compare", "split"]

MEAN_FACE = "mean face"
"""The row of what needs no network: every point at its mean place in the training images."""


def split(data: KeypointSet) -> tuple[KeypointSet, KeypointSet]:
    """Training and held-out images; whole groups, chosen by a hash of their names.

    Raises:
        DataError: too few images, or no label on one side.
    """
    out = held_out_mask(data.groups)
    if out.all():
        raise DataError(f"{len(out)} images of one group cannot be split: expected at least two groups or images")
    training, held = subset(data, ~out), subset(data, out)
    if not (training.weights.any() and held.weights.any()):
        raise DataError("the labelled images all fell on one side of the split: expected more labelled images")
    return training, held


def compare(
    data: KeypointSet,
    entries: Sequence[Entry],
    out: Path,
    schedule: Schedule,
    announce: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Trains and scores every entry.

    Args:
        data: all images; `split` takes the held-out ones off.
        entries: the rows.
        out: receives a run folder a row.
        schedule: time, batch, seed.
        announce: is told what comes next.

    Returns:
        What `train.compare.report` shows: `data`, `schedule`, `rows`, the mean face first, and `left_out`: label,
        settings and reason of entries whose published weights cannot be had.

    Raises:
        DataError: the data cannot be split, a file of weights that an entry names is missing or of another shape, or
            no entry is left.
    """
    training, held = split(data)
    moved = disturbed(held)
    if schedule.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise DataError("--tensorboard: TensorBoard is not installed: pip install tensorboard")
    left_out = _unreachable(entries, len(data.names), announce)  # before the first minute is spent
    entries = [entry for entry in entries if entry not in left_out]
    mean = np.broadcast_to(mean_face(training), held.points.shape)
    rows = [_row_of_mean_face(final_scores(lambda _: mean, held, moved))]
    for number, entry in enumerate(entries, 1):
        announce(f"{number}/{len(entries)} {entry.label}, {entry.loss}, {entry.augment}: {schedule.minutes:g} min")
        rows.append(train_row(entry, training, held, moved, out / entry.folder, schedule))
    labelled = [name for name, weight in zip(data.names, data.weights.sum(0), strict=True) if weight > 0]
    about = {"training": len(training.images), "held_out": len(held.images), "points": data.names, "labelled": labelled}
    absent = [{"label": e.label, "settings": e.settings, "reason": reason} for e, reason in left_out.items()]
    return {"data": about, "schedule": asdict(schedule), "rows": rows, "left_out": absent}


def _unreachable(entries: Sequence[Entry], points: int, announce: Callable[[str], None]) -> dict[Entry, str]:
    """Entries whose published weights cannot be had, with the reason; builds each network once.

    Raises:
        DataError: weights that an entry names are missing or of another shape, or those of all entries are unreachable.
    """
    reasons: dict[Entry, str] = {}
    for entry in entries:
        try:
            NETWORKS[entry.network].build(points, entry.options)
        except UnreachableWeightsError as error:
            reasons[entry] = str(error)
            if len(reasons) == len(entries):
                raise
            announce(f"{entry.label} is left out: {error}")
        keras.backend.clear_session()
    return reasons


def _row_of_mean_face(scores: dict[str, float]) -> dict[str, Any]:
    unknown: dict[str, Any] = {"size_mb": None, "ms_per_image": None, "history": []}
    return {"label": MEAN_FACE, "settings": {}, "parameters": 0, **unknown, **scores}
