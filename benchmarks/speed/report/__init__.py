"""Speed results as tables and plots, and held against earlier ones."""
