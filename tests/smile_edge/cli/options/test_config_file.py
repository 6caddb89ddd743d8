"""Options out of a file: the names of the command line, which wins; what is wrong is one line."""

from pathlib import Path

import pytest
from cli_runs import error_line, records_in, run_cli

COMMANDS = ("webcam", "serve")


def written(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.usefixtures("world")
def test_a_file_stands_for_options(clip: Path, tmp_path: Path) -> None:
    path = written(tmp_path, f'source = "{clip}"\nframes = 4\nshow = false\nmirror = true\njsonl = "-"\n')

    records = records_in(run_cli("webcam", "--config", path).stdout)

    assert len(records) == 4
    assert all(record["mirrored"] for record in records)


@pytest.mark.usefixtures("world")
def test_the_command_line_wins(clip: Path, tmp_path: Path) -> None:
    path = written(tmp_path, 'source = ["demo", "demo"]\nframes = 4\nno-show = true\njsonl = "-"\nsmooth = false\n')

    records = records_in(run_cli("webcam", "--frames", 2, "--config", path, "--source", clip, "--smooth").stdout)

    assert [record["source"] for record in records] == [str(clip)] * 2


@pytest.mark.usefixtures("world")
def test_lists_and_underscores(clip: Path, tmp_path: Path) -> None:
    path = written(tmp_path, f"source = ['{clip}', 'demo']\nmax_faces = 3\nframes = 1\nshow = false\njsonl = '-'\n")

    records = records_in(run_cli("webcam", "--config", path).stdout)

    assert {record["source"] for record in records} == {str(clip), "demo"}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max-face = 3", "did you mean 'max-faces'?"),
        ("sorce = 'demo'", "did you mean 'source'?"),
        ("xyzzy = 1", "there are "),
        ("config = 'a.toml'", "no option 'config'"),
        ("[webcam]\nframes = 3", "no option 'webcam'"),
        ("frames = 3\nframes = 4", "is not TOML"),
        ("max-faces = 3\nmax_faces = 3", "says again"),
        ("smooth = true\nno-smooth = true", "says again"),
        ("frames 3", "is not TOML"),
        (f"frames = {'9' * 5000}", "a number is too long"),
        (f"frames = {'[' * 3000}", "nested too deeply"),
        (f"frames = {'{a=' * 3000}", "nested too deeply"),
        ("#" * 2**20 + "\n", "more than 1048576 bytes"),
        ("frames = [3]", "frames must be a text or number"),
        ("frames = true", "frames must be a text or number"),
        ("frames = 2026-01-01", "frames must be a text or number"),
        ("mirror = 1", "mirror must be true or false"),
        ("mirror = 'yes'", "mirror must be true or false"),
        ("source = [[1]]", "source must be a text or number, or a list of them"),
        ("frames = 'many'", "'--frames'"),
        ("frames = 2.5", "'--frames'"),
        ("frames = 0", "--frames must be at least 1"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(command: str, text: str, said: str, tmp_path: Path) -> None:
    assert said in error_line(run_cli(command, "--config", written(tmp_path, text)))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_cannot_be_read_is_one_line(command: str, tmp_path: Path) -> None:
    assert "cannot be read" in error_line(run_cli(command, "--config", tmp_path / "nothing.toml"))
    assert "cannot be read" in error_line(run_cli(command, "--config", tmp_path))
    if Path("/dev/zero").exists():  # it has no end
        assert "is not TOML" in error_line(run_cli(command, "--config", "/dev/zero"))
    path = tmp_path / "latin.toml"
    path.write_bytes(b"source = '\xe4'\n")
    assert "is not TOML" in error_line(run_cli(command, "--config", path))


def test_a_mark_of_the_byte_order_is_no_part_of_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffport = 70000\n")
    assert "Received: 70000" in error_line(run_cli("serve", "--config", path))


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    line = error_line(run_cli("serve", "--config", written(tmp_path, ""), "--port", "70000"))
    assert "from 0 to 65535" in line
