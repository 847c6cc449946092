"""Leads, for recruiters and, read only, for HR: whom to approach first and why, export, notes, erasure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from survey import mail
from survey.database import transaction
from survey.domain import audit, opt_outs, searches
from survey.domain import leads as domain
from survey.domain.keys import KeyStore
from survey.domain.queries import duplicates
from survey.domain.queries import leads as queries
from survey.domain.queries.decisions import decisions_in_force, list_decisions
from survey.domain.queries.leads import LeadRow, Wish
from survey.domain.receipts import find_link
from survey.enums import RoleName
from survey.exceptions import InvalidInputError
from survey.extensions import db
from survey.spreadsheets import write_workbook
from survey.tables import write_table
from survey.web.access import may_see
from survey.web.checks import forget_groups
from survey.web.downloads import XLSX, download
from survey.web.forms import ConfirmForm
from survey.web.forms.checks import DECISION_LABELS, DecisionForm
from survey.web.forms.leads import NoteForm, OwnerForm, SaveForm, SearchForm
from survey.web.jobs import job_url
from survey.web.lead_lists import (
    FILTERS,
    WORDS,
    filters_of,
    here,
    lead_address,
    read_wish,
    remember_words,
    shown_version,
    versions,
)
from survey.web.security import mail_settings

leads = Blueprint("leads", __name__)

#: HR answers when somebody asks what is held about them, and says what counts: it reads, sends the receipt, erases and
#: has all scored anew, but works no lead.
READERS = (RoleName.RECRUITER, RoleName.HR)

SCORE_COLUMNS = ("persona", "band", "fit", "evidence", "fit_who", "fit_skills", "fit_why")
EXPORT_COLUMNS = ("id", *domain.IDENTITY_FIELDS, "source", "owner", *SCORE_COLUMNS, *domain.EVIDENCE_FIELDS)


@leads.get("/leads")
@may_see(*READERS)
def list_leads() -> str:
    """Show the ranking for one persona, or by each lead's best one."""
    wish = read_wish(request.args)
    ranking = queries.rank(db.session, wish, page=request.args.get("page", 1, type=int))
    work = queries.find_work(db.session)
    return render_template(
        "leads/lead_list.html",
        versions=versions(),
        wish=wish,
        ranking=ranking,
        decided=decisions_in_force(db.session, [row.id for row in ranking.rows]),
        decision_labels=DECISION_LABELS,
        work=work,
        work_url=job_url(work),
        search_form=SearchForm(formdata=None, search=wish.search, place=wish.place, skill=wish.skill),
        form=ConfirmForm(),
        save_form=SaveForm(formdata=None),
        chosen=filters_of(wish),
        owners=domain.list_owners(db.session),
        searches=searches.list_searches(db.session, current_user.id),
        n_duplicates=duplicates.count_groups(db.session),
    )


@leads.post("/leads/search")
@may_see(*READERS)
def search_leads() -> Response:
    """Remember what is searched for; empty words end it."""
    form = SearchForm()
    if form.validate_on_submit():
        remember_words({word: form[word].data or "" for word in WORDS})
    else:
        flash(_("Search for at most 100 characters."), "warning")
    return _show(read_wish(request.values))


@leads.post("/leads/searches")
@may_see(*READERS)
def save_search() -> Response:
    """Keep what is asked for now under a name."""
    wish = read_wish(request.args)
    form = SaveForm()
    try:
        if not form.validate_on_submit():
            raise InvalidInputError(_("Give the search a name."))
        with transaction(db.session):
            searches.save_search(db.session, current_user.id, form.name.data or "", asdict(wish))
    except InvalidInputError as error:
        flash(str(error), "warning")
    return _show(wish)


@leads.post("/leads/searches/<int:search_id>")
@may_see(*READERS)
def use_search(search_id: int) -> Response:
    """Ask again for what was kept under a name, or forget it."""
    if request.form.get("action") == "remove":
        with transaction(db.session):
            db.session.delete(searches.get_search(db.session, current_user.id, search_id))
        return _show(read_wish(request.args))
    kept = searches.get_search(db.session, current_user.id, search_id).wish
    words = {word: str(kept.get(word, "")) for word in WORDS}
    remember_words(words)
    values = {name: str(kept.get(field) or "") for name, field in FILTERS.items()}
    return _show(read_wish(values, words))


@leads.post("/leads/score")
@may_see(*READERS)
def score_leads() -> Response:
    """Have all leads scored anew."""
    with transaction(db.session):
        job_id = domain.start_scoring(db.session, account_id=current_user.id).id
    return redirect(url_for("jobs.show_job", job_id=job_id), 303)


@leads.get("/leads/export.csv")
@may_see(RoleName.RECRUITER)
def export_leads() -> Response:
    """Download the ranking as it is filtered now; the audit log keeps that it was done."""
    return download("leads.csv", write_table(EXPORT_COLUMNS, _exported()))


