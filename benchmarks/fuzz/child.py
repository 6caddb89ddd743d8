"""Cases run in a process of their own: `python -m benchmarks.fuzz.child manifests|labels FOLDER...`.

A line of JSON a case on standard output. A case that takes too long ends the process by a signal.
"""

import contextlib
import io
import json
import logging
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

LIMIT_S = 30
"""Most seconds of a case."""


def main(kind: str, folders: list[str]) -> None:
    """Runs each folder's case."""
    run = {"manifests": _manifests, "labels": _labels}[kind]
    for folder in folders:
        if hasattr(signal, "alarm"):
            signal.alarm(LIMIT_S)
        print(json.dumps({"case": folder, "wrong": _wrong(run, Path(folder))}), flush=True)


def _wrong(run: Callable[[Path], str | None], folder: Path) -> str | None:
    try:
        return run(folder)
    except BaseException:
        return traceback.format_exc(limit=-4)


def _manifests(folder: Path) -> str | None:
    """`smile-edge image batch` with these models: 0, or exit code 2 and one line."""
    from smile_edge.cli import app

    said = io.StringIO()
    words = ["image", "batch", str(folder / "a.jpg"), "--models", str(folder), "--jsonl", str(folder / "out.jsonl")]
    code: object = 0
    with contextlib.redirect_stderr(said):
        try:
            app([*words, "--precision", "float32", "--provider", "cpu"])
        except SystemExit as ended:
            code = ended.code or 0
    lines = said.getvalue().splitlines()
    if code == 2:
        return None if len(lines) == 1 else f"{len(lines)} lines: {said.getvalue()[:400]}"
    records = (folder / "out.jsonl").read_text("utf-8").splitlines()
    return None if code == 0 and len(records) == 1 else f"exit code {code}: {said.getvalue()[:400]}"


def _labels(folder: Path) -> str | None:
    """The reader of the label file in the folder: samples, or a `DataError` of one line."""
    from train.data.formats.dense import read_dense
    from train.data.formats.mtfl import read_mtfl, read_poses, read_smiles
    from train.data.formats.points_csv import read_points_csv
    from train.data.formats.pose_labels import read_pose_labels
    from train.data.formats.wider import read_wider
    from train.errors import DataError

    logging.disable(logging.CRITICAL)
    readers: dict[str, Callable[[], object]] = {
        "my.csv": lambda: read_points_csv(folder / "my.csv", lambda _: []),
        "training.txt": lambda: (read_mtfl(folder), read_poses(folder), read_smiles(folder)),
        "wider_face_bbx_gt.txt": lambda: read_wider(folder),
        "keypoints.csv": lambda: read_dense(folder),
        "labels.csv": lambda: read_pose_labels(folder),
    }
    (name,) = [name for name in readers if (folder / name).is_file()]
    try:
        readers[name]()
    except DataError as error:
        return None if str(folder / name) in str(error) else f"does not name its file: {error}"
    return None


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
