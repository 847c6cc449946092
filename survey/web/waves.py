"""HR makes and runs waves: what is asked, who, when, the test, the launch; then mail, cards and how it goes."""

from __future__ import annotations

import json
from typing import Any

import segno
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from survey import mail
from survey.database import transaction
from survey.domain import audit, instrument, invitees, items, mailings
from survey.domain import waves as domain
from survey.domain.attributes import MIN_GROUP
from survey.domain.items import get_questionnaire, is_editable, languages
from survey.domain.keys import KeyStore
from survey.domain.links import card_code, make_test_token
from survey.domain.mail_texts import DEFAULT_TEXTS, texts_in
from survey.domain.queries import waves as read
from survey.domain.questionnaires import default_questionnaire, languages_of
from survey.enums import RoleName, WaveState
from survey.exceptions import ConflictError, InvalidInputError, StateError
from survey.extensions import db
from survey.languages import direction, offered, speaker
from survey.models import Wave
from survey.models.base import utc_now
from survey.rosters import read_upload
from survey.web.access import may_see
from survey.web.forms import ConfirmForm
from survey.web.forms.waves import DraftForm, LaunchForm, RosterForm
from survey.web.readings import flash_reading
from survey.web.security import mail_settings, public_address, send_now
from survey.web.times import read_time, show_time, zone

waves = Blueprint("waves", __name__)

CARDS_PER_PAGE = 100
TEXT_FIELDS = ("subject", "invitation", "reminder", "welcome")


# Making a wave


@waves.get("/waves/new")
@may_see(RoleName.HR)
def new_wave() -> str:
    """Ask for a name."""
    return render_template("waves/wave_new.html", form=DraftForm())


@waves.post("/waves/new")
@may_see(RoleName.HR)
def add_wave() -> Any:
    """Add a draft that asks the default questionnaire."""
    form = DraftForm()
    if not form.validate_on_submit():
        return render_template("waves/wave_new.html", form=form), 422
    try:
        with transaction(db.session):
            wave_id = domain.start_draft(
                db.session,
                name=form.name.data or "",
                questionnaire=default_questionnaire(db.session),
                account_id=current_user.id,
            ).id
    except (ConflictError, InvalidInputError) as error:
        form.name.errors = [str(error)]
        return render_template("waves/wave_new.html", form=form), 422
    return redirect(url_for("waves.show_setup", wave_id=wave_id), 303)


@waves.get("/waves/<int:wave_id>/setup")
@may_see(RoleName.HR)
def show_setup(wave_id: int) -> Any:
    """Show what has been done about a draft and what is left to do."""
    wave = read.get_wave(db.session, wave_id)
    if wave.state.has_opened:
        return redirect(url_for("review.show_wave", wave_id=wave_id), 303)
    return _setup_page(wave, LaunchForm())


@waves.get("/waves/<int:wave_id>/questionnaire")
@may_see(RoleName.HR)
def show_choice(wave_id: int) -> Any:
    """Show the questionnaires there are."""
    return _of_draft(wave_id) or _choice_page(wave_id)


@waves.post("/waves/<int:wave_id>/questionnaire/file")
@may_see(RoleName.HR)
def upload_questionnaire(wave_id: int) -> Any:
    """Take a questionnaire from a file that Kindred wrote (docs/files.md)."""
    file = request.files.get("file")
    try:
        with transaction(db.session):
            wave = read.get_wave(db.session, wave_id)
            content = _read_json(file.read() if file else b"")
            chosen = items.add_questionnaire(db.session, content, account_id=current_user.id)
            domain.choose_questionnaire(db.session, wave, chosen, account_id=current_user.id)
            chosen_id = chosen.id
    except InvalidInputError as error:
        return _choice_page(wave_id, str(error)), 422
    flash(_("The questionnaire is read and chosen for this wave."), "success")
    return redirect(url_for("questionnaires.show_questionnaire", questionnaire_id=chosen_id), 303)


