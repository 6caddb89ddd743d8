"""Training on a user's own points."""
