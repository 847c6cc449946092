"""Leads, for recruiters: whom to approach first and why, imports, export, erasure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import audit, jobs
from survey.domain import leads as domain
from survey.domain.queries import leads as queries
from survey.domain.queries.decisions import list_decisions
from survey.domain.queries.leads import EVIDENCE_LEVELS, UNSCORED, LeadRow, PersonaName, Wish
from survey.enums import Band, ImportState, RoleName
from survey.exceptions import InvalidInputError
from survey.extensions import db
from survey.models import LeadImport
from survey.tables import write_table
from survey.web.access import may_see
from survey.web.checks import forget_groups
from survey.web.forms.checks import DECISION_LABELS, DecisionForm
from survey.web.forms.leads import FIELD_LABELS, ConfirmForm, MappingForm, SearchForm, UploadForm

leads = Blueprint("leads", __name__)

SCORE_COLUMNS = ("persona", "band", "fit", "evidence", "fit_who", "fit_skills", "fit_why")
EXPORT_COLUMNS = ("id", "name", "email", "location", "source", *SCORE_COLUMNS, *domain.EVIDENCE_FIELDS)


@leads.get("/leads")
@may_see(RoleName.RECRUITER)
def list_leads() -> str:
    """Show the ranking for one persona, or by each lead's best one."""
    versions = queries.list_versions(db.session)
    wish = _wish(versions)
    ranking = queries.rank(db.session, wish, page=request.args.get("page", 1, type=int))
    return render_template(
        "leads/lead_list.html",
        versions=versions,
        wish=wish,
        ranking=ranking,
        work=queries.find_work(db.session),
        search_form=SearchForm(formdata=None, search=wish.search),
        form=ConfirmForm(),
        chosen=_filters(wish),
    )


@leads.post("/leads/search")
@may_see(RoleName.RECRUITER)
def search_leads() -> Response:
    """Remember what is searched for; an empty search ends it."""
    form = SearchForm()
    if form.validate_on_submit():
        _remember_search(form.search.data or "")
    else:
        flash(_("Search for at most 100 characters."), "warning")
    return redirect(url_for("leads.list_leads", **_filters(_wish(queries.list_versions(db.session)))), 303)


@leads.post("/leads/score")
@may_see(RoleName.RECRUITER)
def score_leads() -> Response:
    """Have all leads scored anew."""
    with transaction(db.session):
        job_id = domain.start_scoring(db.session, account_id=current_user.id).id
    return redirect(url_for("jobs.show_job", job_id=job_id), 303)


@leads.get("/leads/export.csv")
@may_see(RoleName.RECRUITER)
def export_leads() -> Response:
    """Download the ranking as it is filtered now; the audit log keeps that it was done."""
    versions = queries.list_versions(db.session)
    wish = _wish(versions)
    names = dict(versions)
    rows = [
        [
            *_identity_cells(row),
            *_score_cells(row, names),
            *(texts.get(f, "") for f in domain.EVIDENCE_FIELDS),
        ]
        for row, texts in queries.export_rows(db.session, wish)
    ]
    with transaction(db.session):
        audit.record(db.session, "exported", "leads", account_id=current_user.id, rows=len(rows))
    return _csv("leads.csv", EXPORT_COLUMNS, rows)


@leads.get("/leads/<int:lead_id>")
@may_see(RoleName.RECRUITER)
def show_lead(lead_id: int) -> str:
    """Show one lead: how well they fit which persona, and where in their words the points come from."""
    version_id = request.args.get("persona", type=int)
    page = queries.lead_page(db.session, lead_id, version_id=version_id)
    return render_template(
        "leads/lead_detail.html",
        page=page,
        ranked_for=version_id,
        labels=FIELD_LABELS,
        form=ConfirmForm(),
        decisions=list_decisions(db.session, lead_id),
        decision_form=DecisionForm(),
        decision_labels=DECISION_LABELS,
    )


@leads.post("/leads/<int:lead_id>/erase")
@may_see(RoleName.RECRUITER)
def erase_lead(lead_id: int) -> Response:
    """Remove a lead and everything held about them."""
    if ConfirmForm().validate_on_submit():
        with transaction(db.session):
            domain.erase(db.session, domain.get_lead(db.session, lead_id), account_id=current_user.id)
            forget_groups(db.session, lead_id)
        flash(_("The lead is erased."), "success")
    return redirect(url_for("leads.list_leads"), 303)


