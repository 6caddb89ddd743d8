"""Another detector's opinion, one JSON line an image: boxes, scores and five points of every face it found."""

import json
from pathlib import Path

import numpy as np

from train.data.formats.label_file import label_lines
from train.errors import DataError

__all__ = ["read_teacher"]

Teacher = dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]


def read_teacher(folder: Path, labels: str = "teacher_faces.jsonl") -> Teacher:
    """Teacher faces by the image's path in the pack: boxes `(n, 4)` xywh px, scores `(n,)`, points `(n, 5, 2)` px.

    A pack without the file has no teacher: the result is empty.

    Raises:
        DataError: a line is not the JSON expected.
    """
    path = folder / labels
    if not path.is_file():
        return {}
    found: Teacher = {}
    for number, line in enumerate(label_lines(path, "expected the faces that a teacher found"), 1):
        try:
            record = json.loads(line)
            faces = record["faces"]
            found[record["file"]] = (
                np.array([face["box"] for face in faces], np.float32).reshape(-1, 4),
                np.array([face["score"] for face in faces], np.float32),
                np.array([face["points"] for face in faces], np.float32).reshape(-1, 5, 2),
            )
        except (ArithmeticError, ValueError, LookupError, TypeError, RecursionError) as error:
            raise DataError(f"{path}, row {number}: expected a JSON object with file and faces ({error})") from None
    return found
