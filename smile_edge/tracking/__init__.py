"""Faces over time: ids, lost and found faces, smooth points."""
