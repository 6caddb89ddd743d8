"""The GPU run keeps every figure that it has, whatever happens to the steps after it."""

import json

import pytest

from benchmarks.gpu import run
from benchmarks.gpu.card import Watch, card
from benchmarks.gpu.run import RESULT, measure
from benchmarks.gpu.steps import STEPS, Step


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A run on the CPU of one real step, one that its time ends, and one that comes too late."""
    folder = tmp_path_factory.mktemp("gpu")
    told = []
    with pytest.MonkeyPatch.context() as patch:
        steps = {"start": STEPS["start"], "networks": Step(STEPS["networks"].work, 0.05)}
        patch.setattr(run, "STEPS", steps)
        patch.setattr(run, "_doctor", lambda provider: {"obtained": provider})
        measure("cpu", folder, folder, models=None, limit_s=60, quick=True, command="the command", tell=told.append)
    return json.loads((folder / RESULT).read_text()), told


def test_a_step_leaves_its_figures_with_unit_and_name(kept):
    rows = {row["name"]: row for row in kept[0]["steps"]["start"]["rows"]}
    assert rows["start: first points"]["unit"] == "s"
    assert 0 < rows["start: models opened and warm"]["value"] <= rows["start: first points"]["value"]
    assert rows["start: landmarks warm run"]["obtained"] == "cpu"


def test_a_step_that_takes_too_long_is_ended_and_said(kept):
    assert "it was ended after" in kept[0]["steps"]["networks"]["rows"][-1]["missing"]


def test_each_figure_is_told_when_it_is_there(kept):
    assert any(line.startswith("start: first points: ") and line.endswith(" s") for line in kept[1])


def test_steps_after_the_limit_are_missing_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "_doctor", lambda provider: {})
    results = measure("cpu", tmp_path, tmp_path, models=None, limit_s=0, quick=True, command="", tell=lambda text: None)
    assert all("were over" in step["rows"][0]["missing"] for step in results["steps"].values())
    assert "frames" in results["steps"]
    assert "frames on the CPU" not in results["steps"], "a trial on the CPU needs no second one beside it"


def test_a_failing_step_says_its_last_line(tmp_path):
    kept = []
    run._run(
        "start",
        STEPS["start"],
        {"provider": "cpu", "models": str(tmp_path), "seconds": 0.01, "quick": True},
        60,
        kept.append,
    )
    assert kept[-1]["name"] == "start: the rest"
    assert "exit code" in kept[-1]["missing"]
    assert "detector.json" in kept[-1]["missing"]


def test_a_machine_without_nvidia_smi_has_no_card(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert card() == {}
    with Watch() as watch:
        pass
    assert watch.summary() == {}


def test_the_load_of_a_card_is_the_median_of_its_readings(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho '10, 1500, 90.5, 800'\necho '30, 1700, 110.5, 800'\necho 'N/A, 1, 1, 1'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with Watch() as watch:
        watch._child.wait()
    assert watch.summary() == {
        "readings": 2,
        "utilization.gpu": 20.0,
        "clocks.sm": 1600.0,
        "power.draw": 100.5,
        "memory.used": 800.0,
    }
