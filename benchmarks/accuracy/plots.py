"""The plots, each drawn from the results alone, so that they can be made again without measuring."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes

from benchmarks.accuracy.detection import SCORED_FROM_PX
from benchmarks.accuracy.reliability import MULTIPLES
from benchmarks.accuracy.scores import CURVE_PERCENT
from benchmarks.reporting.plot_style import GRID, INK, OURS_COLOUR, OURS_LIGHT, QUIET, colours, label, new_figure, tidy
from benchmarks.reporting.systems import ONE_LOOK, OURS
from train.evaluation.metrics import laplace_share_within

__all__ = ["draw_plots"]

Results = dict[str, Any]

PANELS = (("recall", "faces found, %"), ("nmec", "error (nmec), %"))
DASHED = (0, (4, 3))


def draw_plots(results: Results, out: Path) -> list[Path]:
    """Writes every plot that the results allow as PNG into `out`; the paths."""
    figures: dict[str, Figure] = {}
    for pack, scores in results["faces"].items():
        kinds: dict[str, Callable[[Results, str, Results], Figure]] = {
            "errors": _errors, "rotation": _rotation, "face-size": _face_size, "sigma": _sigma
        }  # fmt: skip
        for kind, draw in kinds.items():
            figures[f"{pack}-{kind}"] = draw(results, pack, scores)
    for pack, scores in results["scenes"].items():
        figures[f"{pack}-detection"] = _detection(results, pack, scores)
    if any(clip["raw"] and clip["smooth"] for clip in results["jitter"]):
        figures["jitter"] = _jitter(results)
    if results.get("poses"):
        figures["poses"] = _poses(results)
    paths = []
    for name, figure in figures.items():
        paths.append(out / f"{name}.png")
        figure.savefig(paths[-1])
    return paths


def _errors(results: Results, pack: str, scores: Results) -> Figure:
    figure = new_figure(results, "Landmark error", f"{pack}, {scores['images']} faces: share of faces within an error")
    axes = figure.add_subplot()
    systems = scores["systems"]
    tint = colours(list(systems))
    for name in sorted(systems, key=lambda name: systems[name]["nmec"] or np.inf):
        ours = name == OURS
        text = f"{label(name)}  {_float(systems[name]['nmec']):.2f} %"
        if systems[name]["points"] < 5:
            text += f" ({systems[name]['points']} points)"
        axes.plot(
            CURVE_PERCENT, systems[name]["curve"], color=tint[name], lw=2.8 if ours else 1.5,
            zorder=3 if ours else 2, label=text,
        )  # fmt: skip
    tidy(axes, "error, % of the face size, label conventions taken off (nmec)", "share of faces, %")
    axes.set(xlim=(0, CURVE_PERCENT[-1]), ylim=(0, 101))
    axes.legend(title="mean of the faces found", loc="lower right", frameon=False, alignment="left")
    return figure


def _rotation(results: Results, pack: str, scores: Results) -> Figure:
    subtitle = f"{pack}, {scores['images']} faces turned in the image plane; dots: other systems, upright only"
    figure = new_figure(results, "Every orientation", subtitle, (9, 5.8), foot=0.35)
    turned = sorted((int(angle), score) for angle, score in scores["turned"].items())
    systems = scores["systems"]
    tint = colours(list(systems))
    for place, (key, text) in enumerate(PANELS, 1):
        axes = figure.add_subplot(1, 2, place, projection="polar")
        assert isinstance(axes, PolarAxes)
        values = [_float(score[key]) for _, score in turned]
        fine = np.arange(0, 361, 3)  # a straight line in angle and score is no straight line on the page
        curve = np.interp(fine, [angle for angle, _ in turned], values, period=360)
        axes.plot(np.radians(fine), curve, color=OURS_COLOUR, lw=2.4, label=label(OURS), clip_on=False)
        axes.fill(np.radians(fine), curve, color=OURS_COLOUR, alpha=0.10)
        axes.plot(np.radians([angle for angle, _ in turned]), values, "o", color=OURS_COLOUR, ms=4, clip_on=False)
        upright = {name: _float(systems[name][key]) for name in systems if name not in (OURS, ONE_LOOK)}
        for name, value in upright.items():
            (dot,) = axes.plot([0], [value], "o", color=tint[name], ms=6.5, mec="white", label=label(name), zorder=4)
            dot.set_clip_on(False)
        axes.set_ylim(0, 100 if key == "recall" else 1.15 * _largest([*values, *upright.values()]))
        _compass(axes, f"{text}: {np.fmin.reduce(values):.1f} to {np.fmax.reduce(values):.1f}")
    figure.legend(
        *axes.get_legend_handles_labels(), loc="lower center", bbox_to_anchor=(0.5, 0.045), ncols=6, frameon=False,
        fontsize=8.5, handletextpad=0.4,
    )  # fmt: skip
    return figure


def _compass(axes: PolarAxes, title: str) -> None:
    """Upright at the top, clockwise as on the screen."""
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    axes.set_xticks(np.radians(range(0, 360, 45)))
    axes.set_rlabel_position(112)
    axes.tick_params(colors=QUIET, labelsize=8)
    axes.grid(color=GRID)
    axes.spines["polar"].set_visible(False)  # it would lie over a curve at 100 %
    axes.set_title(title, size=10.5, color=INK, pad=10)


def _face_size(results: Results, pack: str, scores: Results) -> Figure:
    subtitle = f"{pack}, {scores['images']} faces, images brought down until the face is so many pixels wide"
    figure = new_figure(results, "Small faces", subtitle, (9, 4.4))
    sizes = sorted(int(size) for size in scores["pixelated"])
    for place, (key, text) in enumerate(PANELS, 1):
        axes = figure.add_subplot(1, 2, place)
        values = [_float(scores["pixelated"][str(size)][key]) for size in sizes]
        whole = _float(scores["systems"][OURS][key])
        axes.axhline(whole, color=QUIET, lw=1, ls=DASHED)
        axes.plot(sizes, values, color=OURS_COLOUR, lw=2.4, marker="o", ms=5)
        beside = (7, -11) if key == "recall" else (6, 5)  # where the curve is not
        for size, value in zip(sizes, values, strict=True):
            axes.annotate(f"{value:.1f}", (size, value), xytext=beside, textcoords="offset points", size=8, color=INK)
        tidy(axes, "width of the face, px (dashed: full size)", text)
        axes.set_xscale("log", base=2)
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        if sizes:
            axes.set_xlim(0.9 * sizes[0], 1.25 * sizes[-1])
        low = float(np.fmin.reduce([*values, whole, 100.0]))
        axes.set_ylim(*((max(0.0, 1.3 * low - 32), 101) if key == "recall" else (0, 1.2 * _largest([*values, whole]))))
    return figure


def _sigma(results: Results, pack: str, scores: Results) -> Figure:
    sigma = scores["sigma"]
    subtitle = f"{pack}: {sigma['errors']} errors in x and y against the sigma the model gave with each point"
    figure = new_figure(results, "Does sigma tell the truth?", subtitle, (9, 4.6))
    if not sigma["errors"]:
        return figure
    axes = figure.add_subplot(1, 2, 1)
    expected = [100 * laplace_share_within(k) for k in MULTIPLES]
    axes.plot(MULTIPLES, expected, color=QUIET, lw=1.4, ls=DASHED, label="Laplace", zorder=3)
    axes.plot(MULTIPLES, sigma["shares"], color=OURS_COLOUR, lw=2.4, label=label(OURS))
    if "shares_corrected" in sigma:
        axes.plot(MULTIPLES, sigma["shares_corrected"], color=OURS_LIGHT, lw=1.8, label="label conventions taken off")
    for multiple in (1, 2):
        share = sigma[f"within_{multiple}"]
        axes.plot([multiple], [share], "o", color=OURS_COLOUR, ms=6)
        text = f"{share:.1f} %  (Laplace {sigma[f'laplace_{multiple}']:.1f})"
        axes.annotate(text, (multiple, share), xytext=(9, -13), textcoords="offset points", size=8.5)
    tidy(axes, "sigmas", "errors within, %")
    axes.set(xlim=(0, MULTIPLES[-1]), ylim=(0, 101))
    axes.legend(loc="lower right", frameon=False)
    groups = np.array(sigma["groups"])
    axes = figure.add_subplot(1, 2, 2)
    top = 1.1 * groups.max()
    axes.plot([0, top], [0, top], color=QUIET, lw=1.4, ls=DASHED)
    axes.plot(groups[:, 0], groups[:, 1], color=OURS_COLOUR, lw=1.2, marker="o", ms=6)
    tidy(axes, "mean sigma of a tenth of the points, % of the face size", "their mean error per axis, %")
    axes.set(xlim=(0, top), ylim=(0, top))
    return figure


def _detection(results: Results, pack: str, scores: Results) -> Figure:
    subtitle = f"{pack}, {scores['images']} scenes, IoU 0.5; dots: the thresholds that ship"
    figure = new_figure(results, "Face detection", subtitle, (9, 4.8))
    systems = scores["systems"]
    tint = colours(list(systems))
    for place, smallest in enumerate(SCORED_FROM_PX, 1):
        axes = figure.add_subplot(1, 2, place)
        order = sorted(systems, key=lambda name: -(systems[name][str(smallest)]["ap"] or 0))
        for name in order:
            _precision_recall(axes, systems[name][str(smallest)], name, tint[name])
        title = f"faces of {smallest} px and more ({scores['faces'][str(smallest)]})"
        tidy(axes, "recall", "precision" if place == 1 else "", title)
        axes.set(xlim=(0, 1.005), ylim=(0, 1.01))
        axes.legend(
            title="average precision",
            loc="lower left",
            framealpha=0.9,
            edgecolor="none",
            fontsize=8.5,
            alignment="left",
        )
    return figure


def _precision_recall(axes: Axes, score: Results, name: str, colour: str) -> None:
    """One curve; one cross for a system without scores."""
    ours = name == OURS
    if score["ap"] is None:
        text = f"{label(name)}  (gives no scores)"
        axes.plot([score["recall"]], [score["precision"]], "X", color=colour, ms=7, mec="white", label=text)
        return
    curve = np.array([[0.0, score["curve"][0][1]], *score["curve"]]) if score["curve"] else np.zeros((0, 2))
    axes.plot(
        curve[:, 0], curve[:, 1], color=colour, lw=2.6 if ours else 1.5, zorder=3 if ours else 2,
        label=f"{label(name)}  {score['ap']:.3f}",
    )  # fmt: skip
    if name in (OURS, ONE_LOOK):
        axes.plot([score["recall"]], [score["precision"]], "o", color=colour, ms=7, mec="white", zorder=4)


def _poses(results: Results) -> Figure:
    poses = results["poses"]
    figure = new_figure(results, "Turned heads", f"{poses['pack']}: faces that training left out, by head pose", (9, 4))
    yaw = [int(degrees) for degrees in poses["yaw"]]
    for place, (key, text) in enumerate(PANELS, 1):
        axes = figure.add_subplot(1, 2, place)
        values = [_float(score[key]) for score in poses["yaw"].values()]
        axes.bar(yaw, values, width=20, color=OURS_COLOUR)
        for degrees, value, score in zip(yaw, values, poses["yaw"].values(), strict=True):
            shown = f"{value:.1f}\n{score['faces']} faces"
            axes.annotate(shown, (degrees, value), xytext=(0, 3), textcoords="offset points", ha="center", size=8)
        tidy(axes, "yaw, about, degrees", text)
        axes.set_xticks(yaw)
        axes.set_ylim(0, 1.22 * _largest(values))
    return figure


def _jitter(results: Results) -> Figure:
    subtitle = "synthetic clips with sensor noise at 30 frames/s: open before the smoother, filled after it"
    figure = new_figure(results, "Calm and on time", subtitle, (9, 3.8))
    clips = [clip for clip in results["jitter"] if clip["raw"] and clip["smooth"]]
    flicker, lag = figure.subplots(1, 2, width_ratios=(3, 2))
    _dumbbells(flicker, [clip for clip in clips if "flicker" in clip["raw"]], "flicker")
    tidy(flicker, "flicker, % of the distance between the eyes", "")
    _dumbbells(lag, [clip for clip in clips if "lag" in clip["raw"]], "lag")
    tidy(lag, "lag, frames", "")
    return figure


def _dumbbells(axes: Axes, clips: list[Results], key: str) -> None:
    """A row a clip: from the raw value to the smoothed one."""
    for row, clip in enumerate(reversed(clips)):
        raw, smooth = _float(clip["raw"][key]), _float(clip["smooth"][key])
        axes.plot([raw, smooth], [row, row], color="#c9ced6", lw=2, zorder=1)
        axes.plot([raw], [row], "o", ms=8, mfc="white", mec=OURS_COLOUR, mew=1.6)
        axes.plot([smooth], [row], "o", ms=8, color=OURS_COLOUR)
        for value in (raw, smooth):
            axes.annotate(
                f"{value:.2f}", (value, row), xytext=(0, 8), textcoords="offset points", ha="center", size=8.5
            )
    axes.set_yticks(range(len(clips)), [clip["clip"].replace(", ", "\n") for clip in reversed(clips)], size=8.5)
    axes.set_ylim(-0.6, len(clips) - 0.3)
    shown = [_float(clip[when][key]) for clip in clips for when in ("raw", "smooth")]
    axes.set_xlim(1.15 * min([0.0, *shown]), 1.15 * _largest(shown))


def _float(value: float | None) -> float:
    """A score, NaN where there was nothing to score."""
    return float("nan") if value is None else value


def _largest(values: Sequence[float]) -> float:
    """The largest number; 1 where there is none above 0, so that it can end an axis."""
    return float(np.fmax.reduce([*values, 0.0])) or 1.0
