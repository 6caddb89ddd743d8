"""Measures of a stream: made when asked for, and the same whoever asks first."""

import threading

import numpy as np
import pytest

from smile_edge.measures import stream
from smile_edge.measures.camera import Camera
from smile_edge.measures.stream import StreamMeasures
from smile_edge.sources.demo import load_portrait
from smile_edge.topology import TOPOLOGY_49

_, PORTRAIT = load_portrait()
LENS = Camera().lens(640, 480)


def narrowed(share):
    """The portrait with both eyes open by only so much."""
    points = PORTRAIT.copy()
    for group in ("right_eye", "left_eye"):
        indices = list(TOPOLOGY_49.groups[group])
        points[indices, 1] = points[indices, 1].mean() + share * (points[indices, 1] - points[indices, 1].mean())
    return points


def frames_of(measures, count, share=0.7, ids=(3,)):
    points = np.stack([narrowed(share)] * len(ids)).astype(np.float32)
    five = TOPOLOGY_49.five_points(points)
    return [measures.frame(ids, points, five, LENS, index / 30) for index in range(count)]


def same(found, wanted):
    """Equal but for the last digits, which depend on how many faces are measured together."""
    rows = (
        [[*one.pose, *one.translation, *one.blink, one.mouth_open, one.smile] for one in many]
        for many in (found, wanted)
    )
    return np.allclose(*rows, rtol=1e-4, atol=1e-4)


def test_the_order_in_which_frames_are_asked_for_does_not_matter():
    forwards, backwards = frames_of(StreamMeasures(), 60), frames_of(StreamMeasures(), 60)
    wanted = [frame.of(0) for frame in forwards]
    found = [frame.of(0) for frame in reversed(backwards)][::-1]
    assert same(wanted, found)
    assert wanted[0].blink[0] > wanted[-1].blink[0]  # the eyes of this person are narrow


def test_each_track_has_eyes_of_its_own():
    measures = StreamMeasures()
    frames_of(measures, 60, ids=(3,))[-1].of(0)
    (late,) = frames_of(measures, 1, ids=(4,))
    assert same([late.of(0)], [frames_of(StreamMeasures(), 1)[0].of(0)])


def test_frames_that_nobody_asks_for_do_not_pile_up_and_are_measured_all_the_same():
    frames, wanted = frames_of((measures := StreamMeasures()), 200), [f.of(0) for f in frames_of(StreamMeasures(), 200)]
    assert len(measures._waiting) < stream._WAITING
    assert same([frames[-1].of(0)], wanted[-1:])
    assert same([frames[0].of(0)], wanted[:1])
    assert not measures._waiting


def test_frames_of_several_sizes_have_the_camera_of_their_own():
    measures, points = StreamMeasures(), PORTRAIT[None]
    five = TOPOLOGY_49.five_points(points)
    frames = [measures.frame((0,), points, five, Camera().lens(width, 480), 0.0) for width in (640, 1280, 640)]
    near, far, again = (frame.of(0).translation[2] for frame in frames)
    assert far == pytest.approx(2 * near)
    assert again == near


def test_tracks_that_ended_long_ago_are_forgotten():
    measures = StreamMeasures()
    for track in range(2 * stream._EYES):
        frames_of(measures, 1, ids=(track,))[0].of(0)
    assert len(measures._eyes) <= stream._EYES


@pytest.mark.parametrize("readers", [4])
def test_several_threads_may_ask(readers):
    frames, wanted = frames_of(StreamMeasures(), 64), [frame.of(0) for frame in frames_of(StreamMeasures(), 64)]
    found = [[] for _ in range(readers)]
    start = threading.Barrier(readers)

    def read(into):
        start.wait(10)
        into += [frame.of(0) for frame in frames]

    threads = [threading.Thread(target=read, args=(into,)) for into in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert all(same(into, wanted) for into in found)
