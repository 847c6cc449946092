"""Forms of the table of aliases."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import InputRequired, Length

_MISSING = _l("Fill in both: a skill, and what it is also called.")


class AliasForm(FlaskForm):
    """Say what a skill is also called."""

    skill = StringField(_l("Skill"), validators=[InputRequired(_MISSING), Length(max=200)])
    aliases = StringField(_l("Also called"), validators=[InputRequired(_MISSING), Length(max=1000)])


class AliasFileForm(FlaskForm):
    """Take the table of a file."""

    file = FileField(_l("CSV file"), validators=[FileRequired(_l("Choose a file first."))])
