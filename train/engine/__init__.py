"""What every training shares: the loop, checkpoints, curves, batches in threads, Keras set up."""
