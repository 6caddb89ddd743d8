"""`smile-edge`, also as `python -m smile_edge`."""

import os

__all__ = ["main"]


def main() -> None:
    """Runs the command line; Ctrl-C, once or often, ends it quietly, while it is still being loaded too."""
    # The linear algebra of numpy and of OpenCV starts a thread a core when it is loaded, and each keeps its core busy
    # for a while; nothing here multiplies matrices so large that they would be of use.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from smile_edge.cli.standard_streams import complete_standard_streams

        complete_standard_streams()  # before any file is opened
        from smile_edge.cli.interrupts import interrupts

        with interrupts.until_the_end():
            from smile_edge.cli import main as run

            run()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
