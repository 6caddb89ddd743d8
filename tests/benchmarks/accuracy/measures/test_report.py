"""Tables of pose, smile, eyes and inner points, also where a figure is missing."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from accuracy_results import results

from benchmarks.accuracy.measures.report import measures_facts, measures_headline, measures_sections
from benchmarks.accuracy.report import headline, markdown, read_results, write_report
from benchmarks.accuracy.summary import summary

AXES = ("yaw", "pitch", "roll", "mean")


def errors(*corrected):
    return {
        "raw": dict(zip(AXES, (9.0, 9.0, 9.0, 9.0), strict=True)),
        "offset": dict(zip(AXES[:3], (0.5, -0.5, 0.0), strict=True)),
        "corrected": dict(zip(AXES, corrected, strict=True)),
    }


def measured():
    """Results with packs of every kind; the second pose pack shows no face."""
    nothing = {kind: dict.fromkeys(AXES) for kind in ("raw", "offset", "corrected")}
    angles = {
        "heads": {
            "images": 20, "missed": 1, "order": "roll_yaw_pitch",
            "orders": {"pitch_yaw_roll": errors(2.0, 3.0, 4.0, 3.0), "roll_yaw_pitch": errors(1.0, 2.0, 3.0, 2.0)},
            "smile": {"faces": 19, "smiling": 9, "auc": 0.9876, "accuracy": 94.7},
        },
        "nobody": {
            "images": 2, "missed": 2, "order": "pitch_yaw_roll",
            "orders": {"pitch_yaw_roll": nothing, "roll_yaw_pitch": nothing}, "smile": None,
        },
    }  # fmt: skip
    shares = {f"within_{k}{ending}": 60.0 + k for k in (1, 2) for ending in ("", "_corrected")}
    found = {"eyes": 40, "each_eye": 0.81, "both_eyes": 0.85}
    dense = {
        "wild": {
            "images": 20, "missed": 0,
            "error": {"all": 4.0, "brows": 6.0, "nose": 3.0, "eyes": 2.0, "lips": 5.0},
            "sigma": {"errors": 1960, **shares, "laplace_1": 63.2, "laplace_2": 86.5},
            "eyes": {"points": found, "readout": {**found, "each_eye": 0.84}, "blink": {**found, "each_eye": None}},
        }
    }  # fmt: skip
    error = {"mean": 0.21, "max": 0.88}
    followed = {"missed": 3, "pitch_yaw_roll": error, "roll_yaw_pitch": None}
    roll = {"frames": 360, "upright": {"yaw": 1.0, "pitch": 2.0, "roll": 3.0}, "raw": followed, "smooth": followed}
    return {**results(), "angles": angles, "dense": dense, "demo_roll": roll}


def test_the_headline_has_each_pack_in_the_order_that_fits_its_labels():
    lines = measures_headline(measured()).splitlines()
    assert lines[2] == "| heads, 20 faces | 1 | roll, yaw, pitch | 1.00 | 2.00 | 3.00 | 2.00 | 0.9876 | 94.7 |"
    assert lines[3] == "| nobody, 2 faces | 2 | pitch, yaw, roll | - | - | - | - | - | - |"
    assert lines[2] in headline(measured()).splitlines()


def test_the_report_has_both_orders_and_says_what_they_are():
    text = markdown(measured())
    assert "| pitch, yaw, roll, as they are | 9.00 | 9.00 | 9.00 | 9.00 |" in text
    assert "| **roll, yaw, pitch**, as they are | 9.00 | 9.00 | 9.00 | 9.00 |" in text
    assert "| less the median offset | 2.00 | 3.00 | 4.00 | 3.00 |" in text
    assert "R = Rz(-roll) Ry(yaw) Rx(-pitch)" in text
    assert "AUC 0.9876, accuracy at 0.5 94.7 %" in text


def test_the_report_has_inner_points_by_part_sigma_and_eyes():
    lines = markdown(measured()).splitlines()
    assert "| 4.00 | 6.00 | 3.00 | 2.00 | 5.00 |" in lines
    assert "| as they are | 61.0 | 62.0 |" in lines
    assert "| 1 - blink | 40 | - | 0.850 |" in lines
    assert "| smoothed | 360 | 3 | 0.210 | 0.880 | - | - |" in lines


def test_measures_survive_the_json(tmp_path):
    write_report(measured(), tmp_path)
    text = (tmp_path / "accuracy.md").read_text()
    write_report(read_results(tmp_path), tmp_path)
    assert (tmp_path / "accuracy.md").read_text() == text


def test_packs_of_poses_alone_make_a_report_without_other_systems():
    text = markdown({**measured(), "faces": {}, "scenes": {}})
    assert "Side by side" not in text
    assert "| heads, 20 faces |" in text


def test_the_readme_gets_a_line_a_pack_and_one_for_the_demo():
    lines = summary(measured()).splitlines()
    assert (
        "- Head pose on heads, 20 faces, 1 missed, constant offsets taken off: yaw 1.0°, pitch 2.0°, roll 3.0°, "
        "mean 2.0°; smile: AUC 0.988." in lines
    )
    assert any(line.startswith("- Inner points on wild, 20 faces: off by 4.00 %") for line in lines)
    assert "- Roll of the demo over the full circle, smoothed: off by 0.21°, at most 0.88°." in lines


def test_older_results_have_no_measures():
    old = results()
    assert measures_headline(old) == ""
    assert measures_sections(old) == measures_facts(old) == []
    assert "Head pose and smile" not in markdown(old)
