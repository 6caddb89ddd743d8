"""Options that do not go together, and inputs that are not there, end in one line. Needs TensorFlow."""

import pytest
from fine_tuning_data import write_csv

from smile_edge.runtime.manifest import find_models

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


def run_in_process(arguments):
    from train.__main__ import app

    app(arguments, standalone_mode=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--teacher", "models"], "--teacher and --heads are for"),
        (["--heads", "models"], "--teacher and --heads are for"),
    ],
)
def test_options_of_a_training_are_not_passed_over_in_a_fine_tuning(words, said, tmp_path):
    from train.errors import DataError

    (tmp_path / "my.csv").write_text("image,nose_x,nose_y\n")
    with pytest.raises(DataError, match=said):
        run_in_process(["landmarks", "--data", str(tmp_path / "my.csv"), "--init", str(find_models()), *words])


def test_an_option_of_a_fine_tuning_is_not_passed_over_in_a_training(tmp_path):
    from train.errors import DataError

    with pytest.raises(DataError, match="--keep is for fine-tuning"):
        run_in_process(["landmarks", "--data", str(tmp_path), "--keep", "0"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "no weights at .*none"),
        ("empty", r"folder that holds landmarks\.keras"),
        ("other.keras", "not a landmarker"),
    ],
)
def test_weights_that_cannot_be_started_from_are_one_line(name, said, tmp_path):
    from train.errors import DataError
    from train.networks import build_detector

    data = write_csv(tmp_path / "data", 3)
    (tmp_path / "empty").mkdir()
    build_detector((64, 64)).save(tmp_path / "other.keras")
    arguments = ["landmarks", "--data", str(data), "--init", str(tmp_path / name), "--out", str(tmp_path / "run")]
    with pytest.raises(DataError, match=said) as caught:
        run_in_process(arguments)
    assert "\n" not in str(caught.value)


def test_data_that_does_not_exist_is_one_line(tmp_path):
    from train.errors import DataError

    with pytest.raises(DataError, match=r"none\.csv does not exist"):
        run_in_process(["landmarks", "--data", str(tmp_path / "none.csv")])
