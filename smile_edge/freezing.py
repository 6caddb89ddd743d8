"""What a program needs that PyInstaller makes of code with smile-edge in it."""

import sys
from pathlib import Path

__all__ = ["hook_dirs", "serve_frozen_workers"]


def hook_dirs() -> list[str]:
    """Where PyInstaller finds the hook of this package; it asks by the entry point `pyinstaller40`."""
    return [str(Path(__file__).parent / "assets" / "pyinstaller")]


def serve_frozen_workers() -> None:
    """Makes a frozen program that was started as a worker process one, and does not return then.

    To be called first of all, in `if __name__ == "__main__"`; it does nothing in a program that is not frozen.

    Example:
        >>> if __name__ == "__main__":
        ...     serve_frozen_workers()
        ...     main()
    """
    if getattr(sys, "frozen", False):
        from multiprocessing import freeze_support

        freeze_support()
