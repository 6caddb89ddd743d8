"""The command as a result names it."""

from pathlib import Path

from benchmarks.reporting.environment import command_line


def test_the_command_names_a_folder_elsewhere_by_its_option(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    options = {"data": tmp_path / "there", "models": Path("models"), "limit": 5, "quick": True, "peers": None}
    assert command_line("accuracy", options) == (
        "python -m benchmarks accuracy --data DATA --models models --limit 5 --quick"
    )
