"""Deaths are counted, ends are not."""

import tempfile
from pathlib import Path

import pytest

from smile_edge.batch.ray_data.attempts import Attempts, forget


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_deaths_are_counted_by_piece_and_run(tmp_path: Path) -> None:
    unfinished = [Attempts("a").at("block-0"), Attempts("a").at("block-0")]
    assert [one.__enter__() for one in unfinished] == [0, 1]
    with (
        Attempts("a").at("block-0") as deaths,
        Attempts("a").at("block-1") as others,
        Attempts("b").at("block-0") as of_b,
    ):
        assert (deaths, others, of_b) == (2, 0, 0)
    with Attempts("a").at("block-0") as deaths:
        assert deaths == 0
    assert list(tmp_path.iterdir()) == []


def test_an_error_is_no_death(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wrong"), Attempts("a").at("x"):
        raise ValueError("wrong")
    assert list(tmp_path.iterdir()) == []


def test_without_a_name_or_a_folder_nothing_is_counted(tmp_path: Path) -> None:
    for run in ("", "a"):
        (tmp_path / "smile-edge-a").write_text("a file")
        with Attempts(run).at("x") as deaths:
            assert deaths == 0


def test_what_a_run_that_was_ended_leaves_is_taken_away(tmp_path: Path) -> None:
    unfinished = Attempts("a").at("x")
    unfinished.__enter__()
    (tmp_path / "smile-edge-a.lock").touch()
    forget("a")
    forget("a")
    assert list(tmp_path.iterdir()) == []
