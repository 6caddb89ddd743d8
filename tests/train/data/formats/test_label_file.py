"""What every reader of label files refuses, with file, row and column."""

from collections.abc import Callable
from pathlib import Path

import pytest

from train.data.formats.dense import read_dense
from train.data.formats.label_file import check_file_name, label_lines, numbers
from train.data.formats.mtfl import read_mtfl
from train.data.formats.points_csv import read_points_csv
from train.data.formats.pose_labels import read_pose_labels
from train.data.formats.wider import read_wider
from train.errors import DataError

LONG = "x" * 300 + ".jpg"
DENSE = ",".join(["file", *(f"{axis}{place}" for place in range(49) for axis in "xy")])
READERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "my.csv": (lambda folder: read_points_csv(folder / "my.csv"), "image,nose_x,nose_y\n{},9,9\n"),
    "training.txt": (read_mtfl, "{} 1 2 3 4 5 6 7 8 9 10 1 1 1 1\n"),
    "wider_face_bbx_gt.txt": (read_wider, "{}\n1\n1 2 30 40\n"),
    "keypoints.csv": (read_dense, DENSE + "\n{}," + ",".join(["9"] * 98) + "\n"),
    "labels.csv": (read_pose_labels, "file,yaw,pitch,roll\n{},1,2,3\n"),
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("name", [LONG, "a\0b.jpg", "d/" * 2500 + "a.jpg"], ids=["long", "NUL", "deep"])
def test_a_name_that_no_file_can_have_names_file_row_and_column(tmp_path: Path, kind: str, name: str) -> None:
    read, text = READERS[kind]
    (tmp_path / kind).write_text(text.format(name), "utf-8")
    with pytest.raises(DataError, match=r"row \d, column") as caught:
        read(tmp_path)
    assert str(tmp_path / kind) in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(tmp_path))


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("content", [b"\xff\xfe\xff", b"\x80abc"])
def test_what_is_no_text_names_the_file(tmp_path: Path, kind: str, content: bytes) -> None:
    (tmp_path / kind).write_bytes(content)
    with pytest.raises(DataError, match=str(tmp_path / kind)):
        READERS[kind][0](tmp_path)


@pytest.mark.parametrize("kind", ["my.csv", "training.txt", "wider_face_bbx_gt.txt", "keypoints.csv"])
@pytest.mark.parametrize("value", ["1e300", "inf", "-1e30"])
def test_a_number_beyond_every_image_names_the_row(tmp_path: Path, kind: str, value: str) -> None:
    read, text = READERS[kind]
    number = {"my.csv": "9,9", "training.txt": " 1 2", "wider_face_bbx_gt.txt": "1 2", "keypoints.csv": "9,9"}[kind]
    separator = "," if "," in number else " "
    text = text.replace(number, number[:-1].rstrip(" ,") + separator + value, 1)
    (tmp_path / kind).write_text(text.format("a.jpg"), "utf-8")
    with pytest.raises(DataError, match=r"row \d"):
        read(tmp_path)


@pytest.mark.parametrize("count", ["-1", "-5", "7", "99999999999999999999", "x"])
def test_a_count_of_faces_that_cannot_be_ends_nothing_but_the_reading(tmp_path: Path, count: str) -> None:
    (tmp_path / "wider_face_bbx_gt.txt").write_text(f"a.jpg\n{count}\n1 2 30 40\n", "utf-8")
    with pytest.raises(DataError, match="row 1: expected a count"):
        read_wider(tmp_path)


def test_sound_names_lines_and_numbers_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffä\nb\n".encode())
    assert label_lines(path, "expected text") == ["ä", "b"]
    assert check_file_name("here", "d/ä.jpg") == "d/ä.jpg"
    found = numbers(["1", "-2.5"])
    assert found is not None
    assert found.tolist() == [1.0, -2.5]
    with pytest.raises(DataError, match="not found: expected text"):
        label_lines(tmp_path / "none.txt", "expected text")
