"""Hidden heads along a stream: held, bridged, and hidden before they were first found."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from fake_world import World, face_points

from smile_edge.pipeline.face_hider import FaceHider
from smile_edge.pipeline.head_finder import HeadFinder
from smile_edge.records import Frame, FrameResult
from smile_edge.types import FloatArray, Image

FPS = 10.0
PLACE = (160, 120)


def face(x: float = PLACE[0], y: float = PLACE[1]) -> FloatArray:
    return face_points(x, y, 30)


def world_of(seen: Callable[[int], bool], at: Callable[[int], Sequence[FloatArray]] | None = None) -> World:
    """A world in which the detector sees its faces in some frames only."""
    world = World(at or (lambda index: [face()]))
    world.undetected = lambda index: not seen(index)
    return world


def run(world: World, indices: Sequence[int], *, live: bool = False) -> list[tuple[Frame, FrameResult]]:
    """What comes out for these frames, nothing being reported."""
    hider, out = FaceHider(HeadFinder(world), "fill"), []
    for index in indices:
        plain = world.frame(index, FPS)
        frame = Frame(plain.image, index, plain.time_s, "world", captured_s=1.0 if live else None)
        out += hider.push(frame, FrameResult("world", index, frame.time_s, 320, 240))
    return out + hider.flush()


def hidden_at(pairs: Sequence[tuple[Frame, FrameResult]], x: float = PLACE[0], y: float = PLACE[1]) -> list[int]:
    return [frame.index for frame, _ in pairs if frame.image[round(y), round(x)].any()]


def test_every_frame_comes_out_once_in_order_with_its_own_result() -> None:
    pairs = run(world_of(lambda index: True), range(20))
    assert [frame.index for frame, _ in pairs] == list(range(20))
    assert all(frame.index == result.frame for frame, result in pairs)
    assert hidden_at(pairs) == list(range(20))


def test_a_head_is_held_for_half_a_second_after_it_was_lost() -> None:
    assert hidden_at(run(world_of(lambda index: index <= 3), range(20)))[-1] == 8


def test_a_head_is_hidden_for_half_a_second_before_it_was_found_but_not_live() -> None:
    world = world_of(lambda index: index >= 10)
    assert hidden_at(run(world, range(20))) == list(range(5, 20))
    assert hidden_at(run(world, range(20), live=True)) == list(range(10, 20))


def test_a_head_that_moved_while_it_was_missed_is_hidden_on_its_way() -> None:
    def moving(index: int) -> list[FloatArray]:
        return [face(100 + 6 * index)]

    pairs = run(world_of(lambda index: index in (0, 4), moving), range(5))
    for index, (frame, _) in enumerate(pairs):
        assert frame.image[120, 100 + 6 * index].any()


def test_a_held_head_grows() -> None:
    pairs = run(world_of(lambda index: index == 0), range(5))
    areas = [int(frame.image[1:].any(-1).sum()) for frame, _ in pairs]
    assert areas == sorted(areas)
    assert areas[0] < areas[-1]


def test_frames_of_a_file_wait_half_a_second_and_those_of_a_camera_not_at_all() -> None:
    world = world_of(lambda index: True)
    for live, waiting in ((False, 6), (True, 0)):
        hider = FaceHider(HeadFinder(world))
        out = 0
        for index in range(20):
            plain = world.frame(index, FPS)
            frame = Frame(plain.image, index, plain.time_s, captured_s=1.0 if live else None)
            out += len(hider.push(frame, FrameResult("world", index, frame.time_s, 320, 240)))
        assert 20 - out == waiting
        assert len(hider.flush()) == waiting


def test_pictures_that_are_a_second_apart_share_no_heads() -> None:
    world = world_of(lambda index: index == 10)
    assert hidden_at(run(world, [0, 10, 20])) == [10]


def test_a_stream_that_begins_anew_forgets_the_heads_of_the_one_before() -> None:
    world = world_of(lambda index: index == 30)
    assert hidden_at(run(world, [30, 0, 1, 2])) == [30]


def test_a_frame_without_a_picture_passes() -> None:
    empty: Image = np.zeros((0, 0, 3), np.uint8)
    hider = FaceHider(HeadFinder(world_of(lambda index: True)))
    hider.push(Frame(empty, 0), FrameResult("x", 0, 0.0, 0, 0, error="broken"))
    ((frame, result),) = hider.flush()
    assert frame.image.size == 0
    assert result.error == "broken"


def test_what_goes_in_is_not_changed() -> None:
    world = world_of(lambda index: True)
    frame = world.frame(3)
    before = frame.image.copy()
    hider = FaceHider(HeadFinder(world), "blur")
    hider.push(frame, FrameResult("world", 3, frame.time_s, 320, 240))
    hider.flush()
    assert np.array_equal(frame.image, before)


@pytest.mark.parametrize("fps", [5.0, 30.0, 240.0])
def test_what_waits_is_bounded_whatever_the_rate(fps: float) -> None:
    world, waiting = world_of(lambda index: False), 0
    hider = FaceHider(HeadFinder(world))
    for index in range(200):
        frame = world.frame(index, fps)
        waiting += 1 - len(hider.push(frame, FrameResult("world", index, frame.time_s, 320, 240)))
        assert waiting <= 64
