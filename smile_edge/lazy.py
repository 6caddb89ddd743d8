"""Names of a package that are imported on first use (PEP 562), so that importing the package costs nothing."""

import sys
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import smile_edge.telemetry  # noqa: F401 - every package comes here first, so that it holds for all of them

__all__ = ["lazy_names", "moved_names"]


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package.

    Args:
        package: its `__name__`; it has an `__all__`.
        homes: for each public name the module that defines it, `module:name` where it has another name there.

    Example:
        >>> __getattr__, __dir__ = lazy_names(__name__, {"FacePipeline": "smile_edge.pipeline.face_pipeline"})
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = _load(homes[name], name)
        setattr(sys.modules[package], name, value)  # the next access does not come here
        return value

    def public_names() -> list[str]:
        return sorted(vars(sys.modules[package])["__all__"])

    return get, public_names


def moved_names(module: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a module whose names have moved: they are still found, with a `DeprecationWarning`.

    Args:
        module: its `__name__`; its `__all__` becomes these names, for `import *`.
        homes: for each name the module that defines it now, `module:name` where it has another name there.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home, _, new = homes[name].partition(":")
        text = f"{module}.{name} has moved: from {home} import {new or name}. The old path goes with the next version."
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        return _load(homes[name], name)

    vars(sys.modules[module])["__all__"] = sorted(homes)
    return get


def _load(home: str, name: str) -> Any:
    module, _, other = home.partition(":")
    return getattr(import_module(module), other or name)
