"""Which provider of onnxruntime computes which nodes of a model."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from smile_edge.runtime.providers import SHORT_NAMES

__all__ = ["Placement", "assigned_placement", "node_counts", "profiled_placement"]

Placement = dict[str, dict[str, int]]
"""Operators and how often, by provider: `{"cuda": {"Conv": 19}, "cpu": {"Resize": 1}}`."""


def assigned_placement(session: Any) -> Placement:
    """As an `onnxruntime.InferenceSession` assigned them; empty where this onnxruntime does not record it."""
    if not hasattr(session, "get_provider_graph_assignment_info"):
        return {}
    return _counted(
        (part.ep_name, node.op_type)
        for part in session.get_provider_graph_assignment_info()
        for node in part.get_nodes()
    )


def node_counts(session: Any) -> dict[str, int]:
    """Nodes by provider, as assigned; empty where this onnxruntime does not record it."""
    return {provider: sum(operators.values()) for provider, operators in assigned_placement(session).items()}


def profiled_placement(profile: Path) -> Placement:
    """From the profile that onnxruntime wrote of a run."""
    events = json.loads(profile.read_text("utf-8"))
    runs = {event["args"]["node_index"]: event["args"] for event in events if "provider" in event.get("args", {})}
    return _counted((run["provider"], run["op_name"]) for run in runs.values())


def _counted(nodes: Iterable[tuple[str, str]]) -> Placement:
    """Provider and operator of each node, counted."""
    counts: Placement = {}
    for provider, operator in nodes:
        operators = counts.setdefault(SHORT_NAMES.get(provider, provider), {})
        operators[operator] = operators.get(operator, 0) + 1
    return counts
