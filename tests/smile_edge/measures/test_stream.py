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


def test_the_order_in_which_frames_are_asked_for_does_not_matter():
    forwards, backwards = frames_of(StreamMeasures(), 60), frames_of(StreamMeasures(), 60)
    wanted = [frame.of(0) for frame in forwards]
    found = [frame.of(0) for frame in reversed(backwards)][::-1]
    assert wanted == found
    assert wanted[0].blink[0] > wanted[-1].blink[0]  # the eyes of this person are narrow


def test_each_track_has_eyes_of_its_own():
    measures = StreamMeasures()
    frames_of(measures, 60, ids=(3,))[-1].of(0)
    (late,) = frames_of(measures, 1, ids=(4,))
    assert late.of(0) == frames_of(StreamMeasures(), 1)[0].of(0)


def test_frames_that_nobody_asks_for_do_not_pile_up():
    measures = StreamMeasures()
    frames = frames_of(measures, 1000)
    assert len(measures._waiting) == stream._WAITING
    assert np.isfinite(frames[0].of(0).pose).all()  # it waited for too long, and is measured all the same
    assert np.isfinite(frames[-1].of(0).pose).all()
    assert not measures._waiting


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
    assert all(into == wanted for into in found)
