"""Points and sigma of faces: the landmarker and its result."""
