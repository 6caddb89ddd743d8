"""Five points read from the landmarker's."""

from dataclasses import replace

import numpy as np
import pytest

from smile_edge.topology import TOPOLOGY_49
from train.data.own_frame import in_frame, inputs, own_frame
from train.measures.five_readout import five_constants, held_out_five


@pytest.fixture
def marked(make_faces):
    """Faces whose people put the nose lower, and further where the lips are wide open; their five points alone."""
    faces = make_faces(1500).labelled("mtfl", five_only=True)
    five = faces.five.astype(np.float64)
    frame = own_frame(faces.points)
    gap = (faces.points[:, 47] - faces.points[:, 44]) / 2
    five[:, 2] += 0.1 * frame.size[:, None] * np.stack([-np.sin(frame.angle), np.cos(frame.angle)], -1) + gap
    return replace(faces, five=five)


def test_the_readout_finds_what_moves_with_the_face_and_the_means_do_not(marked):
    scores = held_out_five(marked)
    assert scores["nmec of the readout"] < 0.75 * scores["nmec of the means"]


def test_the_constants_put_the_nose_where_people_do(marked):
    constants = five_constants(marked)
    assert (constants["five_weights"].shape, constants["five_bias"].shape) == ((98, 10), (10,))
    read = (inputs(marked.points) @ constants["five_weights"] + constants["five_bias"]).reshape(-1, 5, 2)
    wanted = in_frame(own_frame(marked.points), marked.five)
    assert np.abs(read - wanted).mean() < 0.02
    plain = in_frame(own_frame(marked.points), TOPOLOGY_49.five_points(marked.points))
    assert np.abs(read - wanted)[:, 2].mean() < 0.4 * np.abs(plain - wanted)[:, 2].mean()


def test_faces_with_five_labels_are_those_that_are_taken(marked, make_faces):
    both = type(marked).concatenate([marked, make_faces(20, 1).labelled("w300")])
    assert len(both.of_five()) == len(marked)
