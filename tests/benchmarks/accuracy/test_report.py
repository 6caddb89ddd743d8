"""The report: tables and plots from results alone, also where a score is missing."""

import json

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.accuracy.reliability import MULTIPLES
from benchmarks.accuracy.report import headline, markdown, read_results, write_report
from benchmarks.accuracy.scores import CURVE_PERCENT
from benchmarks.accuracy.summary import summary
from benchmarks.reporting.systems import ONE_LOOK, OURS
from train.errors import DataError


def results() -> dict:
    score = {"recall": 99.5, "nme": 3.0, "nmec": 2.5, "fail10": 0.5}
    missed = {"recall": 0.0, "nme": float("nan"), "nmec": float("nan"), "fail10": 100.0}
    curve = [min(100.0, 8 * float(error)) for error in CURVE_PERCENT]
    found = {
        "ap": 0.9,
        "ap_coco": 0.95,
        "recall": 0.8,
        "precision": 0.95,
        "false_alarms": 0.1,
        "curve": [[0.5, 1.0], [0.9, 0.8]],
    }
    unranked = {**found, "ap": None, "ap_coco": None, "curve": []}
    shares = [min(100.0, 40 * float(multiple)) for multiple in MULTIPLES]
    within = {"within_1": 62.0, "within_2": 87.0, "within_1_corrected": 64.0, "within_2_corrected": 88.0}
    laplace = {"laplace_1": 63.2, "laplace_2": 86.5}
    still = {"clip": "still, near", "kind": "still", "eyes_px": 72.0, "found": 1.0}
    passing = {"clip": "passing, near", "kind": "passing", "eyes_px": 72.0, "found": 1.0}
    return {
        "command": "python -m benchmarks accuracy --data DATA",
        "machine": {"processor": "a processor", "cores": 2, "system": "a system", "load": 0.1},
        "versions": {"onnxruntime": "1.0"},
        "models": [
            {"name": n, "sha256": "0" * 64, "kilobytes": 9, "obtained": "cpu", "reason": None}
            for n in ("detector", "landmarks")
        ],
        "times": {"detector_320x256_ms": 2.0, "landmarks_ms": 0.8},
        "faces": {
            "portraits": {
                "images": 9,
                "systems": {
                    OURS: {**score, "points": 5, "curve": curve},
                    "blazeface": {**score, "nmec": 6.0, "points": 3, "curve": curve},
                    "blind": {**missed, "points": 5, "curve": [0.0] * len(curve)},
                },
                "turned": {"0": score, "90": score, "180": {**score, "recall": 98.0, "nmec": 2.75}, "270": missed},
                "pixelated": {"12": missed, "24": score},
                "sigma": {
                    "errors": 90,
                    "shares": shares,
                    "shares_corrected": shares,
                    **within,
                    **laplace,
                    "groups": [[1.0, 1.1], [2.0, 1.9]],
                },
            }
        },
        "scenes": {
            "streets": {
                "images": 4,
                "faces": {"20": 30, "40": 10},
                "long_sides": {OURS: [320, 640], ONE_LOOK: [320]},
                "systems": {
                    OURS: {"lowest_score": 0.02, "threshold": 0.6, "20": found, "40": found},
                    ONE_LOOK: {"lowest_score": 0.02, "threshold": 0.5, "20": found, "40": found},
                    "mute": {"lowest_score": None, "20": unranked, "40": unranked},
                },
                "light": [
                    {"from": 0, "below": 50, "faces": 0, "found": {}},
                    {"from": 50, "below": 256, "faces": 30, "found": {OURS: 93.3, ONE_LOOK: 80.0}},
                ],
            }
        },
        "jitter": [
            {**still, "raw": {"flicker": 0.3, "wander": 0.3}, "smooth": {"flicker": 0.1, "wander": 0.1}},
            {**passing, "raw": {"lag": 0.1}, "smooth": {"lag": 0.6}},
            {**passing, "clip": "passing, far", "found": 0.0, "raw": None, "smooth": None},
        ],
        "false_alarms": {"images": 200, "faces": 1, "detections": 2, "images_with_faces": 1}
        | {"faces_per_1000": 5.0, "detections_per_1000": 10.0},
        "seconds": 1.0,
    }


