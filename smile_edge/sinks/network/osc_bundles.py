"""OSC messages and bundles of them, made with python-osc."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from smile_edge.sinks.network.extras import load_extra

if TYPE_CHECKING:
    from pythonosc.osc_message import OscMessage

__all__ = ["Message", "bundles", "check_osc"]

Message = tuple[str, Sequence[str | int | float]]
"""An address and its arguments: strings, 32-bit integers and 32-bit floats."""

_BUNDLE_BYTES, _ITEM_BYTES = 16, 4
"""What a bundle adds to its messages, once and for each."""
_TAGS = {str: "s", int: "i", float: "f"}


def check_osc(kind: str) -> None:
    """Hold that python-osc is there, for the output called `kind`.

    Raises:
        SinkError: it is not.
    """
    load_extra("pythonosc.osc_bundle_builder", "python-osc", kind)


def bundles(groups: Iterable[Iterable[Message]], most_bytes: int, head: Iterable[Message] = ()) -> Iterator[bytes]:
    """The messages in as few bundles as there is room for, in order, to be acted on when they arrive.

    Args:
        groups: messages that stay together; a group that is too long has a bundle of its own.
        most_bytes: length of a bundle.
        head: messages that every bundle begins with. There is one bundle of them where there are no groups.
    """
    first = [_built(message) for message in head]
    waiting = list(first)
    for group in groups:
        messages = [_built(message) for message in group]
        if len(waiting) > len(first) and _BUNDLE_BYTES + _bytes(waiting) + _bytes(messages) > most_bytes:
            yield _joined(waiting)
            waiting = list(first)
        waiting += messages
    if waiting:
        yield _joined(waiting)


def _built(message: Message) -> "OscMessage":
    from pythonosc.osc_message_builder import OscMessageBuilder

    address, arguments = message
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument, _TAGS[type(argument)])
    return builder.build()


def _bytes(messages: Iterable["OscMessage"]) -> int:
    """How much they add to a bundle."""
    return sum(message.size + _ITEM_BYTES for message in messages)


def _joined(messages: Iterable["OscMessage"]) -> bytes:
    from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder

    builder = OscBundleBuilder(IMMEDIATELY)
    for message in messages:
        builder.add_content(message)
    return builder.build().dgram
