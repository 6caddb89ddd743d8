"""`latency`: every stage by itself, from the picture's arrival to each output."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.speed.harness.clock import seconds_of, seconds_of_each
from benchmarks.speed.harness.suite import Case, Child, Plan, Row, Suite, missing, timing
from benchmarks.speed.suites.scene import SIZES, compose, faces_text, play, px_text, write_jpegs, write_video
from smile_edge import FacePipeline
from smile_edge.errors import ModelError
from smile_edge.records import Frame, FrameResult
from smile_edge.topology import TOPOLOGY_49

__all__ = ["LATENCY", "NETWORK_PRECISIONS", "network_name"]

FACES = (1, 2, 4, 8, 16)
NETWORK_SIZES = ((320, 256), (640, 480))
"""Width and height of the detector's input, px."""
NETWORK_PRECISIONS = ("float32", "int8")
CAPTURE_FRAMES = 60


def network_name(size: str, precision: str) -> str:
    """The name of the case that times the detector's network, e.g. at `320x256`."""
    return f"detector: network {size}, {precision}"


def cases(plan: Plan) -> list[Case]:
    """Capture, resize, detector, landmarker, tracker, smoother, draw, sinks."""
    sizes = ("720p",) if plan.quick else tuple(SIZES)
    faces = (1, 4) if plan.quick else FACES
    found = [Case("capture: demo, 640x480", "capture", {"kind": "demo", "size": "480p"})]
    found += [Case(f"capture: JPEG {px_text(size)}", "capture", {"kind": "jpeg", "size": size}) for size in sizes]
    found.append(Case("capture: MPEG-4 video 1280x720", "capture", {"kind": "video", "size": "720p"}))
    for size in sizes:
        found.append(Case(f"resize: {px_text(size)} to 320", "resize", {"size": size, "long_side": 320}))
    found.append(Case("resize: 1280x720 to 640", "resize", {"size": "720p", "long_side": 640}))
    for (width, height), precision in itertools.product(NETWORK_SIZES, NETWORK_PRECISIONS):
        settings = {"model": "detector", "width": width, "height": height, "precision": precision}
        found.append(Case(network_name(f"{width}x{height}", precision), "network", settings))
    for size in sizes:
        found.append(Case(f"detector: whole, {px_text(size)} frame", "detector", {"size": size, "faces": 4}))
    for precision in NETWORK_PRECISIONS:
        settings = {"model": "landmarks", "precision": precision}
        found.append(Case(f"landmarker: network, one crop, {precision}", "network", settings))
    found += [Case(f"landmarker: {faces_text(n)}", "landmarker", {"faces": n}) for n in faces]
    few = (1,) if plan.quick else (1, 4, 16)
    found += [Case(f"tracker: {faces_text(n)}", "tracker", {"faces": n}) for n in few]
    found += [Case(f"smoother: {faces_text(n)}", "smoother", {"faces": n}) for n in few]
    found += [Case(f"draw: {faces_text(n)}, 1280x720", "draw", {"faces": n}) for n in few]
    found += [Case(f"sink: {kind}, 4 faces, 1280x720", "sink", {"kind": kind, "faces": 4}) for kind in SINKS]
    return found


def capture(child: Child) -> Row:
    """The next frame of a source, decoded."""
    from smile_edge.sources import DemoSource, VideoFileSource, read_image

    kind, size = child.settings["kind"], child.settings["size"]
    if kind == "demo":
        with DemoSource() as source:
            return timing(seconds_of(lambda: next(source), child.seconds))
    images = compose(size, 4, CAPTURE_FRAMES).images
    if kind == "jpeg":
        paths = itertools.cycle(write_jpegs(child.scratch / f"jpeg-{size}", images, CAPTURE_FRAMES))
        return timing(seconds_of(lambda: read_image(next(paths)), child.seconds))
    with VideoFileSource(write_video(child.scratch / f"{size}.mp4", images, 4 * CAPTURE_FRAMES)) as video:
        return timing(seconds_of_each(video))


def resize(child: Child) -> Row:
    """The frame shrunk and letterboxed into the detector's input."""
    from smile_edge.imaging.letterbox import preprocess

    images = compose(child.settings["size"], 4, 2).images
    return timing(seconds_of(lambda: preprocess(images[:1], child.settings["long_side"], 32), child.seconds))


