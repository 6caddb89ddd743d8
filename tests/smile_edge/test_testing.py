"""The fakes that ship for the tests of others."""

import numpy as np
import pytest

from smile_edge.testing import FakeSession, FakeSource


def test_the_fake_session_answers_and_remembers():
    fake = FakeSession(lambda feeds: {"y": feeds["x"] + 1})
    assert fake.run({"x": np.zeros(2)})["y"].tolist() == [1, 1]
    assert len(fake.calls) == 1


def test_the_fake_source_is_a_source():
    with FakeSource([np.zeros((4, 6, 3), np.uint8)] * 3, fps=10) as source:
        frames = list(source)
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert frames[2].time_s == pytest.approx(0.2)
    assert (source.opened, source.closed, source.length) == (True, True, 3)
