"""Figures as people say them."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.report.plot_marks import amount


def test_amounts_read_as_people_say_them():
    assert [amount(*pair) for pair in ((0.0123, "ms"), (2.345, "ms"), (45.67, "ms"), (5.2, "x"), (411.7, "fps"))] == [
        "12 µs", "2.35 ms", "45.7 ms", "x 5.20", "412 fps"
    ]  # fmt: skip
