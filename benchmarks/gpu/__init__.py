"""What an NVIDIA GPU makes of the models: one run of a few minutes that stores each figure as soon as it has it."""
