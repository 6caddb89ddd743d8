"""Training of the face detector: from packs to a run folder."""
