"""Each row of the page "what happens when" names the test that holds it."""

import re

import pytest
from repository import ROOT

PAGE = ROOT / "docs" / "what-happens.md"
TABLE = PAGE.read_text("utf-8").partition("| what happens |")[2].partition("\n\n")[0]
ROWS = TABLE.splitlines()[2:]


def test_the_table_is_found() -> None:
    assert len(ROWS) > 5


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_held_by_a_test(row: str) -> None:
    names = re.findall(r"`(test_\w+)`", row.split(" | ")[-1])
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert names
    for name in names:
        assert f"def {name}(" in tests
