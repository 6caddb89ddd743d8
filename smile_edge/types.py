"""The array types that signatures name."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "FloatArray", "Image", "IntArray"]

Image: TypeAlias = npt.NDArray[np.uint8]
"""An image `(h, w, 3)` BGR, or another array of bytes."""
FloatArray: TypeAlias = npt.NDArray[np.float32]
"""Pixels, scores, matrices."""
IntArray: TypeAlias = npt.NDArray[np.intp]
"""Indices."""
Array: TypeAlias = npt.NDArray[Any]
"""An array of any type: what a model is fed and gives."""
