"""The program starts at once, with one thread, and can be interrupted while it loads."""

import subprocess
import sys
from types import ModuleType

import pytest

import smile_edge.__main__


def test_ctrl_c_while_the_program_is_loaded_is_130_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loading(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "smile_edge.cli", Loading("smile_edge.cli"))

    with pytest.raises(SystemExit) as ended:
        smile_edge.__main__.main()
    assert ended.value.code == 130


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['smile-edge', '--help']\n"
        "from smile_edge.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('cv2', 'onnxruntime', 'numpy', 'rich', 'tensorflow') if name in sys.modules])"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("set_by_user", "threads"), [(None, "1"), ("3", "3")])
def test_a_command_starts_no_threads_for_large_matrices(
    set_by_user: str | None, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if set_by_user:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", set_by_user)
    code = (
        "import os, sys; sys.argv = ['smile-edge', '--help']\n"
        "from smile_edge.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(os.environ['OPENBLAS_NUM_THREADS'])"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines()[-1] == threads
