"""`fps`: the whole pipeline, from a frame in memory to its result, on one core."""

import itertools

from benchmarks.speed.harness.clock import seconds_of
from benchmarks.speed.harness.suite import Case, Child, Plan, Row, Suite, figure, timing
from benchmarks.speed.suites.scene import SIZES, compose, faces_text, play
from smile_edge import FacePipeline

__all__ = ["FPS_SUITE", "case_name"]

FACES = (1, 4, 16)


def case_name(size: str, faces: int, tracking: bool) -> str:
    """How the case is called in the results."""
    return f"{size}, {faces_text(faces)}, {'tracked' if tracking else 'every frame alone'}"


def cases(plan: Plan) -> list[Case]:
    """Every size with every number of faces, tracked and not."""
    sizes = ("480p", "720p") if plan.quick else tuple(SIZES)
    faces = (1, 4) if plan.quick else FACES
    return [
        Case(case_name(size, n, tracking), "stream", {"size": size, "faces": n, "tracking": tracking})
        for size in sizes
        for n in faces
        for tracking in (True, False)
    ]


def stream(child: Child) -> Row:
    """Frames a second of a crowd; without tracking each frame is looked at as a picture of its own."""
    pipeline = FacePipeline(child.models())
    images = compose(child.settings["size"], child.settings["faces"]).images
    found = []
    if child.settings["tracking"]:
        frames = play(images)
        taken = seconds_of(lambda: found.append(len(pipeline.process(next(frames)).faces)), child.seconds)
    else:
        pictures = itertools.cycle(images)
        taken = seconds_of(lambda: found.append(len(pipeline.process(next(pictures)).faces)), child.seconds)
    row = timing(taken, faces_found=round(sum(found) / len(found), 2))
    return {**row, **figure(row["fps"], "fps", "higher")}


FPS_SUITE = Suite("fps", "The whole pipeline", cases, {"stream": stream})
