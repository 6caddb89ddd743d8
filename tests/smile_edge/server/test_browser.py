"""The page in a real browser, headless: Debian's Chromium with its driver."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from gates import WAIT_S
from served import made, serving_hub, started

from smile_edge.server.status import SourceStatus

pytest.importorskip("selenium", reason="needs selenium: pip install '.[dev]'")

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

_FLAGS = (
    "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update"
    " disable-sync hide-scrollbars window-size=1280,760"
)


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Chrome]":
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        pytest.skip("needs Chromium and its driver: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = str(programs[0])
    for flag in _FLAGS.split():
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options=options, service=ChromeService(str(programs[1])))
    yield browser
    browser.quit()


@pytest.fixture
def page(chrome: "Chrome") -> "Iterator[Chrome]":
    """A browser without cookies or complaints of an earlier test."""
    chrome.get("about:blank")
    chrome.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chrome.get_log("browser")
    yield chrome
    chrome.get("about:blank")


def wait(page: "Chrome", what: Callable[["Chrome"], Any]) -> Any:
    from selenium.webdriver.support.wait import WebDriverWait

    return WebDriverWait(page, WAIT_S, poll_frequency=0.05).until(what)


def text(selector: str) -> Callable[["Chrome"], str]:
    return lambda page: str(page.execute_script(f"return document.querySelector({selector!r})?.innerText ?? ''"))


def shows(selector: str, wanted: str) -> Callable[["Chrome"], bool]:
    return lambda page: wanted in text(selector)(page)


def drawn(page: "Chrome") -> str:
    return str(page.execute_script("return document.getElementById('canvas').toDataURL()"))


def pixels(page: "Chrome", colour: tuple[int, int, int]) -> int:
    """Pixels of the canvas near a colour."""
    script = """
        const canvas = document.getElementById("canvas"), near = (a, b) => Math.abs(a - b) < 40;
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 0; i < data.length; i += 4)
          count += near(data[i], arguments[0]) && near(data[i + 1], arguments[1]) && near(data[i + 2], arguments[2]);
        return count;"""
    return int(page.execute_script(script, *colour))


@pytest.mark.usefixtures("_shipped_models")
def test_the_points_move_and_nothing_complains(page: "Chrome") -> None:
    with started("--source", "demo", "--no-picture") as (_, address):
        page.get(f"http://{address}")
        wait(page, shows("#link", "Live"))
        wait(page, lambda page: page.find_elements("css selector", ".card"))
        wait(page, lambda page: pixels(page, (20, 120, 255)) > 20 and pixels(page, (245, 50, 50)) > 20)
        before = drawn(page)
        wait(page, lambda page: drawn(page) != before)
        wait(page, shows(".gauges", "%"))
        wait(page, shows("#about", "pictures are not sent"))
        assert text(".card h2")(page).startswith("Face ")
        # Chromium's advice on `getImageData` is on these tests, not on the page.
        assert [one for one in page.get_log("browser") if one["source"] != "rendering"] == []


@pytest.mark.usefixtures("_shipped_models")
def test_the_picture_is_shown_and_the_viewer_mirrors_it_alone(page: "Chrome") -> None:
    with serving_hub() as served:
        frame, result = made(0, size=(480, 640))
        frame.image[:, :320] = (0, 0, 200)  # red at the left
        served.hub.publish(frame, result)
        page.get(f"http://{served.host}/")
        left = """const c = document.getElementById("canvas"), box = c.getContext("2d");
            return [...box.getImageData(c.width / 2 - 60, c.height / 2, 1, 1).data].slice(0, 3)"""
        wait(page, lambda page: page.execute_script(left)[0] > 150 > page.execute_script(left)[1])
        page.find_element("id", "mirror").click()
        wait(page, lambda page: max(page.execute_script(left)) < 150)
        assert served.get("/api/latest").json["mirrored"] is False


def test_the_page_says_what_is_wrong_and_comes_back_by_itself(page: "Chrome") -> None:
    with serving_hub() as served:
        port = served.port
        served.hub.publish(*made(0))
        page.get(f"http://{served.host}/")
        wait(page, shows("#link", "Live"))
        served.status[0] = SourceStatus("demo", "silent", frames=1, silent_s=7.2)
        wait(page, shows("#notice", "given none for 7 seconds"))
        served.status[0] = SourceStatus("demo", "lost", "demo was lost; check its cable", frames=1)
        wait(page, shows("#notice", "check its cable"))
    wait(page, shows("#link", "Reconnecting"))
    wait(page, shows("#notice", "The server is gone"))
    with serving_hub(port=port):
        wait(page, shows("#link", "Live"))
        assert text("#notice")(page) == ""


def test_without_its_link_the_page_says_so_and_with_it_the_token_leaves_the_address(page: "Chrome") -> None:
    with serving_hub(token="a-token-of-mine") as served:
        served.hub.publish(*made(0))
        page.get(f"http://{served.host}/")
        wait(page, shows("#notice", "needs its link"))
        page.get(f"http://{served.host}/?token=a-token-of-mine")
        wait(page, shows("#link", "Live"))
        assert page.current_url == f"http://{served.host}/"
        assert page.execute_script("return document.cookie") == ""


def test_a_viewer_too_many_hears_so_and_gets_the_place_that_becomes_free(page: "Chrome") -> None:
    with serving_hub(max_clients=1) as served:
        with served.open("/ws"):
            page.get(f"http://{served.host}/")
            wait(page, shows("#notice", "Too many viewers"))
        wait(page, shows("#link", "Live"))


def test_sources_are_chosen_by_name(page: "Chrome") -> None:
    with serving_hub("left", "right") as served:
        served.hub.publish(*made(0, "left", level=40, size=(480, 640)))
        served.hub.publish(*made(0, "right", level=220, size=(480, 640)))
        page.get(f"http://{served.host}/")
        wait(page, lambda page: pixels(page, (40, 40, 40)) > 1000)
        next(one for one in page.find_elements("css selector", "#sources button") if one.text == "right").click()
        wait(page, lambda page: pixels(page, (220, 220, 220)) > 1000)


def test_records_are_kept_in_the_browser_and_saved_there(page: "Chrome", tmp_path: Path) -> None:
    page.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    with serving_hub() as served:
        page.get(f"http://{served.host}/")
        wait(page, shows("#link", "Live"))
        page.find_element("id", "record").click()
        for index in range(5):
            served.hub.publish(*made(index))
            wait(page, lambda page, kept=f"{index + 1} records": kept in text("#recording")(page))
        page.find_element("id", "record").click()
        (saved,) = wait(page, lambda page: list(tmp_path.glob("faces-*.jsonl")))
    records = [json.loads(line) for line in saved.read_text("utf-8").splitlines()]
    assert records == [made(index)[1].to_dict() for index in range(5)]


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(page: "Chrome", width: int) -> None:
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 800}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        with serving_hub() as served:
            served.hub.publish(*made(0))
            page.get(f"http://{served.host}/")
            wait(page, shows("#link", "Live"))
            assert page.execute_script("return document.documentElement.scrollWidth") <= width
            buttons = page.execute_script(
                "return [...document.querySelectorAll('#tools button')].map((b) => b.getBoundingClientRect().toJSON())"
            )
            assert all(one["left"] >= 0 and one["right"] <= width and one["height"] >= 40 for one in buttons)
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_an_id_is_shown_however_many_faces_come_and_go(page: "Chrome") -> None:
    from dataclasses import replace

    from portrait_frames import frame_and_result

    with serving_hub() as served:
        page.get(f"http://{served.host}/")
        for index, faces in enumerate((3, 1, 2)):
            frame, result = frame_and_result(index, faces)
            served.hub.publish(replace(frame, source="demo"), result)
            wait(page, lambda page, faces=faces: len(page.find_elements("css selector", ".card")) == faces)
        assert [card.get_attribute("data-id") for card in page.find_elements("css selector", ".card")] == ["0", "1"]
