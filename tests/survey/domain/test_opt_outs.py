"""People who asked to be left alone: nothing of them stays, and no import brings them back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import scores
from survey.domain.duplicates import merge
from survey.domain.keys import KeyStore
from survey.domain.opt_outs import find_request, opt_out
from survey.exceptions import StateError
from survey.models import AuditEntry, Lead, LeadImport, OptOut
from tests.survey.lead_factories import WordEncoder, claim, do_import, start

PEOPLE = (
    "id,name,email,phone,profile,skills\n"
    "1,Ada Byron,ada@x.org,+46701234567,linkedin.com/in/ada,Maths\n"
    "2,Ada Byron,ada@x.org,,,Maths\n"
    "3,Bo Ek,bo@x.org,,,C\n"
)


def import_again(sessions: sessionmaker[Session], keys: KeyStore, content: str) -> LeadImport:
    import_id = start(sessions, content)
    scores.import_leads(sessions, claim(sessions), encoder=WordEncoder(), keys=keys)
    with sessions() as session:
        return session.get_one(LeadImport, import_id)


def leave_alone(sessions: sessionmaker[Session], keys: KeyStore, external_id: str) -> None:
    with sessions() as session, transaction(session):
        opt_out(session, keys, session.scalars(select(Lead).where(Lead.external_id == external_id)).one())


def test_who_opted_out_stays_out_whatever_address_a_file_has(
    sessions: sessionmaker[Session], key_dir: Path
) -> None:
    keys = KeyStore(key_dir)
    do_import(sessions, PEOPLE)
    with sessions() as session, transaction(session):
        merge(session, session.scalars(select(Lead.id).order_by(Lead.id)).first() or 0)
    claim(sessions)
    leave_alone(sessions, keys, "1")

    other = (
        "id,name,email,phone,profile,skills\n"
        "a,A,ADA+new@X.org,,,x\nb,B,,0046 70 1234567,,x\nc,C,,,https://www.linkedin.com/in/ada/,x\n"
        "1,ada byron,,,,x\n2,Ada Byron,,,,x\n2b,Ada Byron,,,,x\n"
    )
    lead_import = import_again(sessions, keys, other)

    assert (lead_import.n_opted_out, lead_import.n_created, lead_import.n_rejected) == (5, 1, 0)
    with sessions() as session:
        assert session.scalars(select(Lead.external_id).order_by(Lead.id)).all() == ["3", "2b"]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "opted out")).one()
        assert entry.detail == {}


def test_nothing_in_the_database_tells_who_opted_out(sessions: sessionmaker[Session], key_dir: Path) -> None:
    do_import(sessions, PEOPLE)
    for external_id in ("1", "2"):
        leave_alone(sessions, KeyStore(key_dir), external_id)

    with sessions() as session:
        held = []
        for table in inspect(session.get_bind()).get_table_names():
            held += session.execute(text(f'SELECT * FROM "{table}"')).all()
        words = str(held).casefold()
        assert "bo ek" in words
        # As words: three letters come about in a hash now and then.
        for secret in ("ada", "byron", "701234567"):
            assert not re.search(rf"\b{secret}\b", words)


def test_without_the_key_an_import_is_refused_rather_than_forgetting_anybody(
    sessions: sessionmaker[Session], key_dir: Path, tmp_path: Path
) -> None:
    do_import(sessions, PEOPLE)
    leave_alone(sessions, KeyStore(key_dir), "1")

    for keys in (None, KeyStore(tmp_path / "elsewhere")):
        start(sessions, PEOPLE)
        with pytest.raises(StateError, match="KINDRED_KEY_DIR"):
            scores.import_leads(sessions, claim(sessions), encoder=WordEncoder(), keys=keys)

    with sessions() as session:
        assert session.scalars(select(Lead.external_id).order_by(Lead.id)).all() == ["2", "3"]
        assert session.scalars(select(OptOut.hash)).all()


@pytest.mark.parametrize(
    "asking",
    [
        "Please do not contact me about jobs.",
        "Recruiters: please stop calling.",
        "Don't message me again.",
        "She asked not to be approached.",
        "He does not want to be contacted by agencies.",
        "asked us to be left alone",
        "Please remove me from your database",
        "No recruiters, thanks.",
        "Kontakta mig inte om jobb.",
        "Bitte nicht kontaktieren!",
        "No me contacten más.",
        "Proszę nie dzwonić.",
    ],
)
def test_a_request_is_recognised(asking: str) -> None:
    assert find_request(["Ten years of work.", f"Likes calm. {asking} Works in Lund."]).startswith(
        asking[:12]
    )


@pytest.mark.parametrize(
    "wish",
    [
        "Wants one problem and to be left alone with it.",
        "Give me a hard problem and leave me alone.",
        "I do not like meetings. I contact customers every day.",
        "Not afraid to call people.",
        "No agency experience, no cold storage.",
        "Removed a legacy system, deleted my own code.",
        "",
    ],
)
def test_a_wish_for_quiet_work_is_no_request(wish: str) -> None:
    assert find_request([wish]) == ""
