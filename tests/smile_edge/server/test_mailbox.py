"""What waits for a client: little, the newest, every key in its turn."""

import asyncio

from smile_edge.server.mailbox import Mailbox


def taken(box: Mailbox, count: int) -> list[str | bytes]:
    async def take() -> list[str | bytes]:
        return [await asyncio.wait_for(box.take(), 5) for _ in range(count)]

    return asyncio.run(take())


def test_the_newest_message_replaces_the_one_before() -> None:
    box = Mailbox()
    for text in "abc":
        box.put("demo", text)

    assert taken(box, 1) == ["c"]
    assert box.skipped == 2


def test_a_deep_mailbox_keeps_the_last_messages_in_order() -> None:
    box = Mailbox(3)
    for text in "abcde":
        box.put("demo", text)

    assert taken(box, 3) == ["c", "d", "e"]
    assert box.skipped == 2


def test_keys_take_turns() -> None:
    box = Mailbox(2)
    for key, text in (("left", "l1"), ("left", "l2"), ("right", "r1"), ("right", "r2")):
        box.put(key, text)

    assert taken(box, 4) == ["l1", "r1", "l2", "r2"]


def test_taking_waits_for_a_message() -> None:
    async def put_later() -> str | bytes:
        box = Mailbox()
        taking = asyncio.ensure_future(box.take())
        await asyncio.sleep(0)
        assert not taking.done()
        box.put("demo", "late")
        return await asyncio.wait_for(taking, 5)

    assert asyncio.run(put_later()) == "late"
