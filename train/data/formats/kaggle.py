"""Kaggle Facial Keypoints Detection: `training.csv`, or the pair `face_images.npz` and `facial_keypoints.csv`.

Left and right are the subject's, in the files as here: `left_eye_center` lies on the right of an upright image.
"""

import csv
import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from train.data.crop_cache import load_array
from train.errors import DataError

__all__ = ["IMAGE_PX", "KAGGLE_POINTS", "SMILE_POINTS", "KeypointSet", "read_kaggle"]

IMAGE_PX = 96
KAGGLE_POINTS = (
    "left_eye_center", "right_eye_center",
    "left_eye_inner_corner", "left_eye_outer_corner", "right_eye_inner_corner", "right_eye_outer_corner",
    "left_eyebrow_inner_end", "left_eyebrow_outer_end", "right_eyebrow_inner_end", "right_eyebrow_outer_end",
    "nose_tip", "mouth_left_corner", "mouth_right_corner", "mouth_center_top_lip", "mouth_center_bottom_lip",
)  # fmt: skip
SMILE_POINTS = ("left_eye_center", "right_eye_center", "nose_tip", "mouth_center_bottom_lip")
"""The four points of the original Smile project."""

COLUMNS = tuple(f"{point}_{axis}" for point in KAGGLE_POINTS for axis in "xy")
CSV_NAME, PAIR_NAMES = "training.csv", ("face_images.npz", "facial_keypoints.csv")

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Images `(n, 96, 96)` uint8, points `(n, 15, 2)` px with NaN where missing, groups `(n,)` text."""


@dataclass(frozen=True, slots=True, eq=False)
class KeypointSet:
    """Labelled grey images."""

    images: np.ndarray
    """`(n, 96, 96)` uint8."""
    points: np.ndarray
    """`(n, k, 2)` px; 0 where the weight is 0."""
    weights: np.ndarray
    """`(n, k)` float32: 1 for a label, 0 where it is missing."""
    names: tuple[str, ...]
    """`(k,)`."""
    groups: tuple[str, ...]
    """`(n,)`: images of a group stay on one side of a split; the column `group`, else the image's own hash."""


def read_kaggle(path: Path, points: int = 15, cache_folder: Path | None = None) -> KeypointSet:
    """Images and labels in either of the two layouts.

    Args:
        path: `training.csv`, or a folder that holds it or the pair of files.
        points: 15, or 4 for `SMILE_POINTS`.
        cache_folder: keeps the parsed arrays as `.npy`; a file that has changed since is parsed anew.

    Raises:
        DataError: a file is missing or malformed; rows are counted from 1 without the header.
    """
    names = {len(KAGGLE_POINTS): KAGGLE_POINTS, len(SMILE_POINTS): SMILE_POINTS}.get(points)
    if names is None:
        raise DataError(f"--points {points}: expected 15 (all of Kaggle's) or 4 ({', '.join(SMILE_POINTS)})")
    pair = [path / name for name in PAIR_NAMES]
    table = path / CSV_NAME if path.is_dir() else path
    if table.is_file():
        images, labels, groups = _cached(cache_folder, [table], lambda: _parse_csv(table))
    elif all(file.is_file() for file in pair):
        images, labels, groups = _cached(cache_folder, pair, lambda: _parse_pair(*pair))
    else:
        raise DataError(
            f"no Kaggle data in {path}: expected {CSV_NAME}, or {' and '.join(PAIR_NAMES)}; "
            "`python -m train kaggle-like` makes a file of that format from other packs"
        )
    chosen = np.asarray(labels)[:, [KAGGLE_POINTS.index(name) for name in names]]  # (n, k, 2) px
    known = np.isfinite(chosen).all(-1)
    if not known.any():
        columns = "every column" if points == 15 else f"the columns of {', '.join(names)}"
        raise DataError(f"{path}: {columns} of every row is empty: expected at least one labelled point")
    return KeypointSet(
        images, np.where(known[..., None], chosen, 0), known.astype(np.float32), names, tuple(groups.tolist())
    )


def _cached(folder: Path | None, sources: Sequence[Path], parse: Callable[[], Arrays]) -> Arrays:
    if folder is None:
        return parse()
    state = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in sources]
    key = hashlib.sha256(repr(state).encode()).hexdigest()[:16]
    once = cache(parse)

    def part(i: int, name: str) -> np.ndarray:
        return load_array(folder / f"kaggle-{key}-{name}.npy", lambda: once()[i])

    return part(0, "images"), part(1, "points"), part(2, "groups")


