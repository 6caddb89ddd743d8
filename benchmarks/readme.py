"""The tables of the README and of `docs/tables.md`, and `report`: everything again from the results."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.gpu.report import read_results as read_gpu_results
from benchmarks.gpu.report import short_table, write_page
from benchmarks.gpu.run import RESULT as GPU_JSON
from benchmarks.reporting.markdown import number, ran_on, table
from benchmarks.reporting.placeholders import fill_places, place_names
from benchmarks.reporting.plot_style import label
from benchmarks.reporting.systems import OURS as OUR_SYSTEM
from benchmarks.speed.harness.suite import Row
from benchmarks.speed.report.plot_marks import amount
from benchmarks.speed.report.results import results_in
from benchmarks.speed.report.write import write_results
from benchmarks.speed.suites.age import OUTPUTS as AGE_OUTPUTS
from benchmarks.speed.suites.batch import BATCH_WORK, FAST_WORK, share_name
from benchmarks.speed.suites.batch import case_name as batch_name
from benchmarks.speed.suites.fps import case_name as fps_name
from benchmarks.speed.suites.latency import NETWORK_PRECISIONS, network_name
from benchmarks.speed.suites.peers import (
    FACES,
    MEDIAPIPE,
    ONE_LOOK,
    OURS,
    REFINED,
    YUNET,
    YUNET_BARE,
    fresh_name,
    stream_name,
)
from benchmarks.speed.suites.scene import faces_text
from train.errors import DataError

__all__ = ["headline_table", "speed_table", "write_all"]

Results = dict[str, Any]
LABEL_OURS = label(OUR_SYSTEM)
NOT_MEASURED = "not measured"
_SHORT = [LABEL_OURS, "MediaPipe Face Mesh", "SCRFD 2.5G", "YuNet"]
"""Systems of the short table, in its order."""

Figures = dict[tuple[str, str], Row]
"""Measured rows by suite and name."""


def write_all(folder: Path, readme: Path, docs: Path = Path("docs/cuda.md")) -> list[str]:
    """Makes every table and plot in `folder` again, and fills the places of the README and of `docs/tables.md`.

    Args:
        folder: with the results.
        readme: has places for tables: `short`, `speed`, `accuracy`; those that it has not are in `docs/tables.md`.
        docs: has one for the table of the GPU run.

    Returns:
        What was done, a line each.

    Raises:
        DataError: there are no results, one of them is damaged, or the README cannot be written.
    """
    from benchmarks.accuracy.report import JSON_NAME, write_report
    from benchmarks.accuracy.report import read_results as read_accuracy
    from benchmarks.accuracy.summary import summary

    speed = results_in(folder)
    done = [f"{write_results(results, folder)}: table and plot made" for results in speed.values()]
    tables: dict[str, str] = {}
    if (folder / JSON_NAME).is_file():
        accuracy = read_accuracy(folder)
        try:
            write_report(accuracy, folder)
        except (KeyError, TypeError) as error:
            raise DataError(f"{folder / JSON_NAME} lacks {error}: run `python -m benchmarks accuracy` again") from None
        done.append(f"{folder / JSON_NAME}: tables and plots made")
        tables = {"short": headline_table(accuracy, speed), "accuracy": summary(accuracy)}
    if (folder / GPU_JSON).is_file():
        done += _gpu_page(folder, docs)
    elif not tables and not speed:
        raise DataError(f"{folder} holds no results: run `python -m benchmarks all` first")
    return done + _filled([readme, readme.parent / "docs" / "tables.md"], tables, speed, folder)


def _filled(pages: list[Path], tables: dict[str, str], speed: dict[str, Results], folder: Path) -> list[str]:
    """Fills the places of all pages; what was done, and which tables have no place, a line each."""
    done, absent = [], [*(["speed"] if speed else []), *(name for name in tables if name != "short")]
    for page in pages:
        if page != pages[0] and not page.is_file():
            continue
        filled = fill_places(page, tables | ({"speed": speed_table(speed, folder, page)} if speed else {}))
        done += [f"{page}: table of {name} filled in" for name in filled]
        absent = [name for name in absent if name not in filled]
    if absent:
        done.append(f"{pages[0]} has no place for {' and '.join(absent)}: add the lines {place_names(absent)}")
    return done


def _gpu_page(folder: Path, docs: Path) -> list[str]:
    """The page of the GPU run and its short table; what was done, a line each."""
    results = read_gpu_results(folder)
    done = [f"{write_page(results, folder)}: tables made"]
    if fill_places(docs, {"gpu": short_table(results)}):
        done.append(f"{docs}: table of the GPU run filled in")
    return done


def headline_table(accuracy: Results, speed: dict[str, Results]) -> str:
    """Ours beside what most people would take: errors upright and turned, and a frame of a stream with one face."""
    rows: Figures = {(s, row["name"]): row for s, r in speed.items() for row in r["rows"] if "value" in row}
    pack, scores = next(iter(accuracy["faces"].items()))
    turned = [score["fail10"] for score in scores["turned"].values() if score["fail10"] is not None]
    worst = max(turned, default=None)
    times = {LABEL_OURS: stream_name(OURS, 1), "MediaPipe Face Mesh": stream_name(MEDIAPIPE, 1)}
    lines = []
    for name, score in scores["systems"].items():
        if label(name) not in _SHORT:
            continue
        ours = label(name) == LABEL_OURS
        row = rows.get(("peers", times.get(label(name), "")))
        figures = [number(score["nmec"]), number(score["fail10"]), number(worst) if ours else NOT_MEASURED]
        time = number(row["value"]) if row else NOT_MEASURED
        lines.append([f"**{label(name)}**" if ours else label(name), *figures, time])
    lines.sort(key=lambda line: _SHORT.index(line[0].strip("*")))
    header = ["system", "error %", "off by over 10 %, or missed: % of faces", "the same at the worst angle"]
    return table([*header, "ms a frame, one core"], lines) + (
        f"\n{scores['images']} upright faces of `{pack}`; the error is in % of the face size. Of other systems there "
        "are predictions of the upright faces only; MediaPipe alone was timed beside ours.\n"
    )


def speed_table(speed: dict[str, Results], folder: Path, readme: Path) -> str:
    """The README's table and picture: what a reader wants to know first, with what it compares to."""
    rows: Figures = {(s, row["name"]): row for s, r in speed.items() for row in r["rows"] if "value" in row}
    lines = [*_frame_lines(rows), *_rate_lines(rows), *_system_lines(rows)]
    first = next(iter(speed.values()))
    machines = [f"{r['machine']['processor']}, {r['machine']['cores']} cores" for r in speed.values()]
    ran = ran_on([model for results in speed.values() for model in results["models"]])
    older = _with_other_models(speed)
    if older:
        ran += f" ({' and '.join(older)}: with other models than the rest)"
    quick = " (a quick run: only a trial)" if any(results["quick"] for results in speed.values()) else ""
    text = (
        f"{' and '.join(dict.fromkeys(machines))}, provider {ran or 'none'}, onnxruntime "
        f"{first['versions']['onnxruntime']}, OpenCV {first['versions']['opencv']}; one core unless said otherwise; "
        f"`python -m benchmarks all --mediapipe DIR`, memory with `--frames`, then `report`{quick}.\n"
    )
    plot = folder / "peers.png"
    picture = ""
    if "peers" in speed and plot.is_file():
        relative = Path(os.path.relpath(plot.resolve(), readme.resolve().parent)).as_posix()
        picture = f"![Milliseconds a frame beside other systems]({relative})\n\n"
    return picture + text + "\n" + table(["speed", "measured", "beside it"], lines)


