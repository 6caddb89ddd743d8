"""Every room says what it holds."""

import ast

import pytest
from repository import ROOT


@pytest.mark.parametrize("package", ["smile_edge", "train", "export", "benchmarks"])
def test_every_room_has_a_docstring_of_one_line(package):
    for path in (ROOT / package).rglob("__init__.py"):
        text = ast.get_docstring(ast.parse(path.read_text("utf-8")))
        assert text, path
        assert path.parent == ROOT / package or "\n" not in text, path
