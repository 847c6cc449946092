"""Forms of HR."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from survey.domain.edits import MAX_NAME_CHARS, MAX_SUMMARY_CHARS
from survey.domain.personas import MAX_PERSONAS, MIN_PERSONAS
from survey.enums import EditKind
from survey.texts import clean, one_line


def _name(given: str | None) -> str:
    return one_line(given or "")


def _text(given: str | None) -> str:
    text = clean(given or "")
    return text if one_line(text) else ""


class AnalysisForm(FlaskForm):
    """Start an analysis."""

    n_personas = IntegerField(
        _l("Number of personas"), validators=[Optional(), NumberRange(MIN_PERSONAS, MAX_PERSONAS)]
    )


class VersionForm(FlaskForm):
    """Edit a draft. What it was opened with tells what this person changed from what others did meanwhile."""

    name = StringField(_l("Name"), filters=[_name], validators=[DataRequired(), Length(max=MAX_NAME_CHARS)])
    summary = TextAreaField(
        _l("Summary"), filters=[_text], validators=[DataRequired(), Length(max=MAX_SUMMARY_CHARS)]
    )
    opened_name = HiddenField(filters=[_name])
    opened_summary = HiddenField(filters=[_text])


class EditForm(FlaskForm):
    """One edit of a draft beside its name and summary; what it needs depends on the kind."""

    kind = SelectField(choices=[EditKind.DROP, EditKind.PIN, EditKind.LOCK, EditKind.SPLIT, EditKind.MERGE])
    where = StringField()
    text = StringField()
    other = IntegerField(validators=[Optional()])


class PublishForm(FlaskForm):
    """Choose the drafts to publish."""

    version = SelectMultipleField(coerce=int, validate_choice=False)
