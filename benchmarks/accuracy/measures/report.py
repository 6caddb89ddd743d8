"""Tables of what a record measures of a face: pose, smile, eyes, and all inner points."""

from typing import Any

from benchmarks.accuracy.measures.angle_orders import MATRICES, PITCH_YAW_ROLL, ROLL_YAW_PITCH
from benchmarks.accuracy.measures.dense_points import PARTS
from benchmarks.accuracy.measures.labelled_pose import BORDER, SMILES_FROM
from benchmarks.reporting.markdown import number, table
from benchmarks.reporting.plot_style import label

__all__ = ["measures_facts", "measures_headline", "measures_sections"]

Results = dict[str, Any]

AXES = ("yaw", "pitch", "roll", "mean")
EYES = {
    "points": "lid distance over eye width of the points as they are",
    "readout": "the same of the readout that blink is made from",
    "blink": "1 - blink",
}


def measures_headline(results: Results) -> str:
    """A row a pack of head poses, in the order of angles that fits its labels; empty without one."""
    packs = results.get("angles") or {}
    if not packs:
        return ""
    header = ["head pose", "missed", "order of angles", *(f"{axis} °" for axis in AXES), "smile: AUC", "accuracy %"]
    rows = []
    for pack, scores in packs.items():
        errors, smile = _corrected(scores), scores["smile"] or {}
        row = [f"{pack}, {scores['images']} faces", str(scores["missed"]), _named(scores["order"])]
        row += [*(number(errors[axis]) for axis in AXES), number(smile.get("auc"), 4), number(smile.get("accuracy"), 1)]
        rows.append(row)
    note = (
        "Mean absolute errors less the median offset of each axis, in the order of angles that fits the pack's labels: "
        "the one with the smaller error of roll, since in the other order the same rotation has another roll.\n"
    )
    return table(header, rows) + "\n" + note


def measures_sections(results: Results) -> list[str]:
    """The sections of a report; older results have none."""
    sections = []
    for pack, scores in (results.get("angles") or {}).items():
        sections += [f"## {pack}\n", _angles(scores)]
    for pack, scores in (results.get("dense") or {}).items():
        sections += [f"## {pack}\n", _dense(scores)]
    if results.get("demo_roll"):
        sections += ["## Roll over the full circle\n", _demo_roll(results["demo_roll"])]
    return sections


def measures_facts(results: Results) -> list[str]:
    """A line a pack for the README, and one for the demo."""
    facts = []
    for pack, scores in (results.get("angles") or {}).items():
        errors, smile = _corrected(scores), scores["smile"]
        said = ", ".join(f"{axis} {number(errors[axis], 1)}°" for axis in AXES)
        smiles = "" if smile is None else f"; smile: AUC {number(smile['auc'], 3)}"
        facts.append(f"Head pose on {pack}, {_missed(scores)}, constant offsets taken off: {said}{smiles}.")
    for pack, scores in (results.get("dense") or {}).items():
        error, eyes = number(scores["error"]["all"]), number(scores["eyes"]["readout"]["each_eye"])
        facts.append(
            f"Inner points on {pack}, {_missed(scores)}: off by {error} % of the distance of the eyes' outer corners; "
            f"openness of the eyes: correlation {eyes} with the labels."
        )
    smoothed = ((results.get("demo_roll") or {}).get("smooth") or {}).get(PITCH_YAW_ROLL)
    if smoothed:
        mean, most = number(smoothed["mean"]), number(smoothed["max"])
        facts.append(f"Roll of the demo over the full circle, smoothed: off by {mean}°, at most {most}°.")
    return facts


def _angles(scores: Results) -> str:
    header = ["", *(f"{axis} °" for axis in AXES)]
    rows = []
    for order, errors in scores["orders"].items():
        mark = "**" if order == scores["order"] else ""
        rows.append([f"{mark}{_named(order)}{mark}, as they are", *(number(errors["raw"][axis]) for axis in AXES)])
        rows.append(["less the median offset", *(number(errors["corrected"][axis]) for axis in AXES)])
        rows.append(["the offset", *(number(errors["offset"].get(axis)) for axis in AXES)])
    text = (
        f"{scores['images']} images, no face found in {scores['missed']}; each with a black border of {BORDER:g} times "
        "its longer side, and the face nearest to its middle. Mean absolute errors by order of the angles:\n\n"
    )
    text += table(header, rows)
    text += "\n" + "; ".join(f"{_named(order)}: {MATRICES[order]}" for order in scores["orders"]) + ".\n"
    return text + (_smile(scores["smile"]) if scores["smile"] else "")


