"""What HR may read of an analysis holds nothing that was planted into the answers: no column, no chart, no log."""

from __future__ import annotations

import logging
import re

import pytest
from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.analyses import run_analysis
from survey.models import Answer, Model, Wave
from tests.analysis.planted import SECOND, SENSITIVE, dealt, leaks, plants, shown
from tests.survey.domain.conftest import draw
from tests.survey.lead_factories import WordEncoder
from tests.survey.persona_factories import make_closed_wave, start

Sessions = sessionmaker[Session]

pytestmark = pytest.mark.usefixtures("shared_reports")

N_PEOPLE = 60

#: Some of each kind and language, each of them told by six people. Figures of three digits would be found by chance.
PLANTED = tuple(
    plant
    for plant in (*[*plants()][::24], *SECOND[::5], *SENSITIVE[::3])
    if all(len(secret) > 5 for secret in plant.secrets)
)

#: Where answers stand as they were written, which no page shows.
AS_WRITTEN = frozenset({"answer", "inbox"})


def columns(sessions: Sessions) -> str:
    """Everything that the database says in words, outside of the answers themselves."""
    found: list[str] = []
    with sessions() as session:
        for table in Model.metadata.sorted_tables:
            told = [column for column in table.columns if isinstance(column.type, (String, JSON))]
            if told and table.name not in AS_WRITTEN:
                found += shown([list(row) for row in session.execute(select(*told))])
    # In a drawing the numbers of its attributes run on for pages, and any seven digits stand somewhere among them.
    return " | ".join(re.sub(r'="[^"]*"', "", one) if one.startswith("<svg") else one for one in found)


def test_no_planted_secret_reaches_a_column_that_is_read_or_a_log(
    sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    wave_id = make_closed_wave(sessions, n_people=N_PEOPLE)
    secrets = dealt(PLANTED, N_PEOPLE, each=6)
    with sessions() as session, transaction(session):
        answers = session.scalars(
            select(Answer).where(Answer.item == "good_day").order_by(Answer.response_id)
        )
        for answer, secret in zip(answers, secrets, strict=True):
            answer.text += f" {secret}"
        as_written = " | ".join(session.scalars(select(Answer.text)))

    with caplog.at_level(logging.DEBUG):
        run_analysis(sessions, start(sessions, wave_id, n_personas=3), encoder=WordEncoder(), draw=draw)

    read = columns(sessions)
    assert "stability_band" in read
    assert len(leaks(as_written, PLANTED)) >= len(PLANTED) > 40
    assert leaks(read, PLANTED) == []
    assert leaks(caplog.text, PLANTED) == []

    with sessions() as session, transaction(session):
        session.get_one(Wave, wave_id).name = PLANTED[0].text
    assert leaks(columns(sessions), PLANTED) != []
