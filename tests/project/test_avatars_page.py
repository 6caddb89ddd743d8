"""The page on avatars: its commands and receivers run, its tables are those of the code."""

import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cli_runs import run_cli
from repository import ROOT
from sent_faces import FRAME, face, result_of
from udp_receivers import silent_address

pytest.importorskip("pythonosc", reason="needs python-osc: pip install '.[dev]'")

from smile_edge.sinks import OscSink, Sink, UdpSink
from smile_edge.sinks.network.osc import face_messages, frame_messages

PAGE = ROOT / "docs" / "avatars.md"
TEXT = PAGE.read_text("utf-8")
OSC_RECEIVER, UDP_RECEIVER, SENDER = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
COMMANDS = sorted(set(re.findall(r"smile-edge webcam( --(?:vmc|openseeface|osc|udp) [^`\n]*)", TEXT)))
WAIT_S = 30


def test_the_page_has_a_command_for_each_output_over_udp() -> None:
    assert {command.split()[0] for command in COMMANDS} == {"--vmc", "--openseeface", "--osc", "--udp"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str) -> None:
    words = shlex.split(command.replace("192.168.1.50", "127.0.0.1"))

    result = run_cli("webcam", "--source", "demo", "--frames", 2, "--no-show", *words)

    assert result.exit_code == 0, result.output


@contextmanager
def running(code: str, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A receiver as a program of its own."""
    path = folder / "receiver.py"
    path.write_text(code, "utf-8")
    program = subprocess.Popen([sys.executable, "-u", str(path)], stdout=subprocess.PIPE, text=True)
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def first_line(code: str, port: str, sink_kind: type[Sink], folder: Path) -> str:
    """What a receiver of the page prints first, while faces are sent to it."""
    address = silent_address()
    assert port in code
    stop = threading.Event()
    with running(code.replace(port, address.rpartition(":")[2]), folder) as program, sink_kind(address) as sink:

        def send() -> None:
            while not stop.wait(0.05):
                sink.write(FRAME, result_of(face(3, size=60), face(4)))

        sender = threading.Thread(target=send, daemon=True)
        ending = threading.Timer(WAIT_S, program.kill)
        sender.start()
        ending.start()
        try:
            assert program.stdout is not None
            return program.stdout.readline().rstrip("\n")
        finally:
            stop.set()
            ending.cancel()
            sender.join()


def test_the_receiver_of_osc_shows_the_pose(tmp_path: Path) -> None:
    assert first_line(OSC_RECEIVER, "9000", OscSink, tmp_path) == "/smile/face/3/pose 20.0 -5.0 10.0"


def test_the_receiver_of_json_turns_to_the_largest_face(tmp_path: Path) -> None:
    line = first_line(UDP_RECEIVER, "9001", UdpSink, tmp_path)

    assert line == f"face 3: turn by {face(3, size=60).nose[0] / 640 - 0.5:+.2f} of the picture"


def test_the_receivers_have_ten_lines_of_code() -> None:
    for code in (OSC_RECEIVER, UDP_RECEIVER):
        assert len([line for line in code.splitlines() if line.strip()]) <= 10


def test_the_sender_runs_and_says_what_was_lost(capsys: pytest.CaptureFixture[str]) -> None:
    address = silent_address()

    exec(compile(SENDER.replace("127.0.0.1:9001", address), PAGE.name, "exec", dont_inherit=True), {})

    assert capsys.readouterr().out == f"0 udp {address} lost 5 datagrams (nobody listens there)\n"


def test_the_table_has_every_osc_address_and_no_other() -> None:
    table = re.search(r"<!-- osc: addresses -->(.*)<!-- osc: end of addresses -->", TEXT, re.DOTALL)
    assert table is not None
    named = re.findall(r"^\| `(/\S+)` \|", table[1], re.MULTILINE)
    result = replace(result_of(face(7)), age_ms=1.0)
    sent = [address for address, _ in (*frame_messages(result), *face_messages(face(7)))]

    assert sorted(named) == sorted(
        {re.sub(r"expression/\w+", "expression/<name>", address.replace("/7/", "/<id>/")) for address in sent}
    )


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", TEXT))
def test_what_the_page_links_to_is_there(target: str) -> None:
    assert (PAGE.parent / target).exists()


def test_the_readme_leads_here() -> None:
    assert "(docs/avatars.md)" in (ROOT / "README.md").read_text("utf-8")
