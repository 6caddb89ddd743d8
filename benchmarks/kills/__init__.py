"""A run of `image batch` that is killed over and over and goes on: nothing lost, nothing doubled, little memory."""
