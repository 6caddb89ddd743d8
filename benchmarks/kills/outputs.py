"""The outputs of the run, and what is wrong with them at its end."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["options_of", "wrong_with"]


def options_of(folder: Path) -> list[str]:
    """The options that name them."""
    targets = {"jsonl": "o.jsonl", "csv": "o.csv", "parquet": "parts", "coco": "o.json"}
    return [word for kind, name in targets.items() for word in (f"--{kind}", str(folder / name))]


def wrong_with(folder: Path, images: Path) -> list[str]:
    """What each output lacks or has twice, a line each; none where all is well.

    Args:
        folder: of the outputs.
        images: the list of the images' paths.
    """
    paths = images.read_text("utf-8").splitlines()
    faces = _faces(folder / "o.jsonl")
    found = [
        *_unlike("o.jsonl", Counter(dict.fromkeys(enumerate(paths), 1)), Counter(_records(folder / "o.jsonl"))),
        *_unlike("o.csv", _expected(paths, faces), Counter(_rows(folder / "o.csv"))),
        *_unlike("parts", _expected(paths, faces), Counter(_part_rows(folder / "parts"))),
    ]
    sound = {number: path for number, path in enumerate(paths) if not _failed(faces, number)}
    return [*found, *_coco_wrong(folder / "o.json", sound, faces), *_left_over(folder)]


def _faces(path: Path) -> dict[int, int | None]:
    """Faces of each image, None where it failed."""
    with path.open("rb") as lines:
        records = map(json.loads, lines)
        return {record["frame"]: None if "error" in record else len(record["faces"]) for record in records}


def _failed(faces: dict[int, int | None], number: int) -> bool:
    return faces.get(number) is None


def _expected(paths: list[str], faces: dict[int, int | None]) -> Counter[tuple[int, str]]:
    return Counter({(number, path): max(1, faces.get(number) or 0) for number, path in enumerate(paths)})


def _unlike(name: str, expected: Counter[tuple[int, str]], found: Counter[tuple[int, str]]) -> Iterator[str]:
    for what, rows in (("lacks", expected - found), ("has too many", found - expected)):
        if rows:
            yield f"{name} {what}: {rows.total()} rows, such as {min(rows)}"


def _records(path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as lines:
        for line in lines:
            record = json.loads(line)
            yield record["frame"], record["source"]


def _rows(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield int(row["frame"]), row["source"]


def _part_rows(folder: Path) -> Iterator[tuple[int, str]]:
    import pyarrow.dataset

    for batch in pyarrow.dataset.dataset(folder).to_batches(columns=["frame", "source"]):
        yield from zip(batch.column("frame").to_pylist(), batch.column("source").to_pylist(), strict=True)


def _coco_wrong(path: Path, sound: dict[int, str], faces: dict[int, int | None]) -> Iterator[str]:
    coco = json.loads(path.read_text("utf-8"))
    images = Counter((image["id"], image["file_name"]) for image in coco["images"])
    yield from _unlike("o.json", Counter(dict.fromkeys(sound.items(), 1)), images)
    told = Counter(one["image_id"] for one in coco["annotations"])
    if told != +Counter({number: faces[number] or 0 for number in sound}):
        yield "o.json has other annotations than o.jsonl"
    if len({one["id"] for one in coco["annotations"]}) != len(coco["annotations"]):
        yield "o.json has an annotation's id twice"


def _left_over(folder: Path) -> Iterator[str]:
    hidden: Callable[[Path], bool] = lambda path: path.name.startswith(".")  # noqa: E731
    for path in filter(hidden, [*folder.iterdir(), *(folder / "parts").iterdir()]):
        yield f"{path} is left over"
