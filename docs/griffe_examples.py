"""Shows the examples of docstrings as code: they stand under `Example:`, and mkdocstrings knows `Examples:`."""

import re
from typing import Any

from griffe import Extension, Object

__all__ = ["ExamplesAsCode"]


class ExamplesAsCode(Extension):
    """Renames the heading in each docstring."""

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"^(\s*)Example:$", r"\1Examples:", obj.docstring.value, flags=re.MULTILINE)
