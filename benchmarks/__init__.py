"""Measurements of the shipped models through the runtime; `python -m benchmarks --help`."""
