"""Images as a source."""

import logging
from pathlib import Path

import pytest
from grey_images import write_image

from smile_edge.errors import ImageError, SourceError
from smile_edge.sources import open_source


def test_a_folder_gives_each_picture_under_its_own_name(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        write_image(tmp_path / f"{number}.png", number)
    with open_source(str(tmp_path)) as source:
        frames = list(source)
    assert (source.live, source.length) == (False, 3)
    assert [(frame.index, Path(frame.source).name, int(frame.image[0, 0, 0])) for frame in frames] == [
        (0, "1.png", 1),
        (1, "2.png", 2),
        (2, "10.png", 10),
    ]


def test_a_broken_picture_in_a_folder_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_image(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"broken")
    write_image(tmp_path / "c.png")
    with caplog.at_level(logging.WARNING), open_source(str(tmp_path / "*.png")) as source:
        assert [frame.index for frame in source] == [0, 2]
    assert "b.png" in caplog.text


def test_a_folder_of_broken_pictures_is_an_error(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"broken")
    with open_source(str(tmp_path)) as source, pytest.raises(SourceError, match="none of its 2 images"):
        list(source)


def test_a_single_broken_image_fails_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ImageError, match="empty"):
        open_source(str(tmp_path / "a.png"))


def test_a_folder_has_the_rate_that_is_asked_for(tmp_path: Path) -> None:
    for number in range(3):
        write_image(tmp_path / f"{number}.png", number)
    with open_source(str(tmp_path), fps=12.5) as source:
        assert [frame.time_s for frame in source] == pytest.approx([0, 0.08, 0.16])
    assert source.fps == 12.5