@waves.post("/waves/<int:wave_id>/questionnaire")
@may_see(RoleName.HR)
def choose_questionnaire(wave_id: int) -> Response:
    """Take a questionnaire as it is, or a copy to be edited."""
    with transaction(db.session):
        wave = read.get_wave(db.session, wave_id)
        chosen = get_questionnaire(db.session, request.form.get("questionnaire", 0, type=int))
        wants_copy = request.form.get("go") == "copy"
        if wants_copy:
            name = request.form.get("name", "").strip() or (
                wave.name if chosen.id == default_questionnaire(db.session).id else ""
            )
            chosen = items.copy_questionnaire(db.session, chosen, name=name, account_id=current_user.id)
        domain.choose_questionnaire(db.session, wave, chosen, account_id=current_user.id)
        questionnaire_id = chosen.id
    if wants_copy:
        return redirect(url_for("questionnaires.show_questionnaire", questionnaire_id=questionnaire_id), 303)
    return redirect(url_for("waves.show_setup", wave_id=wave_id), 303)


@waves.get("/waves/<int:wave_id>/people")
@may_see(RoleName.HR)
def show_people(wave_id: int) -> Any:
    """Show roster, groups and printed codes of a draft."""
    return _of_draft(wave_id) or _people_page(wave_id, RosterForm())


@waves.post("/waves/<int:wave_id>/roster")
@may_see(RoleName.HR)
def upload_roster(wave_id: int) -> Any:
    """Read a roster; a bad file changes nothing."""
    form = RosterForm()
    if not form.validate_on_submit():
        return _people_page(wave_id, form), 422
    try:
        roster = read_upload(form.file.data.read(), name=form.file.data.filename or _("The file"))
        with transaction(db.session):
            wave = read.get_wave(db.session, wave_id)
            domain.change_roster(db.session, wave, roster.people, roster.groups, roster.numbers)
    except InvalidInputError as error:
        form.file.errors = [*form.file.errors, str(error)]
        return _people_page(wave_id, form), 422
    flash(
        ngettext("%(num)s person is on the roster.", "%(num)s people are on the roster.", len(roster.people)),
        "success",
    )
    flash_reading(roster.reading)
    if roster.dropped:
        names = ", ".join(roster.dropped)
        flash(
            _("Not kept, because they tell people apart instead of grouping them: %(names)s.", names=names),
            "info",
        )
    return redirect(url_for("waves.show_people", wave_id=wave_id), 303)


@waves.post("/waves/<int:wave_id>/people")
@may_see(RoleName.HR)
def choose_people(wave_id: int) -> Response:
    """Keep who is addressed, what they are asked about themselves, and how many codes are printed."""
    with transaction(db.session):
        wave = read.get_wave(db.session, wave_id)
        audience = {name: request.form.getlist(f"only-{number}") for number, name in enumerate(wave.groups)}
        domain.choose_people(
            db.session,
            wave,
            audience=audience,
            attributes=[name for name in wave.groups if name in request.form.getlist("ask")],
            n_cards=request.form.get("n_cards", 0, type=int),
            account_id=current_user.id,
        )
    return redirect(url_for("waves.show_setup", wave_id=wave_id), 303)


@waves.get("/waves/<int:wave_id>/plan")
@may_see(RoleName.HR)
def show_plan(wave_id: int) -> str:
    """Show times, mail and texts."""
    wave = read.get_wave(db.session, wave_id)
    given = {
        "opens_at": show_time(wave.opens_at, "T"),
        "closes_at": show_time(wave.closes_at, "T"),
        "invite": wave.plan.get("invite", wave.state is WaveState.DRAFT and not wave.plan),
        "reminders": wave.plan.get("reminders", [4, 9] if not wave.plan else []),
        "texts": wave.texts,
    }
    return _plan_page(wave, given)


