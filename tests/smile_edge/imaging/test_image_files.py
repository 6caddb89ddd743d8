"""Finding image files."""

import os
import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import SAME_EACH_TIME

from smile_edge.errors import SourceError
from smile_edge.imaging.image_files import _natural, find_images, list_images


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


def in_parts(path: str) -> tuple[list[list[str | int]], str]:
    """The order of names as it is meant: folder by folder, text and numbers in turn."""
    keys: list[list[str | int]] = []
    for part in path.split(os.sep):
        pieces: list[str | int] = list(re.split(r"(\d+)", part.casefold()))
        pieces[1::2] = map(int, pieces[1::2])
        keys.append(pieces)
    return keys, path


NAMES = st.lists(st.text("aB09_. \u0663\u00df\U0001f600", min_size=1, max_size=8), min_size=1, max_size=3).map(
    os.sep.join
)


@SAME_EACH_TIME
@given(st.lists(NAMES | st.integers(0, 10**50).map(str), max_size=8))
def test_names_come_in_natural_order(names: list[str]) -> None:
    assert sorted(sorted(names), key=_natural) == sorted(names, key=in_parts)


def test_paths_are_made_when_they_are_asked_for(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jpg").touch()
    found = find_images([tmp_path]).images

    assert list(found) == [tmp_path / f"{number}.jpg" for number in range(3)]
    assert (len(found), found[1], list(found[1:])) == (3, tmp_path / "1.jpg", [tmp_path / "1.jpg", tmp_path / "2.jpg"])
    assert found[0] is not found[0]


def test_names_take_little_memory(tmp_path: Path) -> None:
    """Bytes an image, once it is listed and on the way there."""
    for number in range(2000):
        (tmp_path / f"{number:07}.jpg").touch()
    find_images([tmp_path])
    tracemalloc.start()
    try:
        listing = find_images([tmp_path])
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(listing.names) == 2000
    assert kept / 2000 < 100 + len(str(tmp_path))
    assert peak / 2000 < 500 + 3 * len(str(tmp_path))


@pytest.mark.parametrize("paths", [[""], ["folder", ""]])
def test_an_empty_name_is_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: list[str]
) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("a.png", "folder/b.png"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SourceError, match="names no file or folder"):
        find_images(paths)

    assert list_images(["."]) == [Path("a.png")]
