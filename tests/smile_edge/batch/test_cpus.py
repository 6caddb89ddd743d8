"""CPUs by affinity and by the quotas of control groups."""

import os
from pathlib import Path

import pytest

from smile_edge.batch.cpus import usable_cpus

MANY = set(range(64))


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda number: MANY, raising=False)


def system(root: Path, group: str, files: dict[str, str]) -> Path:
    """A system with this line in `/proc/self/cgroup`, and files below `/sys/fs/cgroup`."""
    for name, text in {
        "proc/self/cgroup": group,
        **{f"sys/fs/cgroup/{name}": text for name, text in files.items()},
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("group", "files", "cpus"),
    [
        ("0::/", {}, 64),
        ("0::/", {"cpu.max": "max 100000"}, 64),
        ("0::/", {"cpu.max": "200000 100000"}, 2),
        ("0::/a/b", {"a/cpu.max": "300000 100000", "a/b/cpu.max": "max 100000"}, 3),
        ("0::/not/seen/from/here", {"cpu.max": "150000 100000"}, 2),
        ("0::/../..", {"cpu.max": "500000 100000"}, 5),
        ("0::/", {"cpu.max": "1000 100000"}, 1),
        ("0::/", {"cpu.max": "0 0"}, 64),
        ("0::/", {"cpu.max": "what is this"}, 64),
        ("3:cpu,cpuacct:/d", {"cpu/d/cpu.cfs_quota_us": "250000", "cpu/d/cpu.cfs_period_us": "100000"}, 3),
        ("3:cpu,cpuacct:/d", {"cpu/d/cpu.cfs_quota_us": "-1", "cpu/d/cpu.cfs_period_us": "100000"}, 64),
        ("nonsense", {}, 64),
    ],
)
def test_a_quota_counts_rounded_up(tmp_path: Path, group: str, files: dict[str, str], cpus: int) -> None:
    assert usable_cpus(system(tmp_path, group, files)) == cpus


def test_a_system_without_control_groups_has_its_affinity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert usable_cpus(tmp_path) == 64
    monkeypatch.setattr(os, "sched_getaffinity", lambda number: {3}, raising=False)
    assert usable_cpus(tmp_path) == 1


def test_a_system_without_affinity_has_its_cpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert usable_cpus(tmp_path) == 6
