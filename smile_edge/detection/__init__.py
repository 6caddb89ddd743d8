"""Faces of a whole image: the detector, its decoding, tiles, rescoring, and the one-graph pipeline's session."""
