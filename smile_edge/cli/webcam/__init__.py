"""The command `webcam`: options gathered, outputs checked, sources and outputs opened, the run."""
