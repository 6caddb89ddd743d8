"""Command lines whose every error that a user can cure is one line and exit code 2."""

from collections.abc import Callable
from typing import Any, NoReturn

import typer

from smile_edge.cli.interrupts import INTERRUPTED, interrupts
from smile_edge.cli.options.misuse import help_page, misuse_text
from smile_edge.cli.standard_streams import complete_standard_streams, say, settle_standard_streams
from smile_edge.errors import SmileEdgeError, one_line

__all__ = ["exit_code", "run_app"]

_FULL_OR_TAKEN = "name another, or free some space"


def run_app(app: typer.Typer, name: str, extra: str | None = None) -> NoReturn:
    """Runs a command line and ends the process; for the arguments see `exit_code`."""
    raise SystemExit(exit_code(lambda: app(standalone_mode=False), name, extra=extra))


def exit_code(run: Callable[[], Any], name: str, *, extra: str | None = None, cure: str = _FULL_OR_TAKEN) -> int:
    """Runs a command; what a user can cure is one line on standard error.

    Args:
        run: runs a Typer application with `standalone_mode=False`; what it returns is the exit code if it is a number.
        name: how the command is called in front of an error.
        extra: the optional dependencies of this package that bring a module that may be missing.
        cure: of an error of the operating system that names a file.

    Returns:
        0, what `run` returned, 2 after a user error, 130 after Ctrl-C.
    """
    complete_standard_streams()
    try:
        return _exit_code(run, name, extra, cure)
    finally:
        settle_standard_streams()


def _exit_code(run: Callable[[], Any], name: str, extra: str | None, cure: str) -> int:
    try:
        code = run()
    except SmileEdgeError as error:
        return _complain(name, str(error))
    except BrokenPipeError:
        return 0  # the reader of our output has what it wanted (`| head`)
    except OSError as error:
        return _complain(name, f"{error.filename or 'standard output'}: {error.strerror or error}; {cure}")
    except ImportError as error:
        if interrupts.came:
            return INTERRUPTED
        if extra is not None and isinstance(error, ModuleNotFoundError):
            return _complain(name, f"{error}: pip install '.[{extra}]'")
        return _complain(name, f"{error}: smile-edge doctor names what is missing and the cure")
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _misuse(error, name)
    return code if isinstance(code, int) else 0


def _misuse(error: Exception, name: str) -> int:
    """The errors of Typer and of what it is built on, whose classes have moved between versions."""
    if type(error).__name__ == "Abort" or interrupts.came:  # an interruption may come out as what it caused
        return INTERRUPTED
    if not hasattr(error, "format_message"):
        raise error
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error.format_message())
        return 2
    page = help_page(error, name) if name == "smile-edge" else "--help"
    return _complain(name, f"{misuse_text(error)}; see {page}")


def _complain(name: str, message: str) -> int:
    say(f"{name}: error: {one_line(Exception(message))}")
    return 2
