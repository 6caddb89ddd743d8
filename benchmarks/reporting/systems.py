"""Names of our own system in the results."""

__all__ = ["ONE_LOOK", "OURS"]


OURS = "smile-edge"


ONE_LOOK = f"{OURS}, one look"
"""Ours as `--fast` has it: one look of each model at each picture."""
