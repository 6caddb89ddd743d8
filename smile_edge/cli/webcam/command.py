"""`smile-edge webcam`: any sources, live or not, through the pipeline into any sinks."""

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
    require_positive,
    what_to_draw,
    what_to_hide,
)
from smile_edge.cli.options.camera_mode import CameraModeOption, with_camera_mode
from smile_edge.cli.options.filters import MinScoreOption, MinSizeOption, RoiOption, filters_of
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
from smile_edge.cli.stream_request import Sources
from smile_edge.cli.webcam.cameras import print_cameras
from smile_edge.cli.webcam.options import ContactSheetOption, ListOption, ShowOption, VideoOption
from smile_edge.cli.webcam.request import Outputs, Pictures, Request
from smile_edge.cli.webcam.run import run_webcam

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
    show: ShowOption = None,
    jsonl: JsonlOption = None,
    csv: CsvOption = None,
    video: VideoOption = None,
    contact_sheet: ContactSheetOption = None,
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
    listed: ListOption = False,
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
        return print_cameras()
    require_positive(
        max_faces=max_faces, detect_every=detect_every, frames=frames, threads=threads, max_pixels=max_pixels
    )
    filters = filters_of(min_score, min_size, roi)
    pictures = Pictures(show, what_to_hide(hide, hide_min_score), what_to_draw(draw, hidden=hide is not None))
    specs = with_camera_mode([*(inputs or ()), *(source or ())] or ["0"], camera_mode)
    settings = {
        "models": models,
        "provider": provider,
        "max_faces": max_faces,
        "detect_every": detect_every,
        "smooth": strength_of(smooth, no_smooth),
        "threads": threads,
        "precision": precision,
        "hfov": hfov,
        "expression": expression,
        **filters,
    }
    sent = tuple(sent_outputs({"udp": udp, "osc": osc, "vmc": vmc, "openseeface": openseeface}, virtual_camera))
    check_sent(sent, face)
    texts, seen = {"jsonl": jsonl, "csv": csv}, {"video": video, "contact_sheet": contact_sheet}
    request = Request(
        Sources(tuple(specs), mirror, fps, reconnect, frames, max_pixels),
        settings,
        Outputs(texts, seen, sent, face, overwrite),
        pictures,
    )
    if code := run_webcam(request):
        raise typer.Exit(code)
