"""Two small models."""

import pytest
from stand_ins import write_models


@pytest.fixture
def models(tmp_path):
    return write_models(tmp_path / "models")
