"""The training loop: AdamW, cosine over the time given, averaged weights, a checkpoint every epoch.

The schedule runs on time, not on steps, so that `--minutes` holds on any machine; a resumed run goes on where the clock
stood, and a paused one (SIGSTOP, a laptop's sleep) where it was paused.
"""

import json
import math
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras

from train.engine.checkpoint import CHECKPOINT, Progress, TrainingState, WeightAverage, replacing, steps_done
from train.engine.curves import Curve, draw_curve
from train.engine.prefetch import Batch
from train.errors import DataError

__all__ = [
    "FitConfig",
    "compile_trainer",
    "error_before",
    "fit",
    "in_float32",
    "learning_rate_at",
    "save_config",
    "without_pauses",
]


CONFIG = "config.json"
MAY_CHANGE = frozenset(
    ("out", "minutes", "epoch_steps", "learning_rate", "resume", "dtype", "backend", "seed", "error_before")
)
"""What a run that goes on may have changed: where, how long and how fast, and what it computes in."""


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

    @property
    def budget_s(self) -> float:
        """The time in seconds."""
        return self.minutes * 60

    def batch_seed(self, seed: int) -> int | tuple[int, int]:
        """The seed of the batches: another one where a run goes on, which would else see its first ones again."""
        steps = steps_done(self.out) if self.resume else 0
        return (seed, steps) if steps else seed


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
    now: Callable[[], float] | None = None,
    curve: Curve | None = None,
) -> dict[str, float]:
    """Trains until the time is used up.

    Args:
        trainer: compiled model whose `compute_loss` knows the task; it holds `network`.
        network: the network being trained.
        exported: the same network in float32; it receives the averaged weights, is validated and saved.
        batches: endless `(inputs, labels)`.
        validate: scores of a network; `error` is what decides which epoch is best (lower is better).
        config: see `FitConfig`.
        now: a clock, s; `without_pauses` by default, `time.process_time` where other programs want the same cores.
        curve: title and unit of the learning curve, and the error before the first step (`error_before`).

    Returns:
        The scores of the best epoch. `config.out` then holds `best.keras` and its scores, `metrics.json`; `last.keras`,
        the averaged weights of the end, which may be the better ones where `validate` sees few images, and theirs,
        `last.json`; `last.npz`, `history.csv`, `curve.png`.

    Raises:
        DataError: the loss stopped being a number, or a run to resume does not fit this network.
    """
    now, curve = now or without_pauses(), curve or Curve()
    config.out.mkdir(parents=True, exist_ok=True)
    trainer.optimizer.learning_rate = learning_rate_at(0.0, config.learning_rate, config.warmup)
    trainer.train_on_batch(*next(batches))  # builds the optimizer's state
    state = TrainingState(trainer, network, WeightAverage(network, config.average))
    if config.resume:
        state.restore(config.out)
    progress, history = state.progress, state.history
    started = now() - progress.elapsed_s
    while progress.elapsed_s < config.budget_s:
        means = _train_epoch(state, batches, config, lambda: now() - started, curve)
        exported.set_weights(state.average.values)
        scores = validate(exported)
        progress.epoch += 1
        moment = {"epoch": progress.epoch, "minutes": progress.elapsed_s / 60, "step": progress.step}
        history.append(moment | means | scores)
        if scores["error"] < progress.best:
            progress.best = scores["error"]
            _keep(config.out, exported, history[-1], "best.keras", "metrics.json")
        state.save(config.out)
        draw_curve(history, config.out / "curve.png", curve)
        _report(history[-1], config, curve, progress.best)
    if not history:
        return {}
    exported.set_weights(state.average.values)
    _keep(config.out, exported, history[-1], "last.keras", "last.json")
    return min(history, key=lambda row: row["error"])


def error_before(
    validate: Callable[[keras.Model], dict[str, float]], network: keras.Model, exported: keras.Model, config: FitConfig
) -> float | None:
    """The error before the first step; of a run that goes on the one it began with, None where that was not kept.

    Args:
        validate: as that of `fit`.
        network: the network to be trained.
        exported: the same network in float32, which receives its weights.
        config: says whether a run goes on; `save_config` is given the error as `error_before`.
    """
    kept = config.out / CONFIG
    if config.resume and steps_done(config.out) and kept.is_file():
        before = json.loads(kept.read_text()).get("error_before")
        return None if before is None else float(before)
    exported.set_weights(network.get_weights())
    error = validate(exported)["error"]
    return error if math.isfinite(error) else None


