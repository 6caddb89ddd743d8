"""Programs made by PyInstaller: the hook is found, workers start, models and schema are there."""

import importlib.util
import json
import multiprocessing
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from portraits import write_portraits
from repository import ROOT

from smile_edge.freezing import serve_frozen_workers

BUILD_S, RUN_S = 1800, 120
RUN = """
import sys
from smile_edge.__main__ import main
from smile_edge.records import record_schema

if __name__ == "__main__":
    if sys.argv[1:] == ["schema"]:
        print(record_schema()["title"])
    else:
        main()
"""


def test_pyinstaller_is_led_to_the_folder_of_the_hook() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    module, _, name = project["entry-points"]["pyinstaller40"]["hook-dirs"].partition(":")

    (folder,) = getattr(import_module(module), name)()

    assert [path.name for path in Path(folder).iterdir() if path.suffix == ".py"] == ["hook-smile_edge.py"]


@pytest.mark.parametrize(("frozen", "calls"), [(True, 1), (False, 0)])
def test_workers_are_served_where_the_program_is_frozen(
    monkeypatch: pytest.MonkeyPatch, frozen: bool, calls: int
) -> None:
    served: list[None] = []
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    monkeypatch.setattr(multiprocessing, "freeze_support", lambda: served.append(None))

    serve_frozen_workers()

    assert len(served) == calls


@pytest.mark.skipif(
    importlib.util.find_spec("PyInstaller") is None, reason="needs PyInstaller: pip install pyinstaller"
)
def test_a_frozen_program_runs_a_batch_in_processes(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(RUN)
    (tmp_path / "images").mkdir()
    write_portraits(tmp_path / "images")
    hooks = ROOT / "smile_edge" / "assets" / "pyinstaller"
    options = ["--onedir", "--noconfirm", "--additional-hooks-dir", str(hooks), "--paths", str(ROOT)]
    command = [sys.executable, "-m", "PyInstaller", *options, "run.py"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=BUILD_S)
    program = str(tmp_path / "dist" / "run" / "run")

    batch = [program, "image", "batch", "images", "--jsonl", "-", "--workers", "2", "--timeout", "60"]
    done = subprocess.run([*batch, "--provider", "cpu"], cwd=tmp_path, capture_output=True, text=True, timeout=RUN_S)

    assert done.returncode == 1, done.stderr  # one image is broken
    assert [len(json.loads(line)["faces"]) for line in done.stdout.splitlines()] == [1, 0, 1, 1, 1]
    assert done.stderr.startswith("5 of 5 images, 4 faces, 1 failed")
    schema = subprocess.run([program, "schema"], capture_output=True, text=True, check=True, timeout=RUN_S)
    assert schema.stdout.strip()