@waves.post("/waves/<int:wave_id>/plan")
@may_see(RoleName.HR)
def save_plan(wave_id: int) -> Any:
    """Keep times, mail and texts; what cannot be kept is shown again with the reason."""
    wave = read.get_wave(db.session, wave_id)
    language = request.form.get("language", "en")
    own = {
        name: text
        for name in TEXT_FIELDS
        if (text := request.form.get(name, "").replace("\r\n", "\n").strip())
        and text != DEFAULT_TEXTS.get(language, {}).get(name)
    }
    given: dict[str, Any] = {
        "opens_at": request.form.get("opens_at", ""),
        "closes_at": request.form.get("closes_at", ""),
        "invite": "invite" in request.form,
        "reminders": [request.form.get(name, 0, type=int) for name in ("reminder_1", "reminder_2")],
        "texts": {**{code: texts for code, texts in wave.texts.items() if code != language}, language: own},
    }
    try:
        with transaction(db.session):
            domain.change_plan(
                db.session,
                read.get_wave(db.session, wave_id),
                opens_at=read_time(given["opens_at"]),
                closes_at=read_time(given["closes_at"]),
                plan={"invite": given["invite"], "reminders": given["reminders"]},
                texts=given["texts"],
                account_id=current_user.id,
            )
    except InvalidInputError as error:
        return _plan_page(read.get_wave(db.session, wave_id), given, problem=str(error)), 422
    if other := request.form.get("go_language"):
        return redirect(url_for("waves.show_plan", wave_id=wave_id, language=other, _anchor="texts"), 303)
    return redirect(url_for("review.show_wave", wave_id=wave_id), 303)


@waves.post("/waves/<int:wave_id>/test-mail")
@may_see(RoleName.HR)
def mail_test(wave_id: int) -> Response:
    """Send the invitation to the person who asks, with the link that never counts."""
    wave = read.get_wave(db.session, wave_id)
    frame = mailings.frame_of(mail_settings(), wave)
    language = request.form.get("language", "en")
    letter = mailings.write_letter(
        wave, current_user.email, language, "invitation", link=_test_link(wave), stop="", frame=frame
    )
    if send_now(letter):
        flash(
            _(
                "The invitation is on its way to %(email)s. Its link is a test link.",
                email=current_user.email,
            ),
            "success",
        )
    else:
        flash(_("The mail was not sent. Check the mail server in the settings."), "warning")
    return redirect(url_for("waves.show_setup", wave_id=wave_id, _anchor="test"), 303)


@waves.post("/waves/<int:wave_id>/launch")
@may_see(RoleName.HR)
def launch_wave(wave_id: int) -> Any:
    """Fix everything and open the wave, now or at its time."""
    form = LaunchForm()
    if form.validate_on_submit():
        try:
            with transaction(db.session):
                domain.launch_wave(
                    db.session,
                    read.get_wave(db.session, wave_id),
                    _keys(),
                    signed_off_by=form.signed_off_by.data or "",
                    account_id=current_user.id,
                )
        except InvalidInputError as error:
            form.form_errors.append(str(error))
        else:
            flash(
                _("The wave is launched. What it asks and how it keeps its promise cannot change any more."),
                "success",
            )
            return redirect(url_for("review.show_wave", wave_id=wave_id), 303)
    return _setup_page(read.get_wave(db.session, wave_id), form), 422


@waves.post("/waves/<int:wave_id>/delete")
@may_see(RoleName.HR)
def delete_wave(wave_id: int) -> Response:
    """Delete a wave that has not opened."""
    with transaction(db.session):
        domain.delete_wave(
            db.session, read.get_wave(db.session, wave_id), _keys(), account_id=current_user.id
        )
    flash(_("The wave is deleted."), "success")
    return redirect(url_for("review.list_waves"), 303)


# Running a wave


@waves.get("/waves/<int:wave_id>/mail")
@may_see(RoleName.HR)
def show_mail(wave_id: int) -> str:
    """Show the rounds of mail, what the server refused, and what can be sent now."""
    wave = read.get_wave(db.session, wave_id)
    problem = ""
    try:
        mailings.check_stops(db.session, _keys())
    except StateError as error:
        problem = str(error)
    return render_template(
        "waves/mail.html",
        wave=wave,
        mailings=read.list_mailings(db.session, wave_id),
        bounced=read.list_bounced(db.session, wave_id),
        n_addresses=read.count_addresses(db.session, wave_id),
        can_send=mail.can_send(mail_settings()),
        problem=problem,
        now=utc_now(),
        form=ConfirmForm(),
    )


