"""What counts as uncovered, and as false cover."""

import numpy as np
import pytest

from benchmarks.accuracy.hiding.coverage import COVERED, covered_shares, false_cover, hidden_pixels, turned_boxes
from smile_edge.geometry.heads import Head

BOX = np.array([[40.0, 30.0, 40.0, 60.0]])


def test_a_face_is_covered_where_the_inner_ellipse_is_hidden() -> None:
    whole = hidden_pixels([Head(60, 60, 16, 24, 0.0)], 120, 160)
    assert covered_shares(whole, BOX)[0] >= COVERED
    left_half = whole.copy()
    left_half[:, 60:] = False
    assert covered_shares(left_half, BOX)[0] == pytest.approx(0.5, abs=0.05)
    assert covered_shares(np.zeros((120, 160), bool), BOX)[0] == 0


def test_the_corners_of_a_box_need_not_be_hidden() -> None:
    hidden = hidden_pixels([Head(60, 60, 20, 30, 0.0)], 120, 160)
    assert not hidden[31, 41]
    assert covered_shares(hidden, BOX)[0] == 1


def test_a_head_on_no_face_is_false_cover_and_a_margin_is_not() -> None:
    margin = hidden_pixels([Head(60, 60, 24, 36, 0.0)], 120, 160)
    assert false_cover(margin, BOX) == 0
    beside = hidden_pixels([Head(120, 60, 20, 20, 0.0)], 120, 160)
    assert false_cover(beside, BOX) == pytest.approx(np.pi * 20**2 / (120 * 160), rel=0.05)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_boxes_turn_with_their_picture(quarters: int) -> None:
    picture = np.zeros((120, 160), bool)
    picture[30:91, 40:81] = True
    (x, y, width, height) = turned_boxes(BOX, quarters, 120, 160)[0]
    rows, columns = np.nonzero(np.rot90(picture, quarters))
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (x, x + width, y, y + height)
