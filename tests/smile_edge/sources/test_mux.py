"""Several sources at once: nobody waits for a slow camera."""

import threading
import time
from collections.abc import Callable, Generator

import numpy as np
import pytest
from listed_sources import PICTURE, ListedSource, a_file, a_lost_camera, numbered

from smile_edge.errors import SourceError
from smile_edge.records import Frame
from smile_edge.sources import Source, SourceMux


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


def test_a_source_that_is_lost_when_the_others_have_ended_is_named(
    sources: list[Source], caplog: pytest.LogCaptureFixture
) -> None:
    file_ended = threading.Event()

    def frames() -> Generator[Frame]:
        assert file_ended.wait(10)
        yield from a_lost_camera(after=0).make()

    sources += [ListedSource("lost", frames, live=True), a_file("file", 1)]
    rounds = SourceMux(sources)
    assert [frame.source for _, frame in next(rounds)] == ["file"]
    file_ended.set()
    assert list(rounds) == []
    assert "cable pulled" in caplog.text


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


def test_a_camera_that_is_away_holds_nobody_up_and_comes_back(sources: list[Source]) -> None:
    back = threading.Event()

    def away_for_a_while() -> Generator[Frame]:
        yield Frame(PICTURE, 0)
        back.wait(10)
        yield Frame(PICTURE, 1, gap_s=3.0)

    sources += [ListedSource("camera", away_for_a_while, live=True), a_file("file", 50)]
    taken = []
    with SourceMux(sources) as rounds:
        for frames in rounds:
            taken += [(frame.source, frame.index, frame.gap_s) for _, frame in frames]
            if taken[-1][:2] == ("file", 49):
                back.set()

    assert [one for one in taken if one[0] == "file"] == [("file", index, None) for index in range(50)]
    assert [one for one in taken if one[0] == "camera"] == [("camera", 0, None), ("camera", 1, 3.0)]
    assert rounds.errors == {}
