"""Imports, for recruiters: upload, columns, what became of it, undo; and one person typed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import imports as domain
from survey.domain import jobs
from survey.domain.lead_columns import LEAD_FIELDS, is_header
from survey.domain.pasted import read_pasted
from survey.domain.queries import duplicates, leads
from survey.domain.queries import imports as queries
from survey.encodings import OLDER
from survey.enums import ImportState, RoleName
from survey.exceptions import InvalidInputError, StateError
from survey.extensions import db
from survey.lead_tables import read_upload
from survey.models import LeadImport
from survey.tables import write_table
from survey.web.access import may_see
from survey.web.downloads import download
from survey.web.forms import ConfirmForm
from survey.web.forms.leads import FIELD_LABELS, MappingForm, PersonForm, SheetForm, UploadForm
from survey.web.readings import flash_reading

imports = Blueprint("imports", __name__)

_SHOWN_ROWS = 50


@imports.get("/leads/import")
@may_see(RoleName.RECRUITER)
def new_import() -> str:
    """Ask for a file."""
    return _upload_page(UploadForm())


@imports.post("/leads/import")
@may_see(RoleName.RECRUITER)
def upload_leads() -> Any:
    """Keep the file, if it can be read, and go on to its columns."""
    form = UploadForm()
    if not form.validate_on_submit():
        return _upload_page(form), 422
    try:
        table = read_upload([(file.filename or "", file.read()) for file in form.file.data], is_header)
        with transaction(db.session):
            import_id = domain.upload(db.session, table, account_id=current_user.id).id
    except InvalidInputError as error:
        form.file.errors = [*form.file.errors, str(error)]
        return _upload_page(form), 422
    flash_reading({"encoding": table.encoding} if table.encoding in OLDER else {})
    return redirect(url_for("imports.show_import", import_id=import_id), 303)


@imports.get("/leads/imports/<int:import_id>")
@may_see(RoleName.RECRUITER)
def show_import(import_id: int) -> Response | str:
    """Show what the columns hold and the first rows; after the import, what came of it."""
    lead_import = domain.get_import(db.session, import_id)
    if lead_import.state == ImportState.UPLOADED:
        if lead_import.sheets:
            return _sheet_page(lead_import)
        return _mapping_page(lead_import, MappingForm.of(lead_import.columns, lead_import.mapping))
    if not lead_import.filename and lead_import.state == ImportState.DONE:
        lead_id = queries.find_lead(db.session, import_id)
        if lead_id is not None:
            return redirect(url_for("leads.show_lead", lead_id=lead_id), 303)
    job = jobs.get_job(db.session, lead_import.job_id) if lead_import.job_id else None
    return render_template(
        "leads/import_detail.html",
        lead_import=lead_import,
        job=job,
        form=ConfirmForm(),
        left_out=list(queries.list_left_out(db.session, import_id, n=_SHOWN_ROWS)),
        kept=queries.list_kept(db.session, import_id),
        n_duplicates=duplicates.count_groups(db.session),
    )


@imports.post("/leads/imports/<int:import_id>/sheet")
@may_see(RoleName.RECRUITER)
def choose_sheet(import_id: int) -> Any:
    """Take one sheet of the workbook."""
    form = SheetForm()
    lead_import = domain.get_import(db.session, import_id)
    if not form.validate_on_submit():
        return _sheet_page(lead_import, _("Choose one of the sheets.")), 422
    try:
        with transaction(db.session):
            domain.choose_sheet(db.session, lead_import, form.sheet.data or "")
    except InvalidInputError as error:
        return _sheet_page(lead_import, str(error)), 422
    return redirect(url_for("imports.show_import", import_id=import_id), 303)


@imports.post("/leads/imports/<int:import_id>")
@may_see(RoleName.RECRUITER)
def start_import(import_id: int) -> Any:
    """Start the import with the chosen columns, or go on with a stopped one."""
    lead_import = domain.get_import(db.session, import_id)
    form = MappingForm.of(lead_import.columns, lead_import.mapping)
    if lead_import.state == ImportState.UPLOADED and not form.validate_on_submit():
        return _mapping_page(lead_import, form), 422
    try:
        with transaction(db.session):
            job_id = domain.start_import(
                db.session, lead_import, mapping=form.mapping, account_id=current_user.id
            ).id
    except InvalidInputError as error:
        return _mapping_page(lead_import, form, str(error)), 422
    return redirect(url_for("jobs.show_job", job_id=job_id), 303)


@imports.post("/leads/imports/<int:import_id>/undo")
@may_see(RoleName.RECRUITER)
def undo_import(import_id: int) -> Response:
    """Take a whole import back."""
    lead_import = domain.get_import(db.session, import_id)
    try:
        with transaction(db.session):
            job_id = domain.start_undo(db.session, lead_import, account_id=current_user.id).id
    except StateError as error:
        flash(str(error), "warning")
        return redirect(url_for("imports.show_import", import_id=import_id), 303)
    return redirect(url_for("jobs.show_job", job_id=job_id), 303)


@imports.get("/leads/imports/<int:import_id>/rejected.csv")
@may_see(RoleName.RECRUITER)
def export_rejected(import_id: int) -> Response:
    """Download the rows that were left out, as they were, each with its number and the reason."""
    lead_import = domain.get_import(db.session, import_id)
    width = len(lead_import.columns)
    rows = []
    for number, reason, held in queries.list_left_out(db.session, import_id):
        cells = held or []
        rows.append([str(number), reason, *cells, *[""] * (width - len(cells))])
    content = write_table((*domain.LEFT_OUT_COLUMNS, *lead_import.columns), rows)
    return download("rejected.csv", content)


@imports.get("/leads/new")
@may_see(RoleName.RECRUITER)
def new_lead() -> str:
    """Ask for one person."""
    return _person_page(PersonForm())


@imports.post("/leads/new")
@may_see(RoleName.RECRUITER)
def add_lead() -> Any:
    """Take in one person, or show first how the pasted text is read."""
    form = PersonForm()
    if not form.validate_on_submit():
        return _person_page(form), 422
    typed = {field.name: field.data or "" for field in form if field.name in LEAD_FIELDS and field.data}
    read = read_pasted(form.text.data or "")
    if request.form.get("action") == "read":
        if not (form.text.data or "").strip():
            form.text.errors = [_("Paste a text first, or fill in the fields below.")]
            return _person_page(form), 422
        form.text.data = read.pop("summary", "")
        rest: dict[str, str] = {
            field: read.pop(field) for field in ("experience", "interest") if field in read
        }
        form.text.data = "\n\n".join(filter(None, [form.text.data, *_sections(rest)]))
        for field, text in read.items():
            form[field].data = form[field].data or text
        return _person_page(form, read=True)
    try:
        with transaction(db.session):
            job_id = domain.add_lead(db.session, {**read, **typed}, account_id=current_user.id).job_id
    except InvalidInputError as error:
        return _person_page(form, error=str(error)), 422
    return redirect(url_for("jobs.show_job", job_id=job_id), 303)


def _sections(fields: Mapping[str, str]) -> list[str]:
    titles = {"experience": "Experience", "interest": "Looking for"}
    return [f"{titles[field]}\n{text}" for field, text in fields.items()]


def _person_page(form: PersonForm, *, error: str = "", read: bool = False) -> str:
    return render_template("leads/lead_new.html", form=form, error=error, read=read)


def _upload_page(form: UploadForm) -> str:
    return render_template(
        "leads/import_new.html",
        form=form,
        fields=LEAD_FIELDS,
        labels=FIELD_LABELS,
        imports=leads.list_imports(db.session),
    )


def _sheet_page(lead_import: LeadImport, error: str = "") -> str:
    return render_template(
        "leads/import_sheet.html", lead_import=lead_import, form=SheetForm(formdata=None), error=error
    )


def _mapping_page(lead_import: LeadImport, form: MappingForm, error: str = "") -> str:
    return render_template(
        "leads/import_mapping.html",
        lead_import=lead_import,
        form=form,
        rows=domain.preview(lead_import),
        error=error,
    )
