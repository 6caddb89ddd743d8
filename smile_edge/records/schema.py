"""The JSON Schema of a record."""

import json
from importlib import resources
from typing import Any

__all__ = ["record_schema"]


def record_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one record: every field with type, unit, range and sign.

    It is `assets/record.schema.json`, read anew by each call.

    Example:
        >>> record_schema()["properties"]["schema"]["const"]
        2
    """
    text = (resources.files("smile_edge") / "assets" / "record.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
