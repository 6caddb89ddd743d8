"""Several threads and one pipeline: images are right whoever asks, a stream's frames come one after another."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest
from fake_world import World, face_points
from gates import WAIT_S
from portraits import PORTRAIT

from smile_edge.errors import ImageError, UsageError
from smile_edge.imaging.crops import Item
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.pipeline.face_pipeline import FacePipeline
from smile_edge.pipeline.multi_stream import StreamGroup
from smile_edge.records import Frame, FrameResult

THREADS = 8


class SlowWorld(World):
    """Finds landmarks when it is let; tells when somebody waits for them."""

    def __init__(self) -> None:
        super().__init__(lambda index: [face_points(x=80)])
        self.entered, self.let = threading.Event(), threading.Event()

    def landmarks(self, items: Sequence[Item], passes: int = 1, flip_test: bool = False) -> LandmarkBatch:
        self.entered.set()
        assert self.let.wait(WAIT_S)
        return super().landmarks(items, passes, flip_test)


def _bytes(result: FrameResult) -> list[tuple[bytes, ...]]:
    return [
        (face.points.tobytes(), face.sigma.tobytes(), face.box.tobytes(), np.float64(face.score).tobytes())
        for face in result.faces
    ]


@pytest.mark.parametrize("fast", [False, True])
def test_images_from_many_threads_are_what_one_thread_gives_bit_for_bit(fast: bool) -> None:
    pipeline = FacePipeline(provider="cpu", fast=fast)
    portrait = cv2.imread(str(PORTRAIT))
    assert portrait is not None
    sides = range(160, 160 + 12 * THREADS, 12)
    images = [np.asarray(cv2.resize(portrait, (side, side)), np.uint8) for side in sides]
    one_by_one = [_bytes(pipeline.process(image)) for image in images]
    assert any(one_by_one)

    with ThreadPoolExecutor(THREADS) as pool:
        at_once = list(pool.map(lambda image: _bytes(pipeline.process(image)), images * 3))

    assert at_once == one_by_one * 3


def test_frames_of_a_stream_from_two_threads_at_once_are_an_error_that_names_the_cure() -> None:
    world = SlowWorld()
    pipeline = FacePipeline(world.models())
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(pipeline.process, world.frame(0))
        assert world.entered.wait(WAIT_S)
        with pytest.raises(UsageError, match=r"two threads.*one after another.*StreamGroup"):
            pipeline.process(world.frame(1))
        world.let.set()

    assert [face.id for face in first.result().faces] == [0]
    assert [face.id for face in pipeline.process(world.frame(1)).faces] == [0]


def test_bare_images_do_not_wait_for_a_stream() -> None:
    world = SlowWorld()
    pipeline = FacePipeline(world.models())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(pipeline.process, world.frame(0))
        assert world.entered.wait(WAIT_S)
        still = pool.submit(pipeline.process, world.frame(0).image)
        world.let.set()
    assert len(first.result().faces) == len(still.result().faces) == 1


def test_threads_that_take_turns_are_one_stream() -> None:
    world = World(lambda index: [face_points(x=60 + index)])
    pipeline, expected = FacePipeline(world.models()), FacePipeline(world.models())

    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(pipeline.process, world.frame(index)).result() for index in range(20)]

    assert [_bytes(result) for result in results] == [_bytes(expected.process(world.frame(n))) for n in range(20)]


def test_a_frame_that_fails_does_not_keep_the_stream_busy() -> None:
    world = World(lambda index: [face_points(x=60)])
    pipeline = FacePipeline(world.models())
    with pytest.raises(ImageError) as kept:  # and with it the frames of its traceback
        pipeline.process(Frame(np.empty((0, 0, 3), np.uint8)))

    assert len(pipeline.process(world.frame(0)).faces) == 1
    assert kept.value


def test_streams_of_a_group_may_come_from_threads_of_their_own_but_none_twice_at_once() -> None:
    world = SlowWorld()
    group = StreamGroup(2, world.models())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(group.process, [(0, world.frame(0))])
        assert world.entered.wait(WAIT_S)
        other = pool.submit(group.process, [(1, world.frame(0))])
        with pytest.raises(UsageError, match="two threads"):
            group.process([(0, world.frame(1))])
        world.let.set()
    assert len(first.result()[0].faces) == len(other.result()[0].faces) == 1


def test_a_round_that_fails_leaves_no_stream_busy() -> None:
    world = World(lambda index: [face_points(x=60)])
    group = StreamGroup(2, world.models())
    broken = replace(world.frame(0), image=np.empty((0, 0, 3), np.uint8))
    with pytest.raises(ImageError) as kept:
        group.process([(0, world.frame(0)), (1, broken)])

    assert len(group.process([(0, world.frame(1)), (1, world.frame(1))])) == 2
    assert kept.value
