"""The training loop: AdamW, cosine over the time given, averaged weights, a checkpoint every epoch.

The schedule runs on time, not on steps, so that `--minutes` holds on any machine; a resumed run goes on where the clock
stood.
"""

import csv
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from train.curves import draw_curve
from train.errors import DataError
from train.loader import Batch

__all__ = ["FitConfig", "WeightAverage", "compile_trainer", "fit", "learning_rate_at"]


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How long and how fast to train."""

    out: Path
    minutes: float = 30.0
    epoch_steps: int = 1000
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    clip_norm: float = 5.0
    warmup: float = 0.02
    average: float = 0.999
    """Decay of the moving average of the weights, a step."""
    resume: bool = False


class WeightAverage:
    """Exponential moving average of a network's weights, batch-norm statistics included."""

    every = 8

    def __init__(self, network: keras.Model, decay: float) -> None:
        self.network, self.decay, self.steps = network, decay, 0
        self.values = network.get_weights()

    def update(self) -> None:
        """Counts a step; every `every` steps the weights move in, faster at the start so that the average keeps up."""
        self.steps += 1
        if self.steps % self.every:
            return
        keep = min(self.decay, (1 + self.steps) / (20 + self.steps)) ** self.every
        for value, current in zip(self.values, self.network.get_weights(), strict=True):
            value += (1 - keep) * (current - value)


def learning_rate_at(progress: float, peak: float, warmup: float) -> float:
    """The rate after a share `progress` of the time: a linear rise over `warmup`, then a cosine to 1 % of the peak."""
    if progress < warmup:
        return peak * (progress + 1e-3) / (warmup + 1e-3)
    along = min(1.0, (progress - warmup) / (1 - warmup))
    return peak * (0.01 + 0.99 * (1 + math.cos(math.pi * along)) / 2)


