"""HR edits questionnaires: items added, reworded, translated, moved, dropped; and what the check says of it.

Two people may work on one questionnaire: forms carry the revision they were made from, and a form that comes too
late is shown again, with what stands there now beside what was typed.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import instrument, items
from survey.domain.items import Wording
from survey.domain.queries.waves import list_drafts_of
from survey.domain.questionnaire_files import dump
from survey.enums import ItemType, Probe, RoleName
from survey.exceptions import ConflictError, InvalidInputError
from survey.extensions import db
from survey.models import Item, Questionnaire
from survey.web.access import may_see
from survey.web.downloads import download
from survey.web.forms import ConfirmForm

questionnaires = Blueprint("questionnaires", __name__)
#: The fields for what a follow-up asks, by what it asks for.
_PROBES = {probe.value: f"probe-{probe.value}" for probe in Probe}


@questionnaires.get("/questionnaires/<int:questionnaire_id>")
@may_see(RoleName.HR)
def show_questionnaire(questionnaire_id: int) -> str:
    """Show the items in their order, and what the check says."""
    questionnaire = items.get_questionnaire(db.session, questionnaire_id)
    spoken = items.languages(questionnaire)
    wanted = request.args.get("language", "").strip().lower()[:12]
    check = instrument.check(questionnaire)
    language = wanted or spoken[0]
    return render_template(
        "questionnaires/questionnaire_detail.html",
        questionnaire=questionnaire,
        probes=_PROBES,
        editable=items.is_editable(questionnaire),
        check=check,
        incomplete={f.item_id for f in check.findings if f.kind == "untranslated" and f.language == language},
        languages=list(dict.fromkeys([*spoken, *([wanted] if wanted else [])])),
        language=language,
        main=spoken[0],
        drafts=list_drafts_of(db.session, questionnaire_id),
        form=ConfirmForm(),
    )


@questionnaires.get("/questionnaires/<int:questionnaire_id>/questionnaire.json")
@may_see(RoleName.HR)
def export_questionnaire(questionnaire_id: int) -> Response:
    """Download a questionnaire as JSON (docs/files.md)."""
    questionnaire = items.get_questionnaire(db.session, questionnaire_id)
    text = json.dumps(dump(questionnaire), ensure_ascii=False, indent=2) + "\n"
    return download("questionnaire.json", text.encode(), "application/json")


@questionnaires.get("/questionnaires/<int:questionnaire_id>/items/new")
@may_see(RoleName.HR)
def new_item(questionnaire_id: int) -> str:
    """Ask what the new item says."""
    return _new_page(items.get_questionnaire(db.session, questionnaire_id))


@questionnaires.post("/questionnaires/<int:questionnaire_id>/items/new")
@may_see(RoleName.HR)
def add_item(questionnaire_id: int) -> Any:
    """Add a question at the end."""
    try:
        with transaction(db.session):
            questionnaire = items.get_questionnaire(db.session, questionnaire_id)
            kind = request.form.get("kind", "")
            items.add_item(
                db.session,
                questionnaire,
                item_type=ItemType(kind) if kind in items.ADDABLE else ItemType.OPEN,
                wording=_wording(),
                page=request.form.get("page", 0, type=int),
                max_chars=request.form.get("max_chars", 2000, type=int),
                language=items.main_language(questionnaire),
                account_id=current_user.id,
            )
    except InvalidInputError as error:
        return _new_page(items.get_questionnaire(db.session, questionnaire_id), problem=str(error)), 422
    flash(_("The question is added at the end."), "success")
    return redirect(url_for("questionnaires.show_questionnaire", questionnaire_id=questionnaire_id), 303)


@questionnaires.get("/items/<int:item_id>")
@may_see(RoleName.HR)
def edit_item(item_id: int) -> str:
    """Show the form to reword or translate an item."""
    return _item_page(items.get_item(db.session, item_id))


@questionnaires.post("/items/<int:item_id>")
@may_see(RoleName.HR)
def save_item(item_id: int) -> Any:
    """Keep the wording of an item; if somebody was faster, show both."""
    language = request.form.get("language", "en")[:12]
    try:
        with transaction(db.session):
            item = items.get_item(db.session, item_id)
            items.change_item(
                db.session,
                item,
                revision=request.form.get("revision", 0, type=int),
                wording=_wording(),
                language=language,
                page=request.form.get("page", None, type=int),
                max_chars=request.form.get("max_chars", None, type=int),
                account_id=current_user.id,
            )
            questionnaire_id = item.questionnaire_id
    except ConflictError as error:
        return _item_page(items.get_item(db.session, item_id), problem=str(error), conflict=True), 409
    except InvalidInputError as error:
        return _item_page(items.get_item(db.session, item_id), problem=str(error)), 422
    return redirect(
        url_for(
            "questionnaires.show_questionnaire",
            questionnaire_id=questionnaire_id,
            language=language,
            _anchor=f"item-{item_id}",
        ),
        303,
    )


@questionnaires.post("/items/<int:item_id>/move")
@may_see(RoleName.HR)
def move_item(item_id: int) -> Response:
    """Move an item up or down."""
    return _change_order(item_id, up=request.form.get("to") == "up")


@questionnaires.post("/items/<int:item_id>/drop")
@may_see(RoleName.HR)
def drop_item(item_id: int) -> Response:
    """Take an item out."""
    return _change_order(item_id)


def _change_order(item_id: int, *, up: bool | None = None) -> Response:
    """Move an item, or drop it; a change that comes too late is not made and says so."""
    item = items.get_item(db.session, item_id)
    questionnaire_id = item.questionnaire_id
    revision = request.form.get("revision", 0, type=int)
    try:
        with transaction(db.session):
            item = items.get_item(db.session, item_id)
            if up is not None:
                items.move_item(db.session, item, revision=revision, up=up, account_id=current_user.id)
            else:
                items.drop_item(
                    db.session,
                    item,
                    revision=revision,
                    item_revision=request.form.get("item_revision", 0, type=int),
                    account_id=current_user.id,
                )
    except ConflictError as error:
        flash(str(error), "warning")
    anchor = f"item-{item_id}" if up is not None else None
    return redirect(
        url_for("questionnaires.show_questionnaire", questionnaire_id=questionnaire_id, _anchor=anchor), 303
    )


def _wording() -> Wording:
    return Wording(
        prompt=request.form.get("prompt", ""),
        help=request.form.get("help", ""),
        heading=request.form.get("heading", ""),
        options=tuple(request.form.get("options", "").splitlines()),
        probes={probe: request.form[name] for probe, name in _PROBES.items() if name in request.form} or None,
        suggestions=tuple(offered.splitlines())
        if (offered := request.form.get("suggestions")) is not None
        else None,
    )


def _new_page(questionnaire: Questionnaire, problem: str = "") -> str:
    pages = [item.page for item in questionnaire.items]
    given = {
        "kind": request.form.get("kind", ItemType.OPEN.value),
        "page": request.form.get("page", str(max(pages, default=1))),
        "max_chars": request.form.get("max_chars", "2000"),
        **_given({}),
    }
    return render_template(
        "questionnaires/item_edit.html",
        questionnaire=questionnaire,
        item=None,
        given=given,
        problem=problem,
        language=items.main_language(questionnaire),
        limits=items,
        form=ConfirmForm(),
    )


def _item_page(item: Item, *, problem: str = "", conflict: bool = False) -> str:
    questionnaire = items.get_questionnaire(db.session, item.questionnaire_id)
    main = next(iter(item.texts))
    language = (request.form.get("language") or request.args.get("language") or main)[:12]
    stored = item.texts.get(language, {})
    given = {
        "page": request.form.get("page", str(item.page)),
        "max_chars": request.form.get("max_chars", str(item.max_chars)),
        **_given(stored),
    }
    return render_template(
        "questionnaires/item_edit.html",
        questionnaire=questionnaire,
        item=item,
        given=given,
        stored=_lines_of(stored) if conflict else None,
        source=_lines_of(item.texts[main]) if language != main else None,
        main=item.texts[main],
        probes=_PROBES,
        problem=problem,
        language=language,
        limits=items,
        form=ConfirmForm(),
    )


def _given(stored: dict[str, Any]) -> dict[str, str]:
    """What the fields show: what was just typed, else what is stored."""
    return {name: request.form.get(name, text) for name, text in _lines_of(stored).items()}


def _lines_of(stored: dict[str, Any]) -> dict[str, str]:
    texts = {name: str(stored.get(name, "")) for name in ("heading", "prompt", "help")}
    return {
        **texts,
        **{name: (stored.get("probes") or {}).get(probe, "") for probe, name in _PROBES.items()},
        "options": "\n".join((stored.get("options") or {}).values()),
        "suggestions": "\n".join(stored.get("suggestions") or ()),
    }
