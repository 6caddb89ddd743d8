"""`info`: hashes, providers, and what is wrong with a model."""

from pathlib import Path

import pytest
from cli_runs import run_cli


@pytest.mark.usefixtures("_shipped_models")
def test_info_tells_hashes_and_the_provider_obtained() -> None:
    result = run_cli("info", "--provider", "cpu")

    assert result.exit_code == 0, result.output
    assert result.stdout.count(" ok, ") == 2
    assert result.stdout.count("obtained cpu") == 2


def test_info_tells_what_is_wrong_with_a_model(tmp_path: Path) -> None:
    (tmp_path / "detector.json").write_text("{}")

    result = run_cli("info", "--models", tmp_path)

    assert result.exit_code == 1
    assert result.stdout.count("unusable") == 2
