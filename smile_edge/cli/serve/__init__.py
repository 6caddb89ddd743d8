"""`smile-edge serve`: the command, and what the page is told of its run."""
