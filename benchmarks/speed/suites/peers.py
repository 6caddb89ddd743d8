"""`peers`: other systems beside ours, each in a process of its own, in turn, on the same frames and one core."""

import itertools
import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.harness.clock import seconds_of, seconds_of_each
from benchmarks.speed.harness.commands import record_times
from benchmarks.speed.harness.suite import Case, Child, Plan, Row, Suite, figure, ratio, timing
from benchmarks.speed.suites.scene import SIZES, compose, faces_text, play, write_video
from smile_edge import FacePipeline
from train.errors import DataError
from train.external.mediapipe_env import SETUP_HINT, mediapipe_python

__all__ = [
    "FACES",
    "MEDIAPIPE",
    "ONE_LOOK",
    "OURS",
    "PEERS",
    "REFINED",
    "SIZE",
    "YUNET",
    "YUNET_BARE",
    "fresh_name",
    "mediapipe",
    "peer_cases",
    "stream_name",
    "yunet",
]

OURS, MEDIAPIPE, YUNET, YUNET_BARE = (
    "smile-edge", "MediaPipe Face Mesh", "YuNet in OpenCV, boxes only", "YuNet in onnxruntime, network only"
)  # fmt: skip
REFINED = "MediaPipe Face Mesh, eyes and lips refined"
ONE_LOOK = "smile-edge, one look as in streams"
SIZE = "480p"
FACES = (1, 4)
VIDEO = "one-face.avi"
YUNET_SCORE = 0.6
OUR_COMMAND = "smile-edge webcam --source {video} --max-faces 1 --no-show --jsonl -"
NO_YUNET = "no file was given: add --yunet FILE (face_detection_yunet_*.onnx of the OpenCV model zoo)"


def stream_name(system: str, faces: int) -> str:
    """How the case of a stream is called in the results."""
    return f"{system}, stream, {faces_text(faces)}"


def fresh_name(system: str) -> str:
    """How the case of frames that are each looked at for themselves is called in the results."""
    return f"{system}, fresh frame, 1 face"


def cases(plan: Plan) -> list[Case]:
    """Ours and each peer side by side; a peer that was not given is a case that says so.

    Raises:
        DataError: a peer that was given is not there.
    """
    (_, _, python, no_mediapipe), (_, _, file, no_yunet) = peer_cases(plan)
    found = []
    for faces in FACES:
        stream = {"faces": faces, "mode": "stream"}
        found.append(Case(stream_name(OURS, faces), "ours", stream))
        for system, refined in ((MEDIAPIPE, False), (REFINED, True)):
            settings = {**stream, "refined": refined}
            found.append(Case(stream_name(system, faces), "mediapipe", settings, python, absent=no_mediapipe))
    fresh = {"faces": 1, "mode": "fresh"}
    found.append(Case(fresh_name(OURS), "ours", fresh))
    found.append(Case(fresh_name(ONE_LOOK), "ours", {"faces": 1, "mode": "one look"}))
    found.append(Case(fresh_name(MEDIAPIPE), "mediapipe", fresh, python, absent=no_mediapipe))
    found.append(Case(fresh_name(YUNET), "yunet", fresh, file, absent=no_yunet))
    found.append(Case(fresh_name(YUNET_BARE), "yunet_bare", fresh, file, absent=no_yunet))
    commands = plan.options.get("command") or []
    if commands:
        found.append(Case("reading the video, part of every command", "video"))
    ours_too = f"{OUR_COMMAND} --provider {plan.provider}"
    for command in [ours_too, *commands] if commands else []:
        found.append(Case(f"command: {command}", "command", {"command": command}))
    return found


def peer_cases(plan: Plan) -> list[tuple[str, str, dict[str, str], str | None]]:
    """Name, work, paths, and why it cannot be run, of MediaPipe and of YuNet.

    Raises:
        DataError: one that was given is not there.
    """
    mediapipe, yunet = plan.options.get("mediapipe"), plan.options.get("yunet")
    python = {} if mediapipe is None else {"python": str(mediapipe_python(mediapipe))}
    if yunet is not None and not Path(yunet).is_file():
        raise DataError(f"--yunet names {yunet}, which is not a file: name a YuNet ONNX file")
    no_mediapipe = None if python else f"no environment was given: {SETUP_HINT}"
    file = {} if yunet is None else {"file": str(yunet)}
    return [
        (MEDIAPIPE, "mediapipe", python, no_mediapipe),
        (YUNET, "yunet", file, None if file else NO_YUNET),
    ]


