"""What skills are also called: HR's own table beside the bundled one, changed row by row, version by version.

A bridge to the analysis, to its tables of aliases alone: they load nothing, so pages may use it. What proposes
spellings is in listed_skills.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from analysis.aliases import Row, Table, bundled, hash_of, own_table, use
from analysis.exceptions import InvalidAliasesError
from survey.domain import audit, jobs
from survey.domain.personas import score_leads_anew
from survey.enums import JobKind
from survey.exceptions import ConflictError, InvalidInputError
from survey.models import AliasSuggestion, AliasTable, Job
from survey.models.base import utc_now
from survey.texts import one_line

#: The job that looks for spellings is about no single thing.
ALL_SKILLS = 0


class Named(NamedTuple):
    """A skill, and what it is also called."""

    skill: str
    alias: str


def latest_table(session: Session) -> AliasTable | None:
    """Return the version of the own table that is in force; None if there never was one."""
    return session.scalar(select(AliasTable).order_by(AliasTable.number.desc()).limit(1))


def table_of(version: AliasTable | None) -> Table:
    """Return a version of the own table; empty for none."""
    return {skill: tuple(aliases) for skill, aliases in version.rows.items()} if version else {}


def table_in_force(session: Session) -> Table:
    """Return the own table in force; empty if there is none."""
    return table_of(latest_table(session))


def hash_in_force(session: Session) -> str:
    """Return the hash of the own table in force, as scores name it; empty if there is none."""
    return session.scalar(select(AliasTable.hash).order_by(AliasTable.number.desc()).limit(1)) or ""


def table_named(session: Session, name: str) -> Table | None:
    """Return the own table that has this hash, also one that was in force before; None if none ever had it."""
    if not name:
        return {}
    found = session.scalar(select(AliasTable).where(AliasTable.hash == name).limit(1))
    return table_of(found) if found else None


def read_by_own(session: Session) -> None:
    """Let this process read texts by the own table in force from now on."""
    use(table_in_force(session))


def name_skill(session: Session, skill: str, aliases: str, *, account_id: int | None) -> AliasTable:
    """Add what a skill is also called, separated by semicolons.

    Raises InvalidInputError if that contradicts a table or changes nothing, ConflictError if somebody was first.
    """
    before = latest_table(session)
    row = Row(0, one_line(skill), one_line(aliases))
    return _change(session, before, [*_rows_of(table_of(before)), row], account_id=account_id)


def unname_skill(session: Session, named: Named, *, account_id: int | None) -> AliasTable:
    """Take an alias out of the own table. Raises InvalidInputError if it is not there, ConflictError as above."""
    before = latest_table(session)
    left = {
        skill: tuple(alias for alias in aliases if (skill, alias) != named)
        for skill, aliases in table_of(before).items()
    }
    return _change(session, before, _rows_of(left), account_id=account_id)


def replace_table(session: Session, table: Table, *, account_id: int | None) -> AliasTable:
    """Put another table in the place of the own one. Raises InvalidInputError, ConflictError as above."""
    return _change(session, latest_table(session), _rows_of(table), account_id=account_id)


def held_suggestions(session: Session) -> dict[Named, AliasSuggestion]:
    """Return every suggestion, the declined ones too, and hold them until the transaction ends.

    Else somebody would judge what is thrown away at the same moment, or the other way round.
    """
    in_order = select(AliasSuggestion).order_by(AliasSuggestion.alias, AliasSuggestion.skill)
    held = in_order.with_for_update().execution_options(populate_existing=True)
    return {Named(one.skill, one.alias): one for one in session.scalars(held)}


def judge_suggestions(
    session: Session, *, accepted: Sequence[Named], declined: Sequence[Named], account_id: int | None
) -> None:
    """Take proposed spellings into the own table, and propose others never again.

    Raises InvalidInputError if two that were accepted contradict each other or a table, ConflictError as above and if
    one of them waits for no answer any more.
    """
    before = latest_table(session)
    held = held_suggestions(session)
    for named in (*accepted, *declined):
        if named not in held or held[named].declined_at:
            raise ConflictError("What is proposed has changed just now. Look at it, then choose again.")
    if declined:
        for named in declined:
            held[named].declined_at, held[named].declined_by = utc_now(), account_id
        audit.record(
            session, "declined", "suggested aliases", account_id=account_id, suggestions=len(declined)
        )
    if accepted:
        rows = [*_rows_of(table_of(before)), *(Row(0, one.skill, one.alias) for one in accepted)]
        _change(session, before, rows, account_id=account_id)


def propose_again(session: Session, named: Named, *, account_id: int | None) -> None:
    """Take back that a spelling was declined. Raises ConflictError if it is not any more."""
    suggestion = held_suggestions(session).get(named)
    if suggestion is None or not suggestion.declined_at:
        raise ConflictError("This spelling is not declined any more.")
    suggestion.declined_at = suggestion.declined_by = None
    audit.record(session, "took back declining", "a suggested alias", account_id=account_id)


def start_suggesting(session: Session, *, account_id: int | None) -> Job:
    """Have a worker look for spellings that leads use."""
    return jobs.enqueue(session, kind=JobKind.SUGGEST_ALIASES, subject_id=ALL_SKILLS, account_id=account_id)


def forget_listed(session: Session) -> None:
    """Throw away what leads list from looks for spellings that were stopped: nobody goes on with these."""
    session.execute(
        update(Job)
        .where(Job.kind == JobKind.SUGGEST_ALIASES, Job.state.not_in(jobs.UNFINISHED))
        .values(cursor={})
        .execution_options(synchronize_session=False)
    )


def pairs_of(table: Table) -> list[Named]:
    """Return a table row by row, in the order of skills and aliases; skills without an alias are not in it."""
    return [Named(skill, alias) for skill, aliases in sorted(table.items()) for alias in sorted(aliases)]


def bundled_table() -> Table:
    """Return the table that comes with Kindred."""
    return bundled().skills


def _change(
    session: Session, before: AliasTable | None, rows: Iterable[Row], *, account_id: int | None
) -> AliasTable:
    """Put a version with these rows in force, if they are not those in force, and start scoring every lead by it.

    ``before`` is the version that the rows were made from: if another one follows it by now, its number is taken.
    """
    old = table_of(before)
    try:
        new = own_table(rows)
    except InvalidAliasesError as error:
        raise InvalidInputError(error.why[:1].upper() + error.why[1:]) from error
    if hash_of(new) == hash_of(old):
        raise InvalidInputError("The table says just that, so nothing has changed.")
    # Before the version: whoever judges suggestions takes them in this order.
    held = held_suggestions(session)
    version = AliasTable(
        number=before.number + 1 if before else 1,
        hash=hash_of(new),
        rows={skill: list(aliases) for skill, aliases in new.items()},
        made_by=account_id,
    )
    try:
        with session.begin_nested():
            session.add(version)
    except IntegrityError as error:
        raise ConflictError(
            "Somebody else has changed the table just now. Look at it, then change it again."
        ) from error
    known = {alias for aliases in new.values() for alias in aliases}
    for named, suggestion in held.items():
        if named.alias in known:
            session.delete(suggestion)
    added, removed = set(pairs_of(new)) - set(pairs_of(old)), set(pairs_of(old)) - set(pairs_of(new))
    audit.record(
        session,
        "changed",
        "the table of aliases",
        account_id=account_id,
        version=version.number,
        added=len(added),
        removed=len(removed),
        hash=version.hash,
    )
    score_leads_anew(session, account_id)
    return version


def _rows_of(table: Table) -> list[Row]:
    """Return a table as somebody would write it; a skill that is called nothing else any more is not in it."""
    return [Row(0, skill, ";".join(aliases)) for skill, aliases in table.items() if aliases]
