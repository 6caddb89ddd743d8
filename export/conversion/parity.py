"""Whether the exported model computes what the Keras model computes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from export.errors import ParityError, SignatureError
from export.tasks import ExportTask
from smile_edge.runtime.session import OnnxSession
from smile_edge.types import Array

__all__ = ["TOLERANCE", "check_parity", "largest_differences"]

TOLERANCE = 1e-4
"""Largest difference allowed, over the largest value of the output (or 1, if that is more)."""


def check_parity(model: Any, path: Path, task: ExportTask, tolerance: float = TOLERANCE) -> dict[str, Any]:
    """Compares the two models on random images at every batch size and image size of the task.

    Returns:
        `largest_difference` by output, `batch_sizes` and `image_sizes`: the manifest's parity record.

    Raises:
        SignatureError: names or shapes differ.
        ParityError: a value differs by more than the tolerance; the message holds the largest difference.
    """
    session = OnnxSession(path, provider="cpu")
    rng = np.random.default_rng(0)
    largest = {output.name: 0.0 for output in task.outputs}
    for height, width in task.parity_sizes:
        for batch in task.batch_sizes:
            images = rng.integers(0, 256, (batch, height, width, task.channels)).astype(np.float32)
            wanted = task.reference({name: np.asarray(value) for name, value in model(images, training=False).items()})
            found = session.run({task.input.name: np.ascontiguousarray(images.transpose(0, 3, 1, 2))})
            where = f"batch {batch}, {height} x {width}"
            for name, difference in largest_differences(wanted, found, tolerance, where).items():
                largest[name] = max(largest[name], difference)
    return {
        "largest_difference": {name: float(f"{value:.3g}") for name, value in largest.items()},
        "batch_sizes": list(task.batch_sizes),
        "image_sizes": [list(size) for size in task.parity_sizes],
    }


def largest_differences(
    wanted: Mapping[str, Array], found: Mapping[str, Array], tolerance: float, where: str
) -> dict[str, float]:
    """Largest absolute difference of each output.

    Raises:
        SignatureError: names or shapes differ.
        ParityError: a difference is above `tolerance * max(1, largest value)`, or not a number.
    """
    if sorted(wanted) != sorted(found):
        raise SignatureError(f"The exported model gives {sorted(found)}. Expected: {sorted(wanted)}.")
    largest = {}
    for name, reference in wanted.items():
        if reference.shape != found[name].shape:
            raise SignatureError(f"{name!r} has shape {found[name].shape} at {where}. Expected: {reference.shape}.")
        difference = float(np.abs(found[name] - reference).max())
        allowed = tolerance * max(1.0, float(np.abs(reference).max()))
        if not difference <= allowed:  # NaN fails too
            raise ParityError(
                f"{name!r} differs from Keras by {difference:.3g} at {where}. Expected: at most {allowed:.3g}. "
                "Look at the cleaning step that changed it, or raise --tolerance."
            )
        largest[name] = difference
    return largest
