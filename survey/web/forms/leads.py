"""Forms of the recruiter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from survey.domain.leads import LEAD_FIELDS

#: What each field of a lead holds, in the words of the screen.
FIELD_LABELS = {
    "id": _l("Id"),
    "name": _l("Name"),
    "email": _l("E-mail address"),
    "headline": _l("Headline"),
    "summary": _l("Summary"),
    "skills": _l("Skills"),
    "experience": _l("Experience"),
    "interest": _l("What they want next"),
    "location": _l("Location"),
    "source": _l("Source"),
}


class UploadForm(FlaskForm):
    """Upload a file of leads."""

    file = FileField(_l("CSV file"), validators=[FileRequired(_l("Choose a file first."))])
    submit = SubmitField(_l("Upload and look at it"))


class SearchForm(FlaskForm):
    """Look for leads; sent by POST, because names do not belong into addresses."""

    search = StringField(_l("Search"), validators=[Length(max=100)])


class ConfirmForm(FlaskForm):
    """A button that changes something."""


class MappingForm(FlaskForm):
    """Say what each column holds; its selects are made for the file at hand."""

    @classmethod
    def of(cls, columns: Sequence[str], mapping: Mapping[str, str]) -> MappingForm:
        """Make the form for these columns, with what is assigned so far."""
        choices = [
            SelectChoice("", _("Leave out")),
            *(SelectChoice(field, FIELD_LABELS[field]) for field in LEAD_FIELDS),
        ]
        selects = {
            f"column_{position}": SelectField(
                column or _("Column %(n)s", n=position + 1),
                choices=choices,
                default=mapping.get(str(position), ""),
            )
            for position, column in enumerate(columns)
        }
        form: MappingForm = type("MappingOfFile", (cls,), selects)()
        return form

    @property
    def selects(self) -> list[SelectField]:
        """The selects in the order of the columns."""
        return [field for field in self if isinstance(field, SelectField)]

    @property
    def mapping(self) -> dict[str, str]:
        """Position → field, as the domain keeps it."""
        return {str(position): select.data for position, select in enumerate(self.selects) if select.data}
