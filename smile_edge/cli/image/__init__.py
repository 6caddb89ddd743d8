"""The command `image batch`: options gathered, a plan made of them, the work, the summary."""
