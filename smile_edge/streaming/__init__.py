"""Live sources into outputs: one channel a source, and its statistics. Prints nothing."""
