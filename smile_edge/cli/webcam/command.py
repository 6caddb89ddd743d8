"""`smile-edge webcam`: any sources, live or not, through the pipeline into any sinks."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smile_edge.cli.console import (
    DrawOption,
    ExpressionOption,
    HfovOption,
    HideMinScoreOption,
    HideOption,
    MaxPixelsOption,
    ModelsOption,
    OverwriteOption,
    PrecisionOption,
    ProviderOption,
    ThreadsOption,
    interruptible,
    require_positive,
    what_to_draw,
    what_to_hide,
)
from smile_edge.cli.interrupts import ClosingStack
from smile_edge.cli.live_loop import run_loop
from smile_edge.cli.options.camera_mode import CameraModeOption, with_camera_mode
from smile_edge.cli.options.filters import MinScoreOption, MinSizeOption, RoiOption, filters_of
from smile_edge.cli.options.hiding import hide_faces
from smile_edge.cli.options.sending import (
    FaceOption,
    OpenSeeFaceOption,
    OscOption,
    UdpOption,
    VirtualCameraOption,
    VmcOption,
    check_sent,
    sent_outputs,
)
from smile_edge.cli.options.smoothing import NoSmoothOption, SmoothOption, strength_of
from smile_edge.cli.options.stream import (
    ConfigOption,
    CsvOption,
    DetectEveryOption,
    FpsOption,
    FramesOption,
    JsonlOption,
    MaxFacesOption,
    MirrorOption,
    ReconnectOption,
    SourceOption,
    SourcesArgument,
)
from smile_edge.cli.output_paths import check_outputs, files_of, numbered, sound_file
from smile_edge.cli.standard_streams import say
from smile_edge.errors import UsageError
from smile_edge.streaming.channel import Channel

if TYPE_CHECKING:
    from smile_edge.sources import Source

__all__ = ["webcam_command"]


def webcam_command(
    inputs: SourcesArgument = None,
    source: SourceOption = None,
    max_faces: MaxFacesOption = 8,
    min_score: MinScoreOption = None,
    min_size: MinSizeOption = None,
    roi: RoiOption = None,
    provider: ProviderOption = "auto",
    precision: PrecisionOption = "auto",
    show: Annotated[
        bool | None,
        typer.Option(
            "--show/--no-show",
            help="Show a window a source (keys: m mirror, space pause, s snapshot, q quit); without either, it opens if"
            " nothing is written and a display exists.",
        ),
    ] = None,
    jsonl: JsonlOption = None,
    csv: CsvOption = None,
    video: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write the annotated video: mp4, mov, mkv, webm, avi or gif, by its ending."),
    ] = None,
    contact_sheet: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write a PNG with twelve annotated frames of the run.")
    ] = None,
    udp: UdpOption = None,
    osc: OscOption = None,
    vmc: VmcOption = None,
    openseeface: OpenSeeFaceOption = None,
    face: FaceOption = None,
    virtual_camera: VirtualCameraOption = False,
    detect_every: DetectEveryOption = 10,
    smooth: SmoothOption = None,
    no_smooth: NoSmoothOption = False,
    mirror: MirrorOption = False,
    camera_mode: CameraModeOption = None,
    fps: FpsOption = 1.0,
    reconnect: ReconnectOption = 30.0,
    draw: DrawOption = None,
    hide: HideOption = None,
    hide_min_score: HideMinScoreOption = None,
    hfov: HfovOption = None,
    expression: ExpressionOption = False,
    frames: FramesOption = None,
    models: ModelsOption = None,
    threads: ThreadsOption = 1,
    overwrite: OverwriteOption = False,
    max_pixels: MaxPixelsOption = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Name the cameras found, and exit; the exit code is 1 where there is none.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Track faces in cameras, videos or the demo.

    On live sources the newest frame wins; of files every frame is processed. Ctrl-C ends it with complete files.

    A camera or network stream that is lost, or gives no picture for ten seconds, is connected to anew for as long as
    --reconnect says. The first record after has gap_s, the seconds lost, and its faces have new ids.

    Several sources share each model call. Their records go to one --jsonl and one --csv and name their source; --video
    out.mp4 becomes out-1.mp4, out-2.mp4, ... in the order of the sources, and so does --contact-sheet. A source that is
    lost leaves the others running, and the exit code is 1.

    With --udp, --osc, --vmc, --openseeface or --virtual-camera a file runs at the speed at which it plays.
    """
    if listed:
        return _list_cameras()
    require_positive(
        max_faces=max_faces, detect_every=detect_every, frames=frames, threads=threads, max_pixels=max_pixels
    )
    measured = {"hfov": hfov, "expression": expression, **filters_of(min_score, min_size, roi)}
    hiding, drawn = what_to_hide(hide, hide_min_score), what_to_draw(draw, hidden=hide is not None)
    from smile_edge.imaging.limits import set_max_pixels
    from smile_edge.pipeline.face_pipeline import FacePipeline
    from smile_edge.pipeline.multi_stream import StreamGroup
    from smile_edge.sources import SourceMux, open_source
    from smile_edge.sources.base import in_time

    if max_pixels is not None:
        set_max_pixels(max_pixels)
    specs = with_camera_mode([*(inputs or ()), *(source or ())] or ["0"], camera_mode)
    strength = strength_of(smooth, no_smooth)
    sent = list(sent_outputs({"udp": udp, "osc": osc, "vmc": vmc, "openseeface": openseeface}, virtual_camera))
    check_sent(sent, face)
    pictures = {"--video": video, "--contact-sheet": contact_sheet}
    _check(specs, {"--jsonl": jsonl, "--csv": csv}, pictures, models=models, overwrite=overwrite)
    with interruptible(), ClosingStack() as stack:
        sources = [
            stack.enter_context(open_source(spec, mirror=mirror, fps=fps, reconnect_s=reconnect)) for spec in specs
        ]
        given = {"jsonl": jsonl, "csv": csv, "video": video, "contact_sheet": contact_sheet}
        outputs = [*((kind, target) for kind, target in given.items() if target is not None), *sent]
        channels = _open_channels(stack, sources, frames, show, bool(outputs), drawn)
        sounds = [sound_file(spec) for spec in specs]
        options = {"draw": drawn, "face": face, "in_mm": hfov is not None, "expression": expression}
        settings = (models, provider, max_faces, detect_every, strength, threads, precision)
        # Outputs come last: a model that cannot run must not empty the files of an earlier run.
        if len(sources) == 1:
            pipeline = FacePipeline(*settings, **measured)
            hide_faces(channels, pipeline.models, hiding)
            _open_sinks(stack, channels, outputs, sounds, overwrite, options)
            played = in_time(sources[0]) if sent and not sources[0].live else sources[0]
            alone = ([(0, frame)] for frame in islice(played, frames))
            run_loop(channels, alone, lambda taken: [pipeline.process(frame) for _, frame in taken], pipeline.reports)
            return
        group = StreamGroup(len(sources), *settings, **measured)
        hide_faces(channels, group.models, hiding)
        _open_sinks(stack, channels, outputs, sounds, overwrite, options)
        watched = bool(sent) or any(channel.window is not None for channel in channels)
        rounds = stack.enter_context(SourceMux(sources, frames=frames, paced=watched))
        run_loop(channels, rounds, group.process, group.reports)
    if rounds.errors:
        raise typer.Exit(1)


