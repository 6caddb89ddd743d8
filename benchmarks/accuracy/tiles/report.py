"""The tables of `python -m benchmarks tiles`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.reporting.markdown import finite, number, origin, table

__all__ = ["tables", "write_tiles"]


def write_tiles(results: dict[str, Any], out: Path) -> None:
    """Writes `tiles.json` and `tiles.md` into a folder."""
    (out / "tiles.json").write_text(json.dumps(finite(results), indent=1) + "\n", "utf-8")
    (out / "tiles.md").write_text(f"# Large pictures\n\n{origin(results)}\n{tables(results)}", "utf-8")


def tables(results: dict[str, Any]) -> str:
    """What is found with tiles and without, what is found in vain, and what it takes."""
    px = f"{results['face_px']:.0f}"
    parts = [
        f"Faces whose box is {px} px high when upright, pasted at random places; time of one thread, the picture in "
        "memory; false alarms in all of a picture.\n",
        table(
            [f"faces of {px} px", "in", "turned", "recall off, %", "recall auto, %", *_COST],
            [
                [row["faces_from"], _size(row), "any way" if row["turned"] else "upright", *_recalls(row), *_cost(row)]
                for row in results["large"]
            ],
        ),
        "Faces of other sizes, turned any way:\n",
        table(
            ["height, px", "in", "recall off, %", "recall auto, %", *_COST],
            [[str(row["height_px"]), _size(row), *_recalls(row), *_cost(row)] for row in results["face_sizes"]],
        ),
        f"Faces of {px} px in smaller pictures, turned any way:\n",
        table(
            ["in", "recall off, %", "recall auto, %", *_COST],
            [[_size(row), *_recalls(row), *_cost(row)] for row in results["picture_sizes"]],
        ),
        "Pictures without a face:\n",
        table(
            ["pictures", "how many", "megapixels each", "false alarms off", "false alarms auto"],
            [
                [
                    row["pictures"],
                    str(row["count"]),
                    number(row["megapixels"] / row["count"], 1),
                    *(str(row["false_alarms"][tiles]) for tiles in ("off", "auto")),
                ]
                for row in results["empty"]
            ],
        ),
        "Peak memory of a process that reads one JPEG:\n",
        table(
            ["picture", "its pixels, MB", "off, MB", "auto, MB"],
            [
                [
                    _size(row),
                    number(row["picture_mb"], 0),
                    *(number(row["peak_mb"][tiles], 0) for tiles in ("off", "auto")),
                ]
                for row in results["memory"]
            ],
        ),
    ]
    return "\n".join(parts)


_COST = ["doubles", "false alarms", "ms off", "ms auto", "auto, ms a megapixel"]


def _size(row: Mapping[str, Any]) -> str:
    return f"{row['width']}x{row['height']}"


def _recalls(row: Mapping[str, Any]) -> list[str]:
    return [number(100 * row[tiles]["recall"], 1) for tiles in ("off", "auto")]


def _cost(row: Mapping[str, Any]) -> list[str]:
    auto, megapixels = row["auto"], row["width"] * row["height"] / 1e6
    counts = [str(auto["doubles"]), str(auto["false_alarms"])]
    return [*counts, number(row["off"]["ms"], 0), number(auto["ms"], 0), number(auto["ms"] / megapixels, 0)]
