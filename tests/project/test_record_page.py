"""The page on the record: its tables are those of the schema and of the points, its code runs."""

import re
import runpy
from pathlib import Path

import pytest
from repository import ROOT

from smile_edge.records import record_schema
from smile_edge.sinks.csv import COLUMNS
from smile_edge.topology import TOPOLOGY_70

PAGE = ROOT / "docs" / "record.md"
TEXT = PAGE.read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
SCRIPT = runpy.run_path(str(ROOT / "docs" / "record_table.py"))


def test_the_tables_are_made_of_the_schema_and_of_the_points() -> None:
    assert SCRIPT["filled"](TEXT) == TEXT, "run: python docs/record_table.py"


def test_the_table_names_every_field() -> None:
    schema = record_schema()
    face = schema["$defs"]["face"]["properties"]
    paths = [path for path, _, _ in SCRIPT["fields"]()]

    assert set(paths) == {
        *schema["properties"],
        *(f"faces[].{name}" for name in face),
        *(f"faces[].pose.{name}" for name in face["pose"]["properties"]),
    }
    assert all(f"| `{path}` |" in TEXT for path in paths)


def test_a_page_without_its_markers_is_refused() -> None:
    with pytest.raises(SystemExit, match="markers of fields, found 0"):
        SCRIPT["filled"](TEXT.replace("<!-- record: end of fields -->", ""))


def test_the_code_runs_and_prints_what_it_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    for number, block in enumerate(BLOCKS, 1):
        exec(compile(block, f"{PAGE.name}, block {number}", "exec", dont_inherit=True), {"__name__": "__main__"})
        said += re.findall(r"^print\(.*\)  # (.+)$", block, re.MULTILINE)

    assert len(BLOCKS) >= 3
    assert capsys.readouterr().out.splitlines() == said


def test_every_column_of_the_csv_is_named() -> None:
    of_points = {f"{name}_{part}" for name in TOPOLOGY_70.names for part in ("x", "y", "sigma", "visible")}
    whole = [name for name in COLUMNS if name not in of_points]

    assert [name for name in whole if f"`{name}`" not in TEXT] == []
    assert all(f"`<point>_{part}`" in TEXT for part in ("x", "y", "sigma", "visible"))


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", TEXT))
def test_what_the_page_links_to_is_there(target: str) -> None:
    assert (PAGE.parent / target).exists()
