"""Public names that have moved are still found at their old path, which warns."""

from importlib import import_module

import pytest

FORMATS = "train.data.formats"
MOVED = {
    "smile_edge.streams.StreamGroup": "smile_edge.pipeline.StreamGroup",
    "smile_edge.crew.Crew": "smile_edge.batch.process_pool.ProcessPool",
    **{f"smile_edge.draw.{name}": f"smile_edge.imaging.draw.{name}" for name in ("draw_faces", "draw_status")},
    "smile_edge.draw.COLOURS_BGR": "smile_edge.imaging.draw.COLOURS_BGR",
    **{f"train.datasets.{name}": f"train.data.samples.{name}" for name in ("TARGETS", "FaceSample", "SceneSample")},
    **{f"train.datasets.{name}": f"train.data.samples.{name}" for name in ("held_out", "held_out_mask")},
    **{f"train.datasets.read_{name}": f"{FORMATS}.{name}.read_{name}" for name in ("dense", "mtfl", "points_csv")},
    **{f"train.datasets.read_{name}": f"{FORMATS}.{name}.read_{name}" for name in ("teacher", "wider")},
    "train.datasets.POINT_NAMES": f"{FORMATS}.points_csv.POINT_NAMES",
}


def named(path: str) -> object:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


@pytest.mark.parametrize(("old", "new"), MOVED.items())
def test_an_old_path_warns_and_leads_to_the_new_one(old: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"{old} has moved"):
        found = named(old)
    assert found is named(new)


@pytest.mark.parametrize("module", sorted({old.rpartition(".")[0] for old in MOVED}))
def test_a_name_that_was_never_there_is_an_attribute_error(module: str) -> None:
    with pytest.raises(AttributeError, match="nothing_like_that"):
        named(f"{module}.nothing_like_that")


def test_rounds_is_another_name_of_the_mux() -> None:
    assert named("smile_edge.sources.Rounds") is named("smile_edge.sources.SourceMux")


def test_a_star_import_brings_the_moved_names() -> None:
    found: dict[str, object] = {}
    with pytest.warns(DeprecationWarning, match="has moved"):
        exec("from smile_edge.draw import *", found)
    assert {"draw_faces", "draw_status", "COLOURS_BGR"} <= set(found)
    assert "moved_names" not in found
