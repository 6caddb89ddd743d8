"""The accuracy suite refuses folders that it cannot measure."""

import pytest
from labelled_faces import labels, pack

from benchmarks.accuracy.suite import Plan, measure
from train.errors import DataError


def test_a_folder_without_packs_is_an_error(tmp_path):
    with pytest.raises(DataError, match="holds no pack"):
        measure(Plan(tmp_path))


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match="--peers names"):
        measure(Plan(pack(tmp_path / "pack", labels(1)), peers=tmp_path / "none"))
