"""Outputs of a batch read back: which images each holds, and of what run it is."""
