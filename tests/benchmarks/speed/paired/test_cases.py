"""The cases, each timed once in a checkout."""

from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from paired_checkouts import checkout_in, side

from benchmarks.speed.paired.cases import batch_case, command_case, stream_case
from benchmarks.speed.paired.checkout import Checkout
from benchmarks.speed.paired.rounds import HERE


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> tuple[Checkout, Path]:
    """This checkout, and a scratch folder with its byte code."""
    scratch = tmp_path_factory.mktemp("scratch")
    return Checkout.at("new", HERE, scratch), scratch


def test_this_checkout_is_timed_frame_by_frame(here):
    checkout, scratch = here
    case = stream_case(1, frames=4)
    case.prepare(scratch)
    with case.start(checkout, scratch) as measure:
        first, second = measure(), measure()
    assert first.details == second.details
    assert first.details["faces"] == 1
    assert first.details["landmarks"].startswith("cpu ")
    assert 0 < second.seconds < 1


def test_a_folder_of_images_is_timed_with_what_was_found(here):
    checkout, scratch = here
    case = batch_case("image batch", "--fast", images=3)
    case.prepare(scratch)
    with case.start(checkout, scratch) as measure:
        reading = measure()
    assert reading.details == {"images": 3, "faces": 4}
    assert 0 < reading.seconds < 10


def test_a_start_of_the_command_is_timed_in_its_own_checkout(tmp_path):
    spin = "import time\nwhile time.process_time() < 0.2: pass\n"
    case = command_case("start", "--help")
    with case.start(side(checkout_in(tmp_path, main=spin), tmp_path / "s"), tmp_path / "s") as measure:
        assert 0.2 <= measure().seconds < 1
