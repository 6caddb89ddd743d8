"""The figures of a run in the text form that Prometheus reads (version 0.0.4)."""

from collections.abc import Callable, Iterator, Mapping

from smile_edge.server.hub import Hub
from smile_edge.server.status import RunStatus, SourceStatus

__all__ = ["CONTENT_TYPE", "metrics_text"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[str, Mapping[str, str], float]
"""What follows the name, the labels, the value."""


def metrics_text(status: RunStatus, hub: Hub, refused: Mapping[str, int]) -> str:
    """All figures.

    Args:
        status: of the run.
        hub: whose clients are counted.
        refused: requests that were turned away, by reason.
    """
    return "\n".join([*_run(status), *_clients(hub, refused), ""])


def _run(status: RunStatus) -> Iterator[str]:
    about = {"version": status.version, "provider": status.provider}
    yield from _family("info", "gauge", "Version, and what the models run on.", [("", about, 1)])
    for name, kind, help_text, value in _OF_A_SOURCE:
        yield from _family(name, kind, help_text, [("", {"source": one.name}, value(one)) for one in status.sources])
    latencies = [sample for source in status.sources for sample in _latency(source)]
    help_text = (
        "Capture to result of a live source, begin of the work to result of a file; quantiles of the last frames."
    )
    yield from _family("latency_seconds", "summary", help_text, latencies)


_OF_A_SOURCE: tuple[tuple[str, str, str, Callable[[SourceStatus], float]], ...] = (
    ("source_up", "gauge", "1 while the source gives frames.", lambda one: int(one.state == "live")),
    ("frames_total", "counter", "Frames with a result.", lambda one: one.frames),
    ("frames_dropped_total", "counter", "Frames skipped because a newer one had arrived.", lambda one: one.dropped),
    ("faces", "gauge", "Faces in the newest frame.", lambda one: one.faces),
    ("frames_per_second", "gauge", "Speed over the last frames.", lambda one: one.fps),
)


def _latency(source: SourceStatus) -> Iterator[Sample]:
    labels = {"source": source.name}
    yield "", {**labels, "quantile": "0.5"}, source.p50_ms / 1000
    yield "", {**labels, "quantile": "0.95"}, source.p95_ms / 1000


def _clients(hub: Hub, refused: Mapping[str, int]) -> Iterator[str]:
    viewers = sum(client.viewer for client in hub.clients)
    kinds: list[Sample] = [
        ("", {"kind": "view"}, viewers),
        ("", {"kind": "records"}, len(hub.clients) - viewers),
    ]
    yield from _family("clients", "gauge", "Open WebSockets.", kinds)
    yield from _family("messages_sent_total", "counter", "Messages sent to clients.", [("", {}, hub.sent)])
    help_text = "Messages that a newer one replaced before a slow client had read them."
    yield from _family("messages_skipped_total", "counter", help_text, [("", {}, hub.skipped)])
    reasons: list[Sample] = [("", {"reason": reason}, count) for reason, count in sorted(refused.items())]
    yield from _family("requests_refused_total", "counter", "Requests that were turned away.", reasons)


def _family(name: str, kind: str, help_text: str, samples: list[Sample]) -> Iterator[str]:
    full = f"smile_edge_{name}"
    yield f"# HELP {full} {help_text}"
    yield f"# TYPE {full} {kind}"
    for suffix, labels, value in samples:
        listed = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{full}{suffix}{{{listed}}} {_number(value)}" if listed else f"{full}{suffix} {_number(value)}"


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(round(value, 6))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
