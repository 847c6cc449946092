"""Forms of decisions about leads."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from survey.domain.decisions import MAX_REASON_CHARS
from survey.enums import DecisionKind

DECISION_LABELS = {
    DecisionKind.CONTACT: _l("Contact them"),
    DecisionKind.NOT_NOW: _l("Not now"),
    DecisionKind.NOT_SUITED: _l("Not suited"),
}


class DecisionForm(FlaskForm):
    """Decide about a lead."""

    kind = RadioField(
        _l("Decision"),
        choices=[SelectChoice(kind.value, label) for kind, label in DECISION_LABELS.items()],
        validators=[InputRequired()],
    )
    reason = TextAreaField(_l("Why"), validators=[InputRequired(), Length(max=MAX_REASON_CHARS)])
