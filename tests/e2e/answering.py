"""The answering pages served by themselves, with one light wave, for walks that need no demo."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from survey import config
from survey.database import open_engine
from survey.domain.keys import KeyStore
from survey.domain.questionnaires import default_questionnaire
from survey.models import SpentToken
from survey.respondent import create_respondent_app
from tests.survey.domain.factories import make_wave

#: Screens of the default questionnaire after the introduction, both follow-up questions included.
N_SCREENS = 9
#: Least height and width of what is tapped, least size of text, in CSS pixels.
MIN_TARGET, MIN_TEXT = 44, 16

SMALL_TARGETS = """min => [...document.querySelectorAll("a, button, select, summary, textarea, input")]
    .filter(one => one.type !== "hidden" && one.checkVisibility() && !one.closest(".summary"))
    .map(one => one.closest(".option, .pick") || one)
    .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
    .filter(([, box]) => box.width < min || box.height < min)
    .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""
SMALL_TEXTS = """min => [...document.querySelectorAll("main *")]
    .filter(one => one.checkVisibility() && [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .filter(one => !["OPTION", "DATALIST"].includes(one.tagName))
    .concat([...document.querySelectorAll("input:not([type]), select, textarea")])
    .filter(one => parseFloat(getComputedStyle(one).fontSize) < min)
    .map(one => one.outerHTML.slice(0, 80))"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Quiet(WSGIRequestHandler):
    """Writes no access line."""

    def log(self, *_: object) -> None:
        """Say nothing."""


class Served:
    """An open wave under an address, with as many unused links as anybody needs."""

    def __init__(self, base: str, sessions: sessionmaker[Session], wave_id: int, tokens: list[str]) -> None:
        self.sessions = sessions
        self._links = (f"{base}/a/{wave_id}/{token}" for token in tokens)

    def link(self) -> str:
        """Return the link of somebody who has not answered."""
        return next(self._links)

    def n_answered(self) -> int:
        """Count the used links."""
        with self.sessions() as session:
            return session.scalar(select(func.count()).select_from(SpentToken)) or 0


@contextmanager
def serve_wave(folder: Path, template: Path) -> Iterator[Served]:
    """Serve a wave with the default questionnaire from a folder; nobody is held out of follow-up questions."""
    shutil.copy(template, folder / "kindred.sqlite")
    settings = config.read(
        {
            "KINDRED_DATABASE_URL": f"sqlite:///{folder / 'kindred.sqlite'}",
            "KINDRED_INSTANCE_DIR": str(folder / "instance"),
            "KINDRED_KEY_DIR": str(folder / "keys"),
            "KINDRED_ORGANISATION": "Fjordline",
        }
    )
    engine = open_engine(settings["DATABASE_URL"])
    sessions = sessionmaker(engine)
    wave_id, tokens = make_wave(
        sessions, KeyStore.from_settings(settings), questionnaire=default_questionnaire, n_people=40
    )
    app = create_respondent_app(settings)
    both = DispatcherMiddleware(lambda _environ, start: start("404", []) and [], {"/a": app})
    server = make_server("127.0.0.1", 0, both, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    draws = itertools.cycle(number for number in range(1, 1000) if number % 10)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("survey.respondent.forms.secrets.randbelow", lambda _n: next(draws))
            yield Served(f"http://127.0.0.1:{server.server_port}", sessions, wave_id, tokens)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["respondent"].sessions.kw["bind"].dispose()
        engine.dispose()
