"""Single pictures of 640x480 beside other systems: a part of the suite `batch`.

Everybody gets the same decoded JPEGs, one core, and is told how many faces to expect. Ours are looked at in eights, as
`image batch` does it.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.speed.harness.clock import seconds_of
from benchmarks.speed.harness.suite import Case, Child, Plan, Row, ratio, timing
from benchmarks.speed.suites.peers import FACES, MEDIAPIPE, SIZE, YUNET, mediapipe, peer_cases, yunet
from benchmarks.speed.suites.scene import PERIOD, compose, faces_text, write_jpegs
from smile_edge import FacePipeline
from smile_edge.imaging.decode import read_image

__all__ = ["CAREFUL", "FAST", "WORKS", "cases", "derive", "mean_kb", "picture_name", "prepare"]

CAREFUL, FAST = "smile-edge", "smile-edge --fast"
TOGETHER = 8
"""Pictures in one call."""


def picture_name(system: str, faces: int) -> str:
    """How the case is called in the results."""
    return f"{system}, 640x480 picture, {faces_text(faces)}"


def cases(plan: Plan) -> list[Case]:
    """Ours and each peer in turn; a peer that was not given is a case that says so.

    Raises:
        DataError: a peer that was given is not there.
    """
    found = []
    for faces in FACES:
        for system in (CAREFUL, FAST):
            found.append(Case(picture_name(system, faces), "pictures", {"faces": faces, "fast": system == FAST}))
        for system, work, paths, absent in peer_cases(plan):
            settings = {"faces": faces, "mode": "fresh"}
            found.append(Case(picture_name(system, faces), work, settings, paths, absent=absent))
    return found


def prepare(plan: Plan) -> None:
    """The pictures as files, and decoded."""
    for faces in FACES:
        images = compose(SIZE, faces, 2 * TOGETHER if plan.quick else PERIOD, close=True).images
        files = write_jpegs(plan.scratch / _folder(faces), images, len(images))
        np.save(plan.scratch / f"{faces}.npy", np.stack([read_image(file) for file in files]))


def pictures(child: Child) -> Row:
    """Ours, careful or with one look."""
    images = list(np.load(child.scratch / f"{child.settings['faces']}.npy"))
    pipeline = FacePipeline(child.models(), max_faces=child.settings["faces"], fast=child.settings["fast"])
    turns = itertools.cycle(_in_eights(images))
    found: list[int] = []

    def look() -> None:
        found.extend(len(result.faces) for result in pipeline.process_batch(next(turns)))

    taken = [seconds / TOGETHER for seconds in seconds_of(look, child.seconds)]
    files = sorted((child.scratch / _folder(child.settings["faces"])).iterdir())
    return timing(taken, faces_found=round(sum(found) / len(found), 2), picture_kb=mean_kb(files))


def derive(rows: Mapping[str, Row]) -> Iterable[Row]:
    """How many times as long as ours each of them takes."""
    for system, faces, own in itertools.product((MEDIAPIPE, YUNET), FACES, (CAREFUL, FAST)):
        name = f"{system} over {own}, 640x480 picture, {faces_text(faces)}"
        yield from ratio(name, rows, picture_name(system, faces), picture_name(own, faces))


def mean_kb(files: Sequence[Path]) -> float:
    """Mean size of files, kB."""
    return round(sum(file.stat().st_size for file in files) / len(files) / 1000, 1)


def _in_eights(images: Sequence[np.ndarray]) -> list[Sequence[np.ndarray]]:
    """All images in groups of one size; those that are left over stay out."""
    return [images[start : start + TOGETHER] for start in range(0, len(images) - TOGETHER + 1, TOGETHER)]


def _folder(faces: int) -> str:
    return f"pictures-{faces}"


WORKS = {"pictures": pictures, "mediapipe": mediapipe, "yunet": yunet}
