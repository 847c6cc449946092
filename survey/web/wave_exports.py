"""HR takes answers of a closed wave away: item by item, mixed, masked, logged."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import wave_exports as domain
from survey.domain.queries.waves import get_wave
from survey.enums import RoleName
from survey.extensions import db
from survey.spreadsheets import write_workbook
from survey.tables import write_table
from survey.web.access import may_see
from survey.web.downloads import XLSX, download

wave_exports = Blueprint("wave_exports", __name__)


@wave_exports.post("/waves/<int:wave_id>/answers")
@may_see(RoleName.HR)
def prepare_answers(wave_id: int) -> Response:
    """Have the answers prepared by the worker."""
    with transaction(db.session):
        wave = get_wave(db.session, wave_id)
        job = domain.start_preparing(db.session, wave, account_id=current_user.id)
    return redirect(url_for("jobs.show_job", job_id=job.id), 303)


@wave_exports.post("/waves/<int:wave_id>/answers.csv")
@may_see(RoleName.HR)
def export_answers(wave_id: int) -> Response:
    """Download the answers as CSV."""
    return download("answers.csv", write_table(domain.COLUMNS, _rows(wave_id, "csv")))


@wave_exports.post("/waves/<int:wave_id>/answers.xlsx")
@may_see(RoleName.HR)
def export_workbook(wave_id: int) -> Response:
    """Download the answers as a workbook."""
    content = write_workbook(domain.COLUMNS, _rows(wave_id, "xlsx"), title="Answers")
    return download("answers.xlsx", content, XLSX)


def _rows(wave_id: int, file_format: str) -> Sequence[Sequence[str]]:
    with transaction(db.session):
        wave = get_wave(db.session, wave_id)
        return domain.take_away(db.session, wave, file_format=file_format, account_id=current_user.id)
