"""The accuracy tables of the README, from the results alone."""

import math
from typing import Any

from benchmarks.accuracy.detection import SCORED_FROM_PX
from benchmarks.accuracy.measures.report import measures_facts
from benchmarks.reporting.markdown import number, table
from benchmarks.reporting.plot_style import label
from benchmarks.reporting.systems import ONE_LOOK, OURS

__all__ = ["summary"]

Results = dict[str, Any]

SCORES = ("recall", "nmec", "fail10")
NO_SCORES = "no scores"
SMALL_PX = ("24", "16")


def summary(results: Results) -> str:
    """Landmarks of each face pack, ours turned and pixelated and the peers upright; detection; confidence; measures."""
    where = results["machine"]
    parts = [f"By `{results['command']}` on {where['processor']}, one core.\n"]
    for pack, scores in results["faces"].items():
        parts.append(_faces(pack, scores))
    if results["scenes"]:
        parts.append(_scenes(results["scenes"]))
    parts.append(_facts(results))
    return "\n".join(parts)


def _faces(pack: str, scores: Results) -> str:
    systems = scores["systems"]

    def row(name: str, score: Results) -> list[str]:
        return [name, *(number(score[key]) for key in SCORES)]

    ours = f"**{label(OURS)}**"
    rows = [row(f"{ours}, upright", systems[OURS])]
    if ONE_LOOK in systems:
        rows.append(row(f"{label(ONE_LOOK)}, upright", systems[ONE_LOOK]))
    turned = list(scores["turned"].values())
    if len(turned) > 1:
        worst = {"recall": min, "nmec": max, "fail10": max}
        found = {key: pick([score[key] for score in turned if score[key] is not None]) for key, pick in worst.items()}
        rows.append(row(f"{ours}, worst of {len(turned)} turns over the circle", found))
    rows += [row(f"{ours}, faces pixelated to {px} px", s) for px, s in scores["pixelated"].items() if px in SMALL_PX]
    peers = [name for name in systems if name not in (OURS, ONE_LOOK)]
    peers.sort(key=lambda name: systems[name]["nmec"] or math.inf)
    rows += [row(f"{label(name)}, upright{_points_given(systems[name])}", systems[name]) for name in peers]
    return table([f"{pack}, {scores['images']} faces", "recall %", "nmec %", "missed or off by over 10 %"], rows)


def _points_given(score: Results) -> str:
    """What a reader must know of a system that gives less than five points."""
    return f", its {score['points']} points" if score["points"] < 5 else ""


def _scenes(scenes: Results) -> str:
    sizes = [f"AP, {px} px and more" for px in reversed(SCORED_FROM_PX)]
    header = ["scenes", *sizes, "scores down to", "false alarms an image"]
    rows = []
    for pack, scores in scenes.items():
        for name, found in scores["systems"].items():
            at_work = found[str(SCORED_FROM_PX[0])]["false_alarms"]
            aps = [_or_why(found[str(px)]["ap"], 3, NO_SCORES) for px in reversed(SCORED_FROM_PX)]
            title = f"{pack}: {'**' + label(name) + '**' if name == OURS else label(name)}"
            alarms = number(at_work) if name in (OURS, ONE_LOOK) else "not counted"
            rows.append([title, *aps, _or_why(found.get("lowest_score"), 2, NO_SCORES), alarms])
    note = (
        "Faces below a system's lowest stored score count as missed in its AP; a system without scores has none. False "
        "alarms are counted at the threshold that a system ships with, which is known of ours only.\n"
    )
    return f"{table(header, rows)}\n{note}"


def _or_why(value: float | None, digits: int, why: str) -> str:
    """The number, or why there is none."""
    return number(value, digits) if value is not None and math.isfinite(value) else why


def _within(sigma: Results) -> str:
    """Shares of errors within 1 and 2 sigma; beside them those of errors less the constant offset of each point."""
    parts = []
    for k in (1, 2):
        beside = [f"Laplace: {number(sigma[f'laplace_{k}'], 1)}"]
        if f"within_{k}_corrected" in sigma:
            beside.insert(0, f"label conventions taken off: {number(sigma[f'within_{k}_corrected'], 1)}")
        parts.append(f"{number(sigma[f'within_{k}'], 1)} % within {k} sigma ({'; '.join(beside)})")
    return " and ".join(parts)


def _facts(results: Results) -> str:
    facts = []
    for pack, scores in results["faces"].items():
        sigma = scores["sigma"]
        if sigma["errors"]:
            facts.append(f"Errors on {pack}: {_within(sigma)}.")
    facts += measures_facts(results)
    alarms = results["false_alarms"]
    if alarms:
        facts.append(
            f"Faces reported on {alarms['images']} face-free images that were not trained on: {alarms['faces']} "
            "(the threshold was chosen on them)."
        )
    for clip in results["jitter"]:
        if clip["smooth"] and clip["kind"] in ("still", "passing"):
            key, unit = ("flicker", "% of the eye distance") if "flicker" in clip["smooth"] else ("lag", "frames")
            facts.append(f"{clip['clip'].capitalize()}: {key} {number(clip['smooth'][key])} {unit} after smoothing.")
    return "".join(f"- {fact}\n" for fact in facts)
