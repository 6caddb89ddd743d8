"""The speed suites: what they count, how they start their cases, compare results, and answer bad input."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from repository import ROOT
from stand_ins import write_models

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.readme import speed_table, write_all
from benchmarks.reporting.environment import models_used, place
from benchmarks.reporting.markdown import origin, ran_on
from benchmarks.reporting.placeholders import fill_places
from benchmarks.speed.harness.commands import record_times
from benchmarks.speed.harness.process import run_here, run_suite
from benchmarks.speed.harness.suite import Case, Child, Plan, Suite, figure, missing, of_rows, ratio, timing
from benchmarks.speed.registry import SUITES
from benchmarks.speed.report.compare import compare
from benchmarks.speed.report.plot_marks import amount
from benchmarks.speed.report.results import read_results, rows_table
from benchmarks.speed.report.write import write_results
from benchmarks.speed.suites.peers import FACES, MEDIAPIPE, OURS, YUNET, stream_name
from benchmarks.speed.suites.scene import SIZES, compose, write_video
from smile_edge.errors import UsageError
from smile_edge.runtime.manifest import find_models, sha256_of
from smile_edge.runtime.model_loader import load_model
from train.errors import DataError


def run(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *words], capture_output=True, text=True, check=False, cwd=ROOT
    )


def order(work: str, **settings) -> dict:
    return {"work": work, "settings": settings, "paths": {}, "models": None, "provider": "cpu"} | {
        "seconds": 0.01, "scratch": ".", "cores": None
    }  # fmt: skip


def row_of(suite: str, name: str, value: float) -> dict:
    """A row as the suite would give it."""
    if suite == "memory":
        return {**figure(value, "MB", noise=1.0), "frames": 9, "warm_up": 1, "at": [1, 9], "resident_mb": [90, 91]} | {
            "peak_mb": 91
        }
    if suite == "startup":
        parts = {"Python": 0.1, "imports": 0.2, "models": 0.25, "first landmarks": value}
        return {**figure(value, "s"), "wall_s": 2 * value, **({"cpu_s_at": parts} if name == "first landmarks" else {})}
    if suite == "age":
        without = {"without_p50_ms": value, "without_p99_ms": value} if "sleeps" in name else {}
        ages = {"p50_ms": value / 2, "p95_ms": value, "p99_ms": value, **without}
        return figure(value, "ms", **ages, percentiles_ms=[value] * 101)
    if suite in ("fps", "batch"):
        return figure(value, "fps" if suite == "fps" else "images/s", "higher")
    return timing([value / 1000] * 5)


def results_of(name: str, value: float = 2.0, quick: bool = False) -> dict:
    """What a suite would leave, every case at one value, its ratios with it."""
    suite = SUITES[name]
    rows = []
    for case in suite.cases(Plan(Path("."))):
        settings = {"settings": dict(case.settings)}
        rows.append({"name": case.name, **settings, **row_of(name, case.name, value)})
    rows += suite.derive({row["name"]: row for row in rows})
    model = {
        "name": "detector",
        "sha256": "0" * 64,
        "precision": "int8",
        "kilobytes": 9,
        "obtained": "cpu",
        "reason": None,
    }
    head = {"command": f"python -m benchmarks {name}", "schema": 1, "suite": name, "quick": quick}
    return {**head, **place(), "models": [model], "rows": rows, "seconds": 1.0}


@pytest.mark.parametrize("name", list(SUITES))
@pytest.mark.parametrize("quick", [False, True])
def test_every_case_has_its_own_name_and_a_work(name, quick):
    suite = SUITES[name]
    cases = suite.cases(Plan(Path("."), quick, options={"command": ["x {video}"]}))
    assert len({case.name for case in cases}) == len(cases) > 0
    assert {case.work for case in cases} <= set(suite.works)


def test_a_scene_shows_so_many_faces_inside_the_picture_and_comes_back_to_its_start():
    scene = compose("720p", 16, 6)
    width, height = SIZES["720p"]
    assert scene.points.shape == (6, 16, 49, 2)
    assert (scene.points >= 0).all()
    assert (scene.points < [width, height]).all()
    steps = np.abs(np.diff(scene.points, axis=0)).max()
    assert np.abs(scene.points[-1] - scene.points[0]).max() <= steps


def test_the_pipeline_finds_the_faces_of_a_scene():
    row = SUITES["fps"].works["stream"](
        Child({"size": "480p", "faces": 4, "tracking": True}, paths={}, models=None, provider="cpu", seconds=0.01,
              scratch=".")
    )  # fmt: skip
    assert row["faces_found"] == 4
    assert row["unit"] == "fps"
    assert row["value"] == pytest.approx(row["fps"])


def test_a_slow_output_is_compared_with_none_in_the_same_run():
    row = SUITES["age"].works["sleeping"](
        Child({"seconds": 1.4}, paths={}, models=None, provider="cpu", seconds=0.01, scratch=".")
    )
    assert row["frames"] == 20  # of the first second's thirty, a third of them to warm up
    assert 0 < row["without_p50_ms"] <= row["without_p99_ms"]
    changes = [row["value"] for row in results_of("age")["rows"] if "over without" in row["name"]]
    assert changes == [0.5, 1]


def test_the_median_round_counts_and_all_rounds_are_kept():
    rounds = [[{"name": "a", **figure(value, "ms"), "p95_ms": 10 * value}] for value in (3.0, 1.0, 2.0)]
    (row,) = of_rows(rounds)
    assert (row["value"], row["p95_ms"], row["rounds"]) == (2.0, 20.0, [3.0, 1.0, 2.0])


def test_a_ratio_needs_both_figures():
    rows = {"a": figure(6, "ms"), "b": figure(2, "ms"), "gone": missing("gone", "why")}
    assert ratio("r", rows, "a", "b")[0]["value"] == 3
    assert ratio("r", rows, "a", "gone") == ratio("r", rows, "never", "b") == []


TINY_NETWORK = {"model": "detector", "width": 64, "height": 64, "precision": "float32"}


def test_each_case_runs_in_a_process_of_its_own_with_the_provider_in_the_result(tmp_path):
    cases = [
        Case("detector", "network", TINY_NETWORK),
        Case("gone", "network", absent="nobody has it"),
    ]
    suite = SUITES["latency"]
    results = run_suite(Suite("latency", "", lambda plan: cases, suite.works), Plan(tmp_path, quick=True))
    measured, absent = results["rows"]
    assert measured["calls"] >= 20
    assert absent == {"name": "gone", "missing": "nobody has it"}
    assert [[model[k] for k in ("name", "obtained", "precision")] for model in results["models"]] == [
        ["detector", "cpu", "float32"]
    ]
    assert {"machine", "versions"} <= set(results)


def test_a_case_that_fails_is_one_line_with_its_own_reason(tmp_path):
    suite = SUITES["latency"]
    plan = Plan(tmp_path, quick=True, models=tmp_path)
    case = Case("detector", "network", TINY_NETWORK)
    with pytest.raises(DataError, match=r"^the case 'detector' failed: .*detector\.json"):
        run_suite(Suite("latency", "", lambda plan: [case], suite.works), plan)


@pytest.mark.parametrize("broken", [order("nothing"), {}, {"work": "network"}])
def test_an_unknown_case_or_half_an_order_is_refused(broken):
    with pytest.raises(UsageError):
        run_here(SUITES["latency"], broken)


def test_peers_that_were_not_given_are_said(tmp_path):
    cases = {case.name: case for case in SUITES["peers"].cases(Plan(tmp_path))}
    assert "--setup-mediapipe" in cases[stream_name(MEDIAPIPE, FACES[0])].absent
    assert "--yunet" in next(case for name, case in cases.items() if name.startswith(YUNET)).absent
    assert cases[stream_name(OURS, FACES[0])].absent is None
    rows = [missing(case.name, case.absent) for case in cases.values() if case.absent]
    assert rows_table(rows).count("Not measured: ") == len(rows) == 7


@pytest.mark.parametrize("option", ["mediapipe", "yunet"])
def test_a_peer_that_was_given_and_is_not_there_is_an_error(tmp_path, option):
    with pytest.raises(DataError, match=r"gone"):
        SUITES["peers"].cases(Plan(tmp_path, options={option: tmp_path / "gone"}))


def write_yunet(path: Path) -> None:
    """A network with YuNet's inputs and outputs (and no idea of faces)."""
    onnx = pytest.importorskip("onnx", reason="needs onnx: pip install '.[dev]'")
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes, weights, outputs = [], [], []
    for name, channels in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in (8, 16, 32):
            out, filters = f"{name}_{stride}", np.zeros((channels, 3, stride, stride), np.float32)
            weights.append(onnx.numpy_helper.from_array(filters, f"{out}_w"))
            weights.append(onnx.numpy_helper.from_array(np.array([1, -1, channels]), f"{out}_s"))
            nodes.append(make.make_node("Conv", ["input", f"{out}_w"], [f"{out}_a"], strides=[stride, stride]))
            nodes.append(make.make_node("Transpose", [f"{out}_a"], [f"{out}_b"], perm=[0, 2, 3, 1]))
            nodes.append(make.make_node("Reshape", [f"{out}_b", f"{out}_s"], [out]))
            outputs.append(make.make_tensor_value_info(out, kind, [1, None, channels]))
    image = make.make_tensor_value_info("input", kind, [1, 3, "height", "width"])
    graph = make.make_graph(nodes, "yunet", [image], outputs, weights)
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 13)], ir_version=8), path)


