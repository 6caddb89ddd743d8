"""The shipped models, where they are there."""

import pytest

from smile_edge.errors import ModelError
from smile_edge.runtime.manifest import find_models


@pytest.fixture
def _shipped_models() -> None:
    try:
        folder = find_models()
        if not {"detector.json", "landmarks.json"} <= {path.name for path in folder.iterdir()}:
            raise ModelError("incomplete")
    except ModelError:
        pytest.skip("the models are not exported yet: make export")
