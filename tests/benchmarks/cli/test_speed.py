"""The commands of the speed suites: what they leave, exit codes, bad input in one line."""

import subprocess
import sys

import pytest
from repository import ROOT

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from speed_results import results_of

from benchmarks.speed.report.results import read_results
from benchmarks.speed.report.write import write_results


def run(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *words], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_the_exit_code_tells_a_regression(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, value in ((old, 2.0), (new, 4.0)):
        folder.mkdir()
        write_results(results_of("startup", value), folder)
    assert run("compare", str(old), str(old)).returncode == 0
    done = run("compare", str(old), str(new))
    assert done.returncode == 1
    assert "worse by more than 15%: startup: first landmarks" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "gone", "gone"),
        ("report", "--results", "gone"),
        ("latency", "--models", "gone"),
        ("fps", "--provider", "abacus"),
        ("batch", "--out", "pyproject.toml"),
        ("peers", "--yunet", "gone.onnx", "--out", "OUT"),
        ("peers", "--setup-mediapipe", "OUT", "--python", "gone-python"),
        ("_case", "gone", "{}"),
        ("_case", "fps", "["),
        ("_case", "fps", "[]"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, words):
    done = run(*(str(tmp_path / "out") if word == "OUT" else word for word in words))
    assert done.returncode == 2
    assert done.stderr.startswith("benchmarks: error: ")
    assert done.stderr.count("\n") == 1


def test_a_suite_leaves_json_table_and_plot(tmp_path):
    done = run("memory", "--quick", "--frames", "30", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    results = read_results(tmp_path / "memory.json")
    (row,) = results["rows"]
    assert row["frames"] == row["at"][-1] == 30
    assert 10 < row["peak_mb"] < 2000
    assert results["command"] == "python -m benchmarks memory --quick --frames 30"
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".md", ".png"}