def test_yunet_is_timed_in_opencv_and_in_onnxruntime(tmp_path):
    write_yunet(tmp_path / "yunet.onnx")
    np.save(tmp_path / "1.npy", compose("480p", 1, 1).images)
    paths = {"file": str(tmp_path / "yunet.onnx")}
    child = Child({"faces": 1}, paths=paths, models=None, provider="cpu", seconds=0.01, scratch=str(tmp_path))
    works = SUITES["peers"].works
    assert works["yunet_bare"](child)["size"] == "640x480"
    assert works["yunet"](child)["faces_found"] == 0
    (tmp_path / "yunet.onnx").write_bytes(b"not a network")
    with pytest.raises(DataError, match="no YuNet"):
        works["yunet"](child)


def speaker(folder: Path, body: str) -> str:
    """A command that runs these lines of Python with the video as its argument."""
    (folder / "speaker.py").write_text("import json, sys, time\n" + body)
    return f"{sys.executable} {folder / 'speaker.py'} {{video}}"


def test_a_command_is_timed_by_its_records(tmp_path):
    body = 'for i in range(60): time.sleep(0.002); print(json.dumps({"faces": [{}, {}]}), flush=True)\n'
    seconds, faces = record_times(speaker(tmp_path, body), tmp_path / "video.avi")
    assert faces == 2
    assert len(seconds) == 49
    assert np.mean(seconds) >= 0.002


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('print("hello")\n', "line 1: hello"),
        ('print(json.dumps({"faces": []}))\n', "1 records"),
        ('sys.exit("no camera")\n', "ended with 1: no camera"),
    ],
)
def test_a_command_that_says_something_else_is_one_line(tmp_path, body, said):
    with pytest.raises(DataError, match=said):
        record_times(speaker(tmp_path, body), tmp_path / "video.avi")


