"""The factory of the main application: config, extensions, blueprints, errors – nothing else."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from flask_babel import get_locale
from flask_security import current_user

from survey import config
from survey.addresses import RowNumber
from survey.database import configure, engine_options
from survey.domain.settings import editable_values
from survey.extensions import babel, bootstrap, csrf, db, limiter
from survey.texts import unbroken
from survey.web import access, account, errors, public, security, times

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",  # Bootstrap draws its ticks and arrows from data: addresses
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Make the main application from settings (default: the environment)."""
    settings = dict(settings or config.read())
    app = Flask(
        "survey", template_folder=str(config.template_folder()), instance_path=settings["INSTANCE_DIR"]
    )
    app.url_map.converters["int"] = RowNumber
    app.config.from_mapping(_flask_config(settings))
    _bind_extensions(app)
    _register_blueprints(app)
    errors.register(app)
    app.before_request(access.guard)
    app.after_request(_add_headers)
    app.context_processor(_page_context)
    app.add_template_filter(times.show_time, "local_time")
    app.add_template_filter(times.show_day, "local_day")
    app.add_template_filter(unbroken)
    return app


def secret_key(settings: Mapping[str, Any]) -> str:
    """Return the key that signs sessions and links; made once, in the key folder, if none is set."""
    if settings["SECRET_KEY"]:
        return str(settings["SECRET_KEY"])
    path = Path(settings["KEY_DIR"]) / "secret.key"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text()


def _flask_config(settings: Mapping[str, Any]) -> dict[str, Any]:
    secure = settings["SECURE_COOKIES"]
    return {
        **settings,
        "SECRET_KEY": secret_key(settings),
        "SQLALCHEMY_ENGINES": {"default": engine_options(settings["DATABASE_URL"])},
        "SESSION_COOKIE_NAME": "__Host-kindred" if secure else "kindred",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # The sign-in form offers no "remember me", but Flask-Security takes it from whoever sends it.
        "REMEMBER_COOKIE_NAME": "__Host-kindred-remember" if secure else "kindred-remember",
        "REMEMBER_COOKIE_SECURE": secure,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": settings["UPLOAD_MEGABYTES"] * 1024 * 1024,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "WTF_CSRF_TIME_LIMIT": 8 * 3600,
        "RATELIMIT_HEADERS_ENABLED": False,
        **security.CONFIG,
    }


def _bind_extensions(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        configure(db.engine)
    csrf.init_app(app)
    babel.init_app(app)
    bootstrap.init_app(app)
    limiter.init_app(app)
    security.init_app(app)


def _register_blueprints(app: Flask) -> None:
    from survey.api import api
    from survey.web import (
        aliases,
        audit,
        checks,
        duplicates,
        imports,
        jobs,
        leads,
        questionnaires,
        receipts,
        review,
        wave_exports,
        wave_imports,
        waves,
        weighings,
    )

    for blueprint in (
        public.public,
        account.account,
        audit.audit,
        jobs.jobs,
        review.review,
        waves.waves,
        wave_imports.wave_imports,
        wave_exports.wave_exports,
        questionnaires.questionnaires,
        leads.leads,
        receipts.receipts,
        imports.imports,
        duplicates.duplicates,
        checks.checks,
        weighings.weighings,
        aliases.aliases,
        api,
    ):
        app.register_blueprint(blueprint)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint not in ("static", "bootstrap.static"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _page_context() -> dict[str, Any]:
    """What every page knows: the organisation, the language, the person's role."""
    role = current_user.roles[0].name if current_user and current_user.is_authenticated else None
    return {"organisation": _organisation_name, "role": role, "language": str(get_locale() or "en")}


def _organisation_name() -> str:
    return str(editable_values(db.session)["ORGANISATION"])
