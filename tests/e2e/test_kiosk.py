"""A kiosk in a real browser: two people, one device, and nothing left between them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy import func, select
from waitress.server import create_server

from survey import config
from survey.database import open_sessions, transaction
from survey.domain import waves
from survey.domain.keys import KeyStore
from survey.domain.links import card_code
from survey.domain.questionnaires import default_questionnaire
from survey.models import Inbox, SpentToken
from survey.wsgi import make_application

pytestmark = pytest.mark.e2e

SECRET = "I mend what others forget."


@pytest.fixture
def kiosk(tmp_path: Path, sqlite_template: Path) -> Iterator[tuple[str, KeyStore, str]]:
    """A server with an open wave of twelve people with cards: its address, keys and database."""
    shutil.copy(sqlite_template, tmp_path / "kindred.sqlite")
    url = f"sqlite:///{tmp_path / 'kindred.sqlite'}"
    environ = {"DATABASE_URL": url, "INSTANCE_DIR": str(tmp_path / "i"), "KEY_DIR": str(tmp_path / "k")}
    settings = config.read({config.PREFIX + name: value for name, value in environ.items()})
    keys = KeyStore.from_settings(settings)
    sessions = open_sessions(url)
    with sessions() as session, transaction(session):
        wave = waves.start_draft(session, name="Crew", questionnaire=default_questionnaire(session))
        waves.choose_people(session, wave, audience={}, attributes=[], n_cards=12)
        waves.launch_wave(session, wave, keys, signed_off_by="A. Berg")
    sessions.kw["bind"].dispose()
    servers: list[Any] = []
    ready = threading.Event()

    def serve() -> None:  # all of it in a thread of its own: the browser's event loop runs in this one
        servers.append(create_server(make_application(settings), host="127.0.0.1", port=0, threads=2))
        ready.set()
        servers[0].run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(20)
    yield f"http://127.0.0.1:{servers[0].effective_port}/a/kiosk/1", keys, url
    servers[0].close()
    thread.join(timeout=5)


class TestKiosk:
    """One class, because the browser lives as long as one."""

    def test_device_forgets_each_person(self, kiosk: tuple[str, KeyStore, str], browser: Browser) -> None:
        start, keys, url = kiosk
        context = browser.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(start)
        n_pages_before = page.evaluate("history.length")

        for card in (1, 2):
            assert page.input_value("#code") == ""
            self.answer(page, card_code(keys, 1, card))
            assert SECRET not in page.content()
            page.get_by_role("link", name="Begin now").click()
            page.wait_for_selector("#code")

        assert page.url == start
        assert page.evaluate("history.length") == n_pages_before
        assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
        assert context.cookies() == []
        page.go_back()
        assert SECRET not in page.content()
        context.close()
        sessions = open_sessions(url)
        with sessions() as session:
            counts = [session.scalar(select(func.count()).select_from(t)) for t in (Inbox, SpentToken)]
        sessions.kw["bind"].dispose()
        assert counts == [2, 2]

    @staticmethod
    def answer(page: Page, code: str) -> None:
        """Type a code, write something, and send it from the last page."""
        page.fill("#code", code)
        page.get_by_role("button", name="Start").click()
        page.get_by_role("heading", name="What happens to your answers").wait_for()
        page.get_by_role("button", name="Start").first.click()
        page.locator("textarea, input[type=text]").first.fill(SECRET)
        assert Axe().run(page).violations_count == 0
        while page.locator("button[value=send]").count() == 0:
            progress = page.title()
            page.locator("button[value=next]").click()
            page.wait_for_function("title => document.title !== title", arg=progress)
        page.locator("button[value=send]").click()
        page.get_by_role("heading", name="Thank you!").wait_for()
