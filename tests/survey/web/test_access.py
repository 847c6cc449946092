"""Who may see what: every route as every role, as nobody and with the organisation link; forms, headers, cookies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from survey.app import create_app
from survey.database import transaction
from survey.domain.organisation import link_key, rotate_link
from survey.enums import RoleName
from survey.extensions import db
from survey.models import AuditEntry, Job
from survey.web.access import audience_of, may_see
from tests.survey.conftest import PASSWORD, SignIn

EMPLOYEE, HR, RECRUITER, AUDITOR, ADMINISTRATOR = RoleName
ROOT = Path(__file__).parents[3]
#: Those of pages. The report is one file to mail, with its style inside, allowed by hash (test_html_report.py).
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if path.parent.name != "report")

#: Who may see each route, written down a second time: a change must be meant in both places.
AUDIENCES: dict[str, set[str]] = {
    "account.change_role": {ADMINISTRATOR},
    "account.invite_again": {ADMINISTRATOR},
    "account.invite_account": {ADMINISTRATOR},
    "account.list_accounts": {ADMINISTRATOR},
    "account.save_setting": {ADMINISTRATOR},
    "account.set_active": {ADMINISTRATOR},
    "account.show_settings": {ADMINISTRATOR, AUDITOR},
    "aliases.export_table": {HR, RECRUITER, AUDITOR},
    "aliases.judge_suggestions": {HR},
    "aliases.name_skill": {HR},
    "aliases.propose_again": {HR},
    "aliases.replace_table": {HR},
    "aliases.show_table": {HR, RECRUITER, AUDITOR},
    "aliases.start_suggesting": {HR},
    "aliases.unname_skill": {HR},
    "api.health": {"anyone"},
    "api.show_job": {HR, RECRUITER, AUDITOR},
    "audit.list_entries": {AUDITOR},
    "bootstrap.static": {"anyone"},
    "duplicates.decide": {RECRUITER},
    "duplicates.list_groups": {RECRUITER},
    "duplicates.show_group": {RECRUITER},
    "imports.add_lead": {RECRUITER},
    "imports.choose_sheet": {RECRUITER},
    "imports.export_rejected": {RECRUITER},
    "imports.new_import": {RECRUITER},
    "imports.new_lead": {RECRUITER},
    "imports.show_import": {RECRUITER},
    "imports.start_import": {RECRUITER},
    "imports.undo_import": {RECRUITER},
    "imports.upload_leads": {RECRUITER},
    "leads.add_note": {RECRUITER},
    "checks.decide_on_lead": {RECRUITER},
    "checks.export_links": {RECRUITER},
    "checks.list_checks": {HR, RECRUITER, AUDITOR},
    "checks.show_check": {HR, RECRUITER, AUDITOR},
    "checks.start_check": {HR, RECRUITER, AUDITOR},
    "jobs.cancel_job": {HR, RECRUITER, AUDITOR},
    "jobs.show_job": {HR, RECRUITER, AUDITOR},
    "leads.erase_lead": {HR, RECRUITER},
    "leads.export_leads": {RECRUITER},
    "leads.export_workbook": {RECRUITER},
    "leads.list_leads": {HR, RECRUITER},
    "leads.opt_out_lead": {HR, RECRUITER},
    "leads.remove_note": {RECRUITER},
    "leads.save_search": {HR, RECRUITER},
    "leads.score_leads": {HR, RECRUITER},
    "leads.search_leads": {HR, RECRUITER},
    "leads.set_owner": {RECRUITER},
    "leads.show_lead": {HR, RECRUITER},
    "leads.use_search": {HR, RECRUITER},
    "receipts.make_link": {HR, RECRUITER},
    "receipts.withdraw_link": {HR, RECRUITER},
    "public.home": {"anyone"},
    "public.list_personas": {"organisation"},
    "public.robots": {"anyone"},
    "public.show_privacy": {"anyone"},
    "questionnaires.add_item": {HR},
    "questionnaires.drop_item": {HR},
    "questionnaires.edit_item": {HR},
    "questionnaires.export_questionnaire": {HR},
    "questionnaires.move_item": {HR},
    "questionnaires.new_item": {HR},
    "questionnaires.save_item": {HR},
    "questionnaires.show_questionnaire": {HR},
    "review.add_edit": {HR},
    "review.close_wave": {HR},
    "review.edit_version": {HR},
    "review.list_personas": {HR},
    "review.list_waves": {HR},
    "review.publish_analysis": {HR},
    "review.rotate_organisation_link": {HR},
    "review.save_version": {HR},
    "review.show_analysis": {HR},
    "review.show_wave": {HR},
    "review.start_analysis": {HR},
    "review.undo_edit": {HR},
    "review.withdraw_version": {HR},
    "security.change_password": {"staff"},
    "security.forgot_password": {"anyone"},
    "security.login": {"anyone"},
    "security.logout": {"anyone"},
    "security.reset_password": {"anyone"},
    "security.static": {"anyone"},
    "security.verify": {"staff"},
    "static": {"anyone"},
    "wave_exports.export_answers": {HR},
    "wave_exports.export_workbook": {HR},
    "wave_exports.prepare_answers": {HR},
    "wave_imports.forget_import": {HR},
    "wave_imports.import_wave": {HR},
    "wave_imports.new_import": {HR},
    "wave_imports.show_import": {HR},
    "wave_imports.upload_survey": {HR},
    "waves.add_wave": {HR},
    "waves.cancel_mail": {HR},
    "waves.choose_people": {HR},
    "waves.choose_questionnaire": {HR},
    "waves.delete_wave": {HR},
    "waves.launch_wave": {HR},
    "waves.mail_test": {HR},
    "waves.mark_bounce": {HR},
    "waves.new_wave": {HR},
    "waves.save_plan": {HR},
    "waves.send_mail": {HR},
    "waves.send_uncertain": {HR},
    "waves.show_cards": {HR},
    "waves.show_choice": {HR},
    "waves.show_mail": {HR},
    "waves.show_people": {HR},
    "waves.show_plan": {HR},
    "waves.show_poster": {HR},
    "waves.show_setup": {HR},
    "waves.upload_questionnaire": {HR},
    "waves.upload_roster": {HR},
    "weighings.edit_weights": {HR},
    "weighings.export_report": {HR},
    "weighings.preview_weights": {HR},
    "weighings.publish_weighing": {HR},
    "weighings.show_weighing": {HR},
}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}

#: What the Content-Security-Policy would refuse, or what would be loaded from another host.
FORBIDDEN_MARKUP = {
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "inline style": re.compile(r"<style|\bstyle\s*=", re.IGNORECASE),
    "inline handler": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
    "other host": re.compile(
        r"\b(?:src|srcset|href|action|data|poster)\s*=\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE
    ),
}


def routes(app: Flask) -> list[tuple[Rule, str, str]]:
    """Each route with a method and an address; signing out comes last, because the walker ends there."""
    example = {"filename": "kindred.css", "token": "none", "job_id": "none"}
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint == "security.logout", str(rule)))
    with app.test_request_context():
        return [
            (
                rule,
                method,
                app.url_for(rule.endpoint, **{name: example.get(name, "1") for name in rule.arguments}),
            )
            for rule in rules
            for method in sorted((rule.methods or set()) & {"GET", "POST"})
        ]


def is_refused(method: str, answer: TestResponse) -> bool:
    """Whether the guard stopped the request. Signing out and ``/`` lead to the sign-in page by themselves."""
    if answer.status_code == 303:
        place = "/sign-in?next=" if method == "GET" else "/sign-in"
        return answer.location.startswith(place)
    return answer.status_code in (401, 403)


@dataclass(frozen=True)
class Found:
    """What the answer to one request shows."""

    let_through: bool
    headers: dict[str, str | None]
    is_kept: bool
    forbidden_markup: frozenset[str] = frozenset()
    is_broken: bool = False


def look(client: FlaskClient, method: str, address: str, **arguments: Any) -> Found:
    """Ask for one address."""
    answer = client.open(address, method=method, **arguments)
    is_page = answer.mimetype == "text/html"
    found = Found(
        let_through=not is_refused(method, answer),
        headers={name: answer.headers.get(name) for name in HEADERS},
        is_kept=answer.headers.get("Cache-Control") != "no-store",
        forbidden_markup=forbidden_markup(answer.text) if is_page else frozenset(),
        is_broken=answer.status_code >= 500,
    )
    answer.close()
    return found


def walk(app: Flask, client: FlaskClient, **arguments: Any) -> dict[str, Found]:
    """Ask for every route in every way."""
    return {
        f"{method} {rule.endpoint}": look(client, method, address, **arguments)
        for rule, method, address in routes(app)
    }


def expected(app: Flask, *audiences: str) -> dict[str, Found]:
    """What a walker with these audiences is to find, by the tables above."""
    return {
        f"{method} {rule.endpoint}": Found(
            let_through=bool(AUDIENCES[rule.endpoint] & set(audiences)),
            headers=HEADERS,
            is_kept=rule.endpoint in ("static", "bootstrap.static"),
        )
        for rule, method, _address in routes(app)
    }


def forbidden_markup(text: str) -> frozenset[str]:
    """Kinds of markup in a page or template that must not be there."""
    return frozenset(kind for kind, pattern in FORBIDDEN_MARKUP.items() if pattern.search(text))


@pytest.fixture
def organisation_key(app: Flask) -> str:
    with app.app_context(), transaction(db.session):
        rotate_link(db.session, account_id=None)
        return str(link_key(db.session, app.config["SECRET_KEY"]))


@pytest.fixture
def protected(app: Flask) -> Flask:
    """The application with its form protection on."""
    app.config["WTF_CSRF_ENABLED"] = True
    return app


def test_every_route_names_its_audience(app: Flask) -> None:
    with app.app_context():
        named = {rule.endpoint: set(audience_of(rule.endpoint)) for rule in app.url_map.iter_rules()}

    assert named == AUDIENCES


@pytest.mark.parametrize("role", RoleName)
def test_role_sees_its_routes_and_no_others_with_the_headers_of_all(
    role: RoleName, app: Flask, sign_in: SignIn
) -> None:
    assert walk(app, sign_in(role)) == expected(app, "anyone", "organisation", "staff", role)


def test_nobody_sees_what_is_for_anyone_and_changes_nothing(app: Flask, client: FlaskClient) -> None:
    assert walk(app, client) == expected(app, "anyone")

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 0
        assert db.session.scalar(select(func.count()).select_from(Job)) == 0


def test_organisation_link_opens_the_personas_only(
    app: Flask, client: FlaskClient, organisation_key: str
) -> None:
    found = walk(app, client, query_string={"key": organisation_key})

    assert found == expected(app, "anyone", "organisation")


def test_rotated_organisation_link_opens_nothing(
    app: Flask, client: FlaskClient, organisation_key: str
) -> None:
    assert client.get("/personas", query_string={"key": organisation_key}).status_code == 200
    with app.app_context(), transaction(db.session):
        rotate_link(db.session, account_id=None)

    answer = client.get("/personas", query_string={"key": organisation_key})

    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/personas"  # the key itself is not carried on


@pytest.mark.parametrize("role", [EMPLOYEE, ADMINISTRATOR])
def test_view_without_an_audience_answers_nobody(role: RoleName, app: Flask, sign_in: SignIn) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    client = sign_in(role)

    signed_in = client.get("/forgotten")
    nobody = app.test_client().get("/forgotten")

    assert (signed_in.status_code, nobody.status_code) == (403, 303)
    assert "secret" not in signed_in.text + nobody.text


def test_view_with_an_audience_answers_it(app: Flask, sign_in: SignIn) -> None:
    app.add_url_rule("/new", "new", may_see(HR)(lambda: "welcome"))

    assert sign_in(HR).get("/new").text == "welcome"


def test_unknown_address_is_not_found_for_nobody(client: FlaskClient) -> None:
    assert client.get("/no/such/page").status_code == 404


def test_every_post_needs_the_token_of_a_form(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(HR)
    app.config["WTF_CSRF_ENABLED"] = True

    answers = {
        address: client.post(address).status_code
        for _rule, method, address in routes(app)
        if method == "POST"
    }

    assert answers == dict.fromkeys(answers, 400)
    assert len(answers) > 15


def test_refused_post_changes_nothing_and_says_what_to_do(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(ADMINISTRATOR)
    app.config["WTF_CSRF_ENABLED"] = True

    answer = client.post("/settings", data={"name": "ORGANISATION", "value": "Nordvik"})

    assert "reload the page and send it again" in answer.text
    assert "Nordvik" not in client.get("/settings").text


def test_post_with_the_token_of_its_form_goes_through(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(ADMINISTRATOR)
    app.config["WTF_CSRF_ENABLED"] = True
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/settings").text)
    assert found is not None

    answer = client.post(
        "/settings", data={"csrf_token": found[1], "name": "ORGANISATION", "value": "Nordvik"}
    )

    assert answer.status_code == 303
    assert "Nordvik" in client.get("/settings").text


def test_token_of_another_visitor_is_refused(protected: Flask) -> None:
    form = protected.test_client().get("/sign-in").text
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    assert found is not None

    answer = protected.test_client().post("/sign-in", data={"csrf_token": found[1]})

    assert answer.status_code == 400


def test_policy_allows_nothing_inline_and_no_other_host(client: FlaskClient) -> None:
    policy = client.get("/sign-in").headers["Content-Security-Policy"]

    assert not re.search(r"unsafe|https?:|\*", policy)


def test_dark_colours_are_for_screens_paper_is_always_light() -> None:
    sheets = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "survey" / "static").glob("*.css"))

    wanted = re.findall(r"@media (.*)\(prefers-color-scheme: dark\)", sheets)
    assert set(wanted) == {"screen and "}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: "/".join(path.parts[-2:]))
def test_template_holds_only_allowed_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert forbidden_markup(text) == set()
    assert not re.search(r"\|\s*safe\b|autoescape\s+false", text)


@pytest.mark.parametrize(
    ("kind", "markup"),
    [
        ("inline script", "<script>alert(1)</script>"),
        ("inline script", '<SCRIPT type="module">'),
        ("inline style", '<p style="color: red">'),
        ("inline style", "<style>p {}</style>"),
        ("inline handler", '<a onclick="go()">'),
        ("script address", '<a href="javascript:go()">'),
        ("other host", '<img src="//cdn.example.org/x.png">'),
        ("other host", "<link href='https://fonts.example.org/a.css'>"),
    ],
)
def test_check_of_markup_finds_what_it_looks_for(kind: str, markup: str) -> None:
    assert forbidden_markup(markup) == {kind}


def cookies_of_sign_in(app: Flask, sign_in: SignIn) -> dict[str, set[str]]:
    """Each cookie that a sign-in with "remember me" sets, with its attributes."""
    sign_in(HR)
    answer = app.test_client().post(
        "/sign-in", data={"email": "hr@example.org", "password": PASSWORD, "remember": "y"}
    )
    cookies = {}
    for line in answer.headers.getlist("Set-Cookie"):
        value, *attributes = line.split("; ")
        cookies[value.partition("=")[0]] = {a for a in attributes if not a.startswith(("Expires", "Max-Age"))}
    return cookies


def test_cookies_are_bound_to_this_host_and_out_of_reach_of_scripts(app: Flask, sign_in: SignIn) -> None:
    cookies = cookies_of_sign_in(app, sign_in)

    attributes = {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert cookies == {"__Host-kindred": attributes, "__Host-kindred-remember": attributes}


def test_cookies_without_https_are_still_out_of_reach_of_scripts(settings: dict[str, Any]) -> None:
    app = create_app({**settings, "SECURE_COOKIES": False})

    answer = app.test_client().get("/sign-in")

    assert re.fullmatch(r"kindred=\S+; HttpOnly; Path=/; SameSite=Lax", answer.headers["Set-Cookie"])
    with app.app_context():
        db.engine.dispose()
