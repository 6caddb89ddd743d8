"""The rows of a comparison: a network with its options, a loss, an augmentation, a rate."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from smile_edge.errors import UsageError
from train.compare.batches import parse_augmentation
from train.compare.networks.registry import NETWORKS, parse_options, split_spec
from train.losses.points import POINT_LOSSES

__all__ = ["Entry", "parse_entries"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the comparison."""

    network: str
    options: Any
    """Of the type that `NETWORKS[network].options` names."""
    loss: str
    augment: str
    learning_rate: float

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that tells this row from another."""
        own = {"network": self.network, **asdict(self.options)}
        return own | {"loss": self.loss, "augment": self.augment, "rate": self.learning_rate}

    @property
    def label(self) -> str:
        """The network with the options that are not its defaults."""
        default = NETWORKS[self.network]
        usual = asdict(default.options()) | {"rate": default.learning_rate}
        own = asdict(self.options) | {"rate": self.learning_rate}
        changed = [f"{key}={value}" for key, value in own.items() if value != usual[key]]
        return ":".join(filter(None, [self.network, ",".join(changed)]))

    @property
    def folder(self) -> str:
        """A name for files."""
        return re.sub(r"[^\w=.+-]+", "_", f"{self.label} {self.loss} {self.augment}")


def parse_entries(networks: Sequence[str], losses: Sequence[str], augments: Sequence[str]) -> list[Entry]:
    """Every network with every loss and every augmentation; `loss`, `augment` and `rate` may be set for one network.

    Raises:
        UsageError: a name or a value is unknown.
    """
    entries: list[Entry] = []
    for text in networks:
        name, options = split_spec(text)
        own_losses = [options.pop("loss")] if "loss" in options else losses
        own_augments = [options.pop("augment")] if "augment" in options else augments
        try:
            rate = float(options.pop("rate", NETWORKS[name].learning_rate))
        except ValueError:
            rate = 0.0
        if not 0 < rate < 1:
            raise UsageError(f"--network {text}: expected a rate between 0 and 1")
        parsed = parse_options(name, options)
        for loss in own_losses:
            if loss not in POINT_LOSSES:
                raise UsageError(f"--loss {loss}: expected one of {', '.join(POINT_LOSSES)}")
            for augment in own_augments:
                parse_augmentation(augment)
                entries.append(Entry(name, parsed, loss, augment, rate))
    return list(dict.fromkeys(entries))
