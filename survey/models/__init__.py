"""The tables. Importing this package registers all of them on ``Model.metadata``.

Of one only the module is handed on: the import rules say who may import :mod:`survey.models.self_identification`.
"""

from survey.models import self_identification
from survey.models.accounts import Account, Role, account_role
from survey.models.aliases import AliasSuggestion, AliasTable
from survey.models.base import Model
from survey.models.checks import FairnessCheck
from survey.models.decisions import Decision
from survey.models.jobs import Chore, Job
from survey.models.leads import (
    Duplicate,
    ImportRow,
    Lead,
    LeadEvidence,
    LeadIdentity,
    LeadImport,
    LeadKey,
    LeadMerge,
    LeadNote,
    OptOut,
    ReceiptLink,
    SavedSearch,
    Score,
)
from survey.models.mail import Mailing, MailStop, Message
from survey.models.organisation import AuditEntry, OrganisationLink, StoredSetting
from survey.models.personas import Analysis, Chart, Edit, Membership, Persona, PersonaVersion, Weighing
from survey.models.questionnaires import Item, Questionnaire
from survey.models.responses import Answer, Embedding, Inbox, Response, UsableAnswers
from survey.models.waves import Invitee, PreparedAnswers, SpentToken, Wave, WaveImport

__all__ = [
    "Account",
    "AliasSuggestion",
    "AliasTable",
    "Analysis",
    "Answer",
    "AuditEntry",
    "Chart",
    "Chore",
    "Decision",
    "Duplicate",
    "Edit",
    "Embedding",
    "FairnessCheck",
    "ImportRow",
    "Inbox",
    "Invitee",
    "Item",
    "Job",
    "Lead",
    "LeadEvidence",
    "LeadIdentity",
    "LeadImport",
    "LeadKey",
    "LeadMerge",
    "LeadNote",
    "MailStop",
    "Mailing",
    "Membership",
    "Message",
    "Model",
    "OptOut",
    "OrganisationLink",
    "Persona",
    "PersonaVersion",
    "PreparedAnswers",
    "Questionnaire",
    "ReceiptLink",
    "Response",
    "Role",
    "SavedSearch",
    "Score",
    "SpentToken",
    "StoredSetting",
    "UsableAnswers",
    "Wave",
    "WaveImport",
    "Weighing",
    "account_role",
    "self_identification",
]
