"""The text that Prometheus reads."""

import re

from smile_edge.server.hub import Hub
from smile_edge.server.metrics import metrics_text
from smile_edge.server.status import RunStatus, SourceStatus


def text_of(*sources: SourceStatus, refused: dict[str, int] | None = None) -> str:
    return metrics_text(RunStatus("1.2.3", "cpu", sources), Hub(["demo"], None), refused or {})


def test_every_sample_has_its_family_and_the_text_ends_in_a_line() -> None:
    text = text_of(SourceStatus("demo", "live", frames=12, p50_ms=1.5), refused={"host": 2})
    families = set(re.findall(r"^# TYPE (\w+) (?:gauge|counter|summary)$", text, re.MULTILINE))
    helped = set(re.findall(r"^# HELP (\w+) \S", text, re.MULTILINE))
    samples = [line for line in text.splitlines() if not line.startswith("#")]

    assert text.endswith("\n")
    assert families == helped
    for sample in samples:
        found = re.fullmatch(r'(\w+)(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? -?[\d.]+(?:e-?\d+)?', sample)
        assert found, sample
        assert found[1] in families


def test_values_are_those_of_the_run_in_base_units() -> None:
    source = SourceStatus("demo", "live", frames=12_345_678, dropped=3, faces=2, fps=29.97, p50_ms=1.5, p95_ms=4.0)
    lines = text_of(source, refused={"token": 7}).splitlines()

    assert 'smile_edge_frames_total{source="demo"} 12345678' in lines
    assert 'smile_edge_frames_dropped_total{source="demo"} 3' in lines
    assert 'smile_edge_faces{source="demo"} 2' in lines
    assert 'smile_edge_frames_per_second{source="demo"} 29.97' in lines
    assert 'smile_edge_latency_seconds{source="demo",quantile="0.5"} 0.0015' in lines
    assert 'smile_edge_requests_refused_total{reason="token"} 7' in lines
    assert 'smile_edge_source_up{source="demo"} 1' in lines


def test_a_lost_source_is_down() -> None:
    assert 'smile_edge_source_up{source="demo"} 0' in text_of(SourceStatus("demo", "lost"))


def test_names_are_escaped() -> None:
    assert 'smile_edge_faces{source="a\\"b\\\\c\\nd"} 0' in text_of(SourceStatus('a"b\\c\nd', "live"))