def test_every_plot_and_table_is_written_and_can_be_made_again(tmp_path):
    plots = write_report(results(), tmp_path)
    assert [path.name for path in plots] == [
        "portraits-errors.png",
        "portraits-rotation.png",
        "portraits-face-size.png",
        "portraits-sigma.png",
        "streets-detection.png",
        "jitter.png",
    ]
    text = (tmp_path / "accuracy.md").read_text()
    assert all(f"({path.name})" in text and path.stat().st_size > 5000 for path in plots)
    write_report(read_results(tmp_path), tmp_path)
    assert (tmp_path / "accuracy.md").read_text() == text


def test_the_json_has_null_where_there_is_no_score(tmp_path):
    write_report(results(), tmp_path)
    stored = json.loads((tmp_path / "accuracy.json").read_text(), parse_constant=pytest.fail)
    assert stored["faces"]["portraits"]["systems"]["blind"]["nmec"] is None


def test_the_headline_has_ours_first_and_bold():
    lines = headline(results()).splitlines()
    assert lines[2] == "| **smile-edge** | 99.50 | 2.50 | 0.50 | 0.900 | 0.900 |"
    assert [line.split(" | ")[0] for line in lines[3:]] == [
        "| smile-edge, one look (--fast)",
        "| BlazeFace",
        "| blind",
        "| mute",
    ]


def test_the_report_says_how_it_was_made_and_what_limits_the_peers():
    text = markdown(results())
    assert "    python -m benchmarks accuracy --data DATA\n" in text
    assert "BlazeFace gives 3 of the five points" in text
    assert "mute has no scores" in text
    assert "5 faces reported per 1,000 images" in text


def test_the_report_counts_faces_by_their_light_and_does_without_where_it_is_not_known():
    known = results()
    text = markdown(known)
    assert "| grey value | faces | smile-edge | smile-edge, one look (--fast) |" in text
    assert "| 0 to 49 | 0 | - | - |" in text
    assert "| 50 to 255 | 30 | 93.3 | 80.0 |" in text
    del known["scenes"]["streets"]["light"]
    assert "grey value" not in markdown(known)


def test_a_folder_without_results_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"holds no accuracy\.json"):
        read_results(tmp_path)


def test_the_readme_s_tables_hold_the_worst_turn_the_peers_in_order_and_the_detection(tmp_path):
    write_report(results(), tmp_path)
    lines = summary(read_results(tmp_path)).splitlines()
    names = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    assert names[:3] == ["portraits, 9 faces", "---", "**smile-edge**, upright"]
    (worst,) = [line for line in lines if "worst of 4 turns" in line]
    assert [float(cell) for cell in worst.split("|")[2:5]] == [0.0, 2.75, 100.0]
    blaze = names.index("BlazeFace, upright, its 3 points")
    assert blaze < names.index("blind, upright") < names.index("streets: **smile-edge**")
    columns = [line.split("|")[4].strip() for line in lines if line.startswith(("| scenes", "| streets: **"))]
    assert columns == ["scores down to", "0.02"]
    (errors,) = [line for line in lines if line.startswith("- Errors on portraits: ")]
    assert "62.0 % within 1 sigma (label conventions taken off: 64.0; Laplace: 63.2)" in errors


def test_the_report_has_both_shares_of_errors_beside_laplace_s():
    lines = markdown(results()).splitlines()
    start = lines.index("| errors of x and of y, % | within 1 sigma | within 2 sigma |")
    assert lines[start + 2 : start + 5] == [
        "| as they are | 62.0 | 87.0 |",
        "| less the median offset per point, as in nmec | 64.0 | 88.0 |",
        "| Laplace | 63.2 | 86.5 |",
    ]


def test_results_from_before_the_corrected_shares_are_still_reported(tmp_path):
    old = results()
    for key in ("within_1_corrected", "within_2_corrected", "shares_corrected"):
        del old["faces"]["portraits"]["sigma"][key]
    write_report(old, tmp_path)
    assert "less the median offset" not in (tmp_path / "accuracy.md").read_text()
    assert "62.0 % within 1 sigma (Laplace: 63.2)" in summary(old)
