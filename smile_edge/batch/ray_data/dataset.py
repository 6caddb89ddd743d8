"""Paths as a Ray Dataset."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from smile_edge.batch.ray_data.library import ray_library
from smile_edge.records.names import escaped_name
from smile_edge.validation import check_counts, check_given, check_paths

__all__ = ["IMAGES_A_BLOCK", "from_items", "from_numbered"]

IMAGES_A_BLOCK = 64
"""Images that an actor takes at a time, and does again when it is lost: some seconds of work on a CPU, so that what Ray
does for each block, some milliseconds, is little beside it."""


def from_items(paths: Iterable[Path | str], *, images_a_block: int = IMAGES_A_BLOCK) -> Any:
    """The images as a `ray.data.Dataset` with the columns `frame`, a number from 0, and `source`, a path.

    Paths are held in memory. Names of bytes that are not UTF-8 are escaped as in the record.

    Args:
        paths: image files.
        images_a_block: rows of a block: what an actor takes at a time.

    Raises:
        UsageError: `images_a_block` is below one, or something is no path.
        WorkerError: Ray is not installed.

    Example:
        >>> images = from_items(Path("photos").glob("*.jpg"))
        >>> faces = images.map_batches(FaceActor, batch_size=None, batch_format="pyarrow", concurrency=16)
        >>> faces.write_parquet("faces")
    """
    check_given(images_a_block=images_a_block)
    check_counts(images_a_block=images_a_block)
    return from_numbered(enumerate(map(_path, paths)), images_a_block)


def from_numbered(images: Iterable[tuple[int, Path]], images_a_block: int) -> Any:
    """The same of images that have their numbers."""
    ray = ray_library()
    return ray.data.from_arrow(list(_blocks(images, images_a_block)) or [_block([])])


def _blocks(images: Iterable[tuple[int, Path]], size: int) -> Iterator[Any]:
    rest = iter(images)
    while block := list(islice(rest, size)):
        yield _block(block)


def _block(images: list[tuple[int, Path]]) -> Any:
    import pyarrow as pa

    numbers = pa.array([number for number, _ in images], pa.int64())
    names = pa.array([escaped_name(str(path)) for _, path in images], pa.string())
    return pa.table({"frame": numbers, "source": names})


def _path(path: Any) -> Path:
    check_paths(path=path)
    return Path(path)
