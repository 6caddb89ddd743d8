"""The file behind an encoder."""

from pathlib import Path

import pytest

from smile_edge.sinks.encoding.output_file import OutputFile


class Full:
    """A disk with room for a few bytes more."""

    def __init__(self, room: int) -> None:
        self.room, self.held = room, b""

    def write(self, data: memoryview) -> int:
        if not self.room:
            raise OSError(28, "No space left on device")
        taken = bytes(data[: self.room])
        self.held, self.room = self.held + taken, self.room - len(taken)
        return len(taken)


def test_an_earlier_file_stays_until_the_first_write(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"earlier")
    file = OutputFile(path)
    assert path.read_bytes() == b"earlier"
    file.write(b"new")
    file.close()
    file.close()
    assert path.read_bytes() == b"new"


def test_a_write_is_whole_or_fails_and_so_does_every_later_one(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "a")
    file._file = disk = Full(5)  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        file.write(b"0123456789")
    assert disk.held == b"01234"
    disk.room = 100
    with pytest.raises(OSError, match="No space"):
        file.write(b"head")
    assert disk.held == b"01234"
    assert file.error is not None
