"""Switches off what a library reports to its maker; imported with the package, so before any library is loaded.

onnxruntime writes a device id below the home folder as soon as it is imported, and looks up a host some seconds later.
Ray reports its use from each cluster that is started.
"""

import os

__all__: list[str] = []

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