@leads.get("/leads/import")
@may_see(RoleName.RECRUITER)
def new_import() -> str:
    """Ask for a file."""
    return _upload_page(UploadForm())


@leads.post("/leads/import")
@may_see(RoleName.RECRUITER)
def upload_leads() -> Any:
    """Keep the file, if it can be read, and go on to its columns."""
    form = UploadForm()
    if not form.validate_on_submit():
        return _upload_page(form), 422
    try:
        with transaction(db.session):
            import_id = domain.upload(
                db.session,
                filename=form.file.data.filename or "",
                content=form.file.data.read(),
                account_id=current_user.id,
            ).id
    except InvalidInputError as error:
        form.file.errors = [*form.file.errors, str(error)]
        return _upload_page(form), 422
    return redirect(url_for("leads.show_import", import_id=import_id), 303)


@leads.get("/leads/imports/<int:import_id>")
@may_see(RoleName.RECRUITER)
def show_import(import_id: int) -> str:
    """Show what the columns hold and the first rows; after the import, what came of it."""
    lead_import = domain.get_import(db.session, import_id)
    if lead_import.state == ImportState.UPLOADED:
        return _mapping_page(lead_import, MappingForm.of(lead_import.columns, lead_import.mapping))
    job = jobs.get_job(db.session, lead_import.job_id) if lead_import.job_id else None
    return render_template("leads/import_detail.html", lead_import=lead_import, job=job, form=ConfirmForm())


@leads.post("/leads/imports/<int:import_id>")
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


@leads.get("/leads/imports/<int:import_id>/rejected.csv")
@may_see(RoleName.RECRUITER)
def export_rejected(import_id: int) -> Response:
    """Download which rows were left out and why."""
    lead_import = domain.get_import(db.session, import_id)
    rows = [[str(number), reason] for number, reason in lead_import.rejected]
    return _csv("rejected.csv", ("row", "reason"), rows)


def _upload_page(form: UploadForm) -> str:
    return render_template(
        "leads/import_new.html",
        form=form,
        fields=domain.LEAD_FIELDS,
        labels=FIELD_LABELS,
        imports=queries.list_imports(db.session),
    )


def _mapping_page(lead_import: LeadImport, form: MappingForm, error: str = "") -> str:
    return render_template(
        "leads/import_mapping.html",
        lead_import=lead_import,
        form=form,
        rows=domain.preview(lead_import),
        error=error,
    )


def _wish(versions: Sequence[PersonaName]) -> Wish:
    """Read what is asked for from the address and, the search, from the session."""
    version_id = request.args.get("persona", type=int)
    band, evidence = request.args.get("band", ""), request.args.get("evidence", "")
    return Wish(
        version_id=version_id if version_id in {version.id for version in versions} else None,
        search=_remembered_search(),
        band=band if band in {*Band} else "",
        source=request.args.get("source", "")[:120],
        evidence=evidence if evidence in {*EVIDENCE_LEVELS, UNSCORED} else "",
    )


def _filters(wish: Wish) -> dict[str, Any]:
    """Return what of a wish stands in an address."""
    values = {"persona": wish.version_id, "band": wish.band, "source": wish.source, "evidence": wish.evidence}
    return {name: value for name, value in values.items() if value}


def _remember_search(text: str) -> None:
    # Names are searched for: they stay out of addresses, and the next person at this browser does not see them.
    session["lead_search"] = [current_user.id, " ".join(text.replace("\0", "").split())]


def _remembered_search() -> str:
    account_id, text = session.get("lead_search", (None, ""))
    return str(text) if account_id == current_user.id else ""


def _identity_cells(row: LeadRow) -> list[str]:
    return [row.external_id, row.name, row.email, row.location, row.source]


def _score_cells(row: LeadRow, names: dict[int, str]) -> list[str]:
    persona = names.get(row.version_id, "") if row.version_id and row.fit is not None else ""
    numbers = [row.facets.get(facet) for facet in queries.FACETS]
    return [
        persona,
        row.band or "",
        "" if row.fit is None else str(row.fit),
        row.evidence,
        *("" if number is None else str(number) for number in numbers),
    ]


def _csv(filename: str, columns: tuple[str, ...], rows: list[list[str]]) -> Response:
    answer = Response(write_table(columns, rows), content_type="text/csv; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=filename)
    return answer
