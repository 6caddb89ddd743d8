"""`doctor`: exit codes, text and JSON."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from machines import ON_CUDA, SOUND, UNUSED_GPU
from shipped_models import without_int8
from typer.testing import CliRunner, Result

from smile_edge.cli import app
from smile_edge.diagnostics import facts as doctor
from smile_edge.diagnostics.facts import CameraFacts, Facts, VirtualCameraFacts, gather
from smile_edge.diagnostics.nvidia import NvidiaFacts


def run(monkeypatch: pytest.MonkeyPatch, facts: Facts, *arguments: str) -> Result:
    monkeypatch.setattr(doctor, "gather", lambda models, provider, precision: facts)
    return CliRunner().invoke(app, ["doctor", *arguments])


def test_exit_codes_are_0_sound_1_broken_2_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    locked = replace(SOUND, cameras=(CameraFacts("/dev/video0", permitted=False),))

    assert run(monkeypatch, SOUND).exit_code == 0
    assert run(monkeypatch, SOUND, "--require-gpu").exit_code == 0
    assert run(monkeypatch, locked).exit_code == 1
    assert run(monkeypatch, locked, "--require-gpu").exit_code == 1
    assert run(monkeypatch, UNUSED_GPU).exit_code == 1
    assert run(monkeypatch, UNUSED_GPU, "--require-gpu").exit_code == 2


def test_a_required_gpu_that_is_not_there_is_one_line_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, replace(UNUSED_GPU, nvidia=NvidiaFacts(on_bus=True)), "--require-gpu")

    assert result.stderr.count("\n") == 1
    assert "without its driver" in result.stderr
    assert "ubuntu-drivers" in result.stderr


def test_the_text_tells_nodes_by_provider_and_what_is_left_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = replace(ON_CUDA[0], placement={"cuda": {"Conv": 3}, "cpu": {"Resize": 2}})

    text = run(monkeypatch, replace(SOUND, models=(mixed, ON_CUDA[1]))).stdout

    assert "wanted auto, got cuda: 3 of 5 nodes on cuda, 2 of 5 nodes on cpu" in text
    assert "on the cpu: Resize x2" in text
    assert "verdict      all that is wanted works" in text


def test_json_holds_facts_findings_and_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    record = json.loads(run(monkeypatch, UNUSED_GPU, "--json").stdout)

    assert record["ok"] is False
    assert record["models"][0]["placement"] == {"cpu": {"Conv": 3}}
    assert [finding["level"] for finding in record["findings"]] == ["broken"]


def test_this_machine_can_be_examined_whatever_it_lacks(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--models", str(tmp_path), "--provider", "cpu"])

    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "model landmarks: No model manifest" in result.stdout


def test_the_doctor_tells_which_precision_runs_and_why(tmp_path):
    facts = gather(without_int8(tmp_path / "models"), "cpu")
    detector, landmarks = facts.models
    assert detector.precision_reason is not None
    assert landmarks.precision == "float32"
    assert "there is no landmarks-int8.json" in landmarks.precision_reason
    printed = CliRunner().invoke(app, ["doctor", "--provider", "cpu", "--models", str(tmp_path / "models")]).stdout
    assert "float32: there is no landmarks-int8.json" in printed


def test_the_text_tells_what_sending_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    camera = VirtualCameraFacts(True, (CameraFacts("/dev/video9"),))
    facts = replace(SOUND, live={"python-osc": "1.10", "pyvirtualcam": None}, virtual_camera=camera)

    text = run(monkeypatch, facts).stdout

    assert "sending      python-osc 1.10, pyvirtualcam not installed\n" in text
    assert "virtual      v4l2loopback, /dev/video9\n" in text
    assert (
        "virtual      v4l2loopback not loaded, no device\n"
        in run(monkeypatch, replace(SOUND, virtual_camera=VirtualCameraFacts())).stdout
    )
