"""The description in the package's metadata: links lead somewhere, or are none."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from repository import ROOT

VARIABLE = "SMILE_EDGE_FILES_URL"
RELATIVE = re.compile(r"\]\((?!https://)([^)]+)\)")


def built(files_url: str | None) -> subprocess.CompletedProcess[str]:
    """hatchling's answer to what the metadata are, as a build asks it."""
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
    environment |= {} if files_url is None else {VARIABLE: files_url}
    command = [sys.executable, "-m", "hatchling", "metadata"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def metadata(files_url: str | None) -> dict[str, Any]:
    pytest.importorskip("hatchling")
    done = built(files_url)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("ending", ["", "/"])
def test_every_link_of_the_readme_becomes_absolute_by_the_variable(ending: str) -> None:
    found = metadata("https://code.test/o/n/blob/v1" + ending)
    text = found["readme"]["text"]

    assert found["readme"]["content-type"] == "text/markdown"
    assert not RELATIVE.findall(text)
    assert "](https://code.test/o/n/blob/v1/docs/install.md)" in text
    assert "](https://code.test/o/n/raw/v1/docs/turn.webp)" in text
    assert "](https://code.test/o/n/raw/v1/docs/serve.png)](https://code.test/o/n/blob/v1/docs/serve.md)" in text
    assert found["urls"]["Changelog"] == "https://code.test/o/n/blob/v1/CHANGELOG.md"


@pytest.mark.parametrize("unset", [None, ""])
def test_without_the_variable_links_are_words_and_there_is_no_address(unset: str | None) -> None:
    found = metadata(unset)
    text = found["readme"]["text"]

    assert not RELATIVE.findall(text)
    assert "://" not in text
    assert "| install it, also slim and on other platforms | install |" in text
    assert not found.get("urls")


def test_code_of_the_readme_stays_as_it_is() -> None:
    def blocks(text: str) -> list[str]:
        return re.findall(r"```.*?```", text, re.DOTALL)

    own = blocks((ROOT / "README.md").read_text("utf-8"))
    assert own
    assert blocks(metadata(None)["readme"]["text"]) == own
    assert blocks(metadata("https://code.test/o/n/blob/v1")["readme"]["text"]) == own


def test_what_is_no_address_is_refused() -> None:
    pytest.importorskip("hatchling")
    done = built("code.test/o/n")
    assert done.returncode != 0
    assert f"{VARIABLE}=code.test/o/n: expected an address that begins with https://" in done.stderr
