"""Draws `docs/rooms.svg`, the rooms of each package in their layers, from the import contracts of `pyproject.toml`.

Run `python docs/rooms.py` after a change of a contract; a test holds the picture equal to the contracts.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = Path(__file__).with_name("rooms.svg")

CHARACTER_PX, PADDING_PX, GAP_PX = 7.3, 7, 6
"""Width of a character of the font, room beside a name in its box, and room between two boxes."""
LAYER_PX, BAND_PX, BOX_PX, TITLE_PX, MARGIN_PX = 42, 32, 24, 26, 14
"""Heights of a layer with the arrow below it, of its band, of a box in it, of a title; the margin of the picture."""
BETWEEN_PX = 110
"""Between two columns: room for an arrow and its label."""
INK, LINE, PACKAGE, LAYER, ROOM, FILE = "#24292f", "#57606a", "#f6f8fa", "#e3e8ee", "#cfe3f7", "#ffffff"

LEFT, MIDDLE, RIGHT = ("benchmarks", "export"), "train", "smile_edge"


Place = tuple[float, float, float]
"""Left, top and width of a package in the picture."""


def layers_of(package: str) -> list[list[str]]:
    """Rooms and modules of each layer of a package, top first, by its contract, without those that are not there."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (contract,) = (one for one in contracts if one.get("containers") == [package])
    layers = [[name.strip(" ()") for name in layer.split("|")] for layer in contract["layers"]]
    present = [[name for name in layer if _exists(package, name)] for layer in layers]
    return [layer for layer in present if layer]


def svg() -> str:
    """The whole picture: packages in three columns; imports go down, and to the right."""
    layers = {package: layers_of(package) for package in (*LEFT, MIDDLE, RIGHT)}
    widths = {package: _package_width(layers[package]) for package in layers}
    left_width = max(widths[package] for package in LEFT)
    heights = {package: TITLE_PX + LAYER_PX * len(layers[package]) for package in layers}
    height = max(sum(heights[package] for package in LEFT) + 2 * MARGIN_PX, heights[MIDDLE], heights[RIGHT])
    middle_x = MARGIN_PX + left_width + BETWEEN_PX
    right_x = middle_x + widths[MIDDLE] + BETWEEN_PX
    width = right_x + widths[RIGHT] + MARGIN_PX
    places: dict[str, Place] = {LEFT[0]: (MARGIN_PX, MARGIN_PX, left_width)}
    places[LEFT[1]] = (MARGIN_PX, MARGIN_PX + height - heights[LEFT[1]], left_width)
    places[MIDDLE] = (middle_x, MARGIN_PX + (height - heights[MIDDLE]) / 2, widths[MIDDLE])
    places[RIGHT] = (right_x, MARGIN_PX + height - heights[RIGHT], widths[RIGHT])
    parts = [part for package in layers for part in _package(package, layers[package], *places[package])]
    parts += _arrows(places, heights)
    full_height = height + 3 * MARGIN_PX + 16
    parts += _legend(MARGIN_PX, height + 2 * MARGIN_PX)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {full_height:.0f}" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="13" fill="{INK}">'
    )
    tip = (
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
        f'<path d="M0 0 8 4 0 8z" fill="{LINE}"/></marker>'
    )
    title = "<title>The rooms of each package in their layers; imports point down and to the right</title>"
    ground = f'<rect width="{width:.0f}" height="{full_height:.0f}" fill="#ffffff"/>'
    return "\n".join([head, title, f"<defs>{tip}</defs>", ground, *parts, "</svg>", ""])


def _exists(package: str, name: str) -> bool:
    return (ROOT / package / name / "__init__.py").is_file() or (ROOT / package / f"{name}.py").is_file()


def _name_width(name: str) -> float:
    return CHARACTER_PX * len(name) + 2 * PADDING_PX


def _layer_width(layer: list[str]) -> float:
    return sum(map(_name_width, layer)) + GAP_PX * (len(layer) - 1)


def _package_width(layers: list[list[str]]) -> float:
    return max(map(_layer_width, layers)) + 4 * PADDING_PX


def _package(package: str, layers: list[list[str]], left: float, top: float, width: float) -> Iterator[str]:
    yield _box(left, top, width, TITLE_PX + LAYER_PX * len(layers), PACKAGE, LINE)
    yield _text(package, left + width / 2, top + 18, 'font-weight="bold"')
    for number, layer in enumerate(layers):
        y = top + TITLE_PX + LAYER_PX * number
        if number:
            yield _arrow(left + width / 2, y - (LAYER_PX - BAND_PX), left + width / 2, y)
        yield _box(left + PADDING_PX, y, width - 2 * PADDING_PX, BAND_PX, LAYER)
        x, y = left + (width - _layer_width(layer)) / 2, y + (BAND_PX - BOX_PX) / 2
        for name in layer:
            fill = ROOM if (ROOT / package / name).is_dir() else FILE
            yield _box(x, y, _name_width(name), BOX_PX, fill, LINE)
            yield _text(name, x + _name_width(name) / 2, y + 16.5)
            x += _name_width(name) + GAP_PX


def _arrows(places: Mapping[str, Place], heights: Mapping[str, float]) -> Iterator[str]:
    """From package to package; those on the left pass above and below `train` on their way to the runtime."""
    (middle_x, middle_y, middle_width), right_x = places[MIDDLE], places[RIGHT][0]
    for package, share in zip(LEFT, (0.25, 0.75), strict=True):
        left, top, width = places[package]
        y = middle_y + share * heights[MIDDLE]
        yield _arrow(left + width, y, middle_x, y)
        yield _text("data, scores", (left + width + middle_x) / 2, y - 6)
        outside = top + 14 if package == LEFT[0] else top + heights[package] - 10
        yield _arrow(left + width, outside, right_x, outside)
    y = middle_y + heights[MIDDLE] / 2
    yield _arrow(middle_x + middle_width, y, right_x, y)


def _legend(left: float, top: float) -> Iterator[str]:
    for number, (fill, text) in enumerate(((ROOM, "room (folder)"), (FILE, "one file"))):
        x = left + 140 * number
        yield _box(x, top, 22, 16, fill, LINE)
        yield _text(text, x + 30, top + 13, 'text-anchor="start"')
    yield _text("arrow: may import", left + 240, top + 13, 'text-anchor="start"')


def _box(x: float, y: float, width: float, height: float, fill: str, line: str = "none") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {place} rx="4" fill="{fill}" stroke="{line}"/>'


def _arrow(from_x: float, from_y: float, to_x: float, to_y: float) -> str:
    ends = f'x1="{from_x:.1f}" y1="{from_y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"'
    return f'<line {ends} stroke="{LINE}" stroke-width="1.3" marker-end="url(#tip)"/>'


def _text(text: str, x: float, y: float, more: str = "") -> str:
    anchor = "" if "text-anchor" in more else ' text-anchor="middle"'
    return f'<text x="{x:.1f}" y="{y:.1f}"{anchor}{" " + more if more else ""}>{text}</text>'


if __name__ == "__main__":
    PICTURE.write_text(svg(), "utf-8")