@waves.post("/waves/<int:wave_id>/mail")
@may_see(RoleName.HR)
def send_mail(wave_id: int) -> Response:
    """Begin a round of invitations or reminders."""
    name, _sep, band = request.form.get("group", "").partition("=")
    with transaction(db.session):
        mailings.check_stops(db.session, _keys())
        mailings.start_mailing(
            db.session,
            read.get_wave(db.session, wave_id),
            is_reminder=request.form.get("kind") == "reminder",
            audience={name: [band]} if band else {},
            account_id=current_user.id,
        )
    flash(_("The mail goes out in the next minutes."), "success")
    return redirect(url_for("waves.show_mail", wave_id=wave_id), 303)


@waves.post("/waves/<int:wave_id>/mail/<int:mailing_id>/cancel")
@may_see(RoleName.HR)
def cancel_mail(wave_id: int, mailing_id: int) -> Response:
    """Take a planned round back."""
    with transaction(db.session):
        wave = read.get_wave(db.session, wave_id)
        mailings.cancel_mailing(db.session, wave, mailing_id, account_id=current_user.id)
    flash(_("It will not be sent."), "success")
    return redirect(url_for("waves.show_mail", wave_id=wave_id), 303)


@waves.post("/waves/<int:wave_id>/mail/uncertain")
@may_see(RoleName.HR)
def send_uncertain(wave_id: int) -> Response:
    """Send again what was interrupted, because a person decided so."""
    with transaction(db.session):
        wave = read.get_wave(db.session, wave_id)
        mailings.send_uncertain_again(db.session, wave, account_id=current_user.id)
    return redirect(url_for("waves.show_mail", wave_id=wave_id), 303)


@waves.post("/waves/<int:wave_id>/mail/bounce")
@may_see(RoleName.HR)
def mark_bounce(wave_id: int) -> Response:
    """Note that mail to an address comes back, or arrives again."""
    with transaction(db.session):
        mailings.mark_bounced(
            db.session,
            read.get_wave(db.session, wave_id),
            request.form.get("email", ""),
            bounced=request.form.get("bounced", "yes") == "yes",
            account_id=current_user.id,
        )
    return redirect(url_for("waves.show_mail", wave_id=wave_id), 303)