def compile_trainer(trainer: keras.Model, config: FitConfig) -> None:
    """Gives the model AdamW with clipped gradients; scales and biases are left out of the weight decay."""
    optimizer = keras.optimizers.AdamW(
        config.learning_rate, weight_decay=config.weight_decay, global_clipnorm=config.clip_norm
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    trainer.compile(optimizer=optimizer, jit_compile=keras.backend.backend() == "jax")


def fit(
    trainer: keras.Model,
    network: keras.Model,
    exported: keras.Model,
    batches: Iterator[Batch],
    validate: Callable[[keras.Model], dict[str, float]],
    config: FitConfig,
    now: Callable[[], float] = time.monotonic,
) -> dict[str, float]:
    """Trains until the time is used up.

    Args:
        trainer: compiled model whose `compute_loss` knows the task; it holds `network`.
        network: the network being trained.
        exported: the same network in float32; it receives the averaged weights, is validated and saved.
        batches: endless `(inputs, labels)`.
        validate: scores of a network; `error` is what decides which epoch is best (lower is better).
        config: see `FitConfig`.
        now: a clock, s; `time.process_time` where other programs want the same cores.

    Returns:
        The scores of the best epoch. `config.out` then holds `best.keras`, `last.npz`, `history.csv`, `curve.png`.

    Raises:
        DataError: the loss stopped being a number, or a run to resume does not fit this network.
    """
    config.out.mkdir(parents=True, exist_ok=True)
    trainer.optimizer.learning_rate = learning_rate_at(0.0, config.learning_rate, config.warmup)
    trainer.train_on_batch(*next(batches))  # builds the optimizer's state
    average = WeightAverage(network, config.average)
    state = {"elapsed_s": 0.0, "step": 0, "epoch": 0, "best": math.inf}
    history: list[dict[str, float]] = []
    if config.resume and (config.out / "last.npz").is_file():
        state, history = _restore(config.out, trainer, network, average)
    budget_s, started = config.minutes * 60, now() - state["elapsed_s"]
    while state["elapsed_s"] < budget_s:
        totals: Counter[str] = Counter()
        for _ in range(config.epoch_steps):
            state["elapsed_s"] = now() - started
            rate = learning_rate_at(state["elapsed_s"] / budget_s, config.learning_rate, config.warmup)
            trainer.optimizer.learning_rate = rate
            logs = trainer.train_on_batch(*next(batches), return_dict=True)
            average.update()
            state["step"] += 1
            totals.update({"steps": 1} | {name: float(value) for name, value in logs.items()})
            if state["step"] % 25 == 0:
                _show_progress(state, budget_s, totals["loss"] / totals["steps"])
            if state["elapsed_s"] >= budget_s:
                break
        if not math.isfinite(totals["loss"]):
            raise DataError(f"the loss is {totals['loss']} at step {state['step']}: lower --learning-rate and --resume")
        means = {name: value / totals["steps"] for name, value in totals.items() if name != "steps"}
        exported.set_weights(average.values)
        scores = validate(exported)
        state["epoch"] += 1
        moment = {"epoch": state["epoch"], "minutes": state["elapsed_s"] / 60, "step": state["step"]}
        history.append(moment | means | scores)
        if scores["error"] < state["best"]:
            state["best"] = scores["error"]
            _keep_best(config.out, exported, history[-1])
        _checkpoint(config.out, trainer, network, average, state, history)
        _report(history[-1])
    return min(history, key=lambda row: row["error"]) if history else {}


def _keep_best(out: Path, exported: keras.Model, row: dict[str, float]) -> None:
    exported.save(out / "best.keras")
    (out / "metrics.json").write_text(json.dumps(row, indent=1))


def _show_progress(state: dict[str, float], budget_s: float, loss: float) -> None:
    if not sys.stderr.isatty():
        return
    share = min(1.0, state["elapsed_s"] / budget_s)
    bar = "#" * round(30 * share)
    rest = max(0.0, budget_s - state["elapsed_s"]) / 60
    line = f"[{bar:<30}] {share:4.0%} step {state['step']:.0f} loss {loss:.3f} {rest:.1f} min left"
    sys.stderr.write(f"\r{line}")
    sys.stderr.flush()


def _report(row: dict[str, float]) -> None:
    ending = "\r\033[K" if sys.stderr.isatty() else ""
    sys.stderr.write(ending + "  ".join(f"{name} {value:.4g}" for name, value in row.items()) + "\n")
    sys.stderr.flush()


def _checkpoint(
    out: Path,
    trainer: keras.Model,
    network: keras.Model,
    average: WeightAverage,
    state: dict[str, float],
    history: list[dict[str, float]],
) -> None:
    groups = {
        "weight": network.get_weights(),
        "average": average.values,
        "optimizer": [keras.ops.convert_to_numpy(variable) for variable in trainer.optimizer.variables],
    }
    arrays = {f"{group}{i}": value for group, values in groups.items() for i, value in enumerate(values)}
    partial = out / "last.partial.npz"
    np.savez(partial, state=json.dumps(state), average_steps=average.steps, **arrays)
    partial.replace(out / "last.npz")
    with (out / "history.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(history[0]))
        writer.writeheader()
        writer.writerows(history)
    draw_curve(history, out / "curve.png")


def _restore(
    out: Path, trainer: keras.Model, network: keras.Model, average: WeightAverage
) -> tuple[dict[str, float], list[dict[str, float]]]:
    with np.load(out / "last.npz") as saved:

        def group(name: str, count: int) -> list[np.ndarray]:
            return [saved[f"{name}{i}"] for i in range(count)]

        try:
            network.set_weights(group("weight", len(network.weights)))
            average.values = group("average", len(network.weights))
            for i, variable in enumerate(trainer.optimizer.variables):
                variable.assign(saved[f"optimizer{i}"])
        except (KeyError, ValueError) as error:
            raise DataError(f"{out / 'last.npz'} is of another network ({error}): choose another --out") from None
        average.steps = int(saved["average_steps"])
        state = json.loads(str(saved["state"]))
    with (out / "history.csv").open(newline="") as stream:
        history = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)]
    return state, history


def save_config(out: Path, config: FitConfig, **more: Any) -> None:
    """Writes the resolved configuration beside the weights."""
    out.mkdir(parents=True, exist_ok=True)
    resolved = asdict(config) | more
    (out / "config.json").write_text(json.dumps(resolved, indent=1, default=str))
