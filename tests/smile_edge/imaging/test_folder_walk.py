"""Links, special files and patterns: no circle, no image twice, nothing passed over in silence."""

import os
import socket
from pathlib import Path

import pytest

from smile_edge.errors import SourceError
from smile_edge.imaging.image_files import find_images, is_image_file, list_images

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links and FIFOs as POSIX has them")

JPEG = b"\xff\xd8\xff\xe0" + bytes(40)


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`a.jpg`, `sub/b.jpg`, and links that lead round: to the folder, to its parents, twice to one folder."""
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "album"
    (root / "sub").mkdir(parents=True)
    for name in ("a.jpg", "sub/b.jpg", "../outside.jpg"):
        (root / name).write_bytes(JPEG)
    (root / "self").symlink_to(".")
    (root / "sub" / "up").symlink_to("..")
    (root / "top").symlink_to("../..")
    (root / "again").symlink_to("sub")
    (root / "alias.jpg").symlink_to("a.jpg")
    return root


def names(paths: list[Path], root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in paths]


@pytest.mark.parametrize("spec", ["", "**", "**/*.jpg", "**/**/*.jpg"])
def test_links_lead_into_no_folder_twice(album: Path, spec: str) -> None:
    found = list_images([album / spec], recursive=not spec)
    assert names(found, album) == ["a.jpg", "sub/b.jpg"]


def test_a_relative_pattern_gives_relative_names(album: Path) -> None:
    assert list(map(str, list_images(["album/**/*.jpg"]))) == ["album/a.jpg", "album/sub/b.jpg"]
    assert list(map(str, list_images(["**/b.*"]))) == ["album/sub/b.jpg"]


def test_a_link_to_a_folder_elsewhere_is_followed_once(album: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.jpg").write_bytes(JPEG)
    for name in ("one", "two"):
        (album / name).symlink_to(other)
    found = list_images([album], recursive=True)
    assert sorted(path.name for path in found) == ["a.jpg", "b.jpg", "c.jpg"]


def test_a_file_that_two_links_lead_to_counts_once_and_hard_links_are_files(album: Path) -> None:
    os.link(album / "a.jpg", album / "hard.jpg")
    assert names(list_images([album, album / "alias.jpg"]), album) == ["a.jpg", "hard.jpg"]
    assert names(list_images([album / "alias.jpg", album]), album) == ["alias.jpg", "hard.jpg"]


@pytest.mark.parametrize("spec", ["*", "**", "**/*", ""])
def test_what_is_no_regular_file_is_passed_over_and_counted(
    tmp_path: Path, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.jpg").write_bytes(JPEG)
    os.mkfifo("x.jpg")
    Path("link.jpg").symlink_to("x.jpg")
    Path("null.png").symlink_to("/dev/null")
    Path("gone.png").symlink_to("nowhere")
    Path("round.png").symlink_to("round.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.jpg")
        found = find_images([tmp_path / spec])
    assert [path.name for path in found.images] == ["a.jpg"]
    assert found.not_read == {"FIFO": 2, "device": 1, "broken link": 2, "socket": 1}


def test_a_fifo_named_outright_is_one_clear_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.jpg")
    with pytest.raises(SourceError, match=r"x\.jpg: a FIFO, no regular file"):
        list_images([tmp_path / "x.jpg"])
    with pytest.raises(SourceError, match="a device, no regular file"):
        list_images(["/dev/null"])


def test_what_a_folder_holds_and_is_not_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smile_edge.imaging.image_files.can_read_heif", lambda: False)
    for name in ("a.jpg", "b.HEIC", "c.heic", "d.psd", "e.txt", "README", ".hidden"):
        (tmp_path / name).write_bytes(JPEG if name == "a.jpg" else b"text")
    note = find_images([tmp_path]).note()
    assert note is not None
    assert note.startswith("1 of 6 files are images; not read: 2 .heic, 1 .psd, 1 .txt, 1 without a suffix; HEIC needs")
    assert "pip install pillow-heif" in note
    assert "smile-edge[heif]" in note
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(SourceError, match=r"no images in this folder \(0 of 5 files are images; not read: 2 .heic"):
        find_images([tmp_path])


def test_where_everything_is_read_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(JPEG)
    assert find_images([tmp_path]).note() is None


def test_heic_is_an_image_where_it_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.heic").write_bytes(b"")
    monkeypatch.setattr("smile_edge.imaging.image_files.can_read_heif", lambda: True)
    assert [path.name for path in list_images([tmp_path])] == ["a.heic"]


def test_more_endings_and_files_without_one_are_read(tmp_path: Path) -> None:
    for name in ("a.jfif", "b.JPE", "c.jp2", "photo", "notes"):
        (tmp_path / name).write_bytes(b"Dear diary" if name == "notes" else JPEG)
    assert [path.name for path in list_images([tmp_path])] == ["a.jfif", "b.JPE", "c.jp2", "photo"]
    assert is_image_file(tmp_path / "photo")
    assert not is_image_file(tmp_path / "notes")
    assert not is_image_file(tmp_path / "nowhere")


def test_patterns_cross_folders_as_the_shell_does(tmp_path: Path) -> None:
    for name in ("a/b/c.jpg", "a/x.jpg", "a/.h/d.jpg", "q[1]/e.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(JPEG)
    assert names(list_images([tmp_path / "a" / "**" / "c.*"]), tmp_path) == ["a/b/c.jpg"]
    assert names(list_images([tmp_path / "*" / "**" / "?.jpg"]), tmp_path) == ["a/b/c.jpg", "a/x.jpg", "q[1]/e.jpg"]
    assert names(list_images([tmp_path / "**" / "b" / "*"]), tmp_path) == ["a/b/c.jpg"]
    assert names(list_images([tmp_path / "**" / ".h" / "*"]), tmp_path) == ["a/.h/d.jpg"]
    assert names(list_images([tmp_path / "a" / "*"], recursive=True), tmp_path) == ["a/b/c.jpg", "a/x.jpg"]
