"""Who may see a route. Every view names its audience; a route without one answers nobody."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import current_app, redirect, request
from flask_security import current_user, url_for_security

from survey.domain import organisation
from survey.domain.accounts import role_of
from survey.enums import RoleName
from survey.exceptions import PermissionDeniedError
from survey.extensions import db


class Audience(StrEnum):
    """Audiences that are not a role."""

    ANYONE = "anyone"
    STAFF = "staff"
    ORGANISATION = "organisation"


View = TypeVar("View", bound=Callable[..., Any])

#: Routes whose views are not ours.
FOREIGN: dict[str, frozenset[str]] = {
    "static": frozenset({Audience.ANYONE}),
    "bootstrap.static": frozenset({Audience.ANYONE}),
    "security.static": frozenset({Audience.ANYONE}),
    "security.login": frozenset({Audience.ANYONE}),
    "security.logout": frozenset({Audience.ANYONE}),
    "security.forgot_password": frozenset({Audience.ANYONE}),
    "security.reset_password": frozenset({Audience.ANYONE}),
    "security.change_password": frozenset({Audience.STAFF}),
    "security.verify": frozenset({Audience.STAFF}),
}


def may_see(*audience: RoleName | Audience) -> Callable[[View], View]:
    """Name who may see a view: roles, or one of the wider audiences."""

    def mark(view: View) -> View:
        view.audience = frozenset(audience)  # type: ignore[attr-defined]
        return view

    return mark


def audience_of(endpoint: str) -> frozenset[str]:
    """Return the audience of a route; empty for one that names none."""
    view = current_app.view_functions[endpoint]
    return getattr(view, "audience", None) or FOREIGN.get(endpoint, frozenset())


def guard() -> Any:
    """Let the request through or not. Runs before every view.

    Raises PermissionDeniedError for a signed-in person of another role; sends others to the sign-in page.
    """
    if request.endpoint is None:
        return None
    audience = audience_of(request.endpoint)
    if Audience.ANYONE in audience or (Audience.ORGANISATION in audience and _has_organisation_link()):
        return None
    if not current_user.is_authenticated:
        return _ask_to_sign_in()
    if {Audience.STAFF, Audience.ORGANISATION, role_of(current_user)} & audience:
        return None
    raise PermissionDeniedError


def _ask_to_sign_in() -> Any:
    if request.path.startswith("/api/"):
        return {"error": {"status": 401, "message": "Sign in first."}}, 401
    here = request.path if request.method == "GET" else None
    return redirect(url_for_security("login", next=here), 303)


def _has_organisation_link() -> bool:
    key = request.args.get("key", "")
    return bool(key) and organisation.opens(db.session, current_app.config["SECRET_KEY"], key)
