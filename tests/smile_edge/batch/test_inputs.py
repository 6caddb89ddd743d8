"""Lists of paths, shards, and numbers that images keep."""

import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from gates import WAIT_S

from smile_edge.batch.inputs import Inputs, Numbered, Shard
from smile_edge.batch.path_list import read_paths
from smile_edge.batch.schedule import unread
from smile_edge.errors import UsageError


def listed(folder: Path, data: bytes) -> list[str]:
    (folder / "list").write_bytes(data)
    return [str(path) for path in read_paths(str(folder / "list"))]


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (b"a.jpg\nb c.jpg\n", ["a.jpg", "b c.jpg"]),
        (b"a.jpg\n\n\nb.jpg", ["a.jpg", "b.jpg"]),
        (b"a.jpg\r\nb.jpg\r\n", ["a.jpg", "b.jpg"]),
        (b"\xef\xbb\xbfa.jpg\n", ["a.jpg"]),
        (b"a\nb.jpg\0c.jpg\0", ["a\nb.jpg", "c.jpg"]),
        (b"a.jpg\r\0b.jpg", ["a.jpg\r", "b.jpg"]),
        (b"caf\xe9.jpg\n", ["caf\udce9.jpg"]),
        (b"a.jpg\na.jpg\n", ["a.jpg", "a.jpg"]),
        (b" a.jpg \n", [" a.jpg "]),
        (b"", []),
    ],
)
def test_a_list_is_lines_or_ends_each_path_by_a_nul(tmp_path: Path, data: bytes, paths: list[str]) -> None:
    assert listed(tmp_path, data) == paths


def test_a_path_that_lies_across_two_reads_is_whole(tmp_path: Path) -> None:
    names = [f"{number:07d}.jpg" for number in range(20_000)]
    assert listed(tmp_path, "\n".join(names).encode()) == names


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be"])
def test_a_list_in_another_coding_is_told_once(tmp_path: Path, coding: str) -> None:
    with pytest.raises(UsageError, match=r"is UTF-16: save it as UTF-8"):
        listed(tmp_path, "\ufeffa.jpg\r\nb.jpg\r\n".encode(coding))


def test_a_name_that_begins_like_another_coding_is_a_name(tmp_path: Path) -> None:
    assert listed(tmp_path, b"\xff\xfea.jpg\nb.jpg\n") == ["\udcff\udcfea.jpg", "b.jpg"]


@pytest.mark.parametrize("data", [b"x" * 200_000, b"a.jpg\n" * 20_000 + b"b\0c\n"])
def test_what_is_no_list_of_paths_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UsageError, match="NUL"):
        listed(tmp_path, data)


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="No such file"):
        Inputs.of_list(str(tmp_path / "no"))
    with pytest.raises(UsageError, match="cannot be read"):
        list(Inputs.of_list(str(tmp_path)))
    (tmp_path / "empty").touch()
    with pytest.raises(UsageError, match="holds no path"):
        Inputs.of_list(str(tmp_path / "empty"))
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="closed"):
        list(Inputs.of_list("-"))


def test_standard_input_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a\nb\n"), closed=False))
    inputs = Inputs.of_list("-", Shard(2, 2))

    assert inputs.count is None
    assert list(inputs) == [(1, Path("b"))]


@pytest.mark.parametrize("total", [0, 1, 15, 16, 17, 100])
def test_shards_share_all_images_and_none_twice(total: int) -> None:
    files = [Path(str(number)) for number in range(total)]
    shards = [Inputs.of_files(files, Shard.parse(f"{number}/16")) for number in range(1, 17)]

    assert sorted(one for shard in shards for one in shard) == list(enumerate(files))
    assert [shard.count for shard in shards] == [len(list(shard)) for shard in shards]


@pytest.mark.parametrize(
    "text", ["0/3", "4/3", "3", "1/0", "-1/3", "1/3/5", "a/b", "1.0/2", "", "\u0661/3", "1/9999999999"]
)
def test_a_shard_that_cannot_be_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="--shard must be K/N"):
        Shard.parse(text)


def test_results_get_the_numbers_of_their_images() -> None:
    numbered = Numbered(Inputs.of_files([Path(name) for name in "abcdef"], Shard(2, 3)))
    results = (unread(index, path, "x") for index, path in enumerate(numbered.paths()))

    told = [(frame.index, result.frame, result.source) for frame, result in numbered.numbered(results)]

    assert told == [(1, 1, "b"), (4, 4, "e")]


def test_the_identity_is_that_of_the_paths_and_their_order() -> None:
    identities = {Inputs.of_files([Path(one) for one in names]).identity for names in ("ab", "ba", ["ab"], "abc")}
    assert len(identities) == 4


READS_A_LIST = """
import resource, sys
from smile_edge.batch.inputs import Inputs, Numbered
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before, numbered = peak(), Numbered(Inputs.of_list(sys.argv[1]))
for path in numbered.paths():
    numbered._under_way.popleft()
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads its peak of memory in KiB")
def test_a_long_list_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("".join(f"/some/folder/of/pictures/{number:08d}.jpg\n" for number in range(200_000)))

    done = subprocess.run(
        [sys.executable, "-c", READS_A_LIST, path], capture_output=True, text=True, timeout=WAIT_S * 4
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 10_000  # held as paths they are 40 MB
