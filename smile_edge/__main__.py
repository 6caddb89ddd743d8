"""`smile-edge`, also as `python -m smile_edge`."""

__all__ = ["main"]


def main() -> None:
    """Runs the command line; Ctrl-C while it is still being loaded ends it as quietly as later on."""
    try:
        from smile_edge.cli import main as run
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run()


if __name__ == "__main__":
    main()
