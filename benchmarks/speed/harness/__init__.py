"""How cases are run and timed: a process a case, warm-up, rounds."""
