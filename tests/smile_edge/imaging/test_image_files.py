"""Finding image files."""

from pathlib import Path

import pytest

from smile_edge.errors import SourceError
from smile_edge.imaging.image_files import list_images


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """img2, img10, a hidden file, a note, and a sub-folder."""
    for name in ("img10.jpg", "img2.PNG", ".hidden.jpg", "note.txt", "sub/img1.webp"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def test_a_folder_lists_its_images_in_natural_order(album: Path) -> None:
    assert [path.name for path in list_images([album])] == ["img2.PNG", "img10.jpg"]


def test_recursive_goes_into_sub_folders(album: Path) -> None:
    assert [path.name for path in list_images([album], recursive=True)] == ["img2.PNG", "img10.jpg", "img1.webp"]


def test_arguments_keep_their_order_and_repeats_count_once(album: Path) -> None:
    named = list_images([album / "sub", album / "img10.jpg", album, album / "note.txt"])
    assert [path.name for path in named] == ["img1.webp", "img10.jpg", "img2.PNG", "note.txt"]


def test_a_pattern_lists_its_images(album: Path) -> None:
    assert [path.name for path in list_images([album / "img*"])] == ["img2.PNG", "img10.jpg"]
    assert [path.name for path in list_images([album / "**" / "*.webp"])] == ["img1.webp"]


def test_brackets_in_a_real_name_are_no_pattern(tmp_path: Path) -> None:
    path = tmp_path / "photo[1].jpg"
    path.touch()
    assert list_images([path]) == [path]


def test_nothing_to_find_says_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    with pytest.raises(SourceError, match=r"\*\*.* searches its sub-folders"):
        list_images([tmp_path])
    with pytest.raises(SourceError, match="matches no image"):
        list_images([tmp_path / "*.jpg"])
    with pytest.raises(SourceError, match="no such file or folder"):
        list_images([tmp_path / "nowhere"])
    with pytest.raises(SourceError, match="no images were given"):
        list_images([])
