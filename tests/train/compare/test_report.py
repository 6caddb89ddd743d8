"""The report of a comparison. Needs TensorFlow."""

import json

import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")

from train.compare import MEAN_FACE, answers, table, write_report  # noqa: E402


def test_the_report_holds_table_answers_and_picture(run, tmp_path):
    results = run[0]
    write_report(results, tmp_path)
    assert json.loads((tmp_path / "compare.json").read_text())["rows"][0]["label"] == MEAN_FACE
    page = (tmp_path / "compare.md").read_text()
    assert all(" | ".join(row) in page for row in table(results))
    assert (tmp_path / "compare.png").stat().st_size > 1000
    (answer,) = answers(results)
    assert answer.startswith("activation: ")
    assert "sigmoid" in answer
    assert "relu" in answer
