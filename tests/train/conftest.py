"""Packs of generated faces, and weights to start from."""

import pytest
from fine_tuning_data import start_folder


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A folder with `landmarks.keras`."""
    return start_folder(tmp_path_factory.mktemp("start"))


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """Packs of twelve generated faces."""
    from train.synthesis.cartoon_faces import write_packs

    return write_packs(tmp_path_factory.mktemp("packs"), 12)
