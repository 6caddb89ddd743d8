"""Video files: their kinds, encoders, times and sound."""
