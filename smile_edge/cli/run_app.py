"""Command lines whose every error that a user can cure is one line and exit code 2."""

from typing import NoReturn

import typer

from smile_edge.errors import SmileEdgeError
from smile_edge.validation import one_line

__all__ = ["run_app"]


def run_app(app: typer.Typer, name: str, extra: str | None = None) -> NoReturn:
    """Runs a command line and ends the process.

    Args:
        app: what to run.
        name: how it is called in front of an error.
        extra: the optional dependencies of this package that bring what may be missing.
    """
    try:
        code = app(standalone_mode=False)
    except SmileEdgeError as error:
        _complain(name, str(error))
    except OSError as error:
        _complain(name, f"{error.filename or 'output'}: {error.strerror or error}; name another, or free some space")
    except ModuleNotFoundError as error:
        if extra is None:
            raise
        _complain(name, f"{error}: pip install '.[{extra}]'")
    except ImportError as error:
        _complain(name, f"{error}: smile-edge doctor names what is missing and the cure")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        # The errors of Typer and of what it is built on; their classes have moved between versions.
        if type(error).__name__ == "Abort":
            raise SystemExit(130) from None
        if not hasattr(error, "format_message"):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(error.format_message())
            raise SystemExit(2) from None
        _complain(name, f"{error.format_message().rstrip('.')}; see --help")
    raise SystemExit(code if isinstance(code, int) else 0)


def _complain(name: str, message: str) -> NoReturn:
    typer.echo(f"{name}: error: {one_line(Exception(message))}", err=True)
    raise SystemExit(2) from None
