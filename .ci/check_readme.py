"""Every command and every line of Python of the README, with the installed package alone; the README is the one in it.

What needs a camera, a checkout or more than a check can give is left out, and the reason is printed.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from importlib.metadata import metadata
from importlib.util import find_spec
from pathlib import Path

LEFT_OUT = {
    r"make ": "needs a checkout",
    r"pip install \.": "needs a checkout; this environment holds the wheel",
    r"pip install .*\.whl": "done before: this environment holds the wheel",
    r"smile-edge webcam$": "needs a camera",
}
"""Beginnings of commands, and why they are not run here."""
BOUNDED = {r"smile-edge webcam demo": ["--frames", "20"], r"smile-edge serve demo": ["--frames", "20", "--port", "0"]}
"""What ends commands that would run for ever."""
NEEDS = {"smile-edge serve": ("websockets", "needs the extra `live`")}
LONGEST_S = 120

_EVERY_LINE = """
import sys
code = compile(open("block.py").read(), "block.py", "exec")
ran = set()
def trace(frame, event, _):
    if frame.f_code.co_filename != "block.py":
        return None
    ran.add(frame.f_lineno)
    return trace
sys.settrace(trace)
exec(code, {"__name__": "__main__"})
sys.settrace(None)
def lines(code):
    yield from (line for *_, line in code.co_lines() if line)
    for one in code.co_consts:
        if hasattr(one, "co_lines"):
            yield from lines(one)
sys.exit(f"lines that were not run: {missed}" if (missed := sorted(set(lines(code)) - ran)) else 0)
"""


def commands(text: str) -> Iterator[str]:
    """Lines of shell blocks, indented calls of `make`, and calls of the program in comments and in running text."""
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in filter(None, map(str.strip, block.splitlines())):
            command, _, comment = (part.strip() for part in line.partition(" #"))
            yield command
            yield from re.findall(r"(?:smile-edge|pip install) \S.*", comment)
    plain = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    yield from (line.partition(" #")[0].strip() for line in re.findall(r"^ {4}(make .+)$", plain, re.MULTILINE))
    yield from re.findall(r"`((?:smile-edge|make) [^`]+)`", plain)


def python_blocks(text: str) -> list[str]:
    """What stands in blocks of Python."""
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def left_out(command: str) -> str | None:
    """Why a command is not run here; None where it is."""
    for beginning, reason in LEFT_OUT.items():
        if re.match(beginning, command):
            return reason
    for beginning, (module, reason) in NEEDS.items():
        if command.startswith(beginning) and find_spec(module) is None:
            return reason
    return None


def run_command(command: str, folder: Path) -> str:
    """Runs one command as a reader would; what became of it.

    Raises:
        SystemExit: it failed, or took too long.
    """
    reason = left_out(command)
    if reason is not None:
        return f"left out, {reason}"
    words = shlex.split(command)
    words += next((more for beginning, more in BOUNDED.items() if re.match(beginning, command)), [])
    if sys.platform != "linux" and words[1:2] == ["webcam"]:
        words.append("--no-show")  # nobody would close the window
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    program = shutil.which(words[0], path=path) or words[0]
    return _run([program, *words[1:]], command, folder)


def run_python(block: str, folder: Path) -> str:
    """Runs one block of Python; as `run_command`, and each of its lines must have been run."""
    (folder / "block.py").write_text(block, "utf-8")
    return _run([sys.executable, "-c", _EVERY_LINE], block, folder)


def _run(words: list[str], what: str, folder: Path) -> str:
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        raise SystemExit(f"README: not done after {LONGEST_S} s:\n{what}") from None
    if done.returncode:
        raise SystemExit(f"README: exit code {done.returncode}:\n{what}\n{done.stdout}{done.stderr}")
    return "ran"


def prepare(folder: Path) -> None:
    """A reader's files: `photo.jpg`, the folder `photos`, `clip.mp4`."""
    import smile_edge

    portrait = Path(smile_edge.__file__).parent / "assets" / "astronaut.jpg"
    (folder / "photos").mkdir()
    for name in ("photo.jpg", "photos/one.jpg", "photos/two.jpg"):
        shutil.copy(portrait, folder / name)
    run_command("smile-edge webcam demo --no-show --video clip.mp4", folder)


def check_readme() -> None:
    """Runs the README of the installed package.

    Raises:
        SystemExit: something in it does not work.
    """
    text = metadata("smile-edge").get_payload()
    if not isinstance(text, str) or not text.strip():
        raise SystemExit("expected the README in the wheel's metadata, found nothing")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        for command in dict.fromkeys(commands(text)):
            print(f"README: {command}: {run_command(command, folder)}")
        for block in python_blocks(text):
            lines = len(block.strip().splitlines())
            print(f"README: {lines} lines of Python: {run_python(block, folder)}")


if __name__ == "__main__":
    check_readme()
