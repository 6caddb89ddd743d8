"""The line that is redrawn."""

import pytest

from smile_edge.cli.console import LiveLine


def test_a_line_that_is_redrawn_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")

    LiveLine().draw("0123456789" * 3)

    assert capsys.readouterr().err == "\r0123456789012345678"  # no escape codes but on a terminal
