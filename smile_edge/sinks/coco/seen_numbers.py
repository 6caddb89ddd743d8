"""Which numbers have come."""

__all__ = ["SeenNumbers"]

_PAGE_BITS = 12


class SeenNumbers:
    """A bit a number: a million that lie close together take 130 kB."""

    def __init__(self) -> None:
        self._pages: dict[int, int] = {}

    def add(self, number: int) -> bool:
        """Notes a number.

        Args:
            number: from 0.

        Returns:
            Whether it is new.
        """
        page, bit = number >> _PAGE_BITS, 1 << (number & (1 << _PAGE_BITS) - 1)
        known = self._pages.get(page, 0)
        self._pages[page] = known | bit
        return not known & bit