def _with_other_models(speed: dict[str, Results]) -> list[str]:
    """The suites that ran on models that most others did not."""
    used = {
        name: {((model["name"], model["precision"]), model["sha256"]) for model in results["models"]}
        for name, results in speed.items()
    }
    counts = Counter(one for models in used.values() for one in models)
    most = {key: max(n for (other, _), n in counts.items() if other == key) for key, _ in counts}
    return [name for name, models in used.items() if any(counts[one] < most[one[0]] for one in models)]


def _frame_lines(rows: Figures) -> list[list[str]]:
    """One frame: the models, the stream and the fresh picture, beside the other systems."""
    lines: list[list[str]] = []
    for precision in NETWORK_PRECISIONS:
        lines += _line(f"detector, 320x256, {precision}", rows.get(("latency", network_name("320x256", precision))))
    lines += _line("landmarker, one face, crop included", rows.get(("latency", "landmarker: 1 face")))
    for faces in FACES:
        title = f"stream, 640x480, at most {faces_text(faces)}, tracked"
        peers = [
            _times_ours(rows, f"{name} over {OURS}, stream, {faces_text(faces)}", name) for name in (MEDIAPIPE, REFINED)
        ]
        lines += _line(title, rows.get(("peers", stream_name(OURS, faces))), "; ".join(filter(None, peers)))
    for own, title in ((ONE_LOOK, "first frame of a stream"), (OURS, "fresh picture, looked at in two sizes")):
        peers = [_times_ours(rows, f"{name} over {own}, fresh frame", name) for name in (MEDIAPIPE, YUNET, YUNET_BARE)]
        row = rows.get(("peers", fresh_name(own)))
        lines += _line(f"{title}, 640x480, 1 face", row, "; ".join(filter(None, peers)))
    return lines


