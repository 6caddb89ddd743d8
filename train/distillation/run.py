"""`python -m train label`: data packs in, a file of teacher labels for each out."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from smile_edge.landmarks.landmarker import FaceLandmarker
from smile_edge.runtime.model_loader import load_model
from train.data.kept import write_arrays
from train.data.samples import HUMAN_PACKS
from train.distillation.pack_faces import PackFaces, read_pack_faces
from train.distillation.teacher import fit_teacher
from train.distillation.teacher_labels import label_faces
from train.distillation.teacher_views import Teachers, TeacherViews, view_faces
from train.errors import DataError
from train.external.mediapipe_env import mediapipe_python

__all__ = ["label_packs"]

Say = Callable[[str], None]
"""Takes a line on how far the work is."""


def label_packs(
    folders: Sequence[Path],
    mediapipe: Path,
    task: Path,
    out: Path,
    models: Path,
    older: Path | None = None,
    cache: Path | None = None,
    say: Say = lambda line: None,
) -> dict[str, dict[str, Any]]:
    """Writes `<out>/<pack>.npz` for each pack that labels faces, as `train.data.formats.teacher_labels` says.

    Args:
        folders: data packs, one with people's 68 points among them; those without labelled faces are passed over.
        mediapipe: environment that has MediaPipe (`train.external.mediapipe_env`).
        task: MediaPipe's file `face_landmarker.task`.
        out: receives the files.
        models: folder of models, whose landmarker is one teacher.
        older: folder of models whose landmarker gives a second opinion; None for the same landmarker once more.
        cache: keeps what teachers say of each pack; None keeps nothing.
        say: is told how far the work is.

    Returns:
        By pack: `faces`, `labelled` ones, and the median of how far teachers differ, in medians of people's faces.

    Raises:
        DataError: a pack, MediaPipe or a file is missing, or `out` holds labels already.
        ModelError, ManifestMismatchError: a landmarker cannot be used.
    """
    if not task.is_file():
        raise DataError(f"--task {task} is no file: download MediaPipe's face_landmarker.task and name it")
    teachers = Teachers(_landmarker(models), _landmarker(older or models), mediapipe_python(mediapipe), task)
    packs = [faces for folder in folders if (faces := read_pack_faces(folder)) is not None and len(faces)]
    people = next((faces for faces in packs if faces.folder.name in HUMAN_PACKS), None)
    if people is None:
        names = " or ".join(sorted(HUMAN_PACKS))
        raise DataError(
            f"no faces in --data whose points people placed: add a pack named {names} with 68 points a face"
        )
    _check_names(packs, out)
    cv2.setNumThreads(1)
    say(f"what teachers say of {len(people)} faces of {people.folder.name}")
    views = view_faces(people, teachers, cache)
    say("readouts of people's points")
    teacher = fit_teacher(people, views)
    labels, summary = {}, {}
    for faces, seen in _seen(packs, people, views, teachers, cache, say):
        name = faces.folder.name
        labels[name], away = label_faces(faces, seen, teacher)
        valid = (labels[name]["label"][..., 2] > 0).any(1)
        median = round(float(np.median(away[np.isfinite(away)])), 2)
        summary[name] = {"faces": len(faces), "labelled": int(valid.sum()), "disagreement": median}
    for name, arrays in labels.items():  # last: what was cut off leaves no labels, and goes on from the cache
        write_arrays(out / f"{name}.npz", arrays)
    return summary


def _seen(
    packs: Sequence[PackFaces], people: PackFaces, views: TeacherViews, teachers: Teachers, cache: Path | None, say: Say
) -> Iterator[tuple[PackFaces, TeacherViews]]:
    """Each pack with what teachers say of it."""
    for faces in packs:
        if faces is people:
            yield faces, views
            continue
        say(f"what teachers say of {len(faces)} faces of {faces.folder.name}")
        yield faces, view_faces(faces, teachers, cache)


def _landmarker(models: Path) -> FaceLandmarker:
    return FaceLandmarker(*load_model("landmarks", models=models, provider="cpu"))


def _check_names(packs: Sequence[PackFaces], out: Path) -> None:
    """
    Raises:
        DataError: two packs have one name, or labels of one are there already.
    """
    names = [faces.folder.name for faces in packs]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"--data names two packs {name}: the labels of both would be {out / f'{name}.npz'}")
        if (out / f"{name}.npz").exists():
            raise DataError(f"{out} holds labels of {name} already: name another folder with --out, or remove them")
