"""One row of a comparison: builds the network, trains it for its time, scores its best epoch."""

import csv
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np

from train.compare.batches import PointBatches, parse_augmentation, subset
from train.compare.entries import Entry
from train.compare.networks.registry import NETWORKS
from train.compare.points import PointTrainer, predict_points, score_points
from train.data.formats.kaggle import KeypointSet
from train.engine.curves import Curve
from train.engine.loop import FitConfig, compile_trainer, error_before, fit, save_config
from train.engine.prefetch import Batch, prefetched
from train.errors import DataError

__all__ = ["CLOCKS", "Schedule", "final_scores", "train_row"]

VALIDATION_IMAGES = 64
"""Held-out images looked at while training; the scores of the table are those of all of them."""
VALIDATION_SHARE = 0.1
"""Share of the time that looking at them may take, about."""
CLOCKS: Mapping[str, Callable[[], float]] = {"wall": time.monotonic, "processor": time.process_time}
"""Processor time counts what this program computed, which is fairer where others want the same cores."""
MOST_EPOCHS, FEWEST_EPOCHS = 20, 4


@dataclass(frozen=True, slots=True)
class Schedule:
    """What all rows have in common."""

    minutes: float = 3.0
    clock: str = "wall"
    """One of `CLOCKS`: whose time counts."""
    batch: int = 32
    seed: int = 0
    resume: bool = False
    """Keeps rows that are complete and goes on with one that is not."""
    tensorboard: bool = False


def final_scores(
    predict: Callable[[np.ndarray], np.ndarray], held: KeypointSet, moved: KeypointSet
) -> dict[str, float]:
    """Scores of a function from images to points, on held-out images as they are and moved about."""
    plain = score_points(predict(held.images), held)
    return {
        "rmse_px": plain["error"],
        "interocular_percent": plain["interocular_percent"],
        "moved_rmse_px": score_points(predict(moved.images), moved)["error"],
    }


def train_row(
    entry: Entry, training: KeypointSet, held: KeypointSet, moved: KeypointSet, out: Path, schedule: Schedule
) -> dict[str, Any]:
    """The row of one entry; read from its folder where it is complete there.

    Args:
        entry: network, options, loss, augmentation.
        training: images to learn from.
        held: images to be scored on.
        moved: the same, turned and shifted.
        out: the run folder of this row.
        schedule: what all rows have in common.

    Raises:
        DataError: the loss stopped being a number, or the run to resume was on other data.
    """
    asked = {"settings": entry.settings, "clock": schedule.clock, "batch": schedule.batch, "seed": schedule.seed,
             "images": [len(training.images), len(held.images)], "names": list(training.names)}  # fmt: skip
    done = out / "row.json"
    if schedule.resume and (out / "config.json").is_file():
        _check_resumed(out, asked)
        if done.is_file() and (stored := json.loads(done.read_text()))["minutes"] == schedule.minutes:
            return stored["row"]
    keras.backend.clear_session()
    keras.utils.set_random_seed(schedule.seed)
    cv2.setNumThreads(1)
    network = NETWORKS[entry.network].build(len(training.names), entry.options)
    exported = keras.models.clone_model(network)
    trainer = PointTrainer(network, entry.loss)
    config = FitConfig(out, schedule.minutes, learning_rate=entry.learning_rate, resume=schedule.resume)
    compile_trainer(trainer, config)
    augmentation = parse_augmentation(entry.augment)
    batches = prefetched(PointBatches(training, augmentation, schedule.batch), config.batch_seed(schedule.seed))
    clock = CLOCKS[schedule.clock]
    watched = subset(held, np.arange(min(VALIDATION_IMAGES, len(held.images))))
    before = error_before(lambda model: _scores_on(watched, model), network, exported, config)
    curve = Curve(f"{entry.label}, {entry.loss}, {entry.augment}", "px", before)
    try:
        config = replace(config, epoch_steps=_epoch_steps(trainer, exported, batches, watched, config, clock))
        save_config(config, network, asked=asked, error_before=curve.before)
        validate = _validator(watched, trainer, out, schedule.tensorboard)
        fit(trainer, network, exported, batches, validate, config, clock, curve)
    finally:
        batches.close()
    best = keras.saving.load_model(out / "best.keras")
    row = {"label": entry.label, "settings": entry.settings, "parameters": network.count_params(),
           "size_mb": (out / "best.keras").stat().st_size / 1e6, "ms_per_image": _milliseconds(best, held),
           "error_before": curve.before, "history": _history(out),
           **final_scores(predict_points(best), held, moved)}  # fmt: skip
    done.write_text(json.dumps({"minutes": schedule.minutes, "row": row}, indent=1))
    return row


def _check_resumed(out: Path, asked: dict[str, Any]) -> None:
    before = json.loads((out / "config.json").read_text()).get("asked", {})
    changed = [key for key, value in asked.items() if before.get(key) != value]
    if changed:
        raise DataError(f"{out} holds a run with other {', '.join(changed)}: choose another --out, or drop --resume")


def _epoch_steps(
    trainer: keras.Model,
    exported: keras.Model,
    batches: Iterator[Batch],
    watched: KeypointSet,
    config: FitConfig,
    clock: Callable[[], float],
) -> int:
    """Steps between two looks at the held-out images, so that looking takes a fair share of the time on any network.

    A few steps with a rate of 0 are timed, and a few looks; the first of each compiles.
    """
    trainer.optimizer.learning_rate = 0.0
    predict = predict_points(exported)
    step_s = _least_time(lambda: trainer.train_on_batch(*next(batches)), clock)
    look_s = _least_time(lambda: predict(watched.images), clock)
    budget_s = config.minutes * 60
    epochs = min(MOST_EPOCHS, max(FEWEST_EPOCHS, int(VALIDATION_SHARE * budget_s / look_s)))
    return max(1, int((budget_s / epochs - look_s) / step_s))


def _least_time(work: Callable[[], Any], clock: Callable[[], float]) -> float:
    """The least of three times after one to warm up: what others on the machine add is left out."""
    work()
    times = []
    for _ in range(3):
        start = clock()
        work()
        times.append(clock() - start)
    return max(min(times), 1e-6)


def _scores_on(watched: KeypointSet, network: keras.Model) -> dict[str, float]:
    return score_points(predict_points(network)(watched.images), watched)


def _validator(
    watched: KeypointSet, trainer: keras.Model, out: Path, tensorboard: bool
) -> Callable[[keras.Model], dict[str, float]]:
    """Scores for `fit`, which also go to TensorBoard where that is asked for."""
    callback = None
    if tensorboard:
        callback = keras.callbacks.TensorBoard(out / "tensorboard", write_graph=False)
        callback.set_model(trainer)
    epoch = 0

    def validate(network: keras.Model) -> dict[str, float]:
        nonlocal epoch
        scores = _scores_on(watched, network)
        if callback is not None:
            losses = {name: float(value) for name, value in trainer.get_metrics_result().items()}
            callback.on_epoch_end(epoch, losses | {f"val_{name}": value for name, value in scores.items()})
        epoch += 1
        return scores

    return validate


def _milliseconds(network: keras.Model, data: KeypointSet) -> float:
    """Median time of one image in a batch of 32."""
    images = np.resize(data.images, (32, *data.images.shape[1:]))
    predict, times = predict_points(network), []
    predict(images)
    for _ in range(5):
        start = time.perf_counter()
        predict(images)
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times)) / len(images)


def _history(out: Path) -> list[dict[str, float]]:
    with (out / "history.csv").open(newline="") as stream:
        return [{key: float(row[key]) for key in ("minutes", "step", "error")} for row in csv.DictReader(stream)]
