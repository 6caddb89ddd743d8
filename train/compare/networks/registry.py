"""Networks side by side: all map grey images `(n, 96, 96, 1)` 0..255 to points `(n, k, 2)` px."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

import keras

from smile_edge.errors import UsageError
from train.compare.networks.ours import OursOptions, build_ours
from train.compare.networks.smile_cnn import SmileOptions, build_smile_cnn
from train.compare.networks.vgg19 import Vgg19Options, build_vgg19

__all__ = ["NETWORKS", "Network", "parse_options", "split_spec"]


@dataclass(frozen=True, slots=True)
class Network:
    """One kind of network."""

    build: Callable[[int, Any], keras.Model]
    """From the number of points and options of the type `options` to a fresh model."""
    options: type
    """A dataclass; its fields are what a specification may set, the first one also without its name."""
    learning_rate: float
    """Peak rate that suits this network."""


NETWORKS: Mapping[str, Network] = {
    "ours": Network(build_ours, OursOptions, 2e-3),
    "smile": Network(build_smile_cnn, SmileOptions, 2e-3),
    "vgg19": Network(build_vgg19, Vgg19Options, 3e-4),
}


def split_spec(text: str) -> tuple[str, dict[str, str]]:
    """`vgg19:block3_pool,freeze=block2` to the network's name and its options as text.

    Raises:
        UsageError: no such network, or an option without a name after the first.
    """
    name, _, rest = text.partition(":")
    if name not in NETWORKS:
        raise UsageError(f"--network {text}: no network {name!r}, expected one of {', '.join(NETWORKS)}")
    options: dict[str, str] = {}
    for i, part in enumerate(filter(None, rest.split(","))):
        key, equals, value = part.partition("=")
        if not equals:
            if i:
                raise UsageError(f"--network {text}: {part!r} has no name: write it as option=value")
            key, value = fields(NETWORKS[name].options)[0].name, part
        options[key] = value
    return name, options


def parse_options(name: str, texts: Mapping[str, str]) -> Any:
    """The options of a network from their texts.

    Raises:
        UsageError: an option that the network does not have, or a value that the option cannot take.
    """
    kind = NETWORKS[name].options
    hints = get_type_hints(kind)
    unknown = [key for key in texts if key not in hints]
    if unknown:
        raise UsageError(f"--network {name}: no option {unknown[0]!r}, expected one of {', '.join(hints)}")
    return kind(**{key: _value(f"--network {name}: {key}", text, hints[key]) for key, text in texts.items()})


def _value(place: str, text: str, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise UsageError(f"{place}={text}: expected one of {', '.join(get_args(kind))}")
        return text
    try:
        value = kind(text)
    except ValueError:
        raise UsageError(f"{place}={text}: expected a number") from None
    if kind is not str and not 0 <= value < 1e5:
        raise UsageError(f"{place}={text}: expected a number from 0 on")
    return value
