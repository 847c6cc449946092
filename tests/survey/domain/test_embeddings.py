"""Vectors come back as they were stored, by wave and encoder."""

from __future__ import annotations

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.embeddings import add_vectors, read_vectors
from survey.models import Response
from tests.survey.persona_factories import make_closed_wave


def test_vectors_come_back_as_they_were_stored(sessions: sessionmaker[Session], session: Session) -> None:
    wave_id = make_closed_wave(sessions, n_people=2)
    other_id = make_closed_wave(sessions, n_people=1, name="Spring")
    first, second = session.scalars(select(Response.id).where(Response.wave_id == wave_id)).all()
    (other,) = session.scalars(select(Response.id).where(Response.wave_id == other_id)).all()
    vector = np.array([0.1, -1e-7, 1 / 3], np.float32)
    with transaction(session):
        add_vectors(session, "encoder", [(first, "same text", vector), (second, "same text", vector)])
        add_vectors(session, "encoder", [(other, "other wave", vector)])
        add_vectors(session, "another encoder", [(first, "same text", -vector)])

    vectors, held = read_vectors(session, wave_id, "encoder")

    assert held == {(first, "same text"), (second, "same text")}
    assert {key: stored.tobytes() for key, stored in vectors.items()} == {"same text": vector.tobytes()}


def test_vector_that_is_there_already_stays(sessions: sessionmaker[Session], session: Session) -> None:
    wave_id = make_closed_wave(sessions, n_people=1)
    (response,) = session.scalars(select(Response.id)).all()
    with transaction(session):
        add_vectors(session, "encoder", [(response, "text", np.ones(2, np.float32))])

    with transaction(session):
        add_vectors(session, "encoder", [(response, "text", np.zeros(2, np.float32))])
        add_vectors(session, "encoder", [])

    assert read_vectors(session, wave_id, "encoder")[0]["text"].tolist() == [1.0, 1.0]
