"""`--ray` with and without an address, and beside other options."""

import sys
from pathlib import Path

import pytest
from cli_runs import error_line, run_cli

from smile_edge.cli.image import command as module
from smile_edge.cli.image.request import OnRay, Request

pytestmark = pytest.mark.usefixtures("world")
PARQUET = ("--parquet", "parts")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What was asked for."""
    requests: list[Request] = []
    monkeypatch.setattr(module, "run_batch", lambda request: requests.append(request) or 0)
    return requests


@pytest.mark.parametrize(
    ("words", "on_ray", "paths"),
    [
        (["a.jpg", *PARQUET, "--ray"], OnRay("local", None), ("a.jpg",)),
        (["--ray", *PARQUET, "a.jpg"], OnRay("local", None), ("a.jpg",)),
        (["--ray", "a.jpg", *PARQUET], OnRay("local", None), ("a.jpg",)),
        (["--ray", "photos/", *PARQUET, "--workers", "3"], OnRay("local", 3), ("photos/",)),
        (["--ray", "auto", *PARQUET, "a.jpg"], OnRay("auto", None), ("a.jpg",)),
        (["--ray", "head:6379", *PARQUET, "a.jpg"], OnRay("head:6379", None), ("a.jpg",)),
        (["--ray", "ray://head:10001", *PARQUET, "a.jpg"], OnRay("ray://head:10001", None), ("a.jpg",)),
        (["--ray=", *PARQUET, "a.jpg"], OnRay("", None), ("a.jpg",)),
        ([*PARQUET, "--", "--ray", "a.jpg"], None, ("--ray", "a.jpg")),
        ([*PARQUET, "a.jpg"], None, ("a.jpg",)),
    ],
)
def test_an_address_is_told_from_an_image(
    asked: list[Request], words: list[str], on_ray: OnRay | None, paths: tuple[str, ...]
) -> None:
    assert run_cli("image", "batch", *words).exit_code == 0
    assert (asked[0].work.on_ray, asked[0].named.paths) == (on_ray, paths)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--ray"], "nothing to write"),
        (["--ray", "--jsonl", "-"], "leave out --jsonl, or --ray"),
        (["--ray", *PARQUET, "--csv", "o.csv", "--coco", "o.json"], "leave out --csv and --coco"),
        (["--ray", *PARQUET, "--annotate", "copies"], "leave out --annotate"),
        (["--ray", *PARQUET, "--hide", "blur"], "--annotate"),
        (["--ray=ray://head:10001", *PARQUET], "HOST:PORT"),
        (["--ray=", *PARQUET], "HOST:PORT"),
        (["--ray", "--parquet", "pictures"], "holds "),
    ],
)
def test_what_a_cluster_cannot_do_is_one_line(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert why in error_line(run_cli("image", "batch", "pictures", *words))
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_without_ray_a_line_says_the_cure(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    done = run_cli("image", "batch", "--ray", pictures, "--parquet", tmp_path / "parts")
    assert "pip install 'ray[data]' pyarrow" in error_line(done)
    assert "pip install 'smile-edge[ray]'" in error_line(done)
    assert not (tmp_path / "parts").exists()
