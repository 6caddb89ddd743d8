"""Packages that only some outputs need."""

from importlib import import_module
from types import ModuleType

from smile_edge.errors import SinkError, one_line

__all__ = ["load_extra"]


def load_extra(module: str, package: str, kind: str) -> ModuleType:
    """Import a module of the extra `live`.

    Args:
        module: its name.
        package: the distribution that brings it.
        kind: the output that needs it.

    Raises:
        SinkError: it is not installed, or cannot be loaded.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise SinkError(
            f"{kind} needs {package}, which is not installed: pip install {package}"
            " (the extra `live` brings what all outputs need: pip install 'smile-edge[live]')"
        ) from None
    except ImportError as error:
        raise SinkError(f"{kind} needs {package}, which cannot be loaded: {one_line(error)}") from None
