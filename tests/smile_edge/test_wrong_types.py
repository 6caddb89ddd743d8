"""Public names given what they cannot use: a TypeError, or an error of ours in one line that says what was expected."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_world import World, face_points
from hypothesis import given
from hypothesis import strategies as st
from properties import SAME_EACH_TIME

from smile_edge import Face, FacePipeline, Frame, FrameResult, SmileEdgeError, open_source
from smile_edge.batch import process_images
from smile_edge.errors import ImageError, UsageError
from smile_edge.pipeline import Models, StreamGroup
from smile_edge.records import read_records
from smile_edge.sinks import BackgroundSink, CsvSink, ImageFolderSink, JsonlSink, VideoSink
from smile_edge.sources import (
    AnimatedWebpSource,
    CameraSource,
    DemoSource,
    ImagesSource,
    PipeSource,
    SourceMux,
    StreamSource,
    VideoFileSource,
    list_images,
    read_image,
)

IMAGE = np.zeros((32, 32, 3), np.uint8)
ODD = [
    None,
    "a\0b",
    b"x",
    1.5,
    float("nan"),
    float("inf"),
    1e12,
    -1,
    99999999999999999999,
    10**5000,
    [],
    {},
    object(),
    np.zeros((3, 3)),
    np.zeros(0),
    np.full((70, 2), np.nan),
    np.int64(5),
]
"""What no argument takes, by type or by size; some take one or the other."""
WORLD = World(lambda index: [face_points()])


def of_ours(call: Callable[[], object]) -> None:
    """Holds that it works, or that its error is one that tells the user what was expected."""
    told = "nothing, since it works"
    try:
        call()
    except SmileEdgeError as error:
        told = str(error)
    except TypeError:
        return
    assert "\n" not in told
    assert len(told) > 20


def pipeline(**options: Any) -> FacePipeline:
    return FacePipeline(WORLD.models(), **options)


def face(**fields: Any) -> Face:
    known = {"points": np.zeros((70, 2), np.float32), "sigma": np.zeros(70, np.float32), "score": 0.5}
    return Face(**{**known, "box": np.zeros(4, np.float32), **fields})


def result(**fields: Any) -> FrameResult:
    return FrameResult(**{"source": "s", "frame": 0, "time_s": 0.0, "width": 9, "height": 9, **fields})


def used(made: Face) -> None:
    made.with_sides_swapped()
    result(faces=(made,)).to_json()


ARGUMENTS: dict[str, Callable[[Any], object]] = {
    **{
        f"FacePipeline {name}": lambda value, name=name: pipeline(**{name: value})
        for name in (
            "max_faces",
            "detect_every",
            "smooth",
            "fast",
            "hfov",
            "camera_matrix",
            "min_score",
            "min_size",
            "roi",
        )
    },
    **{
        f"FacePipeline {name}": lambda value, name=name: FacePipeline(**{name: value})
        for name in ("provider", "precision")
    },
    "process": lambda value: pipeline().process(value),
    "process_batch": lambda value: pipeline().process_batch(value),
    "process_batch, one": lambda value: pipeline().process_batch([value]),
    **{
        f"Frame {name}": lambda value, name=name: pipeline().process(Frame(**{"image": IMAGE, name: value})).to_json()
        for name in Frame.__dataclass_fields__
        if name != "truth"
    },
    **{
        f"Face {name}": lambda value, name=name: used(face(**{name: value}))
        for name in Face.__dataclass_fields__
        if name != "given"
    },
    "Face given": lambda value: face(given=value),
    **{
        f"FrameResult {name}": lambda value, name=name: result(**{name: value}).to_json()
        for name in FrameResult.__dataclass_fields__
    },
    "open_source": lambda value: open_source(value),
    "open_source fps": lambda value: open_source("demo?frames=1", fps=value),
    "open_source reconnect_s": lambda value: open_source("demo?frames=1", reconnect_s=value),
    "open_source mirror": lambda value: open_source("demo?frames=1", mirror=value),
    "read_records": lambda value: list(read_records(value)),
    "StreamGroup": lambda value: StreamGroup(5 if value is ODD[-1] else value, WORLD.models()),
    "StreamGroup.process": lambda value: StreamGroup(1, WORLD.models()).process(value),
    "StreamGroup.process, one": lambda value: StreamGroup(1, WORLD.models()).process([value]),
    "StreamGroup.process, number": lambda value: StreamGroup(1, WORLD.models()).process([(value, Frame(IMAGE))]),
    "StreamGroup.process, frame": lambda value: StreamGroup(1, WORLD.models()).process([(0, value)]),
    "process_images": lambda value: list(process_images(value, pipeline())),
    "process_images, one": lambda value: list(process_images([value], pipeline())),
    "process_images pipeline": lambda value: list(process_images([], value)),
    **{
        f"process_images {name}": lambda value, name=name: list(process_images([], pipeline(), **{name: value}))
        for name in ("workers", "batch", "timeout_s", "pictures")
    },
    "Models.load": lambda value: Models.load("nowhere" if value is None else value),
    "list_images": lambda value: list_images(value),
    "list_images, one": lambda value: list_images([value]),
    "read_image": lambda value: read_image(value),
    "BackgroundSink": lambda value: BackgroundSink(value),
    **{
        kind.__name__: lambda value, kind=kind: kind(value).close()  # type: ignore[attr-defined]
        for kind in (CsvSink, JsonlSink, ImageFolderSink, VideoSink)
    },
    "VideoSink fps": lambda value: VideoSink("out.mp4", fps=value).close(),
    **{
        kind.__name__: lambda value, kind=kind: kind(value)
        for kind in (AnimatedWebpSource, ImagesSource, PipeSource, StreamSource, VideoFileSource, SourceMux)
    },
    "CameraSource": lambda value: CameraSource("x" if isinstance(value, np.int64) else value),
    "SourceMux, one": lambda value: SourceMux([value]),
    "DemoSource frames": lambda value: DemoSource(value),
    "DemoSource mirror": lambda value: DemoSource(mirror=value),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_what_an_argument_cannot_be_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for value in ODD:
        of_ours(lambda value=value: ARGUMENTS[name](value))  # type: ignore[misc]


@pytest.mark.parametrize(
    "image",
    [
        IMAGE.astype(float),
        IMAGE.astype(np.int64),
        IMAGE[..., 0],
        IMAGE[..., :2],
        IMAGE[None],
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 5, 3), np.uint8),
        np.full((4, 4, 3), np.nan),
    ],
    ids=lambda image: f"{image.shape} {image.dtype}",
)
def test_an_array_that_is_no_image_is_told(image: np.ndarray) -> None:
    with pytest.raises(ImageError, match="image"):
        pipeline().process(image)


@SAME_EACH_TIME
@given(
    st.one_of(
        st.integers(max_value=0), st.integers(min_value=2**31), st.floats(), st.text(), st.binary(), st.booleans()
    )
)
def test_no_count_is_taken_that_is_none(value: Any) -> None:
    with pytest.raises(UsageError, match=r"^max_faces must be .*Received: max_faces="):
        pipeline(max_faces=value)


@SAME_EACH_TIME
@given(st.text(), st.integers(-(2**63) + 1, 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
def test_a_frame_of_the_right_types_is_taken_and_told_in_json(
    source: str, index: int, time: float, mirrored: bool
) -> None:
    told = pipeline().process(Frame(IMAGE, index, time, source, mirrored=mirrored))

    assert (told.source, told.frame, told.mirrored) == (source, index, mirrored)
    assert told.to_json()


def test_numbers_of_numpy_become_pythons() -> None:
    frame = Frame(IMAGE, np.int64(3), np.float32(0.5), "s", mirrored=np.bool_(True))  # type: ignore[arg-type]

    assert [type(value) for value in (frame.index, frame.time_s, frame.mirrored)] == [int, float, bool]
    assert '"frame":3' in pipeline().process(frame).to_json()


def test_a_box_that_is_not_finite_cannot_be_told_in_json() -> None:
    with pytest.raises(UsageError, match="frame 0 of s has a number that is not finite"):
        result(faces=(face(box=np.full(4, np.nan, np.float32)),)).to_json()


def test_a_camera_number_and_a_path_are_sources_too(tmp_path: Path) -> None:
    with pytest.raises(SmileEdgeError, match="nothing-here"):
        open_source(tmp_path / "nothing-here.mp4")
    with pytest.raises(SmileEdgeError, match="camera:987"):
        open_source(987)
