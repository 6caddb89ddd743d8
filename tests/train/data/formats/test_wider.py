"""WIDER: boxes in scenes."""

import pytest

from train.data.formats.wider import read_wider
from train.errors import DataError


def test_wider_reads_scenes_without_faces_and_flags_invalid_ones(tmp_path):
    text = "a.jpg\n0\n0.0 0.0 0.0 0.0 0 0 0 0 0 0\nb.jpg\n2\n1 2 30 40 0 0 0 0 0 0\n5 6 30 40 0 0 0 1 0 0\n"
    (tmp_path / "wider_face_bbx_gt.txt").write_text(text)
    empty, two = read_wider(tmp_path)
    assert len(empty.boxes) == 0
    assert two.boxes.tolist() == [[1, 2, 30, 40], [5, 6, 30, 40]]
    assert two.ignore.tolist() == [False, True]


def test_a_broken_wider_count_is_named(tmp_path):
    (tmp_path / "wider_face_bbx_gt.txt").write_text("a.jpg\nmany\n")
    with pytest.raises(DataError, match=r"row 1.*a\.jpg"):
        read_wider(tmp_path)


@pytest.mark.parametrize(("row", "flag"), [("1 2 30 40 0 0 0 0 2 0", 2), ("1 2 30 40", None)])
def test_the_flag_of_what_is_covered_is_kept(tmp_path, row, flag):
    (tmp_path / "wider_face_bbx_gt.txt").write_text(f"a.png\n1\n{row}\n")
    found = read_wider(tmp_path)[0].occlusion
    assert found is None if flag is None else found.tolist() == [flag]
