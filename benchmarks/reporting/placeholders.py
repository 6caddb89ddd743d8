"""Tables in a README that are made from results: each has its place between two comments."""

from pathlib import Path

from train.errors import DataError

__all__ = ["fill_places", "place_names"]

_BEGIN, _END = "<!-- benchmarks: {} -->\n", "<!-- benchmarks: end of {} -->\n"


def fill_places(path: Path, tables: dict[str, str]) -> list[str]:
    """Puts each table into its place.

    Args:
        path: a Markdown file with `<!-- benchmarks: NAME -->` and `<!-- benchmarks: end of NAME -->` on lines of their
            own; what stands between them is replaced.
        tables: Markdown by name.

    Returns:
        The names that had a place.

    Raises:
        DataError: the file cannot be read or written, or a place has no end.
    """
    try:
        text = path.read_text("utf-8")
        filled, done = text, []
        for name, table in tables.items():
            begin, end = _BEGIN.format(name), _END.format(name)
            if begin not in filled:
                continue
            head, rest = filled.split(begin, 1)
            if end not in rest:
                raise DataError(f"{path}: the line {begin.strip()} has no {end.strip()} below it: add it")
            filled = f"{head}{begin}\n{table.strip()}\n\n{end}{rest.split(end, 1)[1]}"
            done.append(name)
        if filled != text:
            path.write_text(filled, "utf-8")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}: name the README with --readme") from None
    return done


def place_names(names: list[str]) -> str:
    """The comments to add for these names, in words."""
    return ", ".join(f"{_BEGIN.format(name).strip()} ... {_END.format(name).strip()}" for name in names)
