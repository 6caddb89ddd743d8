"""Small packs of generated faces."""

import pytest

from train.synthesis.cartoon_faces import write_packs


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """Packs of four generated faces."""
    return write_packs(tmp_path_factory.mktemp("packs"), 4)
