"""The command `webcam`: options gathered, sources and outputs opened, the run."""
