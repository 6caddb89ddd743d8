"""`compare --paired` as a command: its table, exit codes, bad input in one line."""

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from paired_checkouts import STUB, checkout_in, stub

from benchmarks.__main__ import app
from benchmarks.speed.paired.cases import CASES
from benchmarks.speed.paired.rounds import HERE


def run(*words: str | Path):
    return CliRunner().invoke(app, ["compare", *map(str, words)])


@pytest.mark.parametrize(("new", "options", "code"), [(1.0, [], 0), (1.1, [], 1), (1.1, ["--tolerance", "0.2"], 0)])
def test_the_command_prints_a_table_and_its_exit_code_tells_a_loss(tmp_path, monkeypatch, new, options, code):
    monkeypatch.setitem(CASES, STUB, stub(new=[new]))
    words = ["--paired", checkout_in(tmp_path), "--case", STUB, "--rounds", "11", "--out", tmp_path / "o.json"]
    done = run(*words, *options)
    assert done.exit_code == code, done.output
    assert f"| {STUB} | a run | 1000.0 ms | {1000 * new:.1f} ms | {new:.3f} | {new:.3f} to {new:.3f} |" in done.stdout
    assert ("worse by more than 3%: stub" in done.stderr) == (code == 1)
    results = json.loads((tmp_path / "o.json").read_text())
    assert results["command"].startswith("python -m benchmarks compare --paired PAIRED --case stub --rounds 11")
    assert results["old_commit"] is None
    assert {"machine", "versions", "new_commit", "confidence"} <= set(results)
    (case,) = results["cases"]
    assert math.isclose(case["ratio"], new)
    assert len(case["rounds_ms"]) == 11


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--paired", "gone"], "gone, which is not a folder"),
        (["--paired", "tests"], "tests, which is no checkout: it has no smile_edge/__init__.py"),
        (["--paired", ".", "--rounds", "10"], "'--rounds'"),
        (["--paired", ".", "--case", "gone"], "there is no case 'gone'"),
        (["--paired", ".", "--out", "gone/out.json"], "--out must name a file in a folder that is there"),
        (["a", "b", "--paired", "."], "name two results or --paired OLD_CHECKOUT, not both"),
        ([], "name two results to compare, OLD and NEW, or another checkout"),
        (["a"], "name two results to compare"),
        (["a", "b", "--rounds", "11"], "--rounds goes with --paired"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(words, said, monkeypatch, capsys):
    from benchmarks.__main__ import main

    monkeypatch.chdir(HERE)
    monkeypatch.setattr("sys.argv", ["benchmarks", "compare", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    text = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in text
    assert text.startswith("benchmarks: error: ")
    assert text.count("\n") == 1