def network(child: Child) -> Row:
    """A network alone, in one precision; the detector's at one size."""
    name, precision = child.settings["model"], child.settings["precision"]
    try:
        session = child.session(name, precision)
    except ModelError as error:
        if precision == "float32":
            raise
        return {"missing": str(error).rstrip(".")}
    [(feed, shape)] = session.inputs.items()
    sides = zip(shape[2:], ("height", "width"), strict=True)
    sizes = [size if isinstance(size, int) else child.settings[side] for size, side in sides]
    image = np.random.default_rng(0).random((1, 3, *sizes), np.float32) * 255
    return timing(seconds_of(lambda: session.run({feed: image}), child.seconds))


def detector(child: Child) -> Row:
    """Resize, network and decoding of one frame, at the size that streams use."""
    models = child.models()
    images = itertools.cycle(compose(child.settings["size"], child.settings["faces"]).images)
    return timing(seconds_of(lambda: models.detector.detect_batch([next(images)], thorough=False), child.seconds))


def landmarker(child: Child) -> Row:
    """Crops, network and points of all faces of one frame."""
    models = child.models()
    items = _crops(child)
    return timing(seconds_of(lambda: models.landmarker.landmarks(items), child.seconds))


def tracker(child: Child) -> Row:
    """Where to look next, and what was seen there."""
    from smile_edge.tracking.tracker import FaceTracker

    items = _crops(child)
    landmarker = child.models().landmarker
    batch = landmarker.landmarks(items)
    height, width = items[0][0].shape[:2]
    followed, clock = FaceTracker(topology=landmarker.topology), itertools.count(1)
    followed.predict(0.0)
    followed.start_tracks(batch, 0.0, width, height)

    def step() -> None:
        time_s = next(clock) / 30
        followed.predict(time_s)
        followed.update(batch, time_s, width, height)
        followed.detection_due()

    return timing(seconds_of(step, child.seconds), tracked=len(followed.tracks))


def smoother(child: Child) -> Row:
    """The One-Euro filter, and the box of every face."""
    spent: list[float] = []
    pipeline = FacePipeline(child.models())
    pipeline.observer = lambda stage, seconds: spent.append(seconds) if stage == "smooth" else None
    frames = play(compose("720p", child.settings["faces"]).images)
    seconds_of(lambda: pipeline.process(next(frames)), child.seconds)
    return timing(spent[len(spent) // 10 :])


def draw(child: Child) -> Row:
    """The overlay on a copy of the frame."""
    from smile_edge.imaging.draw import draw_faces

    frame, result = _looked_at(child)
    return timing(seconds_of(lambda: draw_faces(frame.image, result.faces), child.seconds), drawn=len(result.faces))


def sink(child: Child) -> Row:
    """One record, or one annotated picture, written."""
    from smile_edge.sinks import CsvSink, ImageFolderSink, JsonlSink, VideoSink, WindowSink
    from smile_edge.sinks.window import has_display

    kind, folder = child.settings["kind"], child.scratch
    if kind == "window" and not has_display():
        return missing(kind, "there is no display")
    frame, result = _looked_at(child)
    opened: Any = {
        "JSON lines": lambda: JsonlSink(folder / "records.jsonl"),
        "CSV": lambda: CsvSink(folder / "records.csv"),
        "H.264 video": lambda: VideoSink(folder / "annotated.mp4"),
        "annotated JPEG": lambda: ImageFolderSink(folder / "annotated"),
        "window": WindowSink,
    }[kind]
    with opened() as target:
        return timing(seconds_of(lambda: target.write(frame, result), child.seconds), written=len(result.faces))


SINKS = ("JSON lines", "CSV", "H.264 video", "annotated JPEG", "window")

LATENCY = Suite(
    "latency",
    "Where the time goes",
    cases,
    {work.__name__: work for work in (capture, resize, network, detector, landmarker, tracker, smoother, draw, sink)},
)


def _crops(child: Child) -> list[tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]]:
    """A 720p frame and the five points of each face in it."""
    scene = compose("720p", child.settings["faces"], 1)
    return [(scene.images[0], five) for five in TOPOLOGY_49.five_points(scene.points[0])]


def _looked_at(child: Child) -> tuple[Frame, FrameResult]:
    """A 720p frame and what was found on it."""
    pipeline = FacePipeline(child.models())
    frame = next(play(compose("720p", child.settings["faces"], 1).images))
    return frame, pipeline.process(frame)
