"""All measures of several faces at once."""

import warnings

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.measures.blink import BlinkBaseline
from smile_edge.measures.camera import Camera
from smile_edge.measures.expression import LEARNT
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


def seen_without(*groups):
    """`(1, 70)` probabilities of being seen, low for the points of groups of `TOPOLOGY_70`."""
    visible = np.full((1, 70), 0.9, np.float32)
    visible[:, [i for group in groups for i in TOPOLOGY_70.groups[group]]] = 0.2
    return visible


@pytest.mark.parametrize(("eye", "row"), [("right_eye", 0), ("left_eye", 1)])
def test_a_covered_eye_has_no_blink_and_the_other_one_keeps_its_own(eye, row):
    (whole,), (covered,) = measured(PORTRAIT), measured(PORTRAIT, visible=seen_without(eye))
    assert np.isnan(covered.blink[row])
    assert covered.blink[1 - row] == whole.blink[1 - row]
    assert (covered.pose, covered.mouth_open, covered.smile) == (whole.pose, whole.mouth_open, whole.smile)


def test_a_covered_mouth_neither_opens_nor_smiles():
    (whole,) = measured(PORTRAIT, lens=LENS)
    (covered,) = measured(PORTRAIT, lens=LENS, visible=seen_without("outer_lip", "inner_lip"))
    assert np.isnan([covered.mouth_open, covered.smile]).all()
    assert (covered.pose, covered.translation, covered.blink) == (whole.pose, whole.translation, whole.blink)


def test_what_is_not_known_to_be_covered_is_measured():
    (whole,), (unknown,) = measured(PORTRAIT), measured(PORTRAIT, visible=np.full((1, 70), np.nan, np.float32))
    assert (unknown.blink, unknown.mouth_open, unknown.smile) == (whole.blink, whole.mouth_open, whole.smile)


def test_the_open_eye_of_a_stream_is_not_learnt_from_a_covered_one():
    eyes = BlinkBaseline()
    before = eyes.update((np.nan, np.nan), 0.0)
    measured(PORTRAIT, eyes=[(eyes, 1.0)], visible=seen_without("right_eye", "left_eye"))
    assert eyes.update((np.nan, np.nan), 0.0) == before


def test_expressions_come_by_name_for_each_face():
    expression = np.zeros((2, len(LEARNT)), np.float32)
    expression[:, LEARNT.index("jawOpen")] = 0.25, 0.75
    first, second = measured([PORTRAIT, PORTRAIT], expression=expression)
    assert (first.expression["jawOpen"], second.expression["jawOpen"]) == (0.25, 0.75)
    assert measured(PORTRAIT)[0].expression is None


def test_a_mirrored_face_by_itself_keeps_its_covered_side():
    points = TOPOLOGY_70.mirrored(TOPOLOGY_49.embed(PORTRAIT[None])[0], 512)[list(TOPOLOGY_70.flip)]
    found = measure_face(points, mirrored=True, visible=seen_without("right_eye")[0])
    assert np.isnan(found.blink[0])
    assert np.isfinite(found.blink[1])
