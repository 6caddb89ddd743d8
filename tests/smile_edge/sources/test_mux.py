"""Several sources at once: nobody waits for a slow camera, nobody's faces get into another's stream."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from fake_world import World, face_points
from typer.testing import CliRunner

from smile_edge.cli import app
from smile_edge.errors import SourceError, UsageError
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.pipeline.models import Models
from smile_edge.pipeline.multi_stream import StreamGroup
from smile_edge.records import Detection, Frame, FrameResult
from smile_edge.runtime.report import ExecutionReport
from smile_edge.sources import Source, SourceMux

PICTURE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


class ListedSource(Source):
    """A source whose frames a function yields; `live` or a file."""

    def __init__(self, name: str, make: Callable[[], Generator[Frame]], *, live: bool = False) -> None:
        super().__init__(name, live=live)
        self.make = make

    def _frames(self) -> Generator[Frame]:
        for frame in self.make():
            yield replace(frame, source=self.name)


def numbered(count: int, fps: float = 30.0) -> Callable[[], Generator[Frame]]:
    return lambda: (Frame(PICTURE, index, index / fps) for index in range(count))


def a_file(name: str, count: int, fps: float = 30.0) -> ListedSource:
    return ListedSource(name, numbered(count, fps))


def late(count: int, wait_s: float) -> Callable[[], Generator[Frame]]:
    def frames() -> Generator[Frame]:
        time.sleep(wait_s)
        yield from numbered(count)()

    return frames


def a_stalled_camera(released: threading.Event) -> ListedSource:
    def frames() -> Generator[Frame]:
        released.wait(10)
        yield Frame(PICTURE)

    return ListedSource("stalled", frames, live=True)


def a_lost_camera(after: int) -> ListedSource:
    def frames() -> Generator[Frame]:
        yield from numbered(after)()
        raise SourceError("cable pulled")

    return ListedSource("lost", frames, live=True)


def seen(rounds: SourceMux) -> list[list[tuple[str, int]]]:
    return [[(frame.source, frame.index) for _, frame in frames] for frames in rounds]


@pytest.fixture
def sources() -> Generator[list[Source]]:
    """Sources that are closed whatever happens; afterwards no capture thread is left."""
    opened: list[Source] = []
    yield opened
    for source in opened:
        source.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("capture")]


def test_files_give_every_frame_in_step_until_all_have_ended(sources: list[Source]) -> None:
    sources += [a_file("a", 3), ListedSource("b", late(1, wait_s=0.1))]

    assert seen(SourceMux(sources)) == [[("a", 0), ("b", 0)], [("a", 1)], [("a", 2)]]


def test_a_stalled_camera_holds_nobody_up(sources: list[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smile_edge.sources.mux._LOOK_UP_S", 10.0)
    released = threading.Event()
    sources += [a_stalled_camera(released), a_file("file", 5)]

    start_s = time.monotonic()
    with SourceMux(sources) as rounds:
        frames = [next(rounds) for _ in range(5)]
    assert time.monotonic() - start_s < 5 * 10

    assert [[(number, frame.index) for number, frame in one] for one in frames] == [[(1, index)] for index in range(5)]
    released.set()


def test_a_slow_file_does_not_hold_a_camera_up(sources: list[Source]) -> None:
    released = threading.Event()

    def slow() -> Generator[Frame]:
        released.wait(10)
        yield Frame(PICTURE)

    def camera() -> Generator[Frame]:
        for frame in numbered(10**6)():
            time.sleep(0.001)
            yield frame

    sources += [ListedSource("slow", slow), ListedSource("camera", camera, live=True)]

    with SourceMux(sources) as rounds:
        assert {number for _ in range(5) for number, _ in next(rounds)} == {1}
        released.set()


def test_the_newest_frame_of_a_camera_wins_and_a_file_waits_to_be_read(sources: list[Source]) -> None:
    sources += [ListedSource("camera", numbered(9), live=True), a_file("file", 2)]
    rounds = SourceMux(sources)
    camera = rounds._readers[0]
    camera._thread.join(5)

    taken = [(frame.source, frame.index, frame.dropped) for frames in rounds for _, frame in frames]

    assert sorted(taken) == [("camera", 8, 8), ("file", 0, 0), ("file", 1, 0)]


def test_a_lost_source_leaves_the_others_running(sources: list[Source], caplog: pytest.LogCaptureFixture) -> None:
    sources += [a_lost_camera(after=0), a_file("file", 50)]
    rounds = SourceMux(sources)

    frames = seen(rounds)

    assert [frame for one in frames for frame in one] == [("file", index) for index in range(50)]
    assert [str(error) for error in rounds.errors.values()] == ["cable pulled"]
    assert "cable pulled; the others go on" in caplog.text


def test_the_loss_of_all_sources_is_an_error(sources: list[Source]) -> None:
    sources += [a_lost_camera(after=0), a_lost_camera(after=0)]

    with pytest.raises(SourceError, match="cable pulled"):
        list(SourceMux(sources))


def test_a_camera_that_falls_silent_counts_as_lost(sources: list[Source]) -> None:
    released = threading.Event()
    sources += [a_stalled_camera(released)]
    rounds = SourceMux(sources)
    rounds._readers[0]._stall_s = 0.05

    with pytest.raises(SourceError, match=r"stalled gave no frame for 0\.05 s"):
        next(rounds)
    released.set()


def test_each_source_ends_after_the_frames_that_were_asked_for(sources: list[Source]) -> None:
    sources += [a_file("a", 9), a_file("b", 1)]

    assert seen(SourceMux(sources, frames=2)) == [[("a", 0), ("b", 0)], [("a", 1)]]


def test_sources_of_one_name_are_told_apart(sources: list[Source]) -> None:
    sources += [a_file("same", 1), a_file("other", 1), a_file("same", 1)]
    rounds = SourceMux(sources)

    assert rounds.names == ["same", "other", "same#2"]
    assert seen(rounds) == [[("same", 0), ("other", 0), ("same#2", 0)]]


def test_a_mirrored_source_is_mirrored_among_others(sources: list[Source]) -> None:
    sources += [a_file("a", 1)]
    sources[0].mirror = True

    [(_, frame)] = next(SourceMux(sources))

    np.testing.assert_array_equal(frame.image, PICTURE[:, ::-1])


def test_watched_files_run_at_their_own_rates(sources: list[Source]) -> None:
    sources += [a_file("fast", 4, fps=100), a_file("slow", 2, fps=2)]
    start_s = time.monotonic()
    at_s = {(frame.source, frame.index): time.monotonic() for one in SourceMux(sources, paced=True) for _, frame in one}

    assert at_s["fast", 3] - start_s >= 0.03
    assert at_s["slow", 1] - start_s >= 0.5
    assert at_s["fast", 3] < at_s["slow", 1]


class CountingWorld(World):
    """Knows how many images came in each detector call."""

    def __init__(self, at: Callable[[int], Sequence[npt.NDArray[np.float32]]]) -> None:
        super().__init__(at)
        self.searches: list[int] = []

    def detect_batch(self, images: Sequence[npt.NDArray[np.uint8]], *, thorough: bool = False) -> list[list[Detection]]:
        self.searches.append(len(images))
        return super().detect_batch(images, thorough=thorough)


def _two_streams(index: int) -> list[npt.NDArray[np.float32]]:
    """Below 100 one stream, with a second face from 3 on; above another, whose face moves."""
    if index < 100:
        return [face_points(x=80), face_points(x=220, degrees=90)][: 1 + (index >= 3)]
    return [face_points(x=60 + index - 100, degrees=index)]


def _rounds(world: World, count: int) -> list[list[tuple[int, Frame]]]:
    """Frames 0, 1, ... of stream 0 and 100, 101, ... of stream 1; every third round lacks the second."""
    return [
        [(0, world.frame(index))] + ([(1, replace(world.frame(100 + index), source="b"))] if index % 3 else [])
        for index in range(count)
    ]


def _essence(results: Sequence[FrameResult]) -> list[tuple[str, int, list[tuple[int, list[list[float]]]]]]:
    return [
        (result.source, result.frame, [(face.id, face.points.tolist()) for face in result.faces]) for result in results
    ]


def test_a_group_sees_in_each_stream_what_a_pipeline_of_its_own_sees() -> None:
    world = World(_two_streams)
    rounds = _rounds(world, 20)
    alone = (FacePipeline(world.models()), FacePipeline(world.models()))
    group = StreamGroup(2, world.models())

    for frames in rounds:
        together = group.process(frames)
        assert _essence(together) == _essence([alone[number].process(frame) for number, frame in frames])
    assert [face.id for face in together[0].faces] == [0, 1]
    assert [face.id for face in together[1].faces] == [0]


def test_a_round_takes_one_call_of_each_model() -> None:
    world = CountingWorld(lambda index: [face_points()])
    group = StreamGroup(3, world.models(), detect_every=100)

    for index in range(4):
        group.process([(number, world.frame(index)) for number in range(3)])

    assert world.searches == [3]
    assert world.batches == [(0, 1), (3, 2), (3, 1), (3, 1), (3, 1)]


def test_a_stream_that_starts_anew_leaves_the_others_alone() -> None:
    world = World(_two_streams)
    group = StreamGroup(2, world.models())
    group.process([(0, world.frame(5)), (1, world.frame(105))])
    kept = group.pipelines[1].tracker.tracks[0]

    group.process([(0, replace(world.frame(6), source="another")), (1, world.frame(106))])

    assert group.pipelines[1].tracker.tracks[0] is kept


@pytest.mark.parametrize("numbers", [[0, 0], [2], [-1]])
def test_a_round_that_names_no_stream_or_one_twice_is_refused(numbers: list[int]) -> None:
    world = World(_two_streams)

    with pytest.raises(UsageError, match="each of the 2 streams once"):
        StreamGroup(2, world.models()).process([(number, world.frame(0)) for number in numbers])


def test_a_group_of_none_is_refused() -> None:
    with pytest.raises(UsageError, match="count"):
        StreamGroup(0)


def test_the_observer_hears_each_model_call_once() -> None:
    world = World(lambda index: [face_points()])
    group = StreamGroup(2, world.models())
    heard: list[str] = []
    group.observer = lambda stage, seconds: heard.append(stage)

    group.process([(0, world.frame(0)), (1, world.frame(0))])

    assert heard.count("detector") == 1
    assert heard.count("landmarks") == 2  # the old places, then the new faces
    assert heard.count("smooth") == 2


@pytest.fixture
def _fake_models(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(lambda index: [face_points(x=160, y=120)])
    models = Models(world, world, (("detector", ExecutionReport("auto", "cpu", None, "fake", 1.0)),))
    monkeypatch.setattr(Models, "load", lambda *args, **kwargs: models)


def clip(path: Path, frames: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (320, 240))
    for _ in range(frames):
        writer.write(np.full((240, 320, 3), 100, np.uint8))
    writer.release()
    return path


@pytest.mark.usefixtures("_fake_models")
def test_webcam_takes_several_sources_and_numbers_their_pictures(tmp_path: Path) -> None:
    first, second = clip(tmp_path / "first.avi", 3), clip(tmp_path / "second.avi", 2)
    out, table = tmp_path / "out.jsonl", tmp_path / "out.csv"

    result = CliRunner().invoke(
        app,
        [*("webcam", "--no-show", "--source", str(first), "--source", str(second), "--jsonl", str(out)),
         *("--csv", str(table), "--video", str(tmp_path / "o.mp4"), "--contact-sheet", str(tmp_path / "o.png"))],
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    sources = [line.split('"source":"')[1].split('"')[0] for line in out.read_text().splitlines()]
    assert sources == [str(first), str(second)] * 2 + [str(first)]
    assert len(table.read_text().splitlines()) == 1 + 5
    assert f"{first}: 3 frames" in result.stderr
    assert f"{second}: 2 frames" in result.stderr
    assert result.stderr.count("provider cpu") == 1
    assert {path.name for path in tmp_path.glob("o*")} == {
        *("out.jsonl", "out.csv", "o-1.mp4", "o-2.mp4", "o-1.png", "o-2.png")
    }


@pytest.mark.usefixtures("_fake_models")
def test_webcam_goes_on_without_a_lost_source_and_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = {"lost": a_lost_camera(after=0), "file": a_file("file", 30)}
    monkeypatch.setattr("smile_edge.sources.open_source", lambda spec, mirror: opened[spec])

    result = CliRunner().invoke(app, ["webcam", "--source", "lost", "--source", "file", "--no-show", "--jsonl", "-"])

    assert result.exit_code == 1
    assert result.stdout.count('"source":"file"') == 30


@pytest.mark.usefixtures("_fake_models")
def test_one_source_that_cannot_be_opened_is_a_user_error_before_any_output(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"

    result = CliRunner().invoke(app, ["webcam", "--source", "demo", "--source", "no/such", "--jsonl", str(out)])

    assert result.exit_code == 2
    assert "no/such" in result.stderr
    assert not out.exists()