def _rate_lines(rows: Figures) -> list[list[str]]:
    lines = []
    for size in ("720p", "1080p"):
        rates = [rows.get(("fps", fps_name(size, faces, True))) for faces in (1, 4, 16)]
        known = [amount(rate["value"], "fps").removesuffix(" fps") for rate in rates if rate]
        if len(known) == len(rates):
            lines.append([f"stream, {size}, 1 / 4 / 16 faces, tracked", " / ".join(known) + " fps", ""])
    for work in (BATCH_WORK, FAST_WORK):
        for workers in (1, 2):
            name = batch_name(work, workers, workers)
            share = rows.get(("batch", share_name(work, workers, workers)))
            beside = f"{share['value']:.0%} of a bare `cv2.imread` loop" if share else ""
            title = f"`{work}`, 720p JPEGs, {name.partition(', ')[2]}"
            lines += _line(title, rows.get(("batch", name)), beside)
    return lines


def _system_lines(rows: Figures) -> list[list[str]]:
    lines = []
    for name, title in (
        ("first landmarks", "cold start to first landmarks"),
        ("smile-edge --help", "`smile-edge --help`"),
    ):
        row = rows.get(("startup", name))
        lines += _line(f"{title}, processor time", row, f"{row['wall_s']:.2f} s wall time" if row else "")
    for name in AGE_OUTPUTS.values():
        row = rows.get(("age", name))
        if row:
            ages = f"{amount(row['p50_ms'], 'ms')} / {amount(row['p99_ms'], 'ms')}"
            beside = "a frame lasts 33.3 ms"
            if "without_p99_ms" in row:
                beside = f"p99 without it, in the same run, {amount(row['without_p99_ms'], 'ms')}"
            lines.append([f"age of a result, live 720p, {name}: p50 / p99", ages, beside])
    row = rows.get(("memory", "growth over the demo stream"))
    if row:
        lines += _line(f"memory growth over {row['frames']:,} frames", row, f"{row['peak_mb']:.0f} MB at most")
    return lines


def _line(title: str, row: Row | None, beside: str = "") -> list[list[str]]:
    if row is None:
        return []
    said = amount(row["value"], row["unit"])
    if row["unit"] == "ms" and "p95_ms" in row:
        said += f" (p95 {amount(row['p95_ms'], 'ms')})"
    return [[title, said, beside]]


def _times_ours(rows: Figures, name: str, system: str) -> str:
    row = rows.get(("peers", name))
    return f"{system}: {row['value']:.1f} times as long" if row else ""
