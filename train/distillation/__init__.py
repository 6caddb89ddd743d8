"""Labels from a trained network."""
