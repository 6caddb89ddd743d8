"""Image files of one grey."""

from pathlib import Path

import cv2
import numpy as np

__all__ = ["write_image"]


def write_image(path: Path, level: int = 90) -> Path:
    cv2.imwrite(str(path), np.full((32, 48, 3), level, np.uint8))
    return path
