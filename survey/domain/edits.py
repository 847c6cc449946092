"""Edits: what HR changes about draft personas, recorded so that later analyses of the wave make it again.

Name, summary, entries and quotes change on the draft at once. Merging and splitting need the numbers, so they start
an analysis that makes all edits of the wave again and whose drafts replace these. Loads no analysis code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.domain import audit
from survey.domain.personas import start_analysis
from survey.domain.queries.edits import active_edits, reasons_against, undoing_changes, unfinished_analysis
from survey.domain.queries.personas import LISTS, frozen_because
from survey.enums import EditKind
from survey.exceptions import ConflictError, InvalidInputError, NotFoundError, StateError
from survey.models import Analysis, Edit, Job, PersonaVersion, Wave
from survey.models.base import utc_now
from survey.texts import clean, one_line

MAX_NAME_CHARS = 80
MAX_SUMMARY_CHARS = 1500
#: People in either part of a persona that is split.
MIN_PART = 10


class StaleTextError(ConflictError):
    """Somebody else wrote the ``fields`` anew after this person opened them; nothing was saved."""

    message = "Somebody else has changed this draft in the meantime. Compare both, then save again."

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__()
        self.fields = tuple(fields)


def edit_version(
    session: Session,
    version: PersonaVersion,
    *,
    name: str,
    summary: str,
    account_id: int | None,
    opened: Mapping[str, str] | None = None,
) -> None:
    """Rename a draft and rewrite its summary; what stays the same is no edit.

    ``opened`` holds the name and summary that somebody saw first (default: those of now): what they left as it was
    stays as it is by now.
    Raises StateError if it cannot be edited now, InvalidInputError on an empty or overlong text, StaleTextError if
    others changed the same, ConflictError if another persona of the same analysis has the name.
    """
    _open(session, version)
    stored = _texts(version.name, version.summary)
    before = _texts(opened["name"], opened["summary"]) if opened else stored
    changed = {field: text for field, text in _texts(name, summary).items() if text != before[field]}
    stale = [field for field, text in changed.items() if stored[field] not in (before[field], text)]
    if stale:
        raise StaleTextError(stale)
    new = {**stored, **changed}
    _check_text("name", new["name"], MAX_NAME_CHARS)
    _check_text("summary", new["summary"], MAX_SUMMARY_CHARS)
    if new["name"].casefold() in _names_beside(session, version):
        raise ConflictError(
            f"Another persona of this analysis is called “{new['name']}”. Choose a different name."
        )
    for field, kind in (("name", EditKind.RENAME), ("summary", EditKind.REWRITE)):
        if new[field] != stored[field]:
            _record(session, version, kind, account_id, text=new[field], changed={field: new[field]})


def drop_entry(
    session: Session, version: PersonaVersion, *, where: str, text: str, account_id: int | None
) -> None:
    """Take an entry off a list of a draft. Raises StateError, NotFoundError if it is not there."""
    _open(session, version)
    listed = version.card.get(where, []) if where in LISTS else []
    entry = next((one for one in listed if one["text"] == text), None)
    if entry is None:
        raise NotFoundError("This is no longer on the card. Look at the card as it is by now.")
    changed: dict[str, Any] = {"card": _without(version.card, where, entry)}
    if where == "quotes":
        changed["summary"] = _without_quote(version.summary, text)
    _record(
        session,
        version,
        EditKind.DROP,
        account_id,
        where=where,
        # A channel is known to the analysis by its code, not by the words of the questionnaire.
        text=entry.get("option", text),
        changed=changed,
    )


def pin_quote(session: Session, version: PersonaVersion, *, text: str, account_id: int | None) -> None:
    """Keep a quote of a draft, before those that are not pinned. Raises StateError, NotFoundError."""
    _open(session, version)
    listed = version.card["quotes"]
    quote = next((one for one in listed if one["text"] == text), None)
    if quote is None:
        raise NotFoundError("This quote is no longer on the card. Look at the card as it is by now.")
    if quote.get("pinned"):
        return
    others = [one for one in listed if one is not quote]
    quotes = sorted([*others, {**quote, "pinned": True}], key=lambda one: not one.get("pinned"))
    _record(
        session,
        version,
        EditKind.PIN,
        account_id,
        where=quote["item"],
        text=text,
        changed={"card": {**version.card, "quotes": quotes}},
    )


def lock(session: Session, version: PersonaVersion, *, account_id: int | None) -> None:
    """Keep the people of a draft together in every later analysis of the wave. Raises StateError."""
    _open(session, version)
    if not version.card.get("locked"):
        changed = {"card": {**version.card, "locked": True}}
        _record(session, version, EditKind.LOCK, account_id, changed=changed)


def split(session: Session, version: PersonaVersion, *, account_id: int | None) -> Job:
    """Split a draft in two and start the analysis that does it.

    Raises StateError if it has too few people for two, or cannot be edited now.
    """
    _open(session, version)
    if version.card["size"] < 2 * MIN_PART:
        raise StateError(
            f"This persona has fewer than {2 * MIN_PART} people. Each part of a split needs {MIN_PART}."
        )
    _record(session, version, EditKind.SPLIT, account_id)
    return _replay(session, version.analysis, account_id)


def merge(session: Session, version: PersonaVersion, other: PersonaVersion, *, account_id: int | None) -> Job:
    """Make another draft part of this one and start the analysis that does it.

    Raises InvalidInputError if they are not two drafts of one analysis, StateError if they are its last two or
    cannot be edited now.
    """
    _open(session, version)
    if other.id == version.id or other.analysis_id != version.analysis_id:
        raise InvalidInputError("Choose another persona of the same analysis to merge with.")
    _check_draft(session, other)
    if len(version.analysis.versions) <= 2:
        raise StateError("These are the last two personas; one alone can be told from nobody.")
    _record(session, version, EditKind.MERGE, account_id, other=other.cluster)
    return _replay(session, version.analysis, account_id)


def undo(session: Session, analysis: Analysis, edit_id: int, *, account_id: int | None) -> Job | None:
    """Take back the last edit that is in force on an analysis; return the job of a new one if that takes one.

    The edit stays on record as undone. Raises ConflictError if it is not the last, StateError if the drafts cannot
    be edited now.
    """
    _check_idle(session, analysis)
    last = next(reversed(active_edits(session, analysis)), None)
    if last is None or last.id != edit_id:
        raise ConflictError(
            "Only the last edit can be undone, and it is another one by now. Look which it is."
        )
    made_here = last.analysis_id == analysis.id
    for version in analysis.versions:
        if undoing_changes(analysis, last, version.cluster):
            _check_draft(session, version)
        if version.cluster == last.cluster and made_here:
            for column, value in last.before.items():
                setattr(version, column, value)
    last.undone_at = utc_now()
    session.flush()
    audit.record(session, "undid", f"edit {last.id}", account_id=account_id, kind=last.kind.value)
    is_to_see = not made_here and last.id not in reasons_against(analysis)
    return _replay(session, analysis, account_id) if is_to_see else None


def _without(card: dict[str, Any], where: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Return a card without an entry, and without how many match it if that was counted with the entry."""
    matched = card.get("card")
    if matched and entry["text"] in matched["entries"]:
        matched = None
    return {**card, where: [one for one in card[where] if one is not entry], "card": matched}


