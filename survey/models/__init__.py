"""The tables. Importing this package registers all of them on ``Model.metadata``."""

from survey.models.accounts import Account, Role, account_role
from survey.models.base import Model
from survey.models.jobs import Chore, Job
from survey.models.leads import Lead, LeadEvidence, LeadIdentity, LeadImport, Score
from survey.models.mail import Mailing, MailStop, Message
from survey.models.organisation import AuditEntry, OrganisationLink, StoredSetting
from survey.models.personas import Analysis, Chart, Edit, Membership, Persona, PersonaVersion
from survey.models.questionnaires import Item, Questionnaire
from survey.models.responses import Answer, Embedding, Inbox, Response
from survey.models.waves import Invitee, SpentToken, Wave

__all__ = [
    "Account",
    "Analysis",
    "Answer",
    "AuditEntry",
    "Chart",
    "Chore",
    "Edit",
    "Embedding",
    "Inbox",
    "Invitee",
    "Item",
    "Job",
    "Lead",
    "LeadEvidence",
    "LeadIdentity",
    "LeadImport",
    "MailStop",
    "Mailing",
    "Membership",
    "Message",
    "Model",
    "OrganisationLink",
    "Persona",
    "PersonaVersion",
    "Questionnaire",
    "Response",
    "Role",
    "Score",
    "SpentToken",
    "StoredSetting",
    "Wave",
    "account_role",
]
