"""Forms of the recruiter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired, MultipleFileField
from wtforms import SelectField, StringField, SubmitField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from survey.domain.lead_columns import LEAD_FIELDS
from survey.domain.leads import IDENTITY_CHARS, NOTE_CHARS
from survey.domain.searches import NAME_CHARS
from survey.tables import MAX_CELL

#: What each field of a lead holds, in the words of the screen.
FIELD_LABELS = {
    "id": _l("Id"),
    "name": _l("Name"),
    "first_name": _l("First name"),
    "last_name": _l("Last name"),
    "email": _l("E-mail address"),
    "phone": _l("Phone"),
    "profile": _l("Profile address"),
    "employer": _l("Employer"),
    "headline": _l("Headline"),
    "summary": _l("Summary"),
    "skills": _l("Skills"),
    "experience": _l("Experience"),
    "interest": _l("What they want next"),
    "location": _l("Location"),
    "source": _l("Source"),
}


class UploadForm(FlaskForm):
    """Upload a table of leads, or résumés."""

    file = MultipleFileField(_l("File"), validators=[FileRequired(_l("Choose a file first."))])
    submit = SubmitField(_l("Upload and look at it"))


class SheetForm(FlaskForm):
    """Choose a sheet of a workbook."""

    sheet = StringField()


def at_most(n_chars: int) -> Length:
    """Refuse a text that is longer, with a sentence that says by how much."""
    return Length(max=n_chars, message=_l("This has %(length)d characters; %(max)d are allowed. Shorten it."))


class PersonForm(FlaskForm):
    """Add one person by hand; what is typed wins over what a pasted text says."""

    name = StringField(FIELD_LABELS["name"], validators=[at_most(IDENTITY_CHARS["name"])])
    email = StringField(FIELD_LABELS["email"], validators=[at_most(IDENTITY_CHARS["email"])])
    phone = StringField(FIELD_LABELS["phone"], validators=[at_most(IDENTITY_CHARS["phone"])])
    profile = StringField(FIELD_LABELS["profile"], validators=[at_most(IDENTITY_CHARS["profile"])])
    employer = StringField(FIELD_LABELS["employer"], validators=[at_most(IDENTITY_CHARS["employer"])])
    location = StringField(FIELD_LABELS["location"], validators=[at_most(IDENTITY_CHARS["location"])])
    source = StringField(FIELD_LABELS["source"], validators=[at_most(120)])
    headline = StringField(FIELD_LABELS["headline"], validators=[at_most(500)])
    skills = StringField(FIELD_LABELS["skills"], validators=[at_most(5000)])
    # Without the limit in the page: a browser would cut off what is pasted beyond it, without a word.
    text = TextAreaField(
        _l("Their own words"), validators=[at_most(MAX_CELL)], render_kw={"maxlength": False}
    )


class NoteForm(FlaskForm):
    """Write a note about a lead."""

    text = TextAreaField(_l("New note"), validators=[Length(min=1, max=NOTE_CHARS)])


class OwnerForm(FlaskForm):
    """Say who is in touch with a lead."""

    owner = StringField()


class SearchForm(FlaskForm):
    """Look for leads; sent by POST, because names do not belong into addresses."""

    search = StringField(_l("Search"), validators=[Length(max=100)])
    place = StringField(_l("Place"), validators=[Length(max=100)])
    skill = StringField(_l("Skill"), validators=[Length(max=100)])


class SaveForm(FlaskForm):
    """Keep a search by name."""

    name = StringField(_l("Name"), validators=[Length(min=1, max=NAME_CHARS)])


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
