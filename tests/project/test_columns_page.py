"""The page on columns describes those that are written."""

import re

import pytest
from repository import ROOT

from smile_edge.measures.expression import COEFFICIENTS
from smile_edge.sinks.parquet import faces_schema

pytest.importorskip("pyarrow", reason="the extra `parquet`")

ROWS = re.findall(r"^\| (`.+?) \| (.+?) \|", (ROOT / "docs" / "columns.md").read_text("utf-8"), re.MULTILINE)
DESCRIBED = {name: kind for names, kind in ROWS for name in re.findall(r"`(\w+)`", names)}
CALLED = {"list<element: float>": "list of 70 floats"}


def test_every_column_stands_on_the_page_with_its_type() -> None:
    schema = faces_schema(expression=True)
    kinds = {field.name: CALLED.get(str(field.type), str(field.type)) for field in schema}
    kinds["expression"] = f"struct of {len(COEFFICIENTS)} floats"

    assert kinds == DESCRIBED
    assert list(kinds) == list(DESCRIBED)
