"""Forms of the administrator."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length, ValidationError

from survey.domain.accounts import normal_email
from survey.enums import RoleName
from survey.exceptions import InvalidInputError

ROLES = [
    SelectChoice(RoleName.EMPLOYEE.value, _l("Employee")),
    SelectChoice(RoleName.HR.value, _l("HR")),
    SelectChoice(RoleName.RECRUITER.value, _l("Recruiter")),
    SelectChoice(RoleName.AUDITOR.value, _l("Auditor")),
    SelectChoice(RoleName.ADMINISTRATOR.value, _l("Administrator")),
]

#: What the editable settings are called on the screen; one without a name here goes by that of its variable.
SETTING_LABELS = {
    "ORGANISATION": _l("Organisation"),
    "CONTACT": _l("Contact for questions"),
    "PUBLIC_ADDRESS": _l("Public address"),
    "TIMEZONE": _l("Time zone"),
    "SMTP_SERVER": _l("Mail server"),
    "SMTP_PORT": _l("Port of the mail server"),
    "SMTP_SECURITY": _l("Encryption of mail on its way"),
    "SMTP_USER": _l("Name at the mail server"),
    "SMTP_SENDER": _l("Sender of mail"),
    "MAILS_PER_MINUTE": _l("Mails per minute"),
    "LEAD_RETENTION_DAYS": _l("Days that leads are kept"),
    "SELF_IDENTIFICATION": _l("Groups for the fairness check"),
}


class InviteForm(FlaskForm):
    """Invite somebody."""

    email = StringField(_l("E-mail address"), validators=[InputRequired(), Length(max=255)])
    name = StringField(_l("Name"), validators=[Length(max=120)])
    role = SelectField(_l("Role"), choices=ROLES)
    submit = SubmitField(_l("Invite"))

    def validate_email(self, field: StringField) -> None:
        """Check the address as the domain does."""
        try:
            normal_email(field.data or "")
        except InvalidInputError as error:
            raise ValidationError(str(error)) from None


class RoleForm(FlaskForm):
    """Change an account's role."""

    role = SelectField(_l("Role"), choices=ROLES)
    submit = SubmitField(_l("Change"))


class ActiveForm(FlaskForm):
    """Disable or enable an account."""

    active = HiddenField(validators=[AnyOf(["yes", "no"])])


class SettingForm(FlaskForm):
    """Change one setting."""

    name = HiddenField(validators=[InputRequired()])
    value = StringField(_l("Value"), validators=[Length(max=1000)])
    submit = SubmitField(_l("Save"))
