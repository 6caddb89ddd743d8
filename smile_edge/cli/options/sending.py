"""Options of `webcam` that say where results are sent."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import typer

from smile_edge.cli.options.completion import one_of
from smile_edge.errors import UsageError

__all__ = [
    "FaceOption",
    "OpenSeeFaceOption",
    "OscOption",
    "UdpOption",
    "VirtualCameraOption",
    "VmcOption",
    "check_sent",
    "sent_outputs",
]

UdpOption = Annotated[
    list[str] | None,
    typer.Option("--udp", metavar="HOST:PORT", help="Send one JSON record a frame over UDP; may be repeated."),
]
OscOption = Annotated[
    list[str] | None,
    typer.Option("--osc", metavar="HOST:PORT", help="Send one OSC bundle a frame, /smile/...; may be repeated."),
]
VmcOption = Annotated[
    list[str] | None,
    typer.Option(
        "--vmc",
        metavar="HOST:PORT",
        help="Move a VRM avatar by the VMC protocol: a face of the first source; may be repeated.",
    ),
]
OpenSeeFaceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--openseeface",
        metavar="HOST:PORT",
        help="Send the packets of OpenSeeFace: the faces of the first source; may be repeated.",
    ),
]
FaceOption = Annotated[
    str | None,
    typer.Option(
        "--face",
        metavar="largest|ID",
        help="Whose face --vmc and --openseeface send; without it --vmc the largest one's, --openseeface all.",
        show_default=False,
        autocompletion=one_of("largest"),
    ),
]
VirtualCameraOption = Annotated[
    bool,
    typer.Option("--virtual-camera", help="Show the annotated picture of the first source as a camera to programs."),
]


def sent_outputs(addresses: Mapping[str, Sequence[str] | None], virtual_camera: bool) -> Iterator[tuple[str, str]]:
    """Kind and target of each output that is sent on."""
    for kind, targets in addresses.items():
        yield from ((kind, target) for target in targets or ())
    if virtual_camera:
        yield "virtual_camera", ""


def check_sent(outputs: Sequence[tuple[str, str]], face: str | None) -> None:
    """Holds that addresses are addresses, and that `--face` is a choice with an output to speak of.

    Raises:
        UsageError: it names the option.
    """
    from smile_edge.sinks.network.address import parse_address
    from smile_edge.sinks.network.faces import check_choice

    for kind, target in outputs:
        if kind != "virtual_camera":
            parse_address(target, f"--{kind}")
    if face is None:
        return
    check_choice(face)
    if not {"vmc", "openseeface"} & {kind for kind, _ in outputs}:
        raise UsageError("--face goes with --vmc or --openseeface: give one of them HOST:PORT, or leave --face out")
