"""File names in records: UTF-8 whatever the name is, and the name again when it is read."""

import re

__all__ = ["escaped_name", "plain_text", "unescaped_name"]

_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")
_AMBIGUOUS = re.compile(rb"\\(?=x[0-9a-f]{2})")
_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")
_NOT_UTF8 = re.compile("[\ud800-\udfff]")


def escaped_name(name: str, *, one_line: bool = False) -> str:
    r"""The name with each byte that is not UTF-8 as `\x` and two hexadecimal digits.

    A backslash that could be taken for the start of one is `\x5c`; any other character stands for itself.

    Args:
        name: as Python has it: bytes that are not UTF-8 are lone surrogates (PEP 383).
        one_line: control characters, line breaks among them, are escaped as well.

    Example:
        >>> escaped_name("caf\udce9.jpg")
        'caf\\xe9.jpg'
    """
    if "\\" not in name and not _NOT_UTF8.search(name) and not (one_line and not name.isprintable()):
        return name
    data = _AMBIGUOUS.sub(rb"\\x5c", _bytes(name))
    if one_line:
        data = _CONTROLS.sub(lambda found: b"\\x%02x" % ord(found[0]), data)
    return data.decode("utf-8", "backslashreplace")


def unescaped_name(text: str) -> str:
    """The name that `escaped_name` was given: the file can be opened by it."""
    if "\\x" not in text:
        return text
    data = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), _bytes(text))
    return data.decode("utf-8", "surrogateescape")


def plain_text(text: str) -> str:
    r"""A message that names a file, as UTF-8: bytes that are not are `\x` and two digits."""
    return text if not _NOT_UTF8.search(text) else _bytes(text).decode("utf-8", "backslashreplace")


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a pair, as Windows lets names have
        return text.encode("utf-8", "surrogatepass")
