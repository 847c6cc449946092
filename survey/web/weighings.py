"""HR's pages for what counts in a published persona: other weights, who would move, a new version."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import weighings as domain
from survey.domain.personas import get_version
from survey.domain.queries.weighings import get_preview
from survey.enums import RoleName
from survey.exceptions import ConflictError, InvalidInputError, StateError
from survey.extensions import db
from survey.models import PersonaVersion
from survey.web.access import may_see
from survey.web.downloads import download
from survey.web.forms.weighings import WeightsForm

weighings = Blueprint("weighings", __name__)


@weighings.get("/persona-versions/<int:version_id>/weights")
@may_see(RoleName.HR)
def edit_weights(version_id: int) -> str:
    """Show what counts now, or what was tried last."""
    version = get_version(db.session, version_id)
    domain.check_in_force(db.session, version)
    tried = request.args.get("tried", type=int)
    weights = domain.get_weighing(db.session, tried).weights if tried else version.weights
    form = WeightsForm(formdata=None, data=domain.facets_of(weights))
    traits = {facet: dict.fromkeys(named, 1.0) for facet, named in domain.traits_of(version.scoring).items()}
    for (facet, text), weight in domain.reweighed_traits(weights).items():
        traits[facet][text] = weight
    return _form_page(version, form, traits)


@weighings.post("/persona-versions/<int:version_id>/weights")
@may_see(RoleName.HR)
def preview_weights(version_id: int) -> Response | str:
    """Have a worker find out who would move with these weights."""
    version = get_version(db.session, version_id)
    domain.check_in_force(db.session, version)
    form = WeightsForm()
    traits = {
        facet: {
            text: request.form.get(f"{facet}.{number}", 1.0, type=float) for number, text in enumerate(named)
        }
        for facet, named in domain.traits_of(version.scoring).items()
    }
    if form.validate_on_submit():
        facets = {facet: getattr(form, facet).data for facet in domain.USUAL}
        try:
            with transaction(db.session):
                job = domain.propose(
                    db.session, version, facets=facets, traits=traits, account_id=current_user.id
                )
        except InvalidInputError as error:
            form.form_errors.append(str(error))
        else:
            return redirect(url_for("jobs.show_job", job_id=job.id), 303)
    return _form_page(version, form, traits)


@weighings.get("/weighings/<int:weighing_id>")
@may_see(RoleName.HR)
def show_weighing(weighing_id: int) -> str:
    """Show who would move."""
    return render_template("weighings/weighing_detail.html", preview=get_preview(db.session, weighing_id))


@weighings.post("/weighings/<int:weighing_id>/publish")
@may_see(RoleName.HR)
def publish_weighing(weighing_id: int) -> Response:
    """Put a new version in force that counts as was tried."""
    try:
        with transaction(db.session):
            weighing = domain.get_weighing(db.session, weighing_id)
            version = domain.publish_weighing(db.session, weighing, account_id=current_user.id)
    except (ConflictError, StateError) as error:
        flash(str(error), "warning")
        return redirect(url_for("weighings.show_weighing", weighing_id=weighing_id), 303)
    flash(
        _(
            "Version %(number)s of “%(name)s” is published. Leads are being scored with it.",
            number=version.number,
            name=version.name,
        ),
        "success",
    )
    return redirect(url_for("review.list_personas", at=f"persona-{version.id}", _anchor="message"), 303)


@weighings.get("/persona-versions/<int:version_id>/report.json")
@may_see(RoleName.HR)
def export_report(version_id: int) -> Response:
    """Download a published persona as a report to score files with (docs/files.md)."""
    version = get_version(db.session, version_id)
    domain.check_in_force(db.session, version)
    text = json.dumps(domain.report_of(version), ensure_ascii=False, indent=1) + "\n"
    return download("persona.json", text.encode(), "application/json")


def _form_page(version: PersonaVersion, form: WeightsForm, traits: dict[str, dict[str, Any]]) -> str:
    return render_template(
        "weighings/weighing_new.html",
        version=version,
        form=form,
        traits=traits,
        steps=domain.STEPS,
        usual=domain.USUAL,
        whole=domain.WHOLE,
    )
