"""Two checkouts measured in turn: cases, rounds, and the interval of each ratio."""
