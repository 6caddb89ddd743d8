"""Parameters of a task."""

import pytest

from export.tasks import TASKS
from smile_edge.runtime.manifest import ModelManifest, find_models


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_model_exported_without_set_gets_the_parameters_of_the_shipped_one(name):
    assert ModelManifest.load(find_models() / f"{name}.json").parameters == TASKS[name].parameters
