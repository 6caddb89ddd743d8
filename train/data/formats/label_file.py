"""What every reader of label files holds: the text is text, names can be those of files, numbers are of pixels."""

from pathlib import Path

import numpy as np

from train.errors import DataError

__all__ = ["FARTHEST_PX", "check_file_name", "label_lines", "numbers"]

FARTHEST_PX = 1e6
"""No image has a pixel beyond; float32 counts pixels exactly up to there."""

_LONGEST_PART, _LONGEST_PATH = 255, 4096
"""Bytes of a file's name and of its whole path that systems allow."""


def label_lines(path: Path, expected: str) -> list[str]:
    """The lines of a label file.

    Raises:
        DataError: it is missing, or no UTF-8 text.
    """
    try:
        return path.read_text("utf-8-sig").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"label file {path} not found: {expected}") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}): expected a label file of UTF-8 text") from None


def check_file_name(where: str, name: str) -> str:
    """The name, which a file can have.

    Args:
        where: file, row and column, for the error.
        name: of an image, with its folders.

    Raises:
        DataError: it is too long, or has a character that no name has.
    """
    long = len(name.encode("utf-8", "replace")) > _LONGEST_PATH
    long |= any(len(part.encode("utf-8", "replace")) > _LONGEST_PART for part in name.split("/"))
    if long or "\0" in name or any("\ud800" <= letter <= "\udfff" for letter in name):
        wrong = f"a name of {len(name)} characters is too long" if long else "no name that a file can have"
        raise DataError(f"{where}: {wrong}: {name[:40]!r}; expected the path of an image")
    return name


def numbers(cells: list[str]) -> np.ndarray | None:
    """Cells as float32; None where one is no number of pixels. NaN is a label that is missing."""
    try:
        values = np.array([float(cell) for cell in cells], np.float64)
    except ValueError:
        return None
    return None if (np.abs(values) > FARTHEST_PX).any() else values.astype(np.float32)
