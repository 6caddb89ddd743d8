"""`smile-edge`, also as `python -m smile_edge`."""

import os

from smile_edge.freezing import serve_frozen_workers

__all__ = ["main"]


def main() -> None:
    """Runs the command line; Ctrl-C, once or often, ends it quietly, while it is still being loaded too."""
    serve_frozen_workers()
    # The linear algebra of numpy and of OpenCV starts a thread a core when it is loaded, and each keeps its core busy
    # for a while; nothing here multiplies matrices so large that they would be of use.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from smile_edge.cli.standard_streams import complete_standard_streams

        complete_standard_streams()  # before any file is opened
        from smile_edge.cli.interrupts import interrupts

        with interrupts.until_the_end():
            from smile_edge.cli import main as run
            from smile_edge.cli.hung_threads import leave

            try:
                run()
            except SystemExit as ended:
                leave(ended.code if isinstance(ended.code, int) else 0)
                raise
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
