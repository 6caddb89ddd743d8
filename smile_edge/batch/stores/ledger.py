"""Which images an output holds."""

import hashlib
from array import array

__all__ = ["Ledger"]

_MOST = 1 << 30
"""Images in one run."""


class Ledger:
    """Numbers of images, and a digest of the path of each: eight bytes an image."""

    def __init__(self) -> None:
        self._rows = array("Q")
        self.count = self.failed = 0

    def add(self, number: int, source: str, failed: bool) -> None:
        """Notes an image.

        Args:
            number: in the whole, from 0.
            source: its path.
            failed: its record has an error.

        Raises:
            ValueError: it is there already, or its number is beyond sense.
        """
        if not 0 <= number < _MOST:
            raise ValueError(f"image {number} is beyond sense")
        if number >= len(self._rows):
            self._rows.frombytes(bytes(8 * (number + 1 - len(self._rows))))
        if self._rows[number]:
            raise ValueError(f"image {number} is there twice")
        self._rows[number] = _row(source, failed)
        self.count, self.failed = self.count + 1, self.failed + failed

    def holds(self, number: int, source: str | None = None) -> bool:
        """Whether the image of this number is there, of this path if one is given."""
        row = self._rows[number] if number < len(self._rows) else 0
        return row != 0 and (source is None or row | 1 == _row(source, True))

    def common(self, other: "Ledger", *, failed: bool) -> "Ledger":
        """What is in both, the same in each; without failed images unless `failed` is true."""
        both = Ledger()
        both._rows.extend(
            row if row and row == twin and (failed or not row & 1) else 0
            for row, twin in zip(self._rows, other._rows, strict=False)
        )
        both.count = sum(row != 0 for row in both._rows)
        both.failed = sum(row & 1 for row in both._rows)
        return both


def _row(source: str, failed: bool) -> int:
    digest = hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") | 2) & ~1 | failed
