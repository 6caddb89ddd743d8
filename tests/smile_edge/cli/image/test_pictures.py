"""`image batch` and `webcam` on folders that hold more than good pictures."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli_runs import error_line, records_in, run_cli
from portraits import PORTRAIT

from smile_edge.records import read_records

GIF_BOMB = b"GIF89a\0\x80\0\x80\x00\0\0," + bytes(4) + b"\0\x80\0\x80\0\x02\x02\x44\x01\0;"
"""A canvas of 32768 x 32768 px."""


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A portrait, a cut one, a bomb, and what is no picture."""
    folder = tmp_path / "album"
    folder.mkdir()
    data = PORTRAIT.read_bytes()
    (folder / "a.jpg").write_bytes(data)
    (folder / "cut.jpg").write_bytes(data[:-2])
    (folder / "bomb.gif").write_bytes(GIF_BOMB)
    (folder / "b.psd").write_bytes(b"8BPS")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "x.jpg")
    return folder


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
@pytest.mark.parametrize("spec", ["", "*", "**"])
def test_a_batch_says_what_it_does_not_read_warns_of_cut_pictures_and_survives_bombs(
    album: Path, tmp_path: Path, spec: str
) -> None:
    done = run_cli("image", "batch", album / spec, "--jsonl", "-", "--workers", 2)
    assert done.exit_code == 1
    records = {Path(record["source"]).name: record for record in records_in(done.stdout)}
    assert sorted(records) == ["a.jpg", "bomb.gif", "cut.jpg"]
    assert "warning" not in records["a.jpg"]
    assert records["cut.jpg"]["warning"].startswith("the file lacks its end")
    assert records["cut.jpg"]["faces"][0]["box"] == pytest.approx(records["a.jpg"]["faces"][0]["box"], abs=2)
    assert "32768 x 32768 px" in records["bomb.gif"]["error"]
    note, summary = done.stderr.splitlines()
    assert note == "3 of 5 files are images; not read: 1 .psd, 1 FIFO"
    assert "3 of 3 images, 2 faces, 1 failed, 1 damaged" in summary


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_named_outright_is_one_line(album: Path) -> None:
    line = error_line(run_cli("image", "batch", album / "x.jpg", "--jsonl", "-"))
    assert "x.jpg: a FIFO, no regular file" in line


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_folder_as_a_source_is_not_held_up_by_a_fifo(album: Path, tmp_path: Path) -> None:
    done = run_cli("webcam", "--source", album, "--jsonl", "-")
    assert done.exit_code == 0
    warnings = {Path(record["source"]).name: record.get("warning") for record in records_in(done.stdout)}
    assert set(warnings) == {"a.jpg", "cut.jpg"}
    assert warnings["cut.jpg"]


@pytest.mark.parametrize("name", ["bomb.gif", "bomb.jpg", "bomb"])
def test_a_bomb_as_a_source_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(GIF_BOMB)
    assert "32768 x 32768 px" in error_line(run_cli("webcam", "--source", tmp_path / name, "--jsonl", "-"))


@pytest.mark.parametrize(("ending", "pixels"), [(".gif", 4 * 64 * 48), (".png", 3 * 64 * 48), (".webp", 2 * 64 * 48)])
def test_an_animation_takes_more_memory_than_a_picture(
    tmp_path: Path, ending: str, pixels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    animation = cv2.Animation()
    animation.frames = [np.full((48, 64, 4), value, np.uint8) for value in (60, 200)]
    animation.durations = np.array([100, 100])
    path = tmp_path / f"a{ending}"
    path.write_bytes(cv2.imencodeanimation(ending, animation)[1].tobytes())
    monkeypatch.setenv("SMILE_EDGE_MAX_PIXELS", "200000000")
    refused = run_cli("webcam", "--source", path, "--jsonl", "-", "--max-pixels", 2 * 64 * 48)
    assert "million of an animation" in error_line(refused)
    assert run_cli("webcam", "--source", path, "--jsonl", "-", "--max-pixels", 10 * pixels).exit_code == 0


def test_max_pixels_is_an_option_of_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMILE_EDGE_MAX_PIXELS", "200000000")
    done = run_cli("image", "batch", PORTRAIT, "--jsonl", "-", "--max-pixels", 1000)
    assert done.exit_code == 1
    assert "--max-pixels" in records_in(done.stdout)[0]["error"]
    assert "--max-pixels must be at least 1" in error_line(
        run_cli("image", "batch", PORTRAIT, "--jsonl", "-", "--max-pixels", 0)
    )


@pytest.mark.skipif(os.name == "nt", reason="names of any bytes")
def test_names_of_any_bytes_come_through(tmp_path: Path) -> None:
    names = [b"a\nb.jpg", b"caf\xe9.jpg", b"back\\xff.jpg"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(PORTRAIT.read_bytes())
    out = tmp_path / "out"
    done = run_cli("image", "batch", tmp_path, "--jsonl", f"{out}.jsonl", "--csv", f"{out}.csv")
    assert done.exit_code == 0
    assert len(Path(f"{out}.csv").read_text("utf-8").splitlines()) == 1 + len(names)
    sources = [Path(result.source) for result in read_records(f"{out}.jsonl")]
    assert sorted(os.fsencode(source.name) for source in sources) == sorted(names)
    assert all(source.is_file() for source in sources)


def test_a_picture_that_is_not_kept_is_annotated_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smile_edge.cli.image.work.LARGEST_PICTURE_PX", 100)
    for folder, limit in ((tmp_path / "kept", 10**9), (tmp_path / "again", 100)):
        monkeypatch.setattr("smile_edge.cli.image.work.LARGEST_PICTURE_PX", limit)
        assert run_cli("image", "batch", PORTRAIT, "--annotate", folder).exit_code == 0
    kept, again = (next((tmp_path / name).iterdir()).read_bytes() for name in ("kept", "again"))
    assert kept == again


def test_a_large_picture_is_looked_at_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for index in range(3):
        (tmp_path / f"{index}.jpg").write_bytes(PORTRAIT.read_bytes())
    plain = run_cli("image", "batch", tmp_path, "--jsonl", "-", "--workers", 2)
    monkeypatch.setattr("smile_edge.imaging.memory_turn.LARGE_BYTES", 1)
    alone = run_cli("image", "batch", tmp_path, "--jsonl", "-", "--workers", 2)
    assert records_in(alone.stdout) == records_in(plain.stdout)
