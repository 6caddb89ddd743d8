"""Samples of the data packs, cut crops, negatives, mined detections. One file a kind of data."""
