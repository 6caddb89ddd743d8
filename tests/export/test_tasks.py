"""Parameters of a task."""

import pytest

from export.tasks import DENSE_LANDMARKS, EXPRESSIONS, TASKS, task_of
from smile_edge.runtime.manifest import ModelManifest, find_models
from train.data.crop_cache import CROP_PX, WIDE_CROP
from train.data.formats.teacher_labels import EXPRESSION


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_model_exported_without_set_gets_the_parameters_of_the_shipped_one(name):
    shipped = ModelManifest.load(find_models() / f"{name}.json")
    assert shipped.parameters == task_of(name, [output.name for output in shipped.outputs]).parameters


def test_the_crop_of_70_points_is_the_one_that_training_cuts():
    wanted = {"crop_px": CROP_PX, "crop_scale": WIDE_CROP.scale, "crop_shift": WIDE_CROP.shift}
    assert DENSE_LANDMARKS.parameters == wanted
    assert len(EXPRESSION) == EXPRESSIONS


def test_a_network_s_outputs_say_how_many_points_it_has():
    assert task_of("landmarks", ["points", "sigma", "face", "box"]) is TASKS["landmarks"]
    assert task_of("landmarks", [output.name for output in DENSE_LANDMARKS.outputs]) is DENSE_LANDMARKS
    assert DENSE_LANDMARKS.output_shapes["points"] == ("n", 70, 2)
