"""Forms for making and running waves."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import InputRequired, Length


class DraftForm(FlaskForm):
    """Begin a wave."""

    name = StringField(_l("Name"), validators=[InputRequired(_l("Give the wave a name.")), Length(max=120)])


class RosterForm(FlaskForm):
    """Upload the people to invite."""

    file = FileField(_l("Roster (CSV or XLSX)"), validators=[FileRequired(_l("Choose a file first."))])


class LaunchForm(FlaskForm):
    """Sign off and launch."""

    signed_off_by = StringField(
        _l("Signed off by"),
        validators=[
            InputRequired(_l("Name who signed this wave off, such as “A. Berg, works council”.")),
            Length(max=200),
        ],
    )


class SurveyFileForm(FlaskForm):
    """Upload a closed survey made elsewhere."""

    file = FileField(
        _l("The survey’s answers (CSV or XLSX)"), validators=[FileRequired(_l("Choose a file first."))]
    )
