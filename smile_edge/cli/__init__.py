"""The command line, `smile-edge webcam | image batch | info | bench | doctor`: only this package prints and exits."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from smile_edge.cli.app import app, main

__all__ = ["app", "main"]

__getattr__, __dir__ = lazy_names(__name__, {"app": "smile_edge.cli.app", "main": "smile_edge.cli.app"})
