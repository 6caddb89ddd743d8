"""`webcam` on streams that are lost: back again, or gone for good."""

import csv
import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import cv2
import pytest
from camera_server import HEAD, CameraServer, Script, parts
from cli_runs import records_in, run_cli
from videos import decoded

SIZE, LARGE = (320, 240), (640, 480)
PACE_S = 0.05
"""Between two frames: enough for every one to be taken, as a rule."""


def steady(number: int) -> Iterable[bytes | float]:
    return [HEAD, *parts(0, 5, SIZE, PACE_S)]


def comes_back_larger(number: int) -> Iterable[bytes | float]:
    return chain([HEAD], parts(5, 1000, LARGE, PACE_S)) if number else steady(number)


def goes_for_good(number: int) -> Iterable[bytes | float]:
    return [b"HTTP/1.0 404 Not Found\r\n\r\n"] if number else steady(number)


@pytest.mark.usefixtures("world")
def test_a_stream_that_comes_back_with_another_size_goes_on_in_every_output(tmp_path: Path) -> None:
    paths = {kind: tmp_path / f"out.{kind}" for kind in ("csv", "mp4", "png")}

    with CameraServer(comes_back_larger) as camera:
        result = run_cli(
            *("webcam", "--source", camera.url, "--no-show", "--frames", 9, "--jsonl", "-"),
            *("--csv", paths["csv"], "--video", paths["mp4"], "--contact-sheet", paths["png"]),
        )

    assert result.exit_code == 0, result.output
    records = records_in(result.stdout)
    (back,) = [index for index, record in enumerate(records) if "gap_s" in record]
    sizes = [(record["width"], record["height"]) for record in records]
    assert sizes == [SIZE] * back + [LARGE] * (9 - back)
    assert [record["faces"][0]["id"] for record in records] == [0] * back + [1] * (9 - back)
    times_s = [record["time_s"] for record in records]
    assert times_s[back] - times_s[back - 1] >= records[back]["gap_s"] - 1e-3
    assert re.search(r"\d dropped, reconnected 1 time, \d s lost, provider", result.stderr)
    assert [row["width"] for row in csv.DictReader(paths["csv"].read_text().splitlines())] == [
        str(width) for width, _ in sizes
    ]
    pictures = decoded(paths["mp4"])
    assert {(picture.width, picture.height) for picture in pictures} == {SIZE}
    assert len(pictures) == 9
    assert cv2.imread(str(paths["png"])) is not None


@pytest.mark.usefixtures("world")
def test_a_stream_that_is_gone_for_good_ends_with_its_summary_and_complete_files(tmp_path: Path) -> None:
    paths = {kind: tmp_path / f"out.{kind}" for kind in ("jsonl", "mp4", "png")}

    with CameraServer(goes_for_good) as camera:
        result = run_cli(
            *("webcam", "--source", camera.url, "--no-show", "--reconnect", 0.2),
            *("--jsonl", paths["jsonl"], "--video", paths["mp4"], "--contact-sheet", paths["png"]),
        )

    assert result.exit_code == 2
    records = records_in(paths["jsonl"].read_text())
    *_, summary, error = result.stderr.splitlines()
    assert summary.startswith(f"{camera.url}: {len(records)} frames, ")
    assert error.startswith(f"smile-edge: error: {camera.url} ended after 4 frames (the connection was closed)")
    assert "404" in error
    assert len(decoded(paths["mp4"])) == len(records) > 0
    assert cv2.imread(str(paths["png"])) is not None


@pytest.mark.usefixtures("world")
def test_no_reconnecting_is_a_loss_at_once() -> None:
    with CameraServer(steady) as camera:
        result = run_cli("webcam", "--source", camera.url, "--no-show", "--reconnect", 0)

    assert result.exit_code == 2
    assert camera.connections == 1
    assert "within" not in result.stderr


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("script", "code", "words"), [(goes_for_good, 1, "404"), (comes_back_larger, 0, "reconnected 1")]
)
def test_among_several_sources_only_the_lost_one_waits(
    script: Script, code: int, words: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "out.jsonl"
    with CameraServer(script) as camera:
        result = run_cli(
            *("webcam", "--source", camera.url, "--source", "demo?frames=30", "--no-show", "--frames", 30),
            *("--reconnect", 0.5, "--jsonl", out),
        )

    assert result.exit_code == code, result.output
    assert words in result.stderr + caplog.text
    records = records_in(out.read_text())
    assert [record["frame"] for record in records if record["source"] == "demo"] == list(range(30))
    assert not any("gap_s" in record for record in records if record["source"] == "demo")
    assert f"{camera.url}: " in result.stderr
    assert "demo: 30 frames" in result.stderr


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("seconds", ["-1", "nan", "inf"])
def test_a_time_that_is_none_is_one_line(seconds: str) -> None:
    result = run_cli("webcam", "--source", "demo", "--no-show", "--reconnect", seconds)

    assert result.exit_code == 2
    assert "reconnect must be 0 to" in result.stderr
    assert result.stderr.count("\n") == 1