def _without_quote(summary: str, text: str) -> str:
    """Return a summary without the sentence that tells a quote: by it colleagues may know somebody."""
    at = summary.find(text)
    if at < 0:
        return summary
    # Up to the quote the sentence holds no full stop; behind it stand its closing mark and, if need be, a stop.
    begins, rest = summary.rfind(". ", 0, at), summary[at + len(text) :].lstrip('”“»".')
    return f"{summary[: begins + 1]} {rest.strip()}".strip()


def _open(session: Session, version: PersonaVersion) -> None:
    _check_idle(session, version.analysis)
    _check_draft(session, version)


def _check_idle(session: Session, analysis: Analysis) -> None:
    """An analysis that runs has read the edits already and would lose another one."""
    wave = session.get_one(Wave, analysis.wave_id)
    session.refresh(wave, ["state"], with_for_update=True)  # as whoever starts an analysis
    if unfinished_analysis(session, analysis.wave_id) is not None:
        raise StateError(
            "An analysis of this wave is running. Wait until it is done, then edit its personas."
        )


def _check_draft(session: Session, version: PersonaVersion) -> None:
    # All that an edit starts from, as others who were first left it.
    session.refresh(version, ["state", "published_at", "name", "summary", "card"], with_for_update=True)
    reason = frozen_because(version)
    if reason:
        raise StateError(reason)


def _record(
    session: Session,
    version: PersonaVersion,
    kind: EditKind,
    account_id: int | None,
    *,
    changed: dict[str, Any] | None = None,
    **said: str,
) -> None:
    """Change the draft, and keep what was said and what was there before. The audit log gets no words of it."""
    edit = Edit(
        analysis_id=version.analysis_id,
        cluster=version.cluster,
        kind=kind,
        before={column: getattr(version, column) for column in changed or {}},
        created_by=account_id,
        **said,
    )
    for column, value in (changed or {}).items():
        setattr(version, column, value)
    session.add(edit)
    session.flush()
    audit.record(
        session,
        "edited",
        f"persona {version.persona_id}",
        account_id=account_id,
        version=version.number,
        edit=edit.id,
        kind=kind.value,
    )


def _replay(session: Session, analysis: Analysis, account_id: int | None) -> Job:
    return start_analysis(
        session,
        session.get_one(Wave, analysis.wave_id),
        account_id=account_id,
        n_personas=analysis.n_personas,
        seed=analysis.seed,
        revises=analysis,
    )


def _texts(name: str, summary: str) -> dict[str, str]:
    return {"name": one_line(name), "summary": clean(summary)}


def _check_text(noun: str, text: str, max_chars: int) -> None:
    if not one_line(text):
        raise InvalidInputError(f"A persona needs a {noun}. Write one.")
    if len(text) > max_chars:
        raise InvalidInputError(
            f"The {noun} has {len(text)} characters; {max_chars} are allowed. Shorten it."
        )


def _names_beside(session: Session, version: PersonaVersion) -> set[str]:
    """The names of the other personas of the analysis, whatever their case."""
    others = session.scalars(
        select(PersonaVersion.name).where(
            PersonaVersion.analysis_id == version.analysis_id, PersonaVersion.id != version.id
        )
    )
    return {name.casefold() for name in others}
