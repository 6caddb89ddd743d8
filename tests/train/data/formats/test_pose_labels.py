"""Packs of labelled head poses."""

import pytest

from train.data.formats.pose_labels import PoseLabel, read_pose_labels
from train.errors import DataError


@pytest.fixture
def pack(tmp_path):
    """Writes a label file; gives the pack's folder."""

    def write(text):
        (tmp_path / "labels.csv").write_text(text)
        return tmp_path

    return write


def test_columns_may_stand_in_any_order_beside_others(pack):
    folder = pack("file,smile,roll,x0,yaw,pitch\nimages/a.webp,1,3,9,1,-2.5\nimages/b.webp,0,0,9,0,0\n")
    first, second = read_pose_labels(folder)
    assert first == PoseLabel(folder / "images/a.webp", 1.0, -2.5, 3.0, True)
    assert second.smile is False


@pytest.mark.parametrize("text", ["file,yaw,pitch,roll\na.png,1,2,3\n", "file,yaw,pitch,roll,smile\na.png,1,2,3,\n"])
def test_a_smile_that_is_not_labelled_is_none(pack, text):
    assert read_pose_labels(pack(text))[0].smile is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a header that starts with file"),
        ("name,yaw,pitch,roll\n", "expected a header that starts with file"),
        ("file,yaw,pitch\n", "yaw, pitch, roll"),
        ("file,yaw,pitch,roll\n", "no rows"),
        ("file,yaw,pitch,roll\na.png,1,2\n", "row 2: 3 cells, expected 4"),
        ("file,yaw,pitch,roll\na.png,1,2,3\nb.png,1,up,3\n", "row 3, column pitch: expected degrees, found 'up'"),
        ("file,yaw,pitch,roll\na.png,nan,2,3\n", "row 2, column yaw"),
        ("file,yaw,pitch,roll\n,1,2,3\n", "row 2, column file"),
        ("file,yaw,pitch,roll,smile\na.png,1,2,3,0.5\n", "row 2, column smile: expected 0, 1 or nothing"),
        ("file,yaw,pitch,roll,smile\na.png,1,2,3,yes\n", "row 2, column smile: expected 0, 1 or nothing"),
    ],
)
def test_a_bad_label_file_is_one_line_that_names_the_place(pack, text, said):
    folder = pack(text)
    with pytest.raises(DataError) as error:
        read_pose_labels(folder)
    assert said in str(error.value)
    assert str(folder / "labels.csv") in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "labels.csv").write_bytes(b"\xff\xfe\x00file")
    with pytest.raises(DataError, match="not a readable CSV"):
        read_pose_labels(tmp_path)


def test_a_missing_label_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="not found"):
        read_pose_labels(tmp_path)
