"""The networks that `train compare` holds against each other, one a file."""