def prepare(plan: Plan) -> None:
    """The same frames for everybody: arrays for processes that are given frames, a video for commands."""
    for faces in FACES:
        np.save(plan.scratch / f"{faces}.npy", compose(SIZE, faces).images)
    write_video(plan.scratch / VIDEO, compose(SIZE, 1).images, 120 if plan.quick else 600)


def ours(child: Child) -> Row:
    """A stream, told how many faces to expect as MediaPipe is; each frame as a picture; or as the first of a stream."""
    faces, mode, images = child.settings["faces"], child.settings["mode"], _frames(child)
    pipeline = FacePipeline(child.models(), max_faces=faces)
    shown: Any = itertools.cycle(images) if mode == "fresh" else play(images)
    found: list[int] = []

    def look() -> None:
        if mode == "one look":
            pipeline.reset()
        found.append(len(pipeline.process(next(shown)).faces))

    taken = seconds_of(look, child.seconds)
    return timing(taken, faces_found=round(sum(found) / len(found), 2))


def mediapipe(child: Child) -> Row:
    """Face Mesh in the Python of its own environment, on the cores of this process."""
    faces, mode = child.settings["faces"], child.settings["mode"]
    script = Path(__file__).with_name("mediapipe_peer.py")
    arguments = [child.paths["python"], script, child.scratch / f"{faces}.npy", faces, child.seconds, mode]
    arguments += ["refined"] if child.settings.get("refined") else []
    done = subprocess.run([str(word) for word in arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise DataError(f"MediaPipe: {(done.stderr.strip().splitlines() or ['no message'])[-1]}: {SETUP_HINT}")
    said = json.loads(done.stdout.strip().splitlines()[-1])
    return timing(said["seconds"], faces_found=round(said["found"], 2), versions=said["versions"])


def yunet(child: Child) -> Row:
    """OpenCV's own detector class, boxes and five points, on whole frames."""
    import cv2

    images = itertools.cycle(_frames(child))
    try:
        detector = cv2.FaceDetectorYN.create(child.paths["file"], "", SIZES[SIZE], YUNET_SCORE)
        found: list[int] = []
        taken = seconds_of(lambda: found.append(_count(detector.detect(next(images))[1])), child.seconds)
    except cv2.error as error:
        raise DataError(f"{child.paths['file']} is no YuNet that OpenCV can run: {error.err}") from None
    return timing(taken, faces_found=round(sum(found) / len(found), 2))


def yunet_bare(child: Child) -> Row:
    """Its network alone through onnxruntime, at the frame's size where the file allows any."""
    from smile_edge.runtime.session import OnnxSession

    session = OnnxSession(child.paths["file"], provider="cpu")
    ((name, shape),) = session.inputs.items()
    width, height = SIZES[SIZE]
    sizes = [size if isinstance(size, int) else wish for size, wish in zip(shape, (1, 3, height, width), strict=True)]
    values = np.random.default_rng(0).random(sizes, np.float32) * 255
    return timing(seconds_of(lambda: session.run({name: values}), child.seconds), size=f"{sizes[3]}x{sizes[2]}")


def video(child: Child) -> Row:
    """Opening nothing but the video itself."""
    from smile_edge.sources import VideoFileSource

    with VideoFileSource(child.scratch / VIDEO) as source:
        return timing(seconds_of_each(source))


def command(child: Child) -> Row:
    """A program that reads the video and writes a JSON line a frame; reading and writing count."""
    taken, found = record_times(child.settings["command"], child.scratch / VIDEO)
    return figure(1000 * sum(taken) / len(taken), "ms", calls=len(taken), faces_found=round(found, 2))


def derive(rows: Mapping[str, Row]) -> Iterable[Row]:
    """How many times as long as ours each of them takes."""
    for faces in FACES:
        for system in (MEDIAPIPE, REFINED):
            name = f"{system} over {OURS}, stream, {faces_text(faces)}"
            yield from ratio(name, rows, stream_name(system, faces), stream_name(OURS, faces))
    for system, own in itertools.product((MEDIAPIPE, YUNET, YUNET_BARE), (OURS, ONE_LOOK)):
        yield from ratio(f"{system} over {own}, fresh frame", rows, fresh_name(system), fresh_name(own))


def _frames(child: Child) -> list[np.ndarray]:
    return list(np.load(child.scratch / f"{child.settings['faces']}.npy"))


def _count(found: Any) -> int:
    return 0 if found is None else len(found)


PEERS = Suite(
    "peers",
    "Beside other systems",
    cases,
    {work.__name__: work for work in (ours, mediapipe, yunet, yunet_bare, video, command)},
    repeated=True,
    prepare=prepare,
    derive=derive,
)
