"""The package as others see it: its names, its version, and what it must never import."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module

import pytest
from packaging.requirements import Requirement
from repository import ROOT

import smile_edge
from smile_edge.pipeline.face_pipeline import FacePipeline

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MODULES = sorted(path for path in (ROOT / "smile_edge").rglob("*.py"))


def imports(path):
    """Top-level names of every package that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def test_the_public_names_are_these():
    assert sorted(smile_edge.__all__) == [
        "Detection",
        "Face",
        "FacePipeline",
        "Frame",
        "FrameResult",
        "SmileEdgeError",
        "TOPOLOGY_49",
        "TOPOLOGY_70",
        "__version__",
        "open_source",
    ]


@pytest.mark.parametrize("name", smile_edge.__all__)
def test_every_public_name_is_there(name):
    assert getattr(smile_edge, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_like_that"):
        _ = smile_edge.nothing_like_that


def test_the_version_is_the_project_s():
    assert smile_edge.__version__ == PROJECT["project"]["version"]
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    (date,) = re.findall(rf"^## \[{re.escape(smile_edge.__version__)}\] - (\d{{4}}-\d\d-\d\d)$", changes, re.MULTILINE)
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {smile_edge.__version__}\ndate-released: {date}\n" in citation


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_the_runtime_imports_neither_training_nor_export(path):
    assert not set(imports(path)) & {"tensorflow", "keras", "tf2onnx", "onnx", "train", "export", "benchmarks"}


def test_pyav_is_imported_by_readers_and_writers_of_videos_only():
    rooms = {path.parent.name for path in MODULES if "av" in imports(path)}
    assert rooms == {"sources", "recovery", "sinks", "encoding"}


@pytest.mark.parametrize(
    "modules",
    [
        "smile_edge.cli.app",
        "smile_edge.sources.spec",
        "smile_edge.sinks.video",
        "smile_edge.batch.runner, smile_edge.batch.process_pool",
    ],
)
def test_commands_without_a_video_do_not_load_pyav(modules):
    code = f"import {modules}, sys; print('av' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"


def test_a_frame_is_measured_without_what_reads_and_writes_files():
    code = """
import sys
for name in ("av", "matplotlib", "orjson", "simplejpeg"):
    sys.modules[name] = None
from smile_edge import FacePipeline
from smile_edge.pipeline.multi_stream import StreamGroup
from smile_edge.sources.demo import load_portrait
print(len(FacePipeline(provider="cpu").process(load_portrait()[0]).faces))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.strip() == "1", done.stderr


def test_only_the_session_imports_onnxruntime():
    assert [path.name for path in MODULES if "onnxruntime" in imports(path)] == ["session.py"]


def test_every_error_has_one_base():
    errors = import_module("smile_edge.errors")
    for name in set(errors.__all__) - {"one_line"}:
        assert issubclass(getattr(errors, name), smile_edge.SmileEdgeError)


@pytest.mark.parametrize(
    "modules", ["smile_edge", "smile_edge.cli, smile_edge.batch.process_pool, smile_edge.imaging.image_files"]
)
def test_what_must_start_at_once_loads_nothing_heavy(modules):
    heavy = ("numpy", "cv2", "onnxruntime", "tensorflow")
    code = f"import {modules}, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_help_loads_nothing_that_takes_long():
    slow = ("ctypes", "email", "importlib.metadata", "socket", "tomllib", "zipfile", "smile_edge.imaging.image_files")
    code = f"""
import sys
from smile_edge.__main__ import main
sys.argv = ["smile-edge", "--help"]
try:
    main()
except SystemExit:
    print([m for m in {slow} if m in sys.modules])"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("platform", "machine", "runtime"),
    [
        ("linux", "x86_64", "onnxruntime-gpu"),
        ("win32", "AMD64", "onnxruntime-gpu"),
        ("linux", "aarch64", "onnxruntime"),
        ("darwin", "arm64", "onnxruntime"),
        ("win32", "ARM64", "onnxruntime"),
    ],
)
def test_each_platform_gets_one_onnxruntime(platform, machine, runtime):
    place = {"sys_platform": platform, "platform_machine": machine, "extra": ""}
    wanted = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    chosen = [item.name for item in wanted if item.marker is not None and item.marker.evaluate(place)]
    assert chosen == [runtime]


def test_the_types_ship():
    assert (ROOT / "smile_edge" / "py.typed").exists()


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    assert project["project"]["version"] == smile_edge.__version__


def test_the_package_exports_what_it_names() -> None:
    for name in smile_edge.__all__:
        assert getattr(smile_edge, name) is not None
    assert smile_edge.FacePipeline is FacePipeline
    assert dir(smile_edge) == sorted(smile_edge.__all__)
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        smile_edge.nothing_of_this_name  # noqa: B018
