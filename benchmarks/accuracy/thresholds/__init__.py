"""Precision and recall of the shipped thresholds of scores, and of all others."""
