"""From the run to clients: nothing is made while nobody watches, and everything once."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

from served import WAIT_S, made

from smile_edge.records import Frame, FrameResult
from smile_edge.server.hub import Client, Hub
from smile_edge.server.snapshot import view_message


class Encoder:
    """Counts what it encodes; a picture is its number."""

    def __init__(self) -> None:
        self.indices: list[int] = []
        self.entered, self.opened = threading.Event(), threading.Event()
        self.opened.set()

    def __call__(self, frame: Frame, result: FrameResult) -> bytes:
        self.entered.set()
        assert self.opened.wait(WAIT_S)
        self.indices.append(frame.index)
        return str(frame.index).encode()


def in_a_loop(hub: Hub, work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        hub.attach(asyncio.get_running_loop())
        await asyncio.wait_for(work(), WAIT_S)
        hub.detach()

    asyncio.run(run())


def seen(index: int) -> bytes:
    return view_message(made(index)[1].to_json(), str(index).encode())


def test_nobody_watches_and_nothing_is_encoded() -> None:
    encoder = Encoder()
    hub = Hub(["demo"], encoder)

    async def work() -> None:
        hub.publish(*made(0))
        hub.join(Client(None, viewer=False))
        hub.publish(*made(1))
        await asyncio.sleep(0.01)

    in_a_loop(hub, work)
    assert encoder.indices == []


def test_a_picture_is_encoded_once_for_all_viewers() -> None:
    encoder = Encoder()
    hub = Hub(["demo"], encoder)
    viewers = [Client(None, viewer=True) for _ in range(3)]

    async def work() -> None:
        for viewer in viewers:
            hub.join(viewer)
        hub.publish(*made(0))
        assert [await viewer.mailbox.take() for viewer in viewers] == [seen(0)] * 3

    in_a_loop(hub, work)
    assert encoder.indices == [0]


def test_while_a_picture_is_encoded_only_the_newest_waits() -> None:
    encoder = Encoder()
    encoder.opened.clear()
    hub = Hub(["demo"], encoder)
    viewer = Client(None, viewer=True)

    async def work() -> None:
        hub.join(viewer)
        hub.publish(*made(0))
        await asyncio.to_thread(encoder.entered.wait, WAIT_S)
        for index in range(1, 5):
            hub.publish(*made(index))
        await asyncio.sleep(0)
        encoder.opened.set()
        while await viewer.mailbox.take() != seen(4):
            pass

    in_a_loop(hub, work)
    assert encoder.indices == [0, 4]


def test_a_program_gets_every_record_although_pictures_are_slow() -> None:
    encoder = Encoder()
    encoder.opened.clear()
    hub = Hub(["demo"], encoder)
    program = Client(None, viewer=False)

    async def work() -> None:
        hub.join(Client(None, viewer=True))
        hub.join(program)
        for index in range(20):
            hub.publish(*made(index))
        assert [await program.mailbox.take() for _ in range(20)] == [made(index)[1].to_json() for index in range(20)]
        encoder.opened.set()

    in_a_loop(hub, work)


def test_a_late_viewer_gets_the_last_frame_and_others_do_not_get_it_again() -> None:
    encoder = Encoder()
    hub = Hub(["demo"], encoder)
    early, late = Client(None, viewer=True), Client(None, viewer=True)

    async def work() -> None:
        hub.publish(*made(7))
        hub.join(early)
        assert await early.mailbox.take() == seen(7)
        hub.join(late)
        assert await late.mailbox.take() == seen(7)
        assert early.mailbox.skipped == 0
        early.mailbox.put("demo", "nothing waits before this")
        assert await early.mailbox.take() == "nothing waits before this"

    in_a_loop(hub, work)
    assert encoder.indices == [7]


def test_a_client_gets_only_the_source_that_it_wants() -> None:
    hub = Hub(["left", "right"], None)
    client = Client("right", viewer=False)

    async def work() -> None:
        hub.join(client)
        hub.publish(*made(0, "left"))
        hub.publish(*made(1, "right"))
        assert await client.mailbox.take() == made(1, "right")[1].to_json()

    in_a_loop(hub, work)


def test_a_client_that_reads_nothing_costs_what_its_mailbox_holds() -> None:
    hub = Hub(["demo"], Encoder())
    viewer, program = Client(None, viewer=True), Client(None, viewer=False)

    async def work() -> None:
        hub.join(viewer)
        hub.join(program)
        for index in range(500):
            hub.publish(*made(index))
            await asyncio.sleep(0)
        hub.leave(program)
        assert await viewer.mailbox.take() != ""

    in_a_loop(hub, work)
    assert hub.skipped >= 500 - 64


def test_an_encoder_that_fails_is_told_and_the_next_frame_comes(caplog) -> None:
    hub = Hub(["demo"], Encoder())
    broken = True

    def encode(frame: Frame, result: FrameResult) -> bytes:
        if broken:
            raise ValueError("no such picture")
        return b"whole"

    hub = Hub(["demo"], encode)
    viewer = Client(None, viewer=True)

    async def work() -> None:
        nonlocal broken
        hub.join(viewer)
        hub.publish(*made(0))
        while "no such picture" not in caplog.text:
            await asyncio.sleep(0.005)
        broken = False
        hub.publish(*made(1))
        assert bytes(await viewer.mailbox.take()).endswith(b"whole")

    in_a_loop(hub, work)


def test_publishing_to_a_server_that_has_ended_does_no_harm() -> None:
    hub = Hub(["demo"], None)

    async def work() -> None:
        hub.join(Client(None, viewer=False))

    in_a_loop(hub, work)
    hub.publish(*made(0))
    assert hub.latest("demo") is not None
