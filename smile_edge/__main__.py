"""`python -m smile_edge` is `smile-edge`."""

from smile_edge.cli import main

main()
