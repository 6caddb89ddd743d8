"""What a model gave held against what numbers are: a broken one fails by its name, not by faces that are nowhere."""

import math
from collections.abc import Iterable

import numpy as np

from smile_edge.errors import ModelError
from smile_edge.types import Array

__all__ = ["check_finite", "check_logits"]


def check_finite(model: str, outputs: Iterable[Array]) -> None:
    """Holds that no value is NaN or infinite.

    Args:
        model: name of its file, for the error.
        outputs: small arrays of any shape.

    Raises:
        ModelError: one is.
    """
    for values in outputs:
        # One product takes an eighth of the time of `isfinite`, and no sum of squares of sound values overflows.
        if not math.isfinite(np.vdot(values, values)):
            raise _broken(model)


def check_logits(model: str, maps: Iterable[Array]) -> None:
    """Holds that no logit is NaN or positive infinity; negative infinity is a probability of 0.

    Raises:
        ModelError: one is.
    """
    for logits in maps:
        if not logits.max(initial=-math.inf) < math.inf:
            raise _broken(model)


def _broken(model: str) -> ModelError:
    return ModelError(
        f"{model} gives values that are no numbers (NaN or infinite): the model is damaged. Export it again, or name"
        " another folder with --models."
    )