def _list_cameras() -> None:
    """A line a camera on standard output: number, name, device file, lasting link."""
    from smile_edge.sources.camera_list import list_cameras

    cameras = list_cameras()
    for camera in cameras:
        columns = (camera.number, camera.name, camera.path, camera.lasting_path)
        typer.echo("  ".join(str(column) for column in columns if column not in (None, "")))
    if not cameras:
        say("no camera found: plug one in, or use a video file or 'demo' as the source")
        raise typer.Exit(1)


def _check(
    specs: Sequence[str],
    texts: Mapping[str, str | Path | None],
    pictures: Mapping[str, Path | None],
    **options: Any,
) -> None:
    """Holds that no output, by its option, destroys another, an input, a model or what is there; `pictures` have a file
    for each source. The options are those of `check_outputs`.

    Raises:
        UsageError: it does, or standard input is to be two sources.
    """
    if specs.count("-") > 1:
        raise UsageError("- was given as a source more than once; standard input can be read once")
    each = [
        (option, path if path is None else numbered(path, number, len(specs)))
        for number in range(1, len(specs) + 1)
        for option, path in pictures.items()
    ]
    check_outputs([*texts.items(), *each], files_of(specs), **options)


def _open_channels(
    stack: ExitStack,
    sources: "Sequence[Source]",
    frames: int | None,
    show: bool | None,
    writes_files: bool,
    drawn: Collection[str],
) -> list[Channel]:
    """The channel of each source, with its window where one is asked for, or neither refused nor needless."""
    from smile_edge.sinks import WindowSink
    from smile_edge.sinks.window import has_display
    from smile_edge.sources.mux import unique_names

    wanted = has_display() and not writes_files if show is None else show
    channels = []
    for source, name in zip(sources, unique_names(sources), strict=True):
        window = stack.enter_context(WindowSink(f"smile-edge: {name}", draw=drawn)) if wanted else None
        # One file by itself is held back here; several are read no faster than they are shown.
        paced = len(sources) == 1 and not source.live
        length = min((count for count in (source.length, frames) if count is not None), default=None)
        channel = Channel(name, source.fps, window, paced=paced, length=length, notes=source.notes)
        channels.append(channel)
    return channels


def _open_sinks(
    stack: ExitStack,
    channels: Sequence[Channel],
    outputs: Sequence[tuple[str, str | Path]],
    sounds: Sequence[Path | None],
    overwrite: bool,
    options: Mapping[str, Any],
) -> None:
    """Opens each output, by kind and target, in a thread of its own: one for all sources, or one for each."""
    from smile_edge.cli.output_sinks import open_file
    from smile_edge.sinks import BackgroundSink
    from smile_edge.sinks.spec import SINKS, open_sink

    common: dict[str, Any] = {"overwrite": overwrite, "alone": len(outputs) == 1}
    for kind, target in outputs:
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
