"""Tables of small faces in large pictures."""

import json
from pathlib import Path

from benchmarks.accuracy.tiles.report import tables, write_tiles


def _row(**more: object) -> dict:
    score = {"recall": 0.5, "doubles": 0, "false_alarms": 1, "ms": 24.0}
    return {"width": 6000, "height": 4000, "faces": 9, "off": score, "auto": {**score, "ms": 2400.0}, **more}


def _results() -> dict:
    return {
        "command": "python -m benchmarks tiles",
        "machine": {"processor": "a processor", "cores": 2, "system": "a system", "load": 0.1},
        "versions": {"onnxruntime": "1.0"},
        "models": [{"name": "detector", "sha256": "0" * 64, "kilobytes": 9, "obtained": "cpu", "reason": None}],
        "face_px": 24.0,
        "large": [_row(faces_from="portrait, generated", turned=True)],
        "face_sizes": [_row(height_px=16)],
        "picture_sizes": [_row()],
        "empty": [
            {"pictures": "generated", "count": 2, "megapixels": 48.0, "false_alarms": {"off": 0, "auto": 3}},
        ],
        "memory": [{"width": 6000, "height": 4000, "picture_mb": 72.0, "peak_mb": {"off": 100.0, "auto": 260.0}}],
    }


def test_time_is_told_by_the_megapixel() -> None:
    text = tables(_results())

    assert "| portrait, generated | 6000x4000 | any way | 50.0 | 50.0 | 0 | 1 | 24 | 2400 | 100 |" in text
    assert "| generated | 2 | 24.0 | 0 | 3 |" in text
    assert "| 6000x4000 | 72 | 100 | 260 |" in text


def test_results_are_kept_as_json_and_as_a_page(tmp_path: Path) -> None:
    write_tiles(_results(), tmp_path)

    assert json.loads((tmp_path / "tiles.json").read_text())["large"][0]["auto"]["ms"] == 2400
    assert (tmp_path / "tiles.md").read_text().startswith("# Large pictures\n")
