"""The page's files: nothing from elsewhere, and the points in the order of the records."""

import re
from importlib import resources

import pytest

from smile_edge.topology import TOPOLOGY_70

FILES = {one.name: one.read_text("utf-8") for one in (resources.files("smile_edge") / "server" / "page").iterdir()}


@pytest.mark.parametrize("name", sorted(FILES))
def test_nothing_is_loaded_from_elsewhere(name: str) -> None:
    text = FILES[name].replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(?:https?:)?//[\w.-]+\.\w+|@import|eval\(|innerHTML|new Function", text)


def test_the_policy_is_kept_no_script_or_style_stands_in_the_page() -> None:
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", FILES["index.html"])


def test_every_file_that_is_named_is_there() -> None:
    named = re.findall(r'(?:href|src)="([^"]+)"', FILES["index.html"])
    named += [name for text in FILES.values() for name in re.findall(r'from "\./([^"]+)"', text)]
    assert set(named) <= set(FILES)


def test_parts_are_those_of_the_topology() -> None:
    ranges = re.findall(r'^  \["(\w+)", (?:range\((\d+), (\d+)\)|\[(\d+)\]),', FILES["overlay.js"], re.MULTILINE)
    drawn = [tuple(range(int(first or only), int(last or only) + 1)) for _, first, last, only in ranges]
    assert drawn == list(TOPOLOGY_70.groups.values())
