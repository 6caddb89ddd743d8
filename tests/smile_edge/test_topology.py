"""The points of a face: groups, flips, readouts."""

import numpy as np
import pytest

from smile_edge.topology import FIVE_POINTS, POINTS, TOPOLOGY_49, TOPOLOGY_70


def test_groups_cover_every_point_once() -> None:
    indices = [index for group in TOPOLOGY_49.groups.values() for index in group]

    assert sorted(indices) == list(range(TOPOLOGY_49.count))


def test_flip_is_its_own_inverse() -> None:
    flip = np.array(TOPOLOGY_49.flip)

    assert (flip[flip] == np.arange(49)).all()


@pytest.mark.parametrize(("right", "left"), [("right_brow", "left_brow"), ("right_eye", "left_eye")])
def test_flip_swaps_the_sides(right: str, left: str) -> None:
    assert {TOPOLOGY_49.flip[index] for index in TOPOLOGY_49.groups[right]} == set(TOPOLOGY_49.groups[left])


@pytest.mark.parametrize("part", ["nose_bridge", "nostrils", "outer_lip", "inner_lip"])
def test_flip_keeps_the_middle_parts(part: str) -> None:
    assert {TOPOLOGY_49.flip[index] for index in TOPOLOGY_49.groups[part]} == set(TOPOLOGY_49.groups[part])


def test_mirroring_twice_gives_the_points_back() -> None:
    points = np.random.default_rng(0).uniform(0, 99, (2, 49, 2)).astype(np.float32)

    np.testing.assert_allclose(TOPOLOGY_49.mirrored(TOPOLOGY_49.mirrored(points, 100), 100), points, atol=1e-4)


def test_mirroring_swaps_the_five_points() -> None:
    points = np.random.default_rng(1).uniform(0, 99, (49, 2)).astype(np.float32)

    five, mirrored = TOPOLOGY_49.five_points(points), TOPOLOGY_49.five_points(TOPOLOGY_49.mirrored(points, 100))

    np.testing.assert_allclose(mirrored[[1, 0, 2, 4, 3], 0], 99 - five[:, 0], atol=1e-4)
    np.testing.assert_allclose(mirrored[[1, 0, 2, 4, 3], 1], five[:, 1], atol=1e-4)


def test_readouts_are_means_of_their_points() -> None:
    points = np.random.default_rng(2).normal(size=(3, 49, 2)).astype(np.float32)

    five = TOPOLOGY_49.five_points(points)

    assert five.shape == (3, 5, 2)
    np.testing.assert_allclose(five[:, 0], points[:, 19:25].mean(1), atol=1e-6)
    np.testing.assert_allclose(five[:, 2:], points[:, [13, 31, 37]], atol=1e-6)


def test_readout_rows_sum_to_one() -> None:
    np.testing.assert_allclose(TOPOLOGY_49.readout_matrix(FIVE_POINTS).sum(1), 1, atol=1e-6)


def test_unknown_readout_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="chin"):
        TOPOLOGY_49.readout_matrix(("chin",))


def test_the_70_points_are_68_of_ibug_and_two_irises() -> None:
    assert len(set(TOPOLOGY_70.names)) == POINTS == 70
    assert [TOPOLOGY_70.names[index] for index in (0, 30, 36, 48, 60, 68, 69)] == [
        "jaw_0", "nose_bridge_3", "right_eye_0", "outer_lip_0", "inner_lip_0", "right_iris", "left_iris",
    ]  # fmt: skip
    assert sorted(index for group in TOPOLOGY_70.groups.values() for index in group) == list(range(70))


def test_the_flip_of_all_points_swaps_the_sides_of_the_jaw_and_of_the_irises() -> None:
    flip = np.array(TOPOLOGY_70.flip)

    assert (flip[flip] == np.arange(70)).all()
    assert (flip[0], flip[8], flip[68], flip[36], flip[48], flip[60]) == (16, 8, 69, 45, 54, 64)


def test_the_49_points_have_the_names_and_the_flip_that_they_have_among_the_70() -> None:
    places = list(TOPOLOGY_49.indices)

    assert TOPOLOGY_49.names == tuple(TOPOLOGY_70.names[place] for place in places)
    assert [places[index] for index in TOPOLOGY_49.flip] == [TOPOLOGY_70.flip[place] for place in places]


def test_embedding_and_picking_undo_each_other() -> None:
    points = np.random.default_rng(0).normal(size=(3, 49, 2)).astype(np.float32)

    whole = TOPOLOGY_49.embed(points)

    assert whole.shape == (3, 70, 2)
    assert np.isnan(whole[:, [0, 60, 64, 68]]).all()
    np.testing.assert_array_equal(TOPOLOGY_49.pick(whole), points)
    np.testing.assert_array_equal(TOPOLOGY_70.five_points(whole), TOPOLOGY_49.five_points(points))
