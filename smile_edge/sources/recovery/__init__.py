"""Live sources that are lost and come back: one connection after another, and why one failed."""
