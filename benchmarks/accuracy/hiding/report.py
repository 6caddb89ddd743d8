"""The tables of `python -m benchmarks hide`."""

import json
from pathlib import Path
from typing import Any

from benchmarks.accuracy.hiding.coverage import CENTRAL, COVERED, SLACK
from benchmarks.accuracy.hiding.scenes import COUNTED_FROM_PX
from benchmarks.reporting.markdown import finite, number, origin, table

__all__ = ["tables", "write_hiding"]


def write_hiding(results: dict[str, Any], out: Path) -> None:
    """Writes `hide.json` and `hide.md` into a folder."""
    (out / "hide.json").write_text(json.dumps(finite(results), indent=1) + "\n", "utf-8")
    (out / "hide.md").write_text(f"# Hiding faces\n\n{origin(results)}\n{tables(results)}", "utf-8")


def tables(results: dict[str, Any]) -> str:
    """What stays uncovered, and what is covered in vain."""
    scenes = results["scenes"]
    said = (
        f"{scenes['faces']} labelled faces from {COUNTED_FROM_PX} px on in {scenes['pictures']} pictures of "
        f"`{results['pack']}`, heads hidden from a score of {results['min_score']} on. A face is uncovered where less "
        f"than {COVERED:.0%} of the ellipse in the inner {CENTRAL:.0%} of its box is hidden. False cover is the share "
        f"of a picture's area that is hidden and lies further than {SLACK:.0%} of its half sizes from any labelled "
        "face. The time of `--hide` is what it adds to that of the reported faces."
    )
    header = ["", "turned", "uncovered, %", "under a half hidden, %", "false cover, %", "ms a picture"]
    rows = [
        [
            system,
            f"{degrees}°",
            *(number(row[key], 1) for key in ("uncovered", "half", "false_cover")),
            number(row["ms"], 0),
        ]
        for system, turns in scenes["systems"].items()
        for degrees, row in turns.items()
    ]
    parts = [said, "", table(header, rows)]
    if "clips" in results:
        rows = [
            [name, *(str(row[key]) for key in ("frames", "uncovered", "reported"))]
            for name, row in results["clips"].items()
        ]
        parts += [table(["clip", "frames", "with an uncovered face", "with reported faces hidden only"], rows)]
    return "\n".join(parts)
