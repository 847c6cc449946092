"""The real thing: ``kindred demo`` in a process of its own, on each database, and a real browser before it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.engine import make_url

from tests.conftest import FULL
from tests.e2e.running import Demo, demo_in, launch_browser

# The steps live in a module that pytest does not take for tests by its name.
pytest.register_assert_rewrite("tests.e2e.path")

#: Python runs the module in the first folder at the start of a process.
REDUCED = {
    "PYTHONPATH": os.pathsep.join(map(str, (Path(__file__).parent / "startup", Path(__file__).parents[2])))
}

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

#: What margins of 16 mm leave of an A4 page, in CSS pixels.
PAPER = {"width": 673, "height": 1001}
#: What margins of 12 mm leave of a Letter page.
LETTER = {"width": 725, "height": 965}


@pytest.fixture(scope="class")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo on a fresh database of the kind that the test class names."""
    environ = {} if FULL else REDUCED
    if request.cls.database == "postgresql":
        uri = request.getfixturevalue("postgresql_server")
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("CREATE DATABASE kindred_demo")
        url = make_url(uri).set(database="kindred_demo")
        environ = {**environ, "KINDRED_DATABASE_URL": url.render_as_string(hide_password=False)}
    demo = demo_in(tmp_path_factory.mktemp(f"demo-{request.cls.database}"), **environ)
    try:
        demo.start()
        yield demo
    finally:
        demo.stop()


@pytest.fixture(scope="class")
def browser() -> Iterator[Browser]:
    """A browser for one test class; its event loop ends with it and does not reach the tests that follow."""
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        yield browser
        browser.close()


@dataclass
class Person:
    """Somebody before a browser."""

    page: Page
    demo: Demo

    def goes_to(self, path: str) -> None:
        """Open a page of the demo."""
        self.page.goto(self.demo.base + path)

    def signs_in(self, role: str) -> None:
        """Sign in with the account that the demo printed for a role."""
        email, password = self.demo.account(role)
        self.goes_to("/sign-in")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name="Sign out").wait_for()


@pytest.fixture
def desktop(browser: Browser, demo: Demo) -> Iterator[Person]:
    """A person at a desk."""
    yield from _person(demo, browser, viewport=DESK)


@pytest.fixture
def phone(browser: Browser, demo: Demo) -> Iterator[Person]:
    """A person with a phone."""
    yield from _person(demo, browser, viewport=PHONE, has_touch=True, is_mobile=True)


@pytest.fixture
def phone_without_script(browser: Browser, demo: Demo) -> Iterator[Person]:
    """A person with a phone that runs no JavaScript."""
    yield from _person(demo, browser, viewport=PHONE, is_mobile=True, java_script_enabled=False)


def _person(demo: Demo, browser: Browser, **options: Any) -> Iterator[Person]:
    # Without motion no colour is half-way when the contrast is measured.
    context = browser.new_context(reduced_motion="reduce", **options)
    page = context.new_page()
    page.set_default_timeout(20_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield Person(page, demo)
    context.close()
    assert problems == []
