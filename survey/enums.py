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
    """Life of a wave. Allowed moves: draft → open → closing → closed."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class JobKind(StrEnum):
    """What a worker can do."""

    CLOSE_WAVE = "close_wave"
    ANALYSE = "analyse"
    IMPORT_LEADS = "import_leads"
    SCORE_LEADS = "score_leads"


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
    """Life of a lead import: uploaded → mapped (a job runs) → done."""

    UPLOADED = "uploaded"
    RUNNING = "running"
    DONE = "done"


class Band(StrEnum):
    """Fit in words: A like a typical colleague, B within the group, C at its edge, D outside."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class EditKind(StrEnum):
    """What HR can change about a draft persona; the kinds of :mod:`analysis.edits`."""

    RENAME = "rename"
    REWRITE = "rewrite"
    DROP = "drop"
    PIN = "pin"
    LOCK = "lock"
    SPLIT = "split"
    MERGE = "merge"
