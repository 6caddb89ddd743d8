"""The report: tables and plots from results alone, also where a score is missing."""

import json

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from accuracy_results import results

from benchmarks.accuracy.report import headline, markdown, read_results, write_report
from train.errors import DataError


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


def test_the_report_has_both_shares_of_errors_beside_laplace_s():
    lines = markdown(results()).splitlines()
    start = lines.index("| errors of x and of y, % | within 1 sigma | within 2 sigma |")
    assert lines[start + 2 : start + 5] == [
        "| as they are | 62.0 | 87.0 |",
        "| less the median offset per point, as in nmec | 64.0 | 88.0 |",
        "| Laplace | 63.2 | 86.5 |",
    ]
