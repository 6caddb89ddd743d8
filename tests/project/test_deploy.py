"""What stands under `docs/deploy`: the unit is one, the Dockerfile's steps give a server that runs."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from repository import ROOT

from smile_edge.cli.options.config_file import options_of

FOLDER = ROOT / "docs" / "deploy"
STEPS = re.findall(r"^(FROM|COPY|RUN|ENTRYPOINT|CMD) (.+)$", (FOLDER / "Dockerfile").read_text("utf-8"), re.MULTILINE)


def test_the_unit_is_one(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    program = tmp_path / "smile-edge"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "smile-edge.service"
    text = (FOLDER / "smile-edge.service").read_text("utf-8")
    unit.write_text(text.replace("/opt/smile-edge/bin/smile-edge", str(program)))

    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "smile-edge" not in done.stderr


def test_the_options_of_the_example_are_those_of_the_command() -> None:
    import typer

    from smile_edge.cli import app

    command = typer.main.get_command(app).commands["serve"]  # type: ignore[attr-defined]
    assert set(options_of(FOLDER / "run.toml", command.params)) == {"source", "host", "port", "max_clients", "picture"}


def test_the_image_copies_what_is_there_and_runs_as_nobody_special() -> None:
    for kind, rest in STEPS:
        if kind == "COPY" and not rest.startswith("--from"):
            assert all((ROOT / name).exists() for name in rest.split()[:-1])
    assert "\nUSER smile-edge\n" in (FOLDER / "Dockerfile").read_text("utf-8")


@pytest.mark.skipif(
    not (os.environ.get("CI") or os.environ.get("SMILE_EDGE_TEST_DEPLOY")),
    reason="installs into an environment of its own, a minute: set SMILE_EDGE_TEST_DEPLOY=1",
)
def test_the_steps_of_the_image_give_a_server_that_runs(tmp_path: Path) -> None:
    where = tmp_path / "opt"
    source = tmp_path / "src"
    source.mkdir()
    stages = [index for index, (kind, _) in enumerate(STEPS) if kind == "FROM"]
    for kind, rest in STEPS[: stages[1]]:
        if kind == "COPY":
            copy([ROOT / name for name in rest.split()[:-1]], source / rest.split()[-1])
        elif kind == "RUN":
            step = rest.replace("/opt/smile-edge", str(where))
            done = subprocess.run(["sh", "-c", step], cwd=source, capture_output=True, text=True, check=False)
            if done.returncode and "No matching distribution" in done.stderr:
                pytest.skip("needs a package registry")
            assert done.returncode == 0, f"{step}\n{done.stderr}"

    command = [where / "bin" / "smile-edge", "serve", "--source", "demo", "--port", str(free_port()), "--frames", "5"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    assert "demo: 5 frames" in done.stderr


def copy(files: list[Path], target: Path) -> None:
    for file in files:
        if file.is_dir():
            shutil.copytree(file, target)
        else:
            shutil.copy(file, target)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
