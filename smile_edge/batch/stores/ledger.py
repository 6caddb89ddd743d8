"""Which images an output holds."""

import hashlib
from array import array

__all__ = ["Ledger"]

_MOST = 1 << 30
"""Images in one run."""

_PAGE = 4096
"""Numbers that are held together: one far from all others, of an output that was edited, takes no more than these."""


class Ledger:
    """Numbers of images, and a digest of the path of each: eight bytes an image."""

    def __init__(self) -> None:
        self._pages: dict[int, array[int]] = {}
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
        page, place = divmod(number, _PAGE)
        if page not in self._pages:
            self._pages[page] = array("Q", bytes(8 * _PAGE))
        rows = self._pages[page]
        if rows[place]:
            raise ValueError(f"image {number} is there twice")
        rows[place] = _row(source, failed)
        self.count, self.failed = self.count + 1, self.failed + failed

    def holds(self, number: int, source: str | None = None) -> bool:
        """Whether the image of this number is there, of this path if one is given."""
        page, place = divmod(number, _PAGE)
        row = self._pages[page][place] if page in self._pages else 0
        return row != 0 and (source is None or row | 1 == _row(source, True))

    def common(self, other: "Ledger", *, failed: bool) -> "Ledger":
        """What is in both, the same in each; without failed images unless `failed` is true."""
        both = Ledger()
        for page in self._pages.keys() & other._pages.keys():
            twins = zip(self._pages[page], other._pages[page], strict=True)
            rows = array("Q", (row if row == twin and (failed or not row & 1) else 0 for row, twin in twins))
            both._pages[page] = rows
            both.count += _PAGE - rows.count(0)
            both.failed += sum(row & 1 for row in rows)
        return both


def _row(source: str, failed: bool) -> int:
    digest = hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") | 2) & ~1 | failed
