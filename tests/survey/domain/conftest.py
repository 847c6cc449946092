"""What several nouns of the domain are tested on."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, sessionmaker

from survey.models import Wave
from tests.survey.persona_factories import make_closed_wave


@pytest.fixture
def wave(sessions: sessionmaker[Session], session: Session) -> Wave:
    """A closed wave without responses."""
    return session.get_one(Wave, make_closed_wave(sessions, n_people=0))
