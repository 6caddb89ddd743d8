"""The command `serve`: options gathered, the run, and what the page is told of it."""
