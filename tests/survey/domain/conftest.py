"""What several nouns of the domain are tested on."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from analysis.corpus import Corpus, Progress
from analysis.discovery import discover
from analysis.encoder import CachedEncoder
from analysis.report import Report
from survey.models import Wave
from survey.worker import charts
from tests import shared_results
from tests.conftest import FULL
from tests.survey.lead_factories import WordEncoder
from tests.survey.persona_factories import make_closed_wave

#: Draws equal reports once, unless full counts are asked for.
draw = charts.draw if FULL else shared_results.draw_once(charts.draw)


def discover_once(
    corpus: Corpus, *, encoder: CachedEncoder, progress: Progress | None = None, **asked: Any
) -> Report:
    """Return the report that was made of the same answers before, as long as nobody watches the encoder."""
    unwatched = type(encoder.encoder) is WordEncoder
    find = shared_results.discover_once(discover) if unwatched else discover
    return find(corpus, encoder=encoder, progress=progress, **asked)


@pytest.fixture
def shared_reports(reduced_analysis: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Analyse the same answers once and not once per test and database, unless full counts are asked for.

    What is tested is what becomes of a report.
    """
    if not FULL:
        monkeypatch.setattr("survey.domain.analyses.discover", discover_once)


@pytest.fixture
def wave(sessions: sessionmaker[Session], session: Session) -> Wave:
    """A closed wave without responses."""
    return session.get_one(Wave, make_closed_wave(sessions, n_people=0))
