"""How many faces stay uncovered where all are to be hidden, and what else is covered."""
