"""The results as JSON, as Markdown tables and as plots."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy.detection import SCORED_FROM_PX
from benchmarks.accuracy.illumination import ALARMS_AN_IMAGE, LEAST_PX
from benchmarks.accuracy.measures.report import measures_headline, measures_sections
from benchmarks.reporting.markdown import finite, number, origin, table
from benchmarks.reporting.plot_style import label
from benchmarks.reporting.systems import ONE_LOOK, OURS
from train.errors import DataError

__all__ = ["headline", "markdown", "read_results", "write_report"]

JSON_NAME, MARKDOWN_NAME = "accuracy.json", "accuracy.md"

Results = dict[str, Any]


def write_report(results: Results, out: Path) -> list[Path]:
    """Writes `accuracy.json`, the plots and `accuracy.md` into `out`; the paths of the plots."""
    from benchmarks.accuracy.plots import draw_plots

    results = finite(results)
    (out / JSON_NAME).write_text(json.dumps(results, indent=1, allow_nan=False) + "\n", "utf-8")
    plots = draw_plots(results, out)
    (out / MARKDOWN_NAME).write_text(markdown(results, [path.name for path in plots]), "utf-8")
    return plots


def read_results(out: Path) -> Results:
    """What `write_report` left in `out`.

    Raises:
        DataError: it is not there, or not JSON.
    """
    try:
        return json.loads((out / JSON_NAME).read_text("utf-8"))
    except FileNotFoundError:
        raise DataError(f"{out} holds no {JSON_NAME}: run `python -m benchmarks accuracy` first") from None
    except ValueError as error:
        raise DataError(f"{out / JSON_NAME} is not JSON ({error}): run `python -m benchmarks accuracy` again") from None


def headline(results: Results) -> str:
    """A row a system, landmarks of each face pack and detection of each scene pack; then a row a pack of poses."""
    return "\n".join(filter(None, (_systems(results), measures_headline(results))))


def _systems(results: Results) -> str:
    """Ours beside the peers; empty without a pack of faces or scenes."""
    systems = _ranked(results)
    if not systems:
        return ""
    header = ["system"]
    for pack in results["faces"]:
        header += [f"{pack}: recall %", "nmec %", "fail10 %"]
    for pack in results["scenes"]:
        header += [f"{pack}: AP ≥ {px} px" for px in SCORED_FROM_PX]
    rows = []
    for name in systems:
        row = [f"**{label(name)}**" if name == OURS else label(name)]
        for scores in results["faces"].values():
            row += [number(scores["systems"].get(name, {}).get(key)) for key in ("recall", "nmec", "fail10")]
        for scores in results["scenes"].values():
            found = scores["systems"].get(name, {})
            row += [number(found.get(str(px), {}).get("ap"), 3) for px in SCORED_FROM_PX]
        rows.append(row)
    return table(header, rows)


def markdown(results: Results, plots: Sequence[str] = ()) -> str:
    """The whole report."""
    where = origin(results, results["times"])
    note = "The detector is timed at 320x256, the landmarker on one crop.\n"
    sections = ["# Accuracy\n", where, note]
    if _ranked(results):
        sections += ["## Side by side\n", _systems(results), _notes(results)]
    for pack, scores in results["faces"].items():
        sections += [f"## {pack}\n", *_shown(plots, pack), _faces(scores)]
    for pack, scores in results["scenes"].items():
        sections += [f"## {pack}\n", *_shown(plots, pack), _scene(scores)]
    if results.get("poses"):
        sections += ["## Landmarks by head pose\n", *_shown(plots, "poses"), _poses(results["poses"])]
    if measured := measures_headline(results):
        sections += ["## Head pose and smile\n", measured]
    sections += measures_sections(results)
    sections += ["## Jitter\n", *_shown(plots, "jitter"), _jitter(results["jitter"])]
    if results["false_alarms"]:
        sections += ["## False alarms\n", _false_alarms(results["false_alarms"])]
    return "\n".join(sections)


def _notes(results: Results) -> str:
    text = (
        "Error of a face: mean distance of the five points over the larger of the distance between the eyes and the "
        "distance from the eyes to the mouth, in %. `nme` is its mean, `nmec` the mean after each system's own median "
        "offset per point is taken off, so that label conventions do not count; recall: faces with an error under "
        "50 %; `fail10`: faces missed or, with that offset taken off, more than 10 % off. Of several faces reported in "
        "an image the nearest to the label counts, for every system.\n"
    )
    partial = {
        label(name): score["points"]
        for scores in results["faces"].values()
        for name, score in scores["systems"].items()
        if score["points"] < 5
    }
    for name, points in partial.items():
        text += f"\n{name} gives {points} of the five points and is scored on those.\n"
    cuts = {
        label(name): score["lowest_score"]
        for scores in results["scenes"].values()
        for name, score in scores["systems"].items()
        if name != ONE_LOOK
    }
    if cuts:
        said = ", ".join(f"{name} {'has no scores' if cut is None else f'{cut:g}'}" for name, cut in cuts.items())
        text += f"\nDetections were kept down to a lowest score, which bounds AP: {said}.\n"
    return text


def _faces(scores: Results) -> str:
    keys = ("recall", "nme", "nmec", "fail10")
    header = ["", *(f"{key} %" for key in keys)]

    def rows(found: Results, name: str) -> list[list[str]]:
        return [[name.format(key), *(number(score[key]) for key in keys)] for key, score in found.items()]

    upright = [[label(name), *(number(score[key]) for key in keys)] for name, score in scores["systems"].items()]
    sigma = scores["sigma"]
    parts = [
        f"{scores['images']} faces, upright:\n",
        table(header, upright),
        "Turned in the image plane" + _circle(scores) + ":\n",
        table(header, rows(scores["turned"], "{}°")),
        "Pixelated to a face width of:\n",
        table(header, rows(scores["pixelated"], "{} px")),
    ]
    if sigma["errors"]:
        parts.append(_sigma(sigma))
    return "\n".join(parts)


def _sigma(sigma: Results) -> str:
    header = ["errors of x and of y, %", "within 1 sigma", "within 2 sigma"]
    kinds = {
        "as they are": "within_{}",
        "less the median offset per point, as in nmec": "within_{}_corrected",
        "Laplace": "laplace_{}",
    }
    rows = [
        [kind, *(number(sigma[key.format(k)], 1) for k in (1, 2))]
        for kind, key in kinds.items()
        if key.format(1) in sigma  # older results lack the second
    ]
    return table(header, rows)


def _circle(scores: Results) -> str:
    """The worst angle, in words; nothing where a score is missing."""
    turned, upright = list(scores["turned"].values()), scores["systems"][OURS]["nmec"]
    if not turned or not upright or any(score["nmec"] is None for score in turned):
        return ""
    recall, nmec = min(score["recall"] for score in turned), max(score["nmec"] for score in turned)
    return f" (at every angle recall at least {recall:.2f} %, nmec at most {nmec / upright:.3f} times upright)"


def _scene(scores: Results) -> str:
    header = ["", "faces at least", "AP", "AP, COCO", "recall", "precision", "false alarms an image", "at score ≥"]
    rows = []
    for name, system in scores["systems"].items():
        cut = system.get("threshold", system["lowest_score"])
        for px in SCORED_FROM_PX:
            score = system[str(px)]
            keys = ("ap", "ap_coco", "recall", "precision", "false_alarms")
            values = [number(score.get(key), 3) for key in keys]  # older results lack the second
            rows.append([label(name), f"{px} px", *values, number(cut, 2)])
    looks = "; ".join(f"{name}: {', '.join(map(str, sides))}" for name, sides in scores["long_sides"].items())
    counts = f"{scores['images']} scenes, faces at least {_counts(scores['faces'])}.\n"
    note = "\nAP, COCO: false alarms that are lower than the faces which count are left out as well, as COCO has it.\n"
    sides = f"\nLongest side at which images are looked at, px: {looks}.\n\n"
    light = _light(scores.get("light", []))  # older results lack it
    return counts + sides + table(header, rows) + note + light + _masked(scores.get("masked"))


def _masked(scores: Results | None) -> str:
    """How well visibility tells masked faces; empty where it was not measured."""
    if scores is None:
        return ""
    means = scores["mean"]
    return (
        f"\nVisibility of mouth and nose, {scores['bare']} bare faces against {scores['masked']} masked ones of 40 px "
        f"and more: AUC {number(scores['auc'], 3)}, means {number(means['bare'])} and {number(means['masked'])}.\n"
    )


def _light(rows: Sequence[Results]) -> str:
    """Which share of the faces each system finds, by how bright they are."""
    names = list(dict.fromkeys(name for row in rows for name in row["found"]))
    if not names:
        return ""
    note = (
        f"\nFaces found, %, by the mean grey value of their middle; from {LEAST_PX} px on, each system from the score "
        f"on that raises at most {ALARMS_AN_IMAGE:g} false alarms an image.\n\n"
    )
    cells = [
        [f"{row['from']} to {row['below'] - 1}", str(row["faces"]), *(number(row["found"].get(n), 1) for n in names)]
        for row in rows
    ]
    return note + table(["grey value", "faces", *map(label, names)], cells)


def _counts(faces: Results) -> str:
    return ", ".join(f"{px} px high: {count}" for px, count in faces.items())


def _jitter(clips: Sequence[Results]) -> str:
    header = ["clip", "flicker %", "smoothed", "wander %", "smoothed", "lag, frames", "smoothed"]
    rows = []
    for clip in clips:
        row = [clip["clip"]]
        for key in ("flicker", "wander", "lag"):
            row += [number((clip[name] or {}).get(key), 3) for name in ("raw", "smooth")]
        rows.append(row)
    note = (
        "\nIn % of the distance between the eyes. Flicker: mean step of a point from frame to frame beyond its true "
        "one. Wander: root mean square distance from its own mean place. Lag: on a face that goes to and fro at its "
        "own width a second, 30 frames a second.\n"
    )
    return table(header, rows) + note


def _poses(poses: Results) -> str:
    rows = [
        [f"{degrees}°", str(score["faces"]), *(number(score[key]) for key in ("recall", "nmec", "fail10"))]
        for degrees, score in poses["yaw"].items()
    ]
    note = f"\nFaces of `{poses['pack']}` that training left out, by the head pose in their labels.\n"
    return table(["yaw, about", "faces", "recall %", "nmec %", "fail10 %"], rows) + note


def _false_alarms(alarms: Results) -> str:
    return (
        f"On {alarms['images']} face-free images that training left out: {alarms['faces_per_1000']:g} faces reported "
        f"per 1,000 images ({alarms['faces']} in {alarms['images_with_faces']} images); the detector alone "
        f"{alarms['detections_per_1000']:g}.\n"
    )


def _ranked(results: Results) -> list[str]:
    """Ours first, then the peers by their first landmark error."""
    packs = [*results["faces"].values(), *results["scenes"].values()]
    names = dict.fromkeys(name for scores in packs for name in scores["systems"])
    first: Results = next(iter(results["faces"].values()), {"systems": {}})["systems"]
    return sorted(names, key=lambda name: (name != OURS, name != ONE_LOOK, first.get(name, {}).get("nmec") or math.inf))


def _shown(plots: Sequence[str], start: str) -> list[str]:
    return [f"![{Path(name).stem}]({name})\n" for name in plots if name.startswith(start)]
