"""HR imports a closed survey made elsewhere: the file, how it is read, then a closed wave."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import PurePath
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import wave_imports as domain
from survey.enums import RoleName
from survey.exceptions import ConflictError, InvalidInputError
from survey.extensions import db
from survey.models import WaveImport
from survey.web.access import may_see
from survey.web.forms import ConfirmForm
from survey.web.forms.waves import SurveyFileForm

wave_imports = Blueprint("wave_imports", __name__)


@wave_imports.get("/waves/import")
@may_see(RoleName.HR)
def new_import() -> str:
    """Ask for a file."""
    return render_template("waves/import_new.html", form=SurveyFileForm())


@wave_imports.post("/waves/import")
@may_see(RoleName.HR)
def upload_survey() -> Any:
    """Keep what may be kept of a file and go on to how it is read."""
    form = SurveyFileForm()
    if not form.validate_on_submit():
        return render_template("waves/import_new.html", form=form), 422
    file = form.file.data
    try:
        with transaction(db.session):
            import_id = domain.upload(
                db.session, name=file.filename or "", content=file.read(), account_id=current_user.id
            ).id
    except InvalidInputError as error:
        form.file.errors = [str(error)]
        return render_template("waves/import_new.html", form=form), 422
    return redirect(url_for("wave_imports.show_import", import_id=import_id), 303)


@wave_imports.get("/waves/imports/<int:import_id>")
@may_see(RoleName.HR)
def show_import(import_id: int) -> Any:
    """Show which question would feed which item, and what was left out; later lead on to job or wave."""
    wave_import = domain.get_import(db.session, import_id)
    if wave_import.wave_id is not None:
        return redirect(url_for("review.show_wave", wave_id=wave_import.wave_id), 303)
    if (job := domain.running_import(db.session, wave_import)) is not None:
        return redirect(url_for("jobs.show_job", job_id=job.id), 303)
    name = wave_import.name or PurePath(wave_import.filename).stem[:120]
    return _mapping_page(wave_import, wave_import.mapping, name=name)


@wave_imports.post("/waves/imports/<int:import_id>")
@may_see(RoleName.HR)
def import_wave(import_id: int) -> Any:
    """Have the wave made."""
    wave_import = domain.get_import(db.session, import_id)
    places = range(len(wave_import.questions))
    mapping = {str(n): item for n in places if (item := request.form.get(f"question_{n}", ""))}
    name = request.form.get("name", "")
    try:
        with transaction(db.session):
            job_id = domain.start_import(
                db.session,
                wave_import,
                name=name,
                mapping=mapping,
                with_unfinished="unfinished" in request.form,
                account_id=current_user.id,
            ).id
    except (ConflictError, InvalidInputError) as error:
        wave_import = domain.get_import(db.session, import_id)
        return _mapping_page(wave_import, mapping, name=name, problem=str(error)), 422
    return redirect(url_for("jobs.show_job", job_id=job_id), 303)


@wave_imports.post("/waves/imports/<int:import_id>/forget")
@may_see(RoleName.HR)
def forget_import(import_id: int) -> Response:
    """Throw the upload away."""
    with transaction(db.session):
        domain.forget_upload(db.session, domain.get_import(db.session, import_id), account_id=current_user.id)
    flash(_("The upload is thrown away; nothing of it is kept."), "success")
    return redirect(url_for("wave_imports.new_import"), 303)


def _mapping_page(wave_import: WaveImport, mapping: dict[str, Any], *, name: str, problem: str = "") -> str:
    items = {
        "self": _("Self-description"),
        "skills": _("Skills"),
        "good_day": _("A good day"),
        "stay": _("Reasons to stay"),
        "channels": _("Channels"),
        "content": _("Content"),
        "quote": _("Consent to be quoted"),
    }
    return render_template(
        "waves/import_mapping.html",
        wave_import=wave_import,
        # What was uploaded to an earlier version has no shapes.
        questions=list(zip_longest(domain.questions_of(wave_import), wave_import.shapes, fillvalue={})),
        mapping=mapping,
        items=items,
        name=name,
        problem=problem,
        form=ConfirmForm(formdata=None),
    )
