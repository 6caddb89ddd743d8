"""Affine transforms, boxes and face regions of interest: numpy only, no OpenCV, no model."""
