"""Training of the landmarker: from packs to a run folder."""
