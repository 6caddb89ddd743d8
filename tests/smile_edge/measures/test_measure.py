"""All measures of several faces at once."""

import warnings

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.measures.camera import Camera
from smile_edge.measures.measure import measure_face, measure_faces
from smile_edge.sources.demo import load_portrait
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70

_, PORTRAIT = load_portrait()
LENS = Camera().lens(640, 480)


def measured(points, **options):
    points = np.asarray(points, np.float32).reshape(-1, 49, 2)
    return measure_faces(points, TOPOLOGY_49.five_points(points), **options)


def numbers(found):
    return np.array([*found.pose, *found.translation, *found.blink, found.mouth_open, found.smile])


def test_a_face_among_others_is_measured_as_by_itself():
    faces = np.stack([PORTRAIT, 2 * PORTRAIT + 7, face_points()])
    together = measured(faces, lens=LENS)
    for one, found in zip(faces, together, strict=True):
        (alone,) = measured(one, lens=LENS)
        np.testing.assert_allclose(numbers(found), numbers(alone), rtol=1e-4, atol=1e-4)


def test_no_faces_have_no_measures():
    assert measured(np.zeros((0, 49, 2))) == []


@pytest.mark.parametrize("scale", [0.3, 4.0])
def test_nothing_but_the_distance_depends_on_the_size_of_a_face(scale):
    near, far = measured([PORTRAIT, scale * PORTRAIT], lens=LENS)
    np.testing.assert_allclose(near.pose, far.pose, atol=1e-2)
    np.testing.assert_allclose(
        [*near.blink, near.mouth_open, near.smile], [*far.blink, far.mouth_open, far.smile], atol=1e-3
    )
    assert near.translation[2] == pytest.approx(scale * far.translation[2], rel=1e-3)


@pytest.mark.parametrize("points", [np.zeros((49, 2)), np.full((49, 2), 1e5), np.full((49, 2), np.nan)])
def test_points_without_extent_or_number_warn_of_nothing_and_give_none_or_numbers_in_range(points):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (found,) = measured(points, lens=LENS)
    values = np.array([*found.blink, found.mouth_open, found.smile])
    if np.isnan(points).any():
        assert np.isnan(numbers(found)).all()
    else:
        assert np.isfinite([*found.pose, *found.translation, found.mouth_open, found.smile]).all()
        assert np.nanmin(values) >= 0
        assert np.nanmax(values) <= 1


def test_one_missing_point_leaves_nothing_measured():
    points = PORTRAIT.copy()
    points[40] = np.nan
    (found,) = measured(points, lens=LENS)
    assert np.isnan(numbers(found)).all()


def test_the_measures_of_a_mirrored_face_swap_sides_and_follow_the_picture():
    points = PORTRAIT.copy()
    points[26:28, 1] += 0.8 * (points[30:28:-1, 1] - points[26:28, 1])  # the subject's left eye nearly shut
    straight = TOPOLOGY_49.embed(points[None])[0]
    mirrored = TOPOLOGY_70.mirrored(straight, 280)[list(TOPOLOGY_70.flip)]  # the subject's sides
    plain, seen = measure_face(straight), measure_face(mirrored, mirrored=True)
    np.testing.assert_allclose(seen.blink, plain.blink, atol=0.02)
    assert plain.blink[1] > plain.blink[0]
    np.testing.assert_allclose(seen.pose, np.array(plain.pose) * [-1, 1, -1], atol=0.7)
