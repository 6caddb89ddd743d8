"""The outputs of `webcam`: checked before any of them is touched, and opened last."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from smile_edge.cli.output_paths import check_outputs, files_of, numbered, sound_file
from smile_edge.cli.webcam.request import Request
from smile_edge.errors import UsageError
from smile_edge.streaming.channel import Channel

__all__ = ["check_targets", "open_sinks"]


def check_targets(request: Request) -> None:
    """Holds that no output, by its option, destroys another, an input, a model or what is there.

    Raises:
        UsageError: it does, or standard input is to be two sources.
    """
    specs, outputs = request.sources.specs, request.outputs
    if specs.count("-") > 1:
        raise UsageError("- was given as a source more than once; standard input can be read once")
    each = [
        (kind, path if path is None else numbered(path, number, len(specs)))
        for number in range(1, len(specs) + 1)
        for kind, path in outputs.pictures.items()
    ]
    named = [(f"--{kind.replace('_', '-')}", target) for kind, target in [*outputs.texts.items(), *each]]
    check_outputs(named, files_of(specs), models=request.settings["models"], overwrite=outputs.overwrite)


def open_sinks(stack: ExitStack, channels: Sequence[Channel], request: Request) -> None:
    """Opens each output in a thread of its own: one for all sources, or one for each."""
    from smile_edge.cli.output_sinks import open_file
    from smile_edge.sinks import BackgroundSink
    from smile_edge.sinks.spec import SINKS, open_sink

    sounds = [sound_file(spec) for spec in request.sources.specs]
    targets, options = request.outputs.targets, request.sink_options
    common: dict[str, Any] = {"overwrite": request.outputs.overwrite, "alone": len(targets) == 1}
    for kind, target in targets:
        row = SINKS[kind]
        if row.per_source:
            for number, (channel, sound) in enumerate(zip(channels, sounds, strict=True), 1):
                path = numbered(Path(target), number, len(channels))
                rate = channel.nominal_fps or 30.0
                opened = open_file(kind, path, **common, fps=rate, sound_from=sound, **options)
                channel.sinks.append(stack.enter_context(BackgroundSink(opened)))
            continue
        if row.sent:
            opened = open_sink(kind, target, fps=channels[0].nominal_fps or 30.0, **options)
        else:
            opened = open_file(kind, target, **common, expression=options["expression"])
        shared = stack.enter_context(BackgroundSink(opened, capacity=row.capacity))
        for channel in channels[:1] if row.first_only else channels:
            channel.sinks.append(shared)
