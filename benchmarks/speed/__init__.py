"""How fast it runs: each case in a process of its own, its result as JSON, tables and plots."""