def _smile(smile: Results) -> str:
    return (
        f"\nSmile, {smile['faces']} faces of which {smile['smiling']} are labelled so: AUC {number(smile['auc'], 4)}, "
        f"accuracy at {SMILES_FROM:g} {number(smile['accuracy'], 1)} %.\n"
    )


def _dense(scores: Results) -> str:
    error, sigma = scores["error"], scores["sigma"]
    kinds = {
        "as they are": "within_{}",
        "less the median offset per point": "within_{}_corrected",
        "Laplace": "laplace_{}",
    }
    shares = [[kind, *(number(sigma[key.format(k)], 1) for k in (1, 2))] for kind, key in kinds.items()]
    eyes = []
    for key, text in EYES.items():
        found = scores["eyes"][key]
        eyes.append([text, str(found["eyes"]), number(found["each_eye"], 3), number(found["both_eyes"], 3)])
    whole, by_part = scores.get("error_68"), sigma.get("parts")  # older results have neither
    parts = [
        f"{scores['images']} faces, {scores['missed']} missed. Mean error of the inner points as they are, % of the "
        "distance of the outer corners of the eyes:\n",
        table(["all 49 points", *PARTS], [[number(error[part]) for part in ("all", *PARTS)]]),
        "" if whole is None else table(["all 68 points", "jaw"], [[number(whole[part]) for part in ("all", "jaw")]]),
        table(["errors of x and of y, %", "within 1 sigma", "within 2 sigma"], shares),
        "" if by_part is None else _sigma_table(by_part),
        "Correlation of how open the eyes are with the labels' lid distance over eye width, as seen in the image:\n",
        table(["", "eyes", "each eye", "mean of both"], eyes),
        *_more(scores),
    ]
    return "\n".join(filter(None, parts))


def _sigma_table(parts: Results) -> str:
    header = ["errors of x and of y, %", *PARTS]
    rows = [[f"within {k} sigma", *(number(parts[part][k - 1], 1) for part in PARTS)] for k in (1, 2)]
    return table(header, rows)


def _more(scores: Results) -> list[str]:
    """What is covered, and irises and expressions beside other systems'."""
    lines = []
    if pasted := scores.get("pasted"):
        lines.append(
            f"Visibility of {pasted['points']} points under something pasted over {pasted['faces']} faces, against the "
            f"others of the same faces: AUC {number(pasted['auc'], 3)}.\n"
        )
    for peer, found in (scores.get("peers") or {}).items():
        if irises := found["irises"]:
            lines.append(
                f"Irises and those of {label(peer)}, {irises['eyes']} open eyes: apart by {number(irises['median'])} % "
                f"of the eye's width in the median, {number(irises['mean'])} % in the mean.\n"
            )
        if (expression := found["expression"]) and expression["each"]:
            lines.append(
                f"Expression and that of {label(peer)}, {expression['faces']} faces: mean correlation "
                f"{number(expression['r'], 3)} over the {len(expression['each'])} coefficients that move there.\n"
            )
            rows = [[name, number(r, 3)] for name, r in expression["each"].items()]
            lines.append(table(["coefficient", "correlation"], rows))
    return lines


def _demo_roll(scores: Results) -> str:
    header = ["", "frames", "missed"]
    for order in MATRICES:
        header += [f"{_named(order)}: mean °", "max °"]
    rows = []
    for name, text in (("raw", "as measured"), ("smooth", "smoothed")):
        row = [text, str(scores["frames"]), str(scores[name]["missed"])]
        for order in MATRICES:
            row += [number((scores[name][order] or {}).get(key), 3) for key in ("mean", "max")]
        rows.append(row)
    note = (
        "\nError of roll on the demo, less roll of the upright portrait, as the portrait turns by known angles. In the "
        f"order {_named(ROLL_YAW_PITCH)} a turn of the image adds to roll exactly, in the other only where yaw and "
        "pitch are near 0.\n"
    )
    return table(header, rows) + note


def _corrected(scores: Results) -> Results:
    """Errors in the order that fits the labels of the pack."""
    return scores["orders"][scores["order"]]["corrected"]


def _missed(scores: Results) -> str:
    return f"{scores['images']} faces" + (f", {scores['missed']} missed" if scores["missed"] else "")


def _named(order: str) -> str:
    """`pitch, yaw, roll`."""
    return order.replace("_", ", ")
