"""Damaged pictures, manifests and label files given to the real programs, which must say so and go on."""
