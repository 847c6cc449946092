"""The closed lists of the domain. A leaf: imports nothing of Kindred."""

from enum import StrEnum


class RoleName(StrEnum):
    """Who somebody is in the organisation; decides which pages they may see."""

    EMPLOYEE = "employee"
    HR = "hr"
    RECRUITER = "recruiter"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class ItemType(StrEnum):
    """How an item of the questionnaire is answered."""

    OPEN = "open"
    CHOICES = "choices"


class Probe(StrEnum):
    """What a follow-up question asks for."""

    EXAMPLE = "example"
    PRECISION = "precision"
    LADDER = "ladder"


class WaveState(StrEnum):
    """Life of a wave. Allowed moves: draft ⇄ scheduled → open → closing → closed; a draft may open at once."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"

    @property
    def has_opened(self) -> bool:
        """Whether anybody can have answered; before that all may change, or go."""
        return self not in (WaveState.DRAFT, WaveState.SCHEDULED)


class JobKind(StrEnum):
    """What a worker can do."""

    CLOSE_WAVE = "close_wave"
    ANALYSE = "analyse"
    IMPORT_LEADS = "import_leads"
    SCORE_LEADS = "score_leads"
    PREVIEW_WEIGHTS = "preview_weights"
    UNDO_IMPORT = "undo_import"
    CHECK_FAIRNESS = "check_fairness"
    IMPORT_WAVE = "import_wave"
    PREPARE_ANSWERS = "prepare_answers"
    SUGGEST_ALIASES = "suggest_aliases"


class JobState(StrEnum):
    """Life of a job. queued → running → done | failed | cancelled; a dead worker's job goes back by lease."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class VersionState(StrEnum):
    """Life of a persona version."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class ImportState(StrEnum):
    """Life of a lead import: uploaded → running (a job runs) → done → undoing (a job runs) → undone."""

    UPLOADED = "uploaded"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class RowOutcome(StrEnum):
    """What became of a row of an import, and of its lead when the import was undone."""

    CREATED = "created"
    UPDATED = "updated"
    REJECTED = "rejected"
    RESTORED = "restored"
    KEPT = "kept"


class DuplicateState(StrEnum):
    """Whether two leads may be one person: nobody has looked, or they are two."""

    OPEN = "open"
    APART = "apart"


class Band(StrEnum):
    """Fit in words: A like a typical colleague, B within the group, C at its edge, D outside."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class DecisionKind(StrEnum):
    """What a person can decide about a lead."""

    CONTACT = "contact"
    NOT_NOW = "not_now"
    NOT_SUITED = "not_suited"


class EditKind(StrEnum):
    """What HR can change about a draft persona; the kinds of :mod:`analysis.edits`."""

    RENAME = "rename"
    REWRITE = "rewrite"
    DROP = "drop"
    PIN = "pin"
    LOCK = "lock"
    SPLIT = "split"
    MERGE = "merge"


class MessageState(StrEnum):
    """Life of a message: waiting → sending → sent | refused; one left in sending is never sent again by itself."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
