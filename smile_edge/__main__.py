"""`smile-edge`, also as `python -m smile_edge`."""

import os

__all__ = ["main"]


def main() -> None:
    """Runs the command line; Ctrl-C while it is still being loaded ends it as quietly as later on."""
    # The linear algebra of numpy and of OpenCV starts a thread a core when it is loaded, and each keeps its core busy
    # for a while; nothing here multiplies matrices so large that they would be of use.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from smile_edge.cli import main as run
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run()


if __name__ == "__main__":
    main()
