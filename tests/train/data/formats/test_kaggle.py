"""The readers of Kaggle's keypoints: both layouts give the same, bad files are named by row and column."""

import csv
import os

import numpy as np
import pytest

from train.data.formats.kaggle import COLUMNS, KAGGLE_POINTS, SMILE_POINTS, read_kaggle
from train.errors import DataError

HEADER = [*COLUMNS, "Image"]


def labels(row=0):
    return [f"{(i * 3 + row) % 90 + 0.25}" for i in range(30)]


def pixels(row=0):
    return " ".join(str((i + row) % 256) for i in range(9216))


def write_csv(folder, rows, header=HEADER, name="training.csv"):
    with (folder / name).open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return folder / name


def write_pair(folder, images, rows):
    np.savez(folder / "face_images.npz", face_images=images)
    write_csv(folder, rows, COLUMNS, "facial_keypoints.csv")


def changed(column, value):
    """A row with one cell changed."""
    cells = [*labels(), pixels()]
    cells[HEADER.index(column)] = value
    return cells


def test_pixels_and_points_land_where_they_belong(tmp_path):
    data = read_kaggle(write_csv(tmp_path, [[*labels(r), pixels(r)] for r in range(3)]))
    assert data.images.shape == (3, 96, 96)
    assert data.images[1, 2, 5] == (2 * 96 + 5 + 1) % 256
    assert data.names == KAGGLE_POINTS
    assert data.points[2, 10].tolist() == [float(labels(2)[20]), float(labels(2)[21])]
    assert data.weights.all()


def test_an_empty_cell_has_no_weight_and_a_finite_place(tmp_path):
    data = read_kaggle(write_csv(tmp_path, [changed("nose_tip_y", "")]))
    assert data.weights[0].tolist() == [0.0 if name == "nose_tip" else 1.0 for name in KAGGLE_POINTS]
    assert np.isfinite(data.points).all()


def test_four_points_are_those_of_the_original(tmp_path):
    path = write_csv(tmp_path, [[*labels(), pixels()]])
    four, fifteen = read_kaggle(path, 4), read_kaggle(path, 15)
    assert four.names == SMILE_POINTS
    assert four.points.tolist() == fifteen.points[:, [0, 1, 10, 14]].tolist()


def test_the_pair_of_files_gives_what_the_single_file_gives(tmp_path):
    rows = [labels(r) for r in range(4)]
    single = read_kaggle(write_csv(tmp_path, [[*row, pixels(r)] for r, row in enumerate(rows)]))
    (tmp_path / "pair").mkdir()
    write_pair(tmp_path / "pair", np.moveaxis(single.images, 0, 2).astype(np.float64), rows)
    pair = read_kaggle(tmp_path / "pair")
    np.testing.assert_array_equal(pair.images, single.images)
    np.testing.assert_array_equal(pair.points, single.points)
    assert pair.groups == single.groups


def test_equal_images_share_a_group(tmp_path):
    data = read_kaggle(write_csv(tmp_path, [[*labels(r), pixels(r % 2)] for r in range(4)]))
    assert data.groups[0] == data.groups[2] != data.groups[1]


def test_a_changed_file_is_not_read_from_the_cache(tmp_path):
    cache = tmp_path / "cache"
    path = write_csv(tmp_path, [[*labels(), pixels()]])
    first = read_kaggle(path, cache_folder=cache)
    again = read_kaggle(path, cache_folder=cache)
    np.testing.assert_array_equal(first.images, again.images)
    assert len(list(cache.glob("*.npy"))) == 3
    write_csv(tmp_path, [[*labels(1), pixels(1)], [*labels(2), pixels(2)]])
    assert len(read_kaggle(path, cache_folder=cache).images) == 2


def test_a_changed_file_of_the_same_size_is_not_read_from_the_cache(tmp_path):
    path = write_csv(tmp_path, [changed("nose_tip_x", "11.5")])
    os.utime(path, ns=(1, 1))
    read_kaggle(path, cache_folder=tmp_path)
    write_csv(tmp_path, [changed("nose_tip_x", "22.5")])
    assert read_kaggle(path, cache_folder=tmp_path).points[0, 10, 0] == 22.5


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("mouth_left_corner_x", "left", r"data row 2, column mouth_left_corner_x: expected a number.*'left'"),
        ("nose_tip_y", "96.5", r"data row 2, column nose_tip_y: 96.5 lies outside the image"),
        ("nose_tip_x", "-3", r"data row 2, column nose_tip_x: -3 lies outside"),
        ("Image", "1 2 3", r"data row 2, column Image: 3 pixels, expected 9216"),
        ("Image", pixels().replace("7 ", "x ", 1), r"data row 2, column Image, pixel 8: .*'x'"),
        ("Image", pixels().replace("255", "256", 1), r"data row 2, column Image, pixel 256: .*'256'"),
    ],
)
def test_a_bad_cell_is_named(tmp_path, column, value, message):
    path = write_csv(tmp_path, [changed("nose_tip_x", "1"), changed(column, value)])
    with pytest.raises(DataError, match=message):
        read_kaggle(path)


def test_missing_columns_are_named(tmp_path):
    header = [name for name in HEADER if not name.startswith("nose")]
    with pytest.raises(DataError, match=r"training\.csv, header: column nose_tip_x, nose_tip_y missing"):
        read_kaggle(write_csv(tmp_path, [["1"] * len(header)], header))


@pytest.mark.parametrize("points", [15, 4])
def test_a_file_without_a_single_label_is_refused(tmp_path, points):
    with pytest.raises(DataError, match="of every row is empty"):
        read_kaggle(write_csv(tmp_path, [[*[""] * 30, pixels()]] * 2), points)


def test_a_file_without_rows_is_refused(tmp_path):
    with pytest.raises(DataError, match="no rows"):
        read_kaggle(write_csv(tmp_path, []))


def test_a_row_too_long_is_named(tmp_path):
    with pytest.raises(DataError, match="data row 1: more cells"):
        read_kaggle(write_csv(tmp_path, [[*labels(), pixels(), "", "more"]]))


def test_images_and_rows_must_be_as_many(tmp_path):
    write_pair(tmp_path, np.zeros((96, 96, 3), np.uint8), [labels()] * 2)
    with pytest.raises(DataError, match=r"3 images and .* 2 rows"):
        read_kaggle(tmp_path)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((3, 96, 96), np.uint8), r"shape \(3, 96, 96\)"),
        (np.full((96, 96, 2), 0.5), "expected grey values 0 to 255"),
        (np.full((96, 96, 2), np.nan), "expected grey values 0 to 255"),
        (np.full((96, 96, 2), "a"), "pixels of type"),
    ],
)
def test_arrays_that_are_no_grey_images_are_refused(tmp_path, images, message):
    write_pair(tmp_path, images, [labels()] * 2)
    with pytest.raises(DataError, match=message):
        read_kaggle(tmp_path)


def test_a_file_that_is_no_npz_is_refused(tmp_path):
    write_pair(tmp_path, np.zeros((96, 96, 1), np.uint8), [labels()])
    (tmp_path / "face_images.npz").write_bytes(b"not an archive")
    with pytest.raises(DataError, match=r"face_images\.npz is not a readable \.npz"):
        read_kaggle(tmp_path)


def test_a_folder_without_kaggle_data_is_refused(tmp_path):
    with pytest.raises(DataError, match="no Kaggle data"):
        read_kaggle(tmp_path)
