"""The audit log, for auditors. Read only."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from survey.domain.queries.accounts import list_audit
from survey.enums import RoleName
from survey.extensions import db
from survey.web.access import may_see
from survey.web.forms.account import SETTING_LABELS

audit = Blueprint("audit", __name__)


@audit.get("/audit")
@may_see(RoleName.AUDITOR)
def list_entries() -> str:
    """Show who did what, newest first."""
    page = max(1, request.args.get("page", 1, type=int))
    entries, n_pages = list_audit(db.session, page=page)
    return render_template(
        "audit/entry_list.html", entries=entries, labels=SETTING_LABELS, page=page, n_pages=n_pages
    )