def _parse_csv(path: Path) -> Arrays:
    images, points, groups = [], [], []
    for row, cells in _rows(path, (*COLUMNS, "Image")):
        place = f"{path}, data row {row}"
        images.append(_pixels(cells["Image"], place))
        points.append(_labels(cells, place))
        groups.append(cells.get("group") or _hash(images[-1]))
    return np.stack(images), np.stack(points), np.array(groups)


def _parse_pair(images_path: Path, labels_path: Path) -> Arrays:
    images = _npz_images(images_path)
    points, groups = [], []
    for row, cells in _rows(labels_path, COLUMNS):
        points.append(_labels(cells, f"{labels_path}, data row {row}"))
        groups.append(cells.get("group") or "")
    if len(points) != len(images):
        raise DataError(
            f"{images_path} holds {len(images)} images and {labels_path} {len(points)} rows: "
            "expected one row an image, in the same order"
        )
    named = [group or _hash(image) for group, image in zip(groups, images, strict=True)]
    return images, np.stack(points), np.array(named)


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Number from 1 and cells of each row below the header."""
    row = 0
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, restval="")
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
                raise DataError(
                    f"{path}, header: column {', '.join(missing[:3])}{more} missing: expected the "
                    f"{len(columns)} columns of Kaggle's Facial Keypoints Detection"
                )
            for row, cells in enumerate(reader, 1):
                if None in cells:
                    raise DataError(f"{path}, data row {row}: more cells than the header has columns: mend the row")
                yield row, cells
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}, after data row {row}: not a readable CSV file ({error})") from None
    if row == 0:
        raise DataError(f"{path}: no rows below the header: expected one row an image")


def _labels(cells: dict[str, str], place: str) -> np.ndarray:
    """`(15, 2)` px, NaN where a cell is empty."""
    values = np.full(len(COLUMNS), np.nan)
    for i, name in enumerate(COLUMNS):
        text = cells[name].strip()
        try:
            values[i] = float(text) if text else np.nan
        except ValueError:
            raise DataError(f"{place}, column {name}: expected a number or nothing, found {text[:40]!r}") from None
    # Kaggle's own labels reach 95.8, past the centre of the last pixel.
    outside = (values < -0.5) | (values > IMAGE_PX)
    if outside.any():
        i = int(outside.argmax())
        raise DataError(
            f"{place}, column {COLUMNS[i]}: {values[i]:g} lies outside the image: expected 0 to {IMAGE_PX} px, "
            "or an empty cell for a point that is not visible"
        )
    return values.reshape(-1, 2).astype(np.float32)  # (15, 2) px


def _pixels(text: str, place: str) -> np.ndarray:
    """`(96, 96)` uint8 from space-separated grey values."""
    words = text.split()
    if len(words) != IMAGE_PX**2:
        raise DataError(f"{place}, column Image: {len(words)} pixels, expected {IMAGE_PX**2} ({IMAGE_PX} x {IMAGE_PX})")
    try:
        values = np.array(words, np.float32)
        wrong = ~((values >= 0) & (values <= 255))  # NaN compares false
    except ValueError:
        wrong = np.array([not _is_number(word) for word in words])
    if wrong.any():
        i = int(wrong.argmax())
        raise DataError(f"{place}, column Image, pixel {i + 1}: expected a number 0 to 255, found {words[i][:40]!r}")
    return np.rint(values).astype(np.uint8).reshape(IMAGE_PX, IMAGE_PX)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _npz_images(path: Path) -> np.ndarray:
    """`(n, 96, 96)` uint8 from the one array `(96, 96, n)` of the file."""
    try:
        with np.load(path) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError(f"{path} is not an .npz archive but a single array: save it with numpy.savez")
            if len(archive.files) != 1:
                raise DataError(f"{path} holds {len(archive.files)} arrays ({', '.join(archive.files)}), expected one")
            images = archive[archive.files[0]]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is not a readable .npz archive ({str(error).splitlines()[0]})") from None
    if images.ndim != 3 or images.shape[:2] != (IMAGE_PX, IMAGE_PX) or images.shape[2] == 0:
        raise DataError(
            f"{path}: an array of shape {images.shape}, expected ({IMAGE_PX}, {IMAGE_PX}, number of images)"
        )
    if images.dtype != np.uint8:
        images = _as_grey(images, path)
    return np.ascontiguousarray(np.moveaxis(images, 2, 0))  # (n, 96, 96)


def _as_grey(images: np.ndarray, path: Path) -> np.ndarray:
    if images.dtype.kind not in "iuf":
        raise DataError(f"{path}: pixels of type {images.dtype}, expected numbers 0 to 255")
    if not (images.min() >= 0 and 1 < images.max() <= 255):
        raise DataError(f"{path}: pixels from {images.min():g} to {images.max():g}, expected grey values 0 to 255")
    return np.rint(images).astype(np.uint8)


def _hash(image: np.ndarray) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()[:16]
