"""The page and the short table of a GPU run."""

import json

import pytest

from benchmarks.gpu.report import read_results, short_table, write_page
from benchmarks.speed.harness.suite import figure, missing
from train.errors import DataError


@pytest.fixture
def results():
    frame = "frame, tracked, 640x480, 1 face, two sessions"
    return {
        "command": "python -m benchmarks gpu",
        "provider": "cuda",
        "card": {"name": "A card", "driver_version": "1.2"},
        "machine": {"processor": "A host", "cores": 16},
        "versions": {"onnxruntime": "1.31.1"},
        "steps": {
            "frames": {
                "rows": [{"name": frame, **figure(0.25, "ms", p95_ms=0.3, p99_ms=0.4)}, missing("graph", "no capture")],
                "card": {"readings": 3, "utilization.gpu": 40.0},
            },
            "frames on the CPU": {"rows": [{"name": frame, **figure(1.5, "ms")}]},
        },
    }


def test_the_short_table_sets_the_card_beside_its_hosts_cpu(results):
    assert "| frame, tracked, 640x480, 1 face, two sessions | 0.25 ms | 1.5 ms |" in short_table(results)
    assert "A card, driver 1.2, A host, 16 cores, onnxruntime 1.31.1" in short_table(results)


def test_the_page_says_what_was_not_measured_and_how_busy_the_card_was(results, tmp_path):
    text = write_page(results, tmp_path).read_text()
    assert "Not measured: graph: no capture." in text
    assert "utilization.gpu 40" in text
    assert "| frame, tracked, 640x480, 1 face, two sessions | 0.25 ms | 0.3 | 0.4 |" in text


def test_results_are_read_back(results, tmp_path):
    (tmp_path / "gpu.json").write_text(json.dumps(results))
    assert read_results(tmp_path) == results


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"steps": {"frames": {"rows": []}}}', '{"steps": 3}'])
def test_a_damaged_result_is_refused_with_the_cure(text, tmp_path):
    (tmp_path / "gpu.json").write_text(text)
    with pytest.raises(DataError, match="python -m benchmarks gpu"):
        read_results(tmp_path)
