"""A misused command line: one line with the nearest right one, and the page that explains it."""

import pytest
from cli_runs import error_line, run_cli


@pytest.mark.parametrize(
    ("line", "said", "page"),
    [
        ("webcam --sorce 0", "did you mean --source?", "smile-edge webcam --help"),
        ("serve --prot 1", "did you mean --port?", "smile-edge serve --help"),
        ("image batch x --jsnl -", "did you mean --jsonl?", "smile-edge image batch --help"),
        ("webcam --frames many", "--frames", "smile-edge webcam --help"),
        ("webcam --frames", "--frames", "smile-edge webcam --help"),
        ("image batch", "PATH", "smile-edge image batch --help"),
        ("wecbam", "Did you mean 'webcam'?", "smile-edge --help"),
        ("batch photos", "Did you mean 'smile-edge image batch'?", "smile-edge --help"),
        ("clip.mp4", "Did you mean 'smile-edge webcam clip.mp4'?", "smile-edge --help"),
        ("0", "Did you mean 'smile-edge webcam 0'?", "smile-edge --help"),
        ("image photos/", "Did you mean 'smile-edge image batch photos/'?", "smile-edge image --help"),
        ("nothing", "No such command 'nothing'", "smile-edge --help"),
        ("info more", "more", "smile-edge info --help"),
    ],
)
def test_the_nearest_and_the_page_are_named(line: str, said: str, page: str) -> None:
    told = error_line(run_cli(*line.split()))
    assert said in told
    assert told.endswith(f"; see {page}\n")