@leads.get("/leads/export.xlsx")
@may_see(RoleName.RECRUITER)
def export_workbook() -> Response:
    """Download the same as a workbook."""
    return download("leads.xlsx", write_workbook(EXPORT_COLUMNS, _exported()), XLSX)


@leads.get("/leads/<int:lead_id>")
@may_see(*READERS)
def show_lead(lead_id: int) -> str:
    """Show one lead: how well they fit which persona, and where in their words the points come from."""
    page = queries.lead_page(db.session, lead_id, version_id=shown_version())
    wish = read_wish(request.args)
    return render_template(
        "leads/lead_detail.html",
        page=page,
        care=queries.care(db.session, page.lead),
        owners=domain.list_owners(db.session),
        place=queries.find_place(db.session, wish, lead_id),
        filters=filters_of(wish),
        here=here(wish),
        receipt_link=find_link(db.session, lead_id),
        can_mail=mail.can_send(mail_settings()),
        form=ConfirmForm(),
        note_form=NoteForm(formdata=None),
        decisions=list_decisions(db.session, lead_id),
        decision_form=DecisionForm(),
        decision_labels=DECISION_LABELS,
    )


@leads.post("/leads/<int:lead_id>/notes")
@may_see(RoleName.RECRUITER)
def add_note(lead_id: int) -> Response:
    """Keep a note about a lead."""
    form = NoteForm()
    try:
        if not form.validate_on_submit():
            raise InvalidInputError(_("Write a note of at most %(n)s characters.", n=domain.NOTE_CHARS))
        with transaction(db.session):
            lead = domain.get_lead(db.session, lead_id)
            domain.add_note(db.session, lead, form.text.data or "", account_id=current_user.id)
    except InvalidInputError as error:
        flash(str(error), "warning")
    return redirect(lead_address(lead_id, "notes"), 303)


@leads.post("/leads/<int:lead_id>/notes/<int:note_id>/remove")
@may_see(RoleName.RECRUITER)
def remove_note(lead_id: int, note_id: int) -> Response:
    """Remove a note."""
    if ConfirmForm().validate_on_submit():
        with transaction(db.session):
            lead = domain.get_lead(db.session, lead_id)
            domain.remove_note(db.session, lead, note_id, account_id=current_user.id)
    return redirect(lead_address(lead_id, "notes"), 303)


@leads.post("/leads/<int:lead_id>/owner")
@may_see(RoleName.RECRUITER)
def set_owner(lead_id: int) -> Response:
    """Say who is in touch with a lead."""
    form = OwnerForm()
    owner = form.owner.data or ""
    if form.validate_on_submit() and (not owner or owner.isdecimal()):
        try:
            with transaction(db.session):
                lead = domain.get_lead(db.session, lead_id)
                domain.set_owner(db.session, lead, int(owner) if owner else None, account_id=current_user.id)
        except InvalidInputError as error:
            flash(str(error), "warning")
    return redirect(lead_address(lead_id, "notes"), 303)


@leads.post("/leads/<int:lead_id>/opt-out")
@may_see(*READERS)
def opt_out_lead(lead_id: int) -> Response:
    """Leave somebody alone who asked for it: everything about them goes, and later imports leave them out."""
    if ConfirmForm().validate_on_submit():
        keys = KeyStore.from_settings(current_app.config)
        with transaction(db.session):
            lead = domain.get_lead(db.session, lead_id)
            opt_outs.opt_out(db.session, keys, lead, account_id=current_user.id)
            forget_groups(db.session, lead_id)
        flash(_("Everything about them is erased, and imports will leave them out."), "success")
    return _show(read_wish(request.args))


@leads.post("/leads/<int:lead_id>/erase")
@may_see(*READERS)
def erase_lead(lead_id: int) -> Response:
    """Remove a lead and everything held about them."""
    if ConfirmForm().validate_on_submit():
        with transaction(db.session):
            domain.erase(db.session, domain.get_lead(db.session, lead_id), account_id=current_user.id)
            forget_groups(db.session, lead_id)
        flash(_("The lead is erased."), "success")
    return _show(read_wish(request.args))


def _show(wish: Wish) -> Response:
    return redirect(url_for("leads.list_leads", **filters_of(wish)), 303)


def _exported() -> list[list[str]]:
    wish = read_wish(request.args)
    names = {version.id: version.name for version in versions()}
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
    return rows


def _identity_cells(row: LeadRow) -> list[str]:
    return [
        row.external_id,
        *(getattr(row, field) for field in domain.IDENTITY_FIELDS),
        row.source,
        row.owner,
    ]


def _score_cells(row: LeadRow, names: Mapping[int, str]) -> list[str]:
    persona = names.get(row.version_id, "") if row.version_id and row.fit is not None else ""
    numbers = [row.facets.get(facet) for facet in queries.FACETS]
    return [
        persona,
        row.band or "",
        "" if row.fit is None else str(row.fit),
        row.evidence,
        *("" if number is None else str(number) for number in numbers),
    ]
