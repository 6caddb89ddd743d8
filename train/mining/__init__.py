"""Detections that a trained detector gets wrong."""
