"""Packs written in Kaggle's layout."""

import pytest
from typer.testing import CliRunner

from train.compare.cli import compare_app
from train.compare.kaggle_like import write_kaggle_like
from train.data.formats.dense import read_dense
from train.data.formats.kaggle import read_kaggle
from train.data.formats.mtfl import read_mtfl
from train.errors import DataError
from train.synthesis.cartoon_faces import write_packs


def test_five_labelled_points_become_five_kaggle_points(tmp_path):
    samples = read_mtfl(write_packs(tmp_path / "packs", 4)[0])
    assert write_kaggle_like(samples, tmp_path) == len(samples)
    data = read_kaggle(tmp_path)
    labelled = [name for name, weight in zip(data.names, data.weights[0], strict=True) if weight]
    assert labelled == ["left_eye_center", "right_eye_center", "nose_tip", "mouth_left_corner", "mouth_right_corner"]
    assert data.groups == tuple(sample.group for sample in samples)


def test_dense_labels_fill_all_fifteen_with_left_the_subjects(tmp_path):
    write_kaggle_like(read_dense(write_packs(tmp_path / "packs", 4)[1]), tmp_path)
    data = read_kaggle(tmp_path)
    assert data.weights.all()
    x = {name: data.points[:, i, 0].mean() for i, name in enumerate(data.names)}
    y = {name: data.points[:, i, 1].mean() for i, name in enumerate(data.names)}
    assert (
        x["right_eye_outer_corner"] < x["right_eye_center"] < x["right_eye_inner_corner"] < x["left_eye_inner_corner"]
    )
    assert x["left_eye_inner_corner"] < x["left_eye_center"] < x["left_eye_outer_corner"]
    assert x["right_eyebrow_outer_end"] < x["right_eyebrow_inner_end"] < x["left_eyebrow_inner_end"]
    assert x["left_eyebrow_inner_end"] < x["left_eyebrow_outer_end"]
    assert x["mouth_right_corner"] < x["mouth_center_top_lip"] < x["mouth_left_corner"]
    assert y["left_eye_center"] < y["nose_tip"] < y["mouth_center_top_lip"] < y["mouth_center_bottom_lip"]


def test_no_faces_leave_no_file(tmp_path):
    with pytest.raises(DataError, match="no labelled faces"):
        write_kaggle_like([], tmp_path)
    assert not (tmp_path / "training.csv").exists()


def test_drawn_faces_need_no_data(tmp_path):
    done = CliRunner().invoke(compare_app, ["kaggle-like", "--drawn", "5", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    data = read_kaggle(tmp_path)
    assert data.images.shape == (5, 96, 96)
    assert data.weights.all()


def test_neither_data_nor_drawn_faces_is_one_line(tmp_path):
    done = CliRunner().invoke(compare_app, ["kaggle-like", "--out", str(tmp_path)])
    assert isinstance(done.exception, DataError)
    assert "--drawn" in str(done.exception)
