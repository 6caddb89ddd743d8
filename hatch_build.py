"""Description and addresses in the metadata of the package; `pyproject.toml` names this for hatchling.

The README links to files of the repository by relative paths, which lead nowhere outside of it. One variable,
`SMILE_EDGE_FILES_URL`, says where a browser reads those files: the address of a tag's folder at a code host. Links
become absolute then. Without the variable only their words stay.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

VARIABLE = "SMILE_EDGE_FILES_URL"
PAGES = {"Documentation": "README.md", "Changelog": "CHANGELOG.md", "Security": "SECURITY.md"}
"""What an index shows beside the description."""

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:|#", re.IGNORECASE)
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_LINK = re.compile(r"(?<!!)\[((?:!\[[^\]]*\]\([^)\s]*\)|[^\]])*)\]\(([^)\s]+)\)")
_FENCED = re.compile(r"(```.*?```)", re.DOTALL)


class MetadataHook(MetadataHookInterface):
    """Fills in `readme` and `urls`, which `pyproject.toml` calls dynamic."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Reads the README and the variable.

        Raises:
            ValueError: the variable holds no address of the web.
        """
        url = os.environ.get(VARIABLE, "").rstrip("/")
        if url and not url.startswith(("https://", "http://")):
            raise ValueError(f"{VARIABLE}={url}: expected an address that begins with https://, or nothing")
        text = (Path(self.root) / "README.md").read_text("utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": described(text, url)}
        metadata["urls"] = {name: f"{url}/{page}" for name, page in PAGES.items()} if url else {}


def described(text: str, files_url: str) -> str:
    """A page of Markdown whose relative links lead to `files_url`, or are words alone where that is empty."""
    pictures_url = files_url.replace("/blob/", "/raw/", 1)  # /blob/ is a page about a file, /raw/ the file
    parts = _FENCED.split(text)
    for i in range(0, len(parts), 2):  # those between are fenced code
        shown = _moved(_PICTURE, "![{}]({}/{})", parts[i], pictures_url)
        parts[i] = _moved(_LINK, "[{}]({}/{})", shown, files_url)
    return "".join(parts)


def _moved(kind: re.Pattern[str], form: str, text: str, url: str) -> str:
    """The text with the relative links of one kind written as `form` says: words, address, path."""

    def moved(found: re.Match[str]) -> str:
        words, target = found.groups()
        if _ABSOLUTE.match(target):
            return found[0]
        return form.format(words, url, target) if url else words

    return kind.sub(moved, text)
