"""HR's pages: waves and their response rate, analyses, draft personas, what is published, the organisation link."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import edits, organisation, personas
from survey.domain.progress import verdict
from survey.domain.queries import answering
from survey.domain.queries import personas as read
from survey.domain.queries.personas import PersonaCard
from survey.domain.queries.waves import get_wave, get_wave_row
from survey.domain.queries.waves import list_uploads as read_uploads
from survey.domain.queries.waves import list_waves as read_waves
from survey.domain.wave_exports import prepared_at
from survey.domain.waves import start_closing
from survey.domain.weighings import USUAL
from survey.enums import EditKind, RoleName
from survey.exceptions import ConflictError, InvalidInputError, StateError
from survey.extensions import db
from survey.models import PersonaVersion
from survey.web import errors
from survey.web.access import may_see
from survey.web.forms.review import AnalysisForm, EditForm, PublishForm, VersionForm

review = Blueprint("review", __name__)


@review.get("/waves")
@may_see(RoleName.HR)
def list_waves() -> str:
    """Show all waves with their response rate."""
    counts = read.count_by_wave(db.session)
    return render_template(
        "review/wave_list.html",
        waves=read_waves(db.session),
        counts=counts,
        uploads=read_uploads(db.session),
    )


@review.get("/waves/<int:wave_id>")
@may_see(RoleName.HR)
def show_wave(wave_id: int) -> Response | str:
    """Show one wave and what can be done with it now."""
    if not get_wave(db.session, wave_id).state.has_opened:
        return redirect(url_for("waves.show_setup", wave_id=wave_id), 303)
    return _wave_page(wave_id, AnalysisForm())


@review.post("/waves/<int:wave_id>/close")
@may_see(RoleName.HR)
def close_wave(wave_id: int) -> Response:
    """Close a wave for good."""
    with transaction(db.session):
        wave = get_wave(db.session, wave_id)
        job = start_closing(db.session, wave, account_id=current_user.id)
    return redirect(url_for("jobs.show_job", job_id=job.id), 303)


@review.post("/waves/<int:wave_id>/analyses")
@may_see(RoleName.HR)
def start_analysis(wave_id: int) -> Response | str:
    """Look for personas in the answers of a closed wave."""
    form = AnalysisForm()
    if not form.validate_on_submit():
        return _wave_page(wave_id, form)
    with transaction(db.session):
        wave = get_wave(db.session, wave_id)
        job = personas.start_analysis(
            db.session, wave, account_id=current_user.id, n_personas=form.n_personas.data
        )
    return redirect(url_for("jobs.show_job", job_id=job.id), 303)


@review.get("/analyses/<int:analysis_id>")
@may_see(RoleName.HR)
def show_analysis(analysis_id: int) -> str:
    """Show what an analysis found: charts and draft personas, or why it found none."""
    page = read.analysis_page(db.session, analysis_id)
    # Our own worker drew these, from numbers and escaped text; nobody can upload one.
    drawings = {chart.name: Markup(chart.svg) for chart in page.charts}  # noqa: S704
    places = [f"persona-{card.id}" for card in page.cards]
    if page.edits:
        places.append("edits")
    if not page.running:
        places += [f"edit-{card.id}" for card in page.drafts]
    return render_template(
        "review/analysis_detail.html", page=page, drawings=drawings, told_at=_told_at(places)
    )


@review.post("/analyses/<int:analysis_id>/publish")
@may_see(RoleName.HR)
def publish_analysis(analysis_id: int) -> Response:
    """Publish the chosen drafts to everyone in the organisation."""
    form = PublishForm()
    _lead_back(analysis_id)
    with transaction(db.session):
        published = personas.publish_analysis(
            db.session,
            read.get_analysis(db.session, analysis_id),
            account_id=current_user.id,
            version_ids=form.version.data or [],
        )
    flash(
        ngettext("%(num)d persona is published.", "%(num)d personas are published.", len(published)),
        "success",
    )
    return redirect(url_for("review.list_personas"), 303)


@review.get("/persona-versions/<int:version_id>/edit")
@may_see(RoleName.HR)
def edit_version(version_id: int) -> str:
    """Show the form to edit a draft."""
    card = _draft(version_id)
    form = VersionForm(
        name=card.name, summary=card.summary, opened_name=card.name, opened_summary=card.summary
    )
    return render_template("review/version_edit.html", card=card, form=form)


@review.post("/persona-versions/<int:version_id>/edit")
@may_see(RoleName.HR)
def save_version(version_id: int) -> Response | str:
    """Save the name and summary of a draft."""
    card = _draft(version_id)
    form = VersionForm(opened_name=card.name, opened_summary=card.summary)
    if form.validate_on_submit():
        try:
            with transaction(db.session):
                version = personas.get_version(db.session, version_id)
                edits.edit_version(
                    db.session,
                    version,
                    name=form.name.data,
                    summary=form.summary.data,
                    account_id=current_user.id,
                    opened={"name": form.opened_name.data, "summary": form.opened_summary.data},
                )
        except edits.StaleTextError as error:
            form.form_errors.append(str(error))
            _show_both(form, version, error.fields)
        except StateError as error:  # an analysis runs: what was typed can be sent when it is done
            form.form_errors.append(str(error))
        except ConflictError as error:
            form.name.errors = [str(error)]
        else:
            flash(_("The draft is saved."), "success")
            return redirect(_analysis_url(version.analysis_id, f"persona-{version_id}"), 303)
    return render_template("review/version_edit.html", card=card, form=form)


@review.post("/persona-versions/<int:version_id>/edits")
@may_see(RoleName.HR)
def add_edit(version_id: int) -> Response:
    """Drop an entry, pin a quote, lock, split or merge: at once, or by an analysis that does it."""
    version = personas.get_version(db.session, version_id)
    _lead_back(version.analysis_id, f"edit-{version_id}")
    form = EditForm()
    if not form.validate_on_submit():
        raise InvalidInputError(_("We could not read that edit. Go back, reload the page and try again."))
    text = form.text.data or ""
    job = None
    with transaction(db.session):
        match EditKind(form.kind.data):
            case EditKind.DROP:
                where = form.where.data or ""
                edits.drop_entry(db.session, version, where=where, text=text, account_id=current_user.id)
            case EditKind.PIN:
                edits.pin_quote(db.session, version, text=text, account_id=current_user.id)
            case EditKind.LOCK:
                edits.lock(db.session, version, account_id=current_user.id)
            case EditKind.SPLIT:
                job = edits.split(db.session, version, account_id=current_user.id)
            case EditKind.MERGE:
                other = personas.get_version(db.session, form.other.data or 0)
                job = edits.merge(db.session, version, other, account_id=current_user.id)
    if job is not None:
        return redirect(url_for("jobs.show_job", job_id=job.id), 303)
    if form.kind.data == EditKind.DROP and text.casefold() in version.summary.casefold():
        flash(_("Done. The summary still speaks of “%(text)s”: mend it too.", text=text), "warning")
    else:
        flash(_("Done. You can undo it under “Edits so far”."), "success")
    return redirect(_analysis_url(version.analysis_id, f"edit-{version_id}"), 303)


@review.post("/analyses/<int:analysis_id>/edits/<int:edit_id>/undo")
@may_see(RoleName.HR)
def undo_edit(analysis_id: int, edit_id: int) -> Response:
    """Take back the last edit."""
    _lead_back(analysis_id, "edits")
    with transaction(db.session):
        analysis = read.get_analysis(db.session, analysis_id)
        job = edits.undo(db.session, analysis, edit_id, account_id=current_user.id)
    if job is not None:
        return redirect(url_for("jobs.show_job", job_id=job.id), 303)
    flash(_("The edit is undone."), "success")
    return redirect(_analysis_url(analysis_id, "edits"), 303)


@review.post("/persona-versions/<int:version_id>/withdraw")
@may_see(RoleName.HR)
def withdraw_version(version_id: int) -> Response:
    """Take a published persona away from everyone."""
    with transaction(db.session):
        version = personas.get_version(db.session, version_id)
        personas.withdraw_version(db.session, version, account_id=current_user.id)
    flash(_("The persona is withdrawn."), "success")
    return redirect(url_for("review.list_personas"), 303)


@review.get("/review/personas")
@may_see(RoleName.HR)
def list_personas() -> str:
    """Show what is published, the drafts that wait, and the link with which everyone reads them."""
    key = organisation.link_key(db.session, current_app.config["SECRET_KEY"])
    published = read.list_published(db.session)
    return render_template(
        "review/persona_list.html",
        published=published,
        told_at=_told_at([f"persona-{card.id}" for card in published]),
        tried_id=read.newest_tried(db.session),
        drafts=read.list_drafts(db.session),
        usual=USUAL,
        link=url_for("public.list_personas", key=key, _external=True) if key else None,
    )


@review.post("/organisation-link/rotate")
@may_see(RoleName.HR)
def rotate_organisation_link() -> Response:
    """Make a new organisation link; the old one stops working."""
    with transaction(db.session):
        organisation.rotate_link(db.session, account_id=current_user.id)
    flash(_("There is a new link. The old one no longer works."), "success")
    return redirect(url_for("review.list_personas", _anchor="organisation-link"), 303)


def _show_both(form: VersionForm, version: PersonaVersion, stale: Collection[str]) -> None:
    """Put what others wrote beside what this person did, who may then save over it; keep the rest as it is by now."""
    for field, opened in ((form.name, form.opened_name), (form.summary, form.opened_summary)):
        stored = getattr(version, field.name)
        if field.name in stale:
            field.errors = [
                _("Somebody else has changed this in the meantime to “%(text)s”.", text=stored),
                _("What you typed is still here; saving again puts it in place of theirs."),
            ]
        elif field.data == opened.data:
            field.data = stored
        opened.data = stored


def _draft(version_id: int) -> PersonaCard:
    _lead_back(personas.get_version(db.session, version_id).analysis_id, f"persona-{version_id}")
    return read.get_draft(db.session, version_id)


def _lead_back(analysis_id: int, place: str = "") -> None:
    errors.lead_back(_analysis_url(analysis_id, place), _("Back to the analysis"))


def _analysis_url(analysis_id: int, place: str) -> str:
    """Where the page tells what was done beside what it was done to."""
    return url_for("review.show_analysis", analysis_id=analysis_id, at=place or None, _anchor="message")


def _told_at(places: Collection[str]) -> str | None:
    """The place on the page, if it has it, of which the flashed messages are; elsewhere they stand above all."""
    place = request.args.get("at")
    return place if place in places else None


def _wave_page(wave_id: int, form: AnalysisForm) -> str:
    wave = get_wave_row(db.session, wave_id)
    stored = get_wave(db.session, wave_id)
    renewed_at = wave.progress.get("renewed_at")
    return render_template(
        "review/wave_detail.html",
        wave=wave,
        verdict=verdict(wave.progress),
        renewed_at=dt.datetime.fromisoformat(renewed_at) if renewed_at else None,
        items=stored.questionnaire.items,
        signed_off_by=stored.signed_off_by,
        kiosk_address=f"{request.host_url}a/kiosk/{wave_id}",
        counts=read.count_by_wave(db.session),
        analyses=read.list_analyses(db.session, wave_id),
        form=form,
        gain=answering.follow_up_gain(db.session, stored),
        weights=answering.weights(db.session, stored),
        prepared_at=prepared_at(db.session, wave_id),
    )