@waves.get("/waves/<int:wave_id>/cards")
@may_see(RoleName.HR)
def show_cards(wave_id: int) -> str:
    """Show code cards to print, some pages at a time. Opening them spends nothing."""
    wave = read.get_wave(db.session, wave_id)
    domain.check_launched(wave)
    n_cards = invitees.count_cards(db.session, wave_id)
    n_pages = max(1, -(-n_cards // CARDS_PER_PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), n_pages)
    first = (page - 1) * CARDS_PER_PAGE + 1
    numbers = invitees.list_cards(db.session, wave_id, first=first, last=first + CARDS_PER_PAGE - 1)
    cards = []
    paper = _paper(wave)
    for number in numbers:
        code = card_code(_keys(), wave_id, number)
        token = invitees.token_of_code(db.session, _keys(), wave_id, code)
        cards.append((code, _qr(f"{public_address()}/a/{wave_id}/{token}{paper['query']}")))
    with transaction(db.session):
        audit.record(db.session, "printed cards of", f"wave {wave_id}", account_id=current_user.id, page=page)
    return render_template(
        "waves/cards.html",
        wave=wave,
        cards=cards,
        page=page,
        n_pages=n_pages,
        n_cards=n_cards,
        **paper,
    )


@waves.get("/waves/<int:wave_id>/poster")
@may_see(RoleName.HR)
def show_poster(wave_id: int) -> str:
    """Show a poster to print, with the way to the page where a code is typed."""
    wave = read.get_wave(db.session, wave_id)
    domain.check_launched(wave)
    paper = _paper(wave)
    return render_template(
        "waves/poster.html", wave=wave, qr=_qr(paper["code_address"] + paper["query"]), **paper
    )


def _paper(wave: Wave) -> dict[str, Any]:
    """Return what is on paper beside its codes: in a language of the survey, which the QR code leads on in."""
    choice = offered(languages_of(wave.questionnaire.items))
    wanted = request.args.get("language", "")
    spoken = wanted if wanted in choice else next(iter(choice))
    return {
        "choice": choice,
        "spoken": spoken,
        "direction": direction(spoken),
        "say": speaker(spoken),
        "query": f"?lang={spoken}" if wanted == spoken else "",
        "until": show_time(wave.closes_at),
        "code_address": _code_address(wave.id),
        "organisation": mail_settings()["ORGANISATION"],
    }


def _of_draft(wave_id: int) -> Response | None:
    """Return the way to the wave's own page, if what is asked for can no longer change."""
    if read.get_wave(db.session, wave_id).state is WaveState.DRAFT:
        return None
    return redirect(url_for("review.show_wave", wave_id=wave_id), 303)


def _setup_page(wave: Wave, form: LaunchForm) -> str:
    settings = mail_settings()
    roster_languages = invitees.languages_of(db.session, wave.id)
    is_settled = wave.state is WaveState.SCHEDULED
    return render_template(
        "waves/setup.html",
        wave=wave,
        form=form,
        check=instrument.check(wave.questionnaire, roster_languages),
        n_addressed=wave.n_invited if is_settled else invitees.count_addressed(db.session, wave),
        n_codes=invitees.count_cards(db.session, wave.id)
        if is_settled
        else invitees.count_with_code(db.session, wave),
        min_people=MIN_GROUP,
        roster_languages=roster_languages,
        survey_languages=languages(wave.questionnaire),
        test_link=_test_link(wave),
        can_send=mail.can_send(settings),
        address=mail.public_address(settings),
        address_is_set=bool(settings["PUBLIC_ADDRESS"]),
        zone=zone().key,
    )


def _read_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            _("This is no questionnaire in JSON. Download one from its page to see the form.")
        ) from error


def _choice_page(wave_id: int, problem: str = "") -> str:
    return render_template(
        "waves/questionnaire_choice.html",
        wave=read.get_wave(db.session, wave_id),
        questionnaires=read.list_questionnaires(db.session),
        is_editable=is_editable,
        problem=problem,
        form=ConfirmForm(),
    )


def _people_page(wave_id: int, form: RosterForm) -> str:
    wave = read.get_wave(db.session, wave_id)
    return render_template(
        "waves/people.html",
        wave=wave,
        form=form,
        languages=invitees.languages_of(db.session, wave_id),
        n_addressed=invitees.count_addressed(db.session, wave),
        asked={attribute["name"] for attribute in wave.attributes},
        max_attributes=domain.MAX_ATTRIBUTES,
        min_group=MIN_GROUP,
    )


def _plan_page(wave: Wave, given: dict[str, Any], problem: str = "") -> str:
    spoken = list(
        dict.fromkeys([*languages(wave.questionnaire), *invitees.languages_of(db.session, wave.id)])
    )
    wanted = request.form.get("language") or request.args.get("language", "")
    language = wanted if wanted in spoken else spoken[0]
    return render_template(
        "waves/plan.html",
        wave=wave,
        given=given,
        problem=problem,
        language=language,
        languages=spoken,
        texts=texts_in(given["texts"], language),
        zone=zone().key,
        can_send=mail.can_send(mail_settings()),
        form=ConfirmForm(),
    )


def _keys() -> KeyStore:
    return KeyStore.from_settings(current_app.config)


def _code_address(wave_id: int) -> str:
    return f"{public_address()}/a/code/{wave_id}"


def _test_link(wave: Wave) -> str:
    return f"{request.host_url}a/{wave.id}/{make_test_token(_keys(), wave.id)}"


def _qr(content: str) -> Markup:
    # Drawn by us from an address of ours: lines in an SVG, without style or script.
    return Markup(segno.make(content, error="m", micro=False).svg_inline(omitsize=True, border=2))  # noqa: S704
