"""The file of COCO, made of records one after the other: a million of them take no more memory than ten."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import IO, Any

import smile_edge
from smile_edge.errors import RecordError, SinkError, UsageError
from smile_edge.records import SCHEMA
from smile_edge.sinks.coco.annotations import CATEGORY, annotation_of, image_of
from smile_edge.sinks.coco.seen_numbers import SeenNumbers
from smile_edge.validation import check_paths

__all__ = ["write_coco"]

_Entry = tuple[dict[str, Any] | None, list[dict[str, Any]]]
"""An image, None where it has an error, and its annotations."""

_TWICE = "give the records of one run, or of the shards of one"


def write_coco(records: str | Path, path: str | Path, *, first_id: int = 1, id_step: int = 1) -> None:
    """Writes the faces of many images as COCO key points; the file is there whole or not at all.

    Images that have an error are left out.

    Args:
        records: JSON lines that `image batch` wrote.
        path: replaced where it exists.
        first_id: number of the first annotation, from 1: some programs take 0 for none.
        id_step: between two of them, so that those of several shards can differ.

    Raises:
        UsageError: `records` or `path` is no path, or both are one file.
        RecordError: the records cannot be read, a line is none of an image, or an image is there twice.
        SinkError: the file cannot be written.

    Example:
        >>> write_coco("faces.jsonl", "faces.json")
        >>> pycocotools.coco.COCO("faces.json").getImgIds()
    """
    check_paths(records=records, path=path)
    records, path = Path(records), Path(os.path.realpath(path))  # a link stays one
    _check_apart(records, path)
    new = path.with_name(f".{path.name}.new")
    try:
        lines = records.open("rb")
    except OSError as error:
        raise RecordError(f"{records} cannot be read ({error.strerror}): name a file that --jsonl wrote") from None
    try:
        with lines, new.open("w", encoding="utf-8") as file:
            _write(_entries(lines, records, count(first_id, id_step)), file, path.parent)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
        _sync(path.parent)
    except OSError as error:
        raise SinkError(
            f"cannot write {path}: {error.strerror or error}; free some space or name another file"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)


def _check_apart(records: Path, path: Path) -> None:
    with contextlib.suppress(OSError):  # one is not there, or opening it will say what is wrong
        if path.samefile(records):
            raise UsageError(f"{records} holds the records and would be replaced: name another file to write")


def _entries(lines: Iterable[bytes], name: Path, ids: Iterator[int]) -> Iterator[_Entry]:
    """What there is of each image."""
    seen = SeenNumbers()
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            if record["schema"] != SCHEMA or not _names_image(record):
                raise ValueError
            if not seen.add(record["frame"]):
                raise RecordError(f"{name}, line {number}: image {record['frame']} is there twice; {_TWICE}")
            if record.get("error") is not None:
                yield None, []
                continue
            faces = [annotation_of(face, record["frame"], next(ids)) for face in record["faces"]]
            image = image_of(record)
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
            raise RecordError(f"{name}, line {number}: expected a record that --jsonl of this version wrote") from None
        yield image, faces


def _names_image(record: dict[str, Any]) -> bool:
    """Whether it has what an entry of `images` is known by."""
    frame, source = record["frame"], record["source"]
    return type(frame) is int and frame >= 0 and isinstance(source, str)


def _write(entries: Iterable[_Entry], file: IO[str], folder: Path) -> None:
    """Images go straight into the file; annotations come after them, by way of another file without a name."""
    file.write(f'{{"licenses":[],"categories":[{_text(CATEGORY)}],\n"images":[')
    image_end = annotation_end = "\n"
    failed = 0
    with tempfile.TemporaryFile("w+", encoding="utf-8", dir=folder) as rest:
        for image, faces in entries:
            if image is None:
                failed += 1
                continue
            file.write(image_end + _text(image))
            image_end = ",\n"
            for face in faces:
                rest.write(annotation_end + _text(face))
                annotation_end = ",\n"
        file.write('\n],\n"annotations":[')
        rest.seek(0)
        shutil.copyfileobj(rest, file, 1 << 20)
    file.write(f'\n],\n"info":{_text(_info(failed))}}}\n')


def _info(failed: int) -> dict[str, Any]:
    return {
        "description": "Faces found by smile-edge",
        "version": smile_edge.__version__,
        "record_schema": SCHEMA,
        "images_failed": failed,
    }


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _sync(folder: Path) -> None:
    """The name reaches the disk, where folders can be opened."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(number)
    finally:
        os.close(number)