@pytest.mark.parametrize("command", ["program", "gone-program {video}", "program '{video}"])
def test_a_command_that_cannot_be_started_is_one_line(tmp_path, command):
    with pytest.raises(DataError, match="--command"):
        record_times(command, tmp_path / "video.avi")


def test_our_own_command_line_speaks_the_lines_that_are_timed(tmp_path):
    video = write_video(tmp_path / "v.avi", compose("480p", 1, 8).images, 40)
    seconds, faces = record_times("smile-edge webcam --source {video} --no-show --jsonl - --provider cpu", video)
    assert len(seconds) == 29
    assert faces == 1


@pytest.mark.parametrize("name", list(SUITES))
def test_every_suite_has_a_table_and_a_plot_and_can_be_read_again(tmp_path, name):
    path = write_results(results_of(name), tmp_path)
    text = path.with_suffix(".md").read_text()
    assert f"({name}.png)" in text
    assert all(case.name in text for case in SUITES[name].cases(Plan(Path("."))))
    assert path.with_suffix(".png").stat().st_size > 5000
    assert read_results(path)["rows"][0]["value"] == 2.0


def test_amounts_read_as_people_say_them():
    assert [amount(*pair) for pair in ((0.0123, "ms"), (2.345, "ms"), (45.67, "ms"), (5.2, "x"), (411.7, "fps"))] == [
        "12 µs", "2.35 ms", "45.7 ms", "x 5.20", "412 fps"
    ]  # fmt: skip


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


