"""What a run needs to go on where it stopped: `last.npz` (weights, their average, optimizer, clock), `history.csv`."""

import csv
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras
import numpy as np

from train.errors import DataError

__all__ = ["CHECKPOINT", "Progress", "TrainingState", "WeightAverage", "replacing", "steps_done"]

CHECKPOINT, HISTORY = "last.npz", "history.csv"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; what is there takes its place when it is whole, and not before."""
    partial = path.with_name(f"{path.stem}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def steps_done(out: Path) -> int:
    """The steps that the checkpoint in a run folder has behind it; 0 where there is none."""
    if not (out / CHECKPOINT).is_file():
        return 0
    with np.load(out / CHECKPOINT) as saved:
        return int(json.loads(str(saved["state"]))["step"])


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


@dataclass(slots=True)
class Progress:
    """How far a run has come."""

    elapsed_s: float = 0.0
    step: int = 0
    epoch: int = 0
    best: float = math.inf
    """The lowest `error` so far."""


@dataclass(slots=True)
class TrainingState:
    """Everything that changes while a network is trained."""

    trainer: keras.Model
    """Compiled, its optimizer built; it holds `network`."""
    network: keras.Model
    average: WeightAverage
    progress: Progress = field(default_factory=Progress)
    history: list[dict[str, float]] = field(default_factory=list)
    """A row an epoch, all with the same names."""

    def save(self, out: Path) -> None:
        """Writes `last.npz` and `history.csv`; an interruption leaves the checkpoint before it whole."""
        groups = {
            "weight": self.network.get_weights(),
            "average": self.average.values,
            "optimizer": [keras.ops.convert_to_numpy(variable) for variable in self.trainer.optimizer.variables],
            "trainer": [keras.ops.convert_to_numpy(variable) for variable in self._own_variables()],
        }
        arrays = {f"{group}{i}": value for group, values in groups.items() for i, value in enumerate(values)}
        with replacing(out / HISTORY) as partial, partial.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(self.history[0]))
            writer.writeheader()
            writer.writerows(self.history)
        with replacing(out / CHECKPOINT) as partial:
            np.savez(partial, state=json.dumps(asdict(self.progress)), average_steps=self.average.steps, **arrays)

    def restore(self, out: Path) -> None:
        """Takes over what `save` wrote; nothing changes where nothing was written.

        Raises:
            DataError: it is of another network.
        """
        if not (out / CHECKPOINT).is_file():
            return
        with np.load(out / CHECKPOINT) as saved:

            def group(name: str, count: int) -> list[np.ndarray]:
                return [saved[f"{name}{i}"] for i in range(count)]

            try:
                self.network.set_weights(group("weight", len(self.network.weights)))
                self.average.values = group("average", len(self.network.weights))
                for name, variables in (
                    ("optimizer", self.trainer.optimizer.variables),
                    ("trainer", self._own_variables()),
                ):
                    for variable, value in zip(variables, group(name, len(variables)), strict=True):
                        variable.assign(value)
            except (KeyError, ValueError) as error:
                raise DataError(f"{out / CHECKPOINT} is of another network ({error}): choose another --out") from None
            self.average.steps = int(saved["average_steps"])
            self.progress = Progress(**json.loads(str(saved["state"])))
        with (out / HISTORY).open(newline="") as stream:
            rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)]
        self.history = rows[: self.progress.epoch]  # it is written first, so there may be a row more

    def _own_variables(self) -> list[keras.Variable]:
        """What the trainer learns beside the network's weights."""
        known = {id(variable) for variable in self.network.variables}
        return [variable for variable in self.trainer.trainable_variables if id(variable) not in known]
