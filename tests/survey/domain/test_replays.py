"""Every stored score names from what it was computed, and comes to the same number again; or it is said why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from analysis.provenance import code_hash
from survey import config
from survey.cli import main
from survey.database import transaction
from survey.domain import replays
from survey.domain.accounts import invite
from survey.domain.aliases import name_skill
from survey.domain.decisions import decide
from survey.domain.leads import erase
from survey.domain.replays import replay_scores
from survey.domain.scores import fingerprint, score_leads
from survey.enums import DecisionKind, RoleName, VersionState
from survey.models import AliasTable, AuditEntry, Decision, Lead, LeadEvidence, PersonaVersion, Score
from survey.worker import Worker
from tests.survey.lead_factories import SAMPLE, WordEncoder, claim, do_import, publish


@pytest.fixture
def versions(sessions: sessionmaker[Session]) -> list[int]:
    """Two published personas and three leads that were scored with them; somebody decided about the first."""
    with sessions() as session, transaction(session):
        versions = publish(session)
    do_import(sessions)
    with sessions() as session, transaction(session):
        account = invite(session, email="rec@example.org", role=RoleName.RECRUITER)
        lead = session.scalars(select(Lead).where(Lead.external_id == "l1")).one()
        decide(
            session,
            lead,
            kind=DecisionKind.CONTACT,
            reason="They fit",
            account_id=account.id,
            version_id=versions[0],
        )
    return versions


def test_scores_decisions_and_the_audit_log_name_versions_and_hashes(
    session: Session, versions: list[int]
) -> None:
    blocks = {
        version_id: fingerprint(session.get_one(PersonaVersion, version_id).scoring)
        for version_id in versions
    }

    for score in session.scalars(select(Score)):
        assert (score.block_hash, score.encoder_hash, score.code_hash) == (
            blocks[score.persona_version_id],
            WordEncoder.hash,
            code_hash(),
        )
        assert len(score.evidence_hash) == 64
    decision = session.scalars(select(Decision)).one()
    assert (decision.block_hash, decision.code_hash) == (blocks[versions[0]], code_hash())
    persona_of = dict(session.execute(select(PersonaVersion.id, PersonaVersion.persona_id)).all())
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "scored")).one()
    assert entry.detail == {
        "leads": 3,
        "hashes": {
            **{f"persona {persona_of[version_id]}, version 1": block for version_id, block in blocks.items()},
            "encoder": WordEncoder.hash,
            "analysis": code_hash(),
        },
    }


def test_every_score_comes_to_the_same_number_again(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    found = replay_scores(sessions, encoder=WordEncoder())

    assert (found.n_same, found.differing, found.impossible) == (7, (), {})
    assert "7 scores are stored; 7 come to the same number again." in found.to_text()


def test_what_was_scored_before_exact_fits_were_kept_comes_to_the_same_number(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    with sessions() as session, transaction(session):
        session.execute(update(Score).values(exact=None))

    assert replay_scores(sessions, encoder=WordEncoder()).n_same == 7


def test_the_score_somebody_decided_with_outlives_its_version(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    with sessions() as session, transaction(session):
        session.get_one(PersonaVersion, versions[0]).state = VersionState.RETIRED
        for score in session.scalars(select(Score)):
            session.delete(score)

    assert replay_scores(sessions, encoder=WordEncoder()).n_same == 1


def _other_number(session: Session) -> None:
    for score in session.scalars(select(Score).where(Score.fit.is_not(None)).limit(1)):
        score.fit = (score.fit or 0) + 1


def _other_order(session: Session) -> None:
    for score in session.scalars(select(Score).where(Score.exact.is_not(None)).limit(1)):
        score.exact = (score.exact or 0) + 0.01


def _other_point(session: Session) -> None:
    score = session.scalars(select(Score).where(Score.best).order_by(Score.id)).first()
    assert score is not None
    first, *others = score.contributions
    score.contributions = [{**first, "trait": "tall"}, *others]


@pytest.mark.parametrize("change", [_other_number, _other_order, _other_point])
def test_a_number_that_is_another_one_is_named(
    sessions: sessionmaker[Session], versions: list[int], change: Callable[[Session], None]
) -> None:
    with sessions() as session, transaction(session):
        change(session)

    found = replay_scores(sessions, encoder=WordEncoder())

    assert (found.n_same, len(found.differing)) == (6, 1)
    assert found.differing[0] in found.to_text()
    assert re.match(r"Lead \d+, persona \d+, version 1: \d+ is stored", found.differing[0])


def test_what_cannot_be_computed_again_is_told_with_the_reason(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    with sessions() as session, transaction(session):
        lead = {lead.external_id: lead for lead in session.scalars(select(Lead))}
        text = session.get_one(LeadEvidence, (lead["l1"].id, "summary"))
        text.masked = (text.masked or "").replace("calm", "loud")
        for score in lead["l2"].scores:
            score.code_hash = ""
        changed = session.get_one(PersonaVersion, versions[0])
        changed.scoring = {**changed.scoring, "words": {"rarity": {}, "unseen": 0.0}}

    found = replay_scores(sessions, encoder=WordEncoder())

    assert (found.n_same, found.differing) == (1, ())
    assert found.impossible == {replays.CHANGED_LEAD: 3, replays.UNNOTED: 2, replays.CHANGED_BLOCK: 1}
    assert all(reason in found.to_text() for reason in found.impossible)


def test_scores_of_an_erased_lead_went_with_them(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    with sessions() as session, transaction(session):
        erase(session, session.scalars(select(Lead).where(Lead.external_id == "l1")).one())

    found = replay_scores(sessions, encoder=WordEncoder())

    assert (found.n_same, found.differing, found.impossible) == (4, (), {})


def test_another_encoder_and_an_update_are_told(
    sessions: sessionmaker[Session], versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    class OtherEncoder(WordEncoder):
        hash = "words-2"

    assert replay_scores(sessions, encoder=OtherEncoder()).impossible == {replays.OTHER_ENCODER: 7}

    with sessions() as session, transaction(session):
        _other_number(session)
    monkeypatch.setattr(replays, "code_hash", lambda: "newer")
    found = replay_scores(sessions, encoder=WordEncoder())
    assert (found.n_same, found.differing, found.impossible) == (6, (), {replays.OTHER_CODE: 1})


def test_numbers_of_a_lead_by_two_tables_of_aliases_replay_by_their_own(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session, transaction(session):
        versions = publish(session)
    do_import(sessions, SAMPLE.replace("Release plans;", "Shipping plots;"))
    with sessions() as session, transaction(session):
        account = invite(session, email="rec@example.org", role=RoleName.RECRUITER)
        for lead in session.scalars(select(Lead)):
            for version in versions:
                decide(
                    session,
                    lead,
                    kind=DecisionKind.CONTACT,
                    reason="Fits.",
                    account_id=account.id,
                    version_id=version,
                )
        name_skill(session, "release plans", "shipping plots", account_id=None)
    score_leads(sessions, claim(sessions), encoder=WordEncoder())

    found = replay_scores(sessions, encoder=WordEncoder())

    assert (found.n_same, found.differing, found.impossible) == (12, (), {})


def test_a_number_by_a_table_of_aliases_that_is_not_kept_is_told(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    with sessions() as session, transaction(session):
        name_skill(session, "closing a deal", "Careful testing", account_id=None)
    score_leads(sessions, claim(sessions), encoder=WordEncoder())
    with sessions() as session, transaction(session):
        kept = session.scalars(select(AliasTable)).one()
        assert set(session.scalars(select(Score.aliases_hash))) == {kept.hash}
        assert set(session.scalars(select(Decision.aliases_hash))) == {""}
        *_, entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "scored").order_by(AuditEntry.id)
        )
        assert entry.detail["hashes"]["aliases"] == kept.hash
        session.delete(kept)

    found = replay_scores(sessions, encoder=WordEncoder())

    assert (found.differing, set(found.impossible)) == ((), {replays.OTHER_ALIASES})
    assert found.n_same + found.impossible[replays.OTHER_ALIASES] == 7
    assert found.n_same > 0


def test_the_command_prints_it_and_ends_with_1_if_a_number_is_another_one(
    sessions: sessionmaker[Session],
    versions: list[int],
    settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Worker, "encoder", WordEncoder())
    monkeypatch.setattr(config, "read", lambda: settings)

    whole = CliRunner().invoke(main, ["replay"])
    with sessions() as session, transaction(session):
        _other_number(session)
    changed = CliRunner().invoke(main, ["replay"])

    assert (whole.exit_code, "7 come to the same number" in whole.output) == (0, True)
    assert (changed.exit_code, "version 1: " in changed.output) == (1, True)
