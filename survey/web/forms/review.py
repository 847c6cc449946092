"""Forms of HR."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from survey.domain.edits import MAX_NAME_CHARS, MAX_SUMMARY_CHARS
from survey.domain.personas import MAX_PERSONAS, MIN_PERSONAS
from survey.enums import EditKind


class AnalysisForm(FlaskForm):
    """Start an analysis."""

    n_personas = IntegerField(
        _l("Number of personas"), validators=[Optional(), NumberRange(MIN_PERSONAS, MAX_PERSONAS)]
    )


class VersionForm(FlaskForm):
    """Edit a draft."""

    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=MAX_NAME_CHARS)])
    summary = TextAreaField(_l("Summary"), validators=[InputRequired(), Length(max=MAX_SUMMARY_CHARS)])


class EditForm(FlaskForm):
    """One edit of a draft beside its name and summary; what it needs depends on the kind."""

    kind = SelectField(choices=[EditKind.DROP, EditKind.PIN, EditKind.LOCK, EditKind.SPLIT, EditKind.MERGE])
    where = StringField()
    text = StringField()
    other = IntegerField(validators=[Optional()])


class PublishForm(FlaskForm):
    """Choose the drafts to publish."""

    version = SelectMultipleField(coerce=int, validate_choice=False)