def test_the_exit_code_tells_a_regression(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, value in ((old, 2.0), (new, 4.0)):
        folder.mkdir()
        write_results(results_of("startup", value), folder)
    assert run("compare", str(old), str(old)).returncode == 0
    done = run("compare", str(old), str(new))
    assert done.returncode == 1
    assert "worse by more than 15%: startup: first landmarks" in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), ("{", "no result"), ('{"rows": 3}', "no result"), ("[]", "no result"),
     (json.dumps({"rows": [], "schema": 9, "suite": "fps"}), "another version"),
     (json.dumps({"rows": [], "schema": 1, "suite": "speed"}), "there is no suite")],
)  # fmt: skip
def test_what_is_no_result_is_refused_by_name(tmp_path, content, said):
    path = tmp_path / "fps.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match=said) as caught:
        read_results(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "gone", "gone"),
        ("report", "--results", "gone"),
        ("latency", "--models", "gone"),
        ("fps", "--provider", "abacus"),
        ("batch", "--out", "pyproject.toml"),
        ("peers", "--yunet", "gone.onnx", "--out", "OUT"),
        ("peers", "--setup-mediapipe", "OUT", "--python", "gone-python"),
        ("_case", "gone", "{}"),
        ("_case", "fps", "["),
        ("_case", "fps", "[]"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, words):
    done = run(*(str(tmp_path / "out") if word == "OUT" else word for word in words))
    assert done.returncode == 2
    assert done.stderr.startswith("benchmarks: error: ")
    assert done.stderr.count("\n") == 1


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


def test_the_readme_has_a_place_for_the_table_of_speed():
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.index("<!-- benchmarks: speed -->\n") < text.index("<!-- benchmarks: end of speed -->\n")


def test_the_report_fills_the_readme_from_all_suites(tmp_path):
    folder, readme = tmp_path / "results", tmp_path / "README.md"
    folder.mkdir()
    readme.write_text("<!-- benchmarks: speed -->\n<!-- benchmarks: end of speed -->\n")
    speed = {name: results_of(name) for name in SUITES}
    for results in speed.values():
        write_results(results, folder)
    assert any("table of speed filled in" in line for line in write_all(folder, readme))
    text = readme.read_text()
    assert "(results/peers.png)" in text
    assert "| stream, 640x480, at most 1 face, tracked | 2.00 ms (p95 2.00 ms) |" in text
    assert "100% of a bare `cv2.imread` loop" in text
    assert place()["machine"]["processor"] in text
    assert "MediaPipe Face Mesh: " not in speed_table({"fps": speed["fps"]}, folder, readme)
    assert "other models" not in text
    speed["memory"]["models"][0]["sha256"] = "1" * 64
    assert "(memory: with other models than the rest)" in speed_table(speed, folder, readme)


def test_a_suite_leaves_json_table_and_plot(tmp_path):
    done = run("memory", "--quick", "--frames", "30", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    results = read_results(tmp_path / "memory.json")
    (row,) = results["rows"]
    assert row["frames"] == row["at"][-1] == 30
    assert 10 < row["peak_mb"] < 2000
    assert results["command"] == "python -m benchmarks memory --quick --frames 30"
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".md", ".png"}


def test_image_batch_and_the_bare_loop_go_over_the_same_files(tmp_path):
    batch = SUITES["batch"]
    batch.prepare(Plan(tmp_path, quick=True))
    child = Child({"workers": 1}, paths={}, models=None, provider="cpu", seconds=0.01, scratch=str(tmp_path))
    rows = [batch.works[work](child) for work in ("bare imread loop", "image batch", "image batch --fast")]
    assert [row["images"] for row in rows] == [16, 16, 16]
    assert [row["faces_found"] for row in rows[1:]] == [4, 4]
    assert {model["obtained"] for model in child.used} == {"cpu"}


def test_a_result_names_the_quantised_file_and_its_precision():
    report = load_model("landmarks", provider="cpu", precision="int8")[1].report
    (used,) = models_used({"landmarks": report}, find_models())
    assert (used["file"], used["precision"]) == ("landmarks-int8.onnx", "int8")
    assert used["sha256"] == sha256_of(find_models() / "landmarks-int8.onnx")
    old = {"name": "detector", "obtained": "cpu"}  # of a result from before there was a choice
    assert ran_on([used, old]) == "cpu, cpu int8"
    assert "| int8 | cpu" in origin({**results_of("latency"), "models": [used]})


def test_a_quantised_network_that_is_not_there_is_a_gap_and_not_a_failure(tmp_path):
    write_models(tmp_path)
    settings = {"model": "landmarks", "precision": "int8"}
    child = Child(settings, paths={}, models=str(tmp_path), provider="cpu", seconds=0.01, scratch=str(tmp_path))
    row = SUITES["latency"].works["network"](child)
    assert list(row) == ["missing"]
    assert "there is no landmarks-int8.json" in row["missing"]
