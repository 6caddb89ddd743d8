"""Numbers beyond sense, for every option that takes one: a line, and exit code 2."""

from collections.abc import Callable, Iterator
from typing import Any, get_type_hints

import pytest
from cli_runs import error_line, run_cli
from hypothesis import given
from hypothesis import strategies as st
from properties import SAME_EACH_TIME

from smile_edge.cli.bench import bench_command
from smile_edge.cli.doctor import doctor_command
from smile_edge.cli.image.command import batch_command
from smile_edge.cli.info import info_command
from smile_edge.cli.webcam.command import webcam_command

COMMANDS: dict[Callable[..., Any], list[str]] = {
    webcam_command: ["webcam", "--source", "demo?frames=1", "--no-show"],
    batch_command: ["image", "batch", "no-such-image.jpg", "--jsonl", "-"],
    info_command: ["info"],
    bench_command: ["bench"],
    doctor_command: ["doctor"],
}
NO_NUMBER = st.sampled_from(["", " ", "x", "1e", "0x10", "--", "1,5", "None", "1_", "\u0661x", "9" * 5000 + "x"])
NO_COUNT = st.one_of(
    st.integers(max_value=0).map(str),
    st.integers(min_value=2**31).map(str),
    st.sampled_from(["1.5", "nan", "inf", "-inf", "1e400", "99999999999999999999", "9" * 5000]),
    NO_NUMBER,
)
NO_SIZE = st.one_of(
    st.floats(max_value=-1e-6, allow_nan=False).map(str),
    st.floats(min_value=2e9).map(str),
    st.sampled_from(["nan", "-nan", "inf", "-inf", "1e400", "99999999999999999999", "9" * 5000]),
    NO_NUMBER,
)


def numeric_options() -> Iterator[Any]:
    for command, words in COMMANDS.items():
        for name, hint in get_type_hints(command, include_extras=True).items():
            kinds = getattr(hint, "__origin__", None)
            option = f"--{name.replace('_', '-')}"
            for kind, values in ((int, NO_COUNT), (float, NO_SIZE)):
                if kinds == kind or kinds == kind | None:
                    yield pytest.param(words, option, values, id=f"{words[0]} {option}")


OPTIONS = list(numeric_options())


def test_there_are_options_that_take_numbers() -> None:
    assert {str(option.id) for option in OPTIONS} >= {"webcam --fps", "image --timeout", "bench --frames"}


@pytest.mark.parametrize(("words", "option", "values"), OPTIONS)
def test_a_number_beyond_sense_is_one_line(words: list[str], option: str, values: st.SearchStrategy[str]) -> None:
    @SAME_EACH_TIME
    @given(values)
    def check(value: str) -> None:
        error_line(run_cli(*words, f"{option}={value}"))

    check()
