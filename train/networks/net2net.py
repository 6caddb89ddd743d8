"""A smaller network's weights as the start of a larger one that at first computes the same (Chen et al., 2016)."""

import re

import keras
import numpy as np

from train.errors import DataError

__all__ = ["grow"]

_NUMBERED = re.compile(r"(conv2d|batch_normalization|dense)(?:_(\d+))?")
"""Names that Keras gives in the order of building; other layers are found again by the name the network gave them."""


def grow(network: keras.Model, trained: keras.Model) -> list[str]:
    """Takes over what a trained network of the same plan knows.

    A wider layer has the trained channels first. Its new ones start by chance, and what reads them starts at zero, so
    that the network says what it said before. A layer that is narrower than it was starts afresh, and so does a named
    layer that the trained network lacks.

    Args:
        network: from one of the builders, with fresh weights; changed in place.
        trained: the network to start from.

    Returns:
        The names of the layers that start afresh.

    Raises:
        DataError: the two have other layers, or other kernels.
    """
    mine, theirs = _by_role(network), _by_role(trained)
    missing = sorted(str(role) for role in theirs.keys() - mine.keys())
    extra = [role for role in mine.keys() - theirs.keys() if isinstance(role, tuple)]
    if missing or extra:
        raise DataError(
            f"the network to start from is of another plan ({len(theirs)} layers with weights, expected {len(mine)}): "
            "name weights that `python -m train` wrote for this task"
        )
    afresh = []
    for role, layer in mine.items():
        known = theirs[role].get_weights() if role in theirs else []
        values = [_larger(fresh, old) for fresh, old in zip(layer.get_weights(), known, strict=bool(known))]
        if not values or any(value is None for value in values):
            afresh.append(layer.name)
        else:
            layer.set_weights(values)
    return sorted(afresh)


def _by_role(network: keras.Model) -> dict[str | tuple[str, int], keras.Layer]:
    """Layers with weights: by name, or where Keras numbered them by kind and place in the order of building."""
    named = {layer.name: layer for layer in network.layers if layer.weights}
    numbered = {name: match for name in named if (match := _NUMBERED.fullmatch(name))}
    ordered = sorted(numbered, key=lambda name: int(numbered[name][2] or 0))
    roles: dict[str | tuple[str, int], keras.Layer] = {n: layer for n, layer in named.items() if n not in numbered}
    counts: dict[str, int] = {}
    for name in ordered:
        kind = numbered[name][1]
        counts[kind] = counts.get(kind, 0) + 1
        roles[kind, counts[kind]] = named[name]
    return roles


def _larger(fresh: np.ndarray, trained: np.ndarray) -> np.ndarray | None:
    """Trained values in the first channels of fresh ones; None where they do not fit."""
    if fresh.ndim != trained.ndim or any(new < old for new, old in zip(fresh.shape, trained.shape, strict=True)):
        return None
    if fresh.ndim == 4 and fresh.shape[:2] != trained.shape[:2]:
        return None
    grown = fresh.copy()
    if fresh.ndim > 1:
        grown[..., : trained.shape[-1]] = 0  # what the trained channels would read of new ones
    grown[tuple(slice(size) for size in trained.shape)] = trained
    return grown
