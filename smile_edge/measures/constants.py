"""Constants of the measures, fitted on training packs by `python -m train measures`."""

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["constants", "scalar"]


@cache
def _all() -> dict[str, npt.NDArray[Any]]:
    with (resources.files("smile_edge") / "assets" / "measures.npz").open("rb") as file, np.load(file) as stored:
        return {name: stored[name].astype(np.float64) for name in stored.files}


def constants(name: str) -> npt.NDArray[np.float64]:
    """One array of them.

    Raises:
        KeyError: there is none of that name.
    """
    return _all()[name]


def scalar(name: str) -> float:
    """One number of them; see `constants`."""
    return float(_all()[name])
