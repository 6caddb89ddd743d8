"""Losses of points and of boxes."""
