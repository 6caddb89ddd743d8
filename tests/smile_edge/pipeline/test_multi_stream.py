"""Several streams share each model call, and nobody's faces get into another's stream."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from fake_world import ExpressiveWorld, World, face_points

from smile_edge.errors import UsageError
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.pipeline.multi_stream import StreamGroup
from smile_edge.records import Detection, Frame, FrameResult


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
        (result.source, result.frame, [(face.id, face.inner_points().tolist()) for face in result.faces])
        for result in results
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


def test_a_gap_of_one_stream_leaves_the_ids_of_the_others() -> None:
    world = World(lambda index: [face_points()])
    group = StreamGroup(2, world.models())
    rounds = [[(0, world.frame(index)), (1, replace(world.frame(index), source="b"))] for index in range(4)]
    rounds[2][0] = (0, replace(rounds[2][0][1], gap_s=1.0))

    ids = [[face.id for result in group.process(frames) for face in result.faces] for frames in rounds]

    assert ids == [[0, 0], [0, 0], [1, 0], [1, 0]]


def test_every_stream_of_a_group_brings_expressions() -> None:
    world = ExpressiveWorld(_two_streams)
    group = StreamGroup(2, world.models(), expression=True)

    results = group.process([(0, world.frame(0)), (1, replace(world.frame(100), source="b"))])

    assert [face.expression["jawOpen"] for result in results for face in result.faces if face.expression] == [0.75] * 2
