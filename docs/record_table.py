"""Writes the tables of `docs/record.md`: the fields of a record, from its JSON Schema, and the 70 points.

Run `python docs/record_table.py` after a change of `smile_edge/assets/record.schema.json` or of the points; a test
holds the page equal to both.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from smile_edge.records import record_schema
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70

PAGE = Path(__file__).with_name("record.md")

WHERE = {
    "jaw": "edge of the face from ear to ear, the subject's right first; 8 is the chin",
    "right_brow": "outer end to inner end",
    "left_brow": "inner end to outer end",
    "nose_bridge": "from between the eyes down to the tip, 30",
    "nostrils": "under the nose, right to left",
    "right_eye": "outer corner, two on the upper lid, inner corner, two on the lower lid",
    "left_eye": "inner corner, two on the upper lid, outer corner, two on the lower lid",
    "outer_lip": "right corner, upper edge to the left corner 54, lower edge back",
    "inner_lip": "right corner, upper lip to the left corner 64, lower lip back",
    "right_iris": "centre of the iris",
    "left_iris": "centre of the iris",
}

Field = Mapping[str, Any]
SCHEMA = record_schema()


def tables() -> dict[str, str]:
    """The text between the markers of the page, by the name in the markers."""
    return {"fields": "\n".join(_field_table()), "points": "\n".join(_point_table())}


def filled(page: str) -> str:
    """The page with its tables as they should be."""
    for name, table in tables().items():
        pattern = rf"(<!-- record: {name} -->\n).*(<!-- record: end of {name} -->)"
        page, count = re.subn(pattern, rf"\g<1>\n{table}\n\n\g<2>", page, flags=re.DOTALL)
        if count != 1:
            raise SystemExit(f"{PAGE}: expected one pair of markers of {name}, found {count}")
    return page


def fields() -> Iterator[tuple[str, Field, bool]]:
    """Path of each field, what the schema says of it, and whether it is always there."""
    return _fields("", SCHEMA)


def _fields(prefix: str, described: Field) -> Iterator[tuple[str, Field, bool]]:
    for name, field in described["properties"].items():
        whole = _resolved(field)
        yield prefix + name, whole, name in described["required"]
        if "properties" in whole:
            yield from _fields(f"{prefix}{name}.", whole)
        inner = _resolved(whole.get("items") or {})
        if "properties" in inner:
            yield from _fields(f"{prefix}{name}[].", inner)


def _resolved(field: Field) -> Field:
    """The field with what its reference leads to."""
    return {**SCHEMA["$defs"][field["$ref"].rpartition("/")[2]], **field} if "$ref" in field else field


def _field_table() -> Iterator[str]:
    yield "| field | type | unit | range | null | left out | meaning |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for path, field, always in fields():
        meaning, unit, null, left_out = _said(field["description"])
        if always == bool(left_out):
            raise SystemExit(
                f"{path}: expected 'Left out: ' in the description of a field that is not required, only there"
            )
        yield f"| `{path}` | {_type(field)} | {unit} | {_range(field)} | {null} | {left_out} | {meaning} |"


def _said(description: str) -> tuple[str, str, str, str]:
    """Meaning, unit, when null and when left out, as the description says them in this order."""
    rest, found = description, []
    for label in ("Left out", "Null", "Unit"):
        rest, _, text = rest.partition(f" {label}: ")
        found.append(text.rstrip("."))
    left_out, null, unit = found
    return rest.rstrip("."), unit, null, left_out


def _type(field: Field) -> str:
    field = _resolved(field)
    if "prefixItems" in field:
        items = [(item["title"], _resolved(item)) for item in field["prefixItems"]]
        return f"[{', '.join(title + (' ' + _type(item) if 'prefixItems' in item else '') for title, item in items)}]"
    (kind,) = {field["type"]} if isinstance(field["type"], str) else set(field["type"]) - {"null"}
    if kind != "array":
        return str(kind)
    count = f"{field['minItems']} of " if "minItems" in field else "list of "
    return f"{count}{_type(field['items'])}"


def _range(field: Field) -> str:
    """Of a number `0..1` or `from 0`; of a list that of each item, once where all have the same."""
    field = _resolved(field)
    if "const" in field:
        return str(field["const"])
    if "minimum" in field:
        return f"{field['minimum']}..{field['maximum']}" if "maximum" in field else f"from {field['minimum']}"
    if "prefixItems" in field:
        ranges = {item["title"]: _range(item) for item in field["prefixItems"]}
        if len(set(ranges.values())) == 1:
            return next(iter(ranges.values()))
        return ", ".join(f"{title} {text}" for title, text in ranges.items() if text)
    inner = field.get("items") or field.get("additionalProperties") or {}
    return "" if "properties" in _resolved(inner) else _range(inner) if inner else ""


def _point_table() -> Iterator[str]:
    yield "| points | names | where | given today |"
    yield "| --- | --- | --- | --- |"
    for group, indices in TOPOLOGY_70.groups.items():
        names = [f"`{TOPOLOGY_70.names[index]}`" for index in (indices[0], indices[-1])]
        numbers = f"{indices[0]}-{indices[-1]}" if len(indices) > 1 else str(indices[0])
        missing = [str(index) for index in indices if index not in TOPOLOGY_49.indices]
        given = "yes" if not missing else "no" if len(missing) == len(indices) else f"all but {', '.join(missing)}"
        yield f"| {numbers} | {' to '.join(dict.fromkeys(names))} | {WHERE[group]} | {given} |"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")
