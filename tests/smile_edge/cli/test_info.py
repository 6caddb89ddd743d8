"""`info`: hashes, providers, and what is wrong with a model."""

import json
from pathlib import Path

import pytest
from cli_runs import run_cli

import smile_edge


@pytest.mark.usefixtures("_shipped_models")
def test_info_tells_hashes_and_the_provider_obtained() -> None:
    result = run_cli("info", "--provider", "cpu")

    assert result.exit_code == 0, result.output
    assert result.stdout.count(" ok, ") == 2
    assert result.stdout.count("obtained cpu") == 2


@pytest.mark.usefixtures("_shipped_models")
def test_info_fits_a_screen() -> None:
    lines = run_cli("info").stdout.splitlines()

    assert 10 < len(lines) <= 30


@pytest.mark.usefixtures("_shipped_models")
def test_info_as_json_has_the_manifests_and_scores_too() -> None:
    facts = json.loads(run_cli("info", "--provider", "cpu", "--json").stdout)

    assert facts["models"]["detector"]["report"]["obtained"] == "cpu"
    assert facts["models"]["detector"]["manifest"]["metrics"]["evaluation"]["facepoint"]["images"] == 1200
    assert facts["versions"]["smile-edge"] == smile_edge.__version__


def test_info_as_json_says_what_is_wrong_with_a_model(tmp_path: Path) -> None:
    (tmp_path / "detector.json").write_text("{}")

    result = run_cli("info", "--models", tmp_path, "--json")

    assert result.exit_code == 1
    assert "detector.json" in json.loads(result.stdout)["models"]["detector"]["error"]


def test_an_unknown_provider_is_a_user_error() -> None:
    assert run_cli("info", "--provider", "warp").exit_code == 2


def test_info_tells_what_is_wrong_with_a_model(tmp_path: Path) -> None:
    (tmp_path / "detector.json").write_text("{}")

    result = run_cli("info", "--models", tmp_path)

    assert result.exit_code == 1
    assert result.stdout.count("unusable") == 2
