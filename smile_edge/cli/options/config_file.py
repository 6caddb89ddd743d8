"""Options out of a TOML file: the same names as on the command line, which wins."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from smile_edge.cli.options.smoothing import DEFAULT_STRENGTH
from smile_edge.errors import UsageError

__all__ = ["options_of", "read_config"]

_MOST_BYTES = 1 << 20
"""Of a file of options; what has more, or no end, is something else."""

_NOT_IN_A_FILE = frozenset({"config", "help", "list"})
"""Options that make sense on the command line alone."""

_WERE_SWITCHES = {"smooth": {True: DEFAULT_STRENGTH, False: 0.0}}
"""What true and false stand for with options that take a number now."""


def read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Makes what a file says the defaults of a command: the callback of its `--config`.

    Raises:
        UsageError: the file cannot be read, or names what the command does not have.
    """
    if path is not None and not context.resilient_parsing:
        context.default_map = {**(context.default_map or {}), **options_of(path, context.command.params)}
    return path


def options_of(path: Path, parameters: Sequence[Any]) -> dict[str, Any]:
    """Values by the names of a command's parameters.

    Args:
        path: a TOML file of options and their values; `max-faces = 4` is `--max-faces 4`.
        parameters: of the command, as Click has them.

    Raises:
        UsageError: the file cannot be read, an option is unknown or stands there twice, or a value is of another kind.
    """
    known = _names_of(parameters)
    options: dict[str, Any] = {}
    for key, value in _read(path).items():
        name = key.replace("_", "-")
        if name not in known:
            raise UsageError(f"{path}: there is no option {key!r}{_nearest(name, known)}")
        parameter, negated = known[name]
        if {parameter.name, f"no_{parameter.name}", parameter.name.removeprefix("no_")} & options.keys():
            raise UsageError(f"{path}: {key!r} says again what another line says; leave one of them out")
        options[parameter.name] = _value(path, key, value, parameter, negated)
    return options


def _read(path: Path) -> Mapping[str, Any]:
    import tomllib

    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"--config {path} cannot be read: {error.strerror}") from None
    try:
        if len(content) > _MOST_BYTES:
            raise ValueError(f"it has more than {_MOST_BYTES} bytes")
        return tomllib.loads(content.decode("utf-8-sig"))  # editors on Windows put a mark in front
    except RecursionError:
        why = "it is nested too deeply"
    except ValueError as error:
        why = "a number is too long" if "int_max_str_digits" in str(error) else str(error)
    raise UsageError(f"--config {path} is not TOML: {why}; expected lines such as max-faces = 4")


def _names_of(parameters: Sequence[Any]) -> dict[str, tuple[Any, bool]]:
    """Each option by its names without dashes; and whether that name is the one that switches it off."""
    known: dict[str, tuple[Any, bool]] = {}
    for parameter in parameters:
        for names, negated in ((parameter.opts, False), (parameter.secondary_opts, True)):
            known |= {name.lstrip("-"): (parameter, negated) for name in names if name.startswith("--")}
    return {name: found for name, found in known.items() if name not in _NOT_IN_A_FILE}


def _nearest(name: str, known: Mapping[str, object]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(sorted(known))}"


def _value(path: Path, key: str, value: Any, parameter: Any, negated: bool) -> Any:
    """The value as Click takes it; it converts and checks numbers and paths as it does those of the command line."""
    if isinstance(value, bool) and not parameter.is_flag and parameter.name in _WERE_SWITCHES:
        value = _WERE_SWITCHES[parameter.name][value]
    many = bool(parameter.multiple)
    values = value if isinstance(value, list) and many else [value]
    for one in values:
        if isinstance(one, bool) != bool(parameter.is_flag) or not isinstance(one, (bool, int, float, str)):
            raise UsageError(f"{path}: {key} must be {_expected(parameter)}. Received: {one!r}")
    if many:
        return [str(one) for one in values]
    return (not value if negated else value) if parameter.is_flag else str(value)


def _expected(parameter: Any) -> str:
    if parameter.is_flag:
        return "true or false"
    return "a text or number, or a list of them" if parameter.multiple else "a text or number"
