"""Two results compared: what got worse, what is noise, what else differs."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from speed_results import results_of

from benchmarks.speed.report.compare import compare
from benchmarks.speed.report.write import write_results


def test_compare_finds_what_got_worse_in_either_direction(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, slower in ((old, 1.0), (new, 1.3)):
        folder.mkdir()
        write_results(results_of("latency", 2.0 * slower), folder)
        write_results(results_of("fps", 100 / slower), folder)
    worse = compare(old, new, 0.15).regressions
    assert "latency: detector: network 320x256, float32" in worse
    assert "fps: 480p, 1 face, tracked" in worse
    assert compare(old, new, 0.5).regressions == compare(new, old, 0.15).regressions == ()


def test_compare_overlooks_noise_and_says_what_else_differs(tmp_path):
    old, new = results_of("memory", 0.1), results_of("memory", 0.9, quick=True)
    new["machine"]["processor"] = "another"
    for name, results in (("old", old), ("new", new)):
        (tmp_path / name).mkdir()
        write_results(results, tmp_path / name)
    found = compare(tmp_path / "old" / "memory.json", tmp_path / "new" / "memory.json", 0.15)
    assert found.regressions == ()
    assert "processor differs" in found.text
    assert "quick run differs" in found.text