def without_pauses(clock: Callable[[], float] = time.monotonic, most_s: float = 120.0) -> Callable[[], float]:
    """A clock, s, on which the time between two readings is `most_s` at most: what takes longer was a pause."""
    last, total = clock(), 0.0

    def now() -> float:
        nonlocal last, total
        reading = clock()
        total += min(reading - last, most_s)
        last = reading
        return total

    return now


def _train_epoch(
    state: TrainingState, batches: Iterator[Batch], config: FitConfig, elapsed_s: Callable[[], float], curve: Curve
) -> dict[str, float]:
    """Takes the steps of one epoch, or as many as the time allows; the means of the losses over them."""
    progress = state.progress
    totals: Counter[str] = Counter()
    for _ in range(config.epoch_steps):
        progress.elapsed_s = elapsed_s()
        share = progress.elapsed_s / config.budget_s
        state.trainer.optimizer.learning_rate = learning_rate_at(share, config.learning_rate, config.warmup)
        logs = state.trainer.train_on_batch(*next(batches), return_dict=True)
        state.average.update()
        progress.step += 1
        totals.update({"steps": 1} | {name: float(value) for name, value in logs.items()})
        if progress.step % 25 == 0:
            errors = [row["error"] for row in state.history] or ([] if curve.before is None else [curve.before])
            standing = curve.standing(errors[-1], min(errors)) if errors else ""
            _show_progress(progress, config.budget_s, totals["loss"] / totals["steps"], standing)
        if progress.elapsed_s >= config.budget_s:
            break
    if not math.isfinite(totals["loss"]):
        raise DataError(f"the loss is {totals['loss']} at step {progress.step}: lower --learning-rate and --resume")
    return {name: value / totals["steps"] for name, value in totals.items() if name != "steps"}


def _keep(out: Path, exported: keras.Model, row: dict[str, float], weights: str, scores: str) -> None:
    with replacing(out / weights) as partial:
        exported.save(partial)
    with replacing(out / scores) as partial:
        partial.write_text(json.dumps(row, indent=1))


def _show_progress(progress: Progress, budget_s: float, loss: float, standing: str) -> None:
    if not sys.stderr.isatty():
        return
    share = min(1.0, progress.elapsed_s / budget_s)
    bar = "#" * round(20 * share)
    rest = max(0.0, budget_s - progress.elapsed_s) / 60
    parts = [f"[{bar:<20}] {share:4.0%}", f"{rest:.1f} min left", f"step {progress.step}", f"loss {loss:.3g}", standing]
    width = shutil.get_terminal_size().columns - 1
    sys.stderr.write("\r\033[K" + "  ".join(filter(None, parts))[:width])
    sys.stderr.flush()


def _report(row: dict[str, float], config: FitConfig, curve: Curve, best: float) -> None:
    """A line an epoch: how far, the error beside the first and the least one, then all other scores."""
    ending = "\r\033[K" if sys.stderr.isatty() else ""
    place = f"epoch {row['epoch']:.0f}, {row['minutes']:.2f} of {config.minutes:g} min, step {row['step']:.0f}"
    shown = ("epoch", "minutes", "step", "error")
    others = "  ".join(f"{name} {value:.4g}" for name, value in row.items() if name not in shown)
    sys.stderr.write(f"{ending}{place}: {curve.standing(row['error'], best)}  {others}\n")
    sys.stderr.flush()


def in_float32(build: Callable[[], keras.Model]) -> keras.Model:
    """What `build` makes, in float32 whatever the policy: the network that averaged weights are checked and kept in."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        return build()
    finally:
        keras.config.set_dtype_policy(policy)


def save_config(config: FitConfig, network: keras.Model, **more: Any) -> None:
    """Writes the resolved configuration, what `network` computes in, and `more` beside the weights.

    Raises:
        DataError: the run to resume has another configuration, apart from `MAY_CHANGE`.
    """
    config.out.mkdir(parents=True, exist_ok=True)
    facts = {
        "dtype": keras.config.dtype_policy().name,
        "backend": keras.backend.backend(),
        "parameters": network.count_params(),
    }
    text = json.dumps(asdict(config) | more | facts, indent=1, default=str)
    kept = config.out / CONFIG
    if config.resume and (config.out / CHECKPOINT).is_file() and kept.is_file():
        before, now = json.loads(kept.read_text()), json.loads(text)
        changed = sorted(k for k in {*before, *now} - MAY_CHANGE if before.get(k) != now.get(k))
        if changed:
            raise DataError(
                f"{config.out} holds a run with other {', '.join(changed)}: choose another --out, or drop --resume"
            )
    with replacing(kept) as partial:
        partial.write_text(text)
