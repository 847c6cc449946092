"""The way of a lead to what is held about them: a link kept as a hash, what it shows, what they can do there."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy import inspect, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import receipts
from survey.domain.accounts import invite
from survey.domain.decisions import decide
from survey.domain.keys import KeyStore
from survey.domain.leads import EVIDENCE_FIELDS, IDENTITY_FIELDS, add_note, erase, kept_until, set_owner
from survey.domain.passages import covered
from survey.domain.queries.receipts import read_receipt, receipt_data
from survey.enums import DecisionKind, RoleName
from survey.exceptions import InvalidInputError, LinkExpiredError, NotFoundError
from survey.models import AuditEntry, Lead, LeadImport, LeadNote, Model, OptOut, ReceiptLink
from survey.models.base import utc_now
from tests.survey.lead_factories import do_import, publish


@pytest.fixture
def lead(session: Session, sessions: sessionmaker[Session]) -> Lead:
    """A scored lead whom a recruiter has looked after."""
    with transaction(session):
        publish(session)
    do_import(sessions)
    lead = session.scalars(select(Lead).where(Lead.external_id == "l1")).one()
    with transaction(session):
        account_id = invite(session, email="rec@example.org", role=RoleName.RECRUITER).id
        version_id = lead.scores[0].persona_version_id
        kind = DecisionKind.NOT_NOW
        decide(session, lead, kind=kind, reason="In May.", account_id=account_id, version_id=version_id)
        add_note(session, lead, "Met at the fair.", account_id=account_id)
        set_owner(session, lead, account_id)
    return lead


def test_a_link_is_kept_as_a_hash_and_a_new_one_ends_it(session: Session, lead: Lead) -> None:
    with transaction(session):
        first = receipts.make_link(session, lead)
        second = receipts.make_link(session, lead)

    assert receipts.open_link(session, second) is lead
    for wrong in (first, "", second[:-1], second + "=", second + "é"):
        with pytest.raises(NotFoundError):
            receipts.open_link(session, wrong)
    held = [
        session.execute(text(f'SELECT * FROM "{table}"')).all()
        for table in inspect(session.get_bind()).get_table_names()
    ]
    assert first not in str(held)
    assert second not in str(held)
    made = session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "made")).all()
    assert made == [f"receipt link of lead {lead.id}"] * 2


def test_a_link_ends_by_itself_when_withdrawn_and_with_the_lead(session: Session, lead: Lead) -> None:
    with transaction(session):
        token = receipts.make_link(session, lead)
        session.execute(update(ReceiptLink).values(expires_at=utc_now()))
    with pytest.raises(LinkExpiredError):
        receipts.open_link(session, token)
    assert receipts.find_link(session, lead.id) is None

    with transaction(session):
        token = receipts.make_link(session, lead)
        receipts.withdraw_link(session, lead)
        receipts.withdraw_link(session, lead)
    with pytest.raises(NotFoundError):
        receipts.open_link(session, token)

    with transaction(session):
        token = receipts.make_link(session, lead)
        erase(session, lead)
    with pytest.raises(NotFoundError):
        receipts.open_link(session, token)
    assert session.scalars(select(ReceiptLink)).all() == []


def test_the_data_hold_every_word_and_the_points_sum_to_the_number(session: Session, lead: Lead) -> None:
    data = receipt_data(session, lead, retention_days=365)

    assert json.loads(json.dumps(data)) == data
    assert data["identity"] == {field: getattr(lead.identity, field) for field in IDENTITY_FIELDS}
    assert {field: held["text"] for field, held in data["evidence"].items()} == {
        evidence.field: evidence.text for evidence in lead.evidence
    }
    assert [score["persona"] for score in data["scores"]] == ["Calm Hands", "Keen Voices"]
    for score in data["scores"]:
        assert sum(part["points"] for part in score["contributions"]) == score["fit"]
        for part in score["contributions"]:
            assert part["text"] == data["evidence"][part["field"]]["text"][part["start"] : part["end"]]
    assert [(row["who"], row["kind"], row["reason"]) for row in data["decisions"]] == [
        ("rec@example.org", "not_now", "In May.")
    ]
    assert [(note["by"], note["text"]) for note in data["notes"]] == [("rec@example.org", "Met at the fair.")]
    assert data["in_touch"] == "rec@example.org"


#: Tables that name a lead, and where their rows are in the data; what is left out says why.
TOLD = {
    "lead_identity": "identity",
    "lead_key": "recognised_by",
    "lead_evidence": "evidence",
    "lead_note": "notes",
    "lead_merge": "merged_entries",
    "import_row": "before_an_import",
    "duplicate": "n_similar_entries",
    "decision": "decisions",
    "score": "scores",
    "receipt_link": "link",
}


def test_every_table_that_names_a_lead_is_told(session: Session, lead: Lead) -> None:
    naming = {
        table.name
        for table in Model.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "lead"
    }

    assert naming == set(TOLD)
    assert set(TOLD.values()) <= set(receipt_data(session, lead, retention_days=1))


def test_a_receipt_says_where_a_lead_came_from_and_how_long_they_are_kept(
    session: Session, lead: Lead
) -> None:
    imported_at = session.scalars(select(LeadImport.created_at)).one()

    receipt = read_receipt(session, lead, retention_days=100)

    assert (receipt.imported_at, receipt.is_from_file, receipt.owner) == (
        imported_at,
        True,
        "rec@example.org",
    )
    assert receipt.kept_until == kept_until(session, lead, retention_days=100)
    assert dt.timedelta(days=100) <= receipt.kept_until - imported_at < dt.timedelta(days=101)


def test_a_lead_can_write_what_is_wrong_some_times(session: Session, lead: Lead) -> None:
    for _ in range(receipts.MAX_CORRECTIONS):
        with transaction(session):
            receipts.ask_to_correct(session, lead, "I left the bank.")

    with pytest.raises(InvalidInputError, match="several times"), transaction(session):
        receipts.ask_to_correct(session, lead, "Again.")
    own = session.scalars(select(LeadNote.text).where(LeadNote.created_by.is_(None))).all()
    assert own == ["I left the bank."] * receipts.MAX_CORRECTIONS


def test_a_lead_who_leaves_is_gone_and_known_by_a_hash(session: Session, lead: Lead, keys: KeyStore) -> None:
    lead_id = lead.id

    with transaction(session):
        receipts.leave(session, keys, lead)

    assert session.get(Lead, lead_id) is None
    assert session.scalars(select(OptOut)).all()
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"lead {lead_id}")).all()
    assert actions[-3:] == ["asked through their receipt to be left alone", "erased", "opted out"]


@pytest.mark.parametrize(
    ("masked", "found"),
    [
        (None, []),
        ("Anna Berg leads.", []),
        ("          leads.", ["Anna Berg"]),
        ("Anna      leads.", ["Berg"]),
        ("\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", ["Anna Berg leads."]),
    ],
)
def test_what_was_covered_is_found_by_position(masked: str | None, found: list[str]) -> None:
    text = "Anna Berg leads."

    assert [text[span.start : span.end] for span in covered(text, masked)] == found


def test_fields_of_a_receipt_are_those_of_a_lead() -> None:
    # A new field needs a word on the receipt.
    assert set(EVIDENCE_FIELDS) == {"headline", "summary", "skills", "experience", "interest"}
    assert set(IDENTITY_FIELDS) == {"name", "email", "phone", "profile", "employer", "location"}
