"""The answering pages in a second engine: WebKit, on which Safari and every browser of an iPhone are built."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import FULL
from tests.e2e.answering import MIN_TARGET, N_SCREENS, OVERFLOW, SMALL_TARGETS, Served, serve_wave

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
RUN_AXE = """const done = arguments[0];
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    .then(found => done(found.violations.flatMap(one => one.nodes.map(node => [one.id, node.html.slice(0, 160)]))))
    .catch(error => done([["axe", String(error)]]))"""


@pytest.fixture(scope="class")
def display() -> Iterator[str]:
    """A screen in memory: this engine has no mode without one."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as screen:
        assert screen.stdout is not None
        yield f":{screen.stdout.readline().strip()}"
        screen.terminate()


@pytest.fixture(scope="class")
def webkit(display: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    """A browser of this engine as wide as a phone."""
    from selenium import webdriver
    from selenium.webdriver.webkitgtk.service import Service

    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    environ = {**os.environ, "DISPLAY": display, "XDG_RUNTIME_DIR": str(runtime)}
    driver = webdriver.WebKitGTK(
        options=webdriver.WebKitGTKOptions(), service=Service("/usr/bin/WebKitWebDriver", env=environ)
    )
    driver.set_window_size(390, 844)
    yield driver
    driver.quit()


@pytest.fixture(scope="class")
def served(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    """One wave for all walks."""
    with serve_wave(tmp_path_factory.mktemp("webkit"), sqlite_template) as served:
        yield served


def fill_in(driver: WebDriver) -> None:
    """Answer what is on the screen."""
    for box in driver.find_elements("css selector", "main textarea, main input:not([type])")[:2]:
        box.send_keys("late")
    for choice in driver.find_elements("css selector", ".set"):
        choice.find_elements("css selector", ".pick")[0].click()
    for option in driver.find_elements("css selector", ".option")[:1]:
        option.click()


def press_on(driver: WebDriver) -> None:
    """Go on with the main button, and wait for what comes."""
    from selenium.webdriver.support.ui import WebDriverWait

    before = driver.title
    driver.find_element("css selector", "button.primary").click()
    WebDriverWait(driver, 20).until(lambda driver: driver.title != before)


def complaints(driver: WebDriver) -> list[Any]:
    """What is wrong with a screen."""
    driver.execute_script(AXE)
    found = driver.execute_async_script(RUN_AXE)
    small = driver.execute_script(f"return ({SMALL_TARGETS})({MIN_TARGET})")
    return [*found, *small, *filter(None, [driver.execute_script(f"return {OVERFLOW}")])]


@pytest.mark.e2e
@pytest.mark.skipif(not FULL, reason="another engine takes half a minute: `make test-all` walks in it")
# Selenium warns of what its own driver for this engine does.
@pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning")
class TestWebKit:
    """From the introduction to the thanks."""

    @pytest.mark.parametrize("language", ["en", "ar"])
    def test_every_screen_is_accessible_and_the_end_is_reached(
        self, webkit: WebDriver, served: Served, language: str
    ) -> None:
        n_before, seen, wrong = served.n_answered(), [], {}
        webkit.get(f"{served.link()}?lang={language}")
        for screen in range(N_SCREENS + 1):
            seen.append(webkit.title)
            if found := complaints(webkit):
                wrong[seen[-1]] = found
            if screen:
                fill_in(webkit)
            press_on(webkit)
        seen.append(webkit.title)

        assert "/a/thanks" in webkit.current_url
        assert wrong == {}
        assert len(set(seen)) == N_SCREENS + 2
        assert served.n_answered() == n_before + 1

    def test_draft_comes_back_and_a_shared_device_keeps_none(self, webkit: WebDriver, served: Served) -> None:
        link = served.link()
        webkit.get(link)
        press_on(webkit)
        webkit.find_elements("css selector", "[name=answer-self]")[1].send_keys("dry")
        webkit.get(link)
        assert webkit.find_element("css selector", "[data-draft-note]").is_displayed()
        webkit.find_element("css selector", "[data-forget]").click()
        assert webkit.execute_script("return localStorage.length") == 0
