"""What a report says of the models that ran."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from speed_results import results_of

from benchmarks.reporting.environment import models_used
from benchmarks.reporting.markdown import origin, ran_on
from smile_edge.runtime.manifest import find_models, sha256_of
from smile_edge.runtime.model_loader import load_model


def test_a_result_names_the_quantised_file_and_its_precision():
    report = load_model("landmarks", provider="cpu", precision="int8")[1].report
    (used,) = models_used({"landmarks": report}, find_models())
    assert (used["file"], used["precision"]) == ("landmarks-int8.onnx", "int8")
    assert used["sha256"] == sha256_of(find_models() / "landmarks-int8.onnx")
    old = {"name": "detector", "obtained": "cpu"}  # of a result from before there was a choice
    assert ran_on([used, old]) == "cpu, cpu int8"
    assert "| int8 | cpu" in origin({**results_of("latency"), "models": [used]})
