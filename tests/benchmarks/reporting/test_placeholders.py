"""Tables that are filled into a page."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.reporting.placeholders import fill_places
from train.errors import DataError


def test_a_table_replaces_what_stands_in_its_place_and_nothing_else(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- benchmarks: speed -->\nold\n<!-- benchmarks: end of speed -->\nafter\n")
    assert fill_places(readme, {"speed": "| new |\n", "accuracy": "| none |"}) == ["speed"]
    assert readme.read_text() == (
        "before\n<!-- benchmarks: speed -->\n\n| new |\n\n<!-- benchmarks: end of speed -->\nafter\n"
    )
    readme.write_text("<!-- benchmarks: speed -->\nold\n")
    with pytest.raises(DataError, match="end of speed"):
        fill_places(readme, {"speed": "| new |"})
