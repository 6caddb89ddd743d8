"""A checkout runs its own package and keeps no byte code."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from paired_checkouts import checkout_in, side

from benchmarks.speed.paired.checkout import run_command
from train.errors import DataError


def test_byte_code_is_kept_outside_the_checkouts(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    folder = checkout_in(tmp_path)
    run_command(side(folder, tmp_path / "s"), ["-m", "smile_edge"])
    assert not list(folder.glob("smile_edge/__pycache__"))
    assert list((tmp_path / "s").rglob("__init__*.pyc"))


def test_a_package_from_somewhere_else_is_refused(tmp_path):
    folder = checkout_in(tmp_path, init="__file__ = '/elsewhere/smile_edge/__init__.py'")
    with pytest.raises(DataError, match=r"old side runs another package .*: /elsewhere/smile_edge/__init__\.py"):
        side(folder, tmp_path / "s")
