"""Thresholds chosen on held-out training data."""
