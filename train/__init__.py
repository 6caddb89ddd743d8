"""Training of the face detector and the landmarker with Keras 3, on any of its backends: `python -m train`."""
