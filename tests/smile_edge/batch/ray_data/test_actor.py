"""The actor of a cluster without a cluster: tables of paths in, tables of faces out."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from portraits import PORTRAIT, write_portraits
from spoiled_images import spoil_workers

from smile_edge.batch.ray_data.actor import FaceActor, identity_of
from smile_edge.errors import ModelError, SourceError, UsageError
from smile_edge.records.names import escaped_name, unescaped_name

pa = pytest.importorskip("pyarrow", reason="the extra `parquet`")
SETTINGS = {"provider": "cpu", "precision": "float32", "fast": True}


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An actor has a process of its own, of which it changes the folder and what `__main__` is; all are closed."""
    made: list[FaceActor] = []
    plain = FaceActor.__init__

    def noted(actor: FaceActor, *given: Any, **named: Any) -> None:
        plain(actor, *given, **named)
        made.append(actor)

    monkeypatch.setattr(FaceActor, "__init__", noted)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("__main__.__file__", None, raising=False)
    monkeypatch.setenv("SMILE_EDGE_RUN", "")
    monkeypatch.setenv("SMILE_EDGE_MAX_PIXELS", "")
    yield
    for actor in made:
        actor.close()


def table_of(paths: list[Path], first: int = 0) -> "pa.Table":
    numbers = range(first, first + len(paths))
    return pa.table({"frame": pa.array(numbers, pa.int64()), "source": [escaped_name(str(path)) for path in paths]})


def rows(table: "pa.Table") -> list[tuple[object, ...]]:
    return [(row["frame"], row["faces"], row["error"] is not None) for row in table.to_pylist()]


def test_it_takes_block_after_block_and_keeps_their_numbers(tmp_path: Path) -> None:
    paths, actor = write_portraits(tmp_path), FaceActor(SETTINGS)

    assert rows(actor(table_of(paths, 40))) == [(40, 1, False), (41, 0, True), *((n, 1, False) for n in (42, 43, 44))]
    assert rows(actor(table_of(paths[:1], 7))) == [(7, 1, False)]
    assert rows(actor(table_of([]))) == []


def test_filters_are_those_of_the_settings(tmp_path: Path) -> None:
    paths = write_portraits(tmp_path)[:1]
    assert rows(FaceActor({**SETTINGS, "min_size": 5_000})(table_of(paths))) == [(0, 0, False)]
    assert "pixels" in FaceActor(SETTINGS, max_pixels=10)(table_of(paths)).column("error")[0].as_py()


@pytest.mark.skipif(os.name == "nt", reason="names of any bytes")
def test_names_of_any_bytes_come_through(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9\\xff.jpg")
    path.write_bytes(PORTRAIT.read_bytes())
    found = FaceActor(SETTINGS)(table_of([path]))
    assert (found.column("faces")[0].as_py(), unescaped_name(found.column("source")[0].as_py())) == (1, str(path))


def test_relative_paths_are_relative_to_the_folder_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    write_portraits(tmp_path / "run")
    assert rows(FaceActor(SETTINGS, folder=str(tmp_path / "run"))(table_of([Path("0.jpg")]))) == [(0, 1, False)]
    with pytest.raises(SourceError, match=r"/nowhere.*No such file"):
        FaceActor(SETTINGS, folder="/nowhere")(table_of([Path("0.jpg")]))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills processes by signals")
def test_an_image_that_ends_processes_is_a_row_with_error_and_ends_no_actor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_workers(tmp_path / "site", monkeypatch)
    paths = [tmp_path / name for name in ("a.jpg", "lethal.jpg", "b.jpg", "hanging.jpg", "c.jpg")]
    for path in paths:
        path.write_bytes(PORTRAIT.read_bytes())
    actor = FaceActor(SETTINGS, timeout_s=5, batch=2)

    found = actor(table_of(paths))
    assert rows(found) == [(0, 1, False), (1, 0, True), (2, 1, False), (3, 0, True), (4, 1, False)]
    assert "SIGKILL" in found.column("error")[1].as_py()
    assert rows(actor(table_of(paths[:1]))) == [(0, 1, False)]


def test_models_are_those_of_the_command_or_refused(tmp_path: Path) -> None:
    paths = write_portraits(tmp_path)
    assert rows(FaceActor(SETTINGS, identity=identity_of(None))(table_of(paths[:1]))) == [(0, 1, False)]
    with pytest.raises(ModelError, match="install the same on all"):
        FaceActor(SETTINGS, identity="0.0.1 of other models")(table_of(paths[:1]))
    with pytest.raises(ModelError, match="No model"):
        FaceActor({**SETTINGS, "models": tmp_path})(table_of(paths[:1]))


@pytest.mark.parametrize("options", [{"batch": 0}, {"timeout_s": 0}, {"max_pixels": -1}])
def test_options_that_cannot_be_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        FaceActor(SETTINGS, **options)  # type: ignore[arg-type]


def test_an_image_at_which_actors_are_killed_is_found_and_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    paths = write_portraits(tmp_path)[2:]
    (tmp_path / "smile-edge-r").mkdir()
    (tmp_path / "smile-edge-r" / "block-7").write_bytes(b"..")  # two actors began it and were killed
    (tmp_path / "smile-edge-r" / "image-8").write_bytes(b"..")  # so were two at this image

    assert rows(FaceActor(SETTINGS, run="r")(table_of(paths, 7))) == [(7, 1, False), (8, 0, True), (9, 1, False)]
    assert not (tmp_path / "smile-edge-r").exists()
