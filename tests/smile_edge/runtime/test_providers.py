"""Where TensorRT keeps its engines."""

from pathlib import Path

from smile_edge.runtime import providers


def test_where_nothing_can_be_written_engines_are_not_kept(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(providers.CACHE_VARIABLE, str(tmp_path / "file"))
    assert providers.provider_options("tensorrt", graphs=False) == {}


def test_engines_go_to_the_users_cache_folder(monkeypatch, tmp_path):
    monkeypatch.delenv(providers.CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = Path(providers.provider_options("tensorrt", graphs=False)["trt_engine_cache_path"])
    assert folder == tmp_path / "smile-edge" / "tensorrt"
