"""Scores of models on data packs."""
