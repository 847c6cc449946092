"""Mail to the people of an open wave: rounds, who of them gets one, and what became of it.

Each message is written down as *sending* before it goes out and as *sent* afterwards, in transactions of their
own. What a crash leaves in sending may have arrived or not: it is shown as uncertain and never sent again unless
a person says so. Who has answered is looked up when a reminder is due and written nowhere: their rows look like
all others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, func, insert, select, update
from sqlalchemy.orm import Session

from survey.database import parts
from survey.domain import audit
from survey.domain.invitees import is_addressed
from survey.domain.keys import KeyStore, survey_token
from survey.domain.links import address_hash, stop_token
from survey.domain.mail_texts import fill, texts_in
from survey.domain.responses import is_spent
from survey.enums import MessageState, WaveState
from survey.exceptions import InvalidInputError, NotFoundError, StateError
from survey.mail import Letter, public_address
from survey.models import Invitee, Mailing, MailStop, Message, Wave
from survey.models.base import utc_now

#: After a refusal for now: how long until it is tried again, and how often.
PAUSE = dt.timedelta(minutes=15)
MAX_TRIES = 3
LAST_ROUND = 2
_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Handled:
    """A message that is being sent. ``letter`` is None for somebody who is to get none."""

    invitee_id: str
    round: int
    letter: Letter | None


@dataclass(frozen=True, slots=True)
class Frame:
    """What all letters of a wave share."""

    address: str
    organisation: str
    contact: str
    closes: str


def frame_of(settings: Mapping[str, Any], wave: Wave) -> Frame:
    """Return what all letters of a wave share, from the settings in force."""
    zone = ZoneInfo(settings["TIMEZONE"])
    closes = wave.closes_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if wave.closes_at else ""
    return Frame(public_address(settings), settings["ORGANISATION"], settings["CONTACT"], closes)


def start_mailing(
    session: Session,
    wave: Wave,
    *,
    is_reminder: bool,
    audience: Mapping[str, Sequence[str]] | None = None,
    account_id: int | None = None,
) -> Mailing:
    """Begin a round now; one that was planned for the same people is sent now instead of later.

    Raises StateError if the wave is not open, a round is under way, or the round has been sent before.
    """
    session.refresh(wave, ["state"], with_for_update=True)
    if wave.state is not WaveState.OPEN:
        raise StateError("Mail goes out while a wave is open.")
    mailings = session.scalars(
        select(Mailing).where(Mailing.wave_id == wave.id).order_by(Mailing.due_at)
    ).all()
    if any(mailing.begun_at and not mailing.done_at for mailing in mailings):
        raise StateError("A round of mail is under way. Wait until it is done.")
    begun = [mailing for mailing in mailings if mailing.begun_at]
    if not is_reminder and any(not mailing.is_reminder for mailing in begun):
        raise StateError("The invitations have been sent. You can send a reminder.")
    if is_reminder and sum(m.is_reminder and not m.audience for m in begun) >= LAST_ROUND:
        raise StateError("Everybody has been reminded twice. A third reminder adds little and annoys.")
    chosen = {name: list(bands) for name, bands in (audience or {}).items() if bands}
    planned = [
        m for m in mailings if not m.begun_at and m.is_reminder == is_reminder and m.audience == chosen
    ]
    mailing = planned[0] if planned else Mailing(wave_id=wave.id, is_reminder=is_reminder)
    mailing.audience = chosen
    mailing.due_at = utc_now()
    mailing.created_by = account_id
    session.add(mailing)
    session.flush()
    audit.record(session, "reminded" if is_reminder else "invited", f"wave {wave.id}", account_id=account_id)
    return mailing


def cancel_mailing(session: Session, wave: Wave, mailing_id: int, *, account_id: int | None = None) -> None:
    """Take a planned round back. Raises StateError once it has begun, NotFoundError."""
    mailing = session.get(Mailing, mailing_id, with_for_update=True)
    if mailing is None or mailing.wave_id != wave.id:
        raise NotFoundError("There is no such round of mail.")
    if mailing.begun_at:
        raise StateError("This round has begun. Mails that are out cannot be taken back.")
    session.delete(mailing)
    audit.record(session, "cancelled mail of", f"wave {wave.id}", account_id=account_id)


def next_due(session: Session, *, now: dt.datetime | None = None) -> int | None:
    """Return the round that is to be worked on: of an open wave, the one due for longest."""
    due = (
        select(Mailing.id)
        .join(Wave, Wave.id == Mailing.wave_id)
        .where(Wave.state == WaveState.OPEN, Mailing.done_at.is_(None), Mailing.due_at <= (now or utc_now()))
    )
    return session.scalar(due.order_by(Mailing.due_at, Mailing.id).limit(1))


def begin(session: Session, mailing: Mailing) -> None:
    """Lay out a message to everybody with an address, in the groups chosen; does nothing the second time."""
    session.refresh(mailing, with_for_update=True)
    if mailing.begun_at:
        return
    had = dict(
        session.execute(
            select(Message.invitee_id, func.max(Message.round))
            .join(Invitee, Invitee.id == Message.invitee_id)
            .where(Invitee.wave_id == mailing.wave_id)
            .group_by(Message.invitee_id)
        ).all()
    )
    people = session.execute(
        select(Invitee.id, Invitee.attributes).where(
            Invitee.wave_id == mailing.wave_id, Invitee.email != "", Invitee.bounced.is_(False)
        )
    )
    rows = []
    for person in people:
        number = had.get(person.id, 0) + 1 if mailing.is_reminder else 0
        if number > LAST_ROUND or (not mailing.is_reminder and person.id in had):
            continue
        if is_addressed(mailing.audience, person.attributes):
            rows.append(
                {
                    "invitee_id": person.id,
                    "round": number,
                    "mailing_id": mailing.id,
                    "state": MessageState.WAITING,
                    "tries": 0,
                }
            )
    for some in parts(rows, _CHUNK):
        session.execute(insert(Message), some)
    mailing.begun_at = utc_now()
    session.flush()


def take_message(session: Session, keys: KeyStore, mailing: Mailing, frame: Frame) -> Handled | None:
    """Mark the next message as being sent and return it; None when nothing is left for now.

    In a transaction of its own, committed before the letter goes out.
    """
    wave = session.get(Wave, mailing.wave_id)
    if wave is None or wave.state is not WaveState.OPEN:
        return None
    waiting = (
        select(Message.invitee_id, Message.round)
        .where(
            Message.mailing_id == mailing.id,
            Message.state == MessageState.WAITING,
            Message.tries <= mailing.passes,
        )
        .order_by(Message.tries, Message.invitee_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(waiting).first()
    if found is None:
        _end_pass(session, mailing)
        return None
    if not _move(session, found.invitee_id, found.round, MessageState.WAITING, MessageState.SENDING):
        return None
    invitee = session.get_one(Invitee, found.invitee_id)
    token = survey_token(keys, wave.id, invitee.id)
    if invitee.bounced or _wants_none(session, keys, invitee) or is_spent(session, token):
        return Handled(invitee.id, found.round, None)
    stop = f"{frame.address}/a/stop/{stop_token(keys, wave.id, invitee.id)}"
    kind = "reminder" if mailing.is_reminder else "invitation"
    link = f"{frame.address}/a/{wave.id}/{token}"
    letter = write_letter(wave, invitee.email, invitee.language, kind, link=link, stop=stop, frame=frame)
    return Handled(invitee.id, found.round, letter)


def settle_message(session: Session, handled: Handled, outcome: MessageState) -> None:
    """Write down what became of a message that was being sent.

    A refusal is kept of an invitation only: of a reminder it would tell that this person had not answered.
    """
    if outcome is MessageState.REFUSED and handled.round > 0:
        outcome = MessageState.SENT
    _move(session, handled.invitee_id, handled.round, MessageState.SENDING, outcome)
    if outcome is MessageState.REFUSED:
        session.execute(update(Invitee).where(Invitee.id == handled.invitee_id).values(bounced=True))


def put_back(session: Session, handled: Handled, *, counts: bool) -> None:
    """Let a message wait that the server has certainly not kept; after three tries it is refused.

    ``counts``: the server asked to come back later for this one; else it was never asked.
    """
    message = session.get(Message, (handled.invitee_id, handled.round))
    if message is None or message.state is not MessageState.SENDING:
        return
    if counts and message.tries + 1 >= MAX_TRIES:
        settle_message(session, handled, MessageState.REFUSED)
        return
    message.state = MessageState.WAITING
    message.tries += int(counts)
    # Another worker may have found nobody waiting and ended the round in the meantime.
    session.get_one(Mailing, message.mailing_id).done_at = None


def pause(mailing: Mailing) -> None:
    """Leave a round alone for a while: the mail server does not take mail."""
    mailing.due_at = utc_now() + PAUSE


def send_uncertain_again(session: Session, wave: Wave, *, account_id: int | None = None) -> int:
    """Send what was interrupted once more, because a person decided so; return how many."""
    mailings = select(Mailing.id).where(Mailing.wave_id == wave.id, Mailing.done_at.is_not(None))
    changed = session.execute(
        update(Message)
        .where(Message.mailing_id.in_(mailings), Message.state == MessageState.SENDING)
        .values(state=MessageState.WAITING)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(changed, CursorResult)  # noqa: S101 - tells the type checker
    if changed.rowcount:
        session.execute(
            update(Mailing)
            .where(Mailing.id.in_(select(Message.mailing_id).where(Message.state == MessageState.WAITING)))
            .values(done_at=None)
            .execution_options(synchronize_session=False)
        )
        session.expire_all()
        audit.record(session, "sent uncertain mail of", f"wave {wave.id}", account_id=account_id)
    return changed.rowcount


def mark_bounced(
    session: Session, wave: Wave, email: str, *, bounced: bool = True, account_id: int | None = None
) -> None:
    """Note that mail to an address comes back, or does again arrive. Raises InvalidInputError if unknown."""
    invitee = session.scalar(
        select(Invitee).where(
            Invitee.wave_id == wave.id,
            func.lower(Invitee.email) == email.strip().lower(),
            Invitee.email != "",
        )
    )
    if invitee is None:
        raise InvalidInputError("Nobody on the roster of this wave has that address. Check it.")
    invitee.bounced = bounced
    audit.record(
        session,
        "marked a bounce of" if bounced else "unmarked a bounce of",
        f"wave {wave.id}",
        account_id=account_id,
    )


def stop_mail(session: Session, keys: KeyStore, wave_id: int, invitee_id: str) -> None:
    """Remember that somebody wants no more mail, in this wave and later ones. Twice is once.

    Raises StateError if the key of earlier ones is missing.
    """
    invitee = session.get(Invitee, invitee_id)
    if invitee is None or invitee.wave_id != wave_id or not invitee.email:
        return
    stopped = address_hash(keys.address_key(made=not _anybody_stopped(session)), invitee.email)
    if session.get(MailStop, stopped) is None:
        session.add(MailStop(address_hash=stopped))


def check_stops(session: Session, keys: KeyStore) -> None:
    """Raise StateError if people want no mail and the key that tells who is missing: a new one would forget them."""
    if _anybody_stopped(session):
        keys.address_key(made=False)


def write_letter(
    wave: Wave, to: str, language: str, kind: str, *, link: str, stop: str, frame: Frame
) -> Letter:
    """Return the invitation or reminder of a wave in somebody's language."""
    texts = texts_in(wave.texts, language)
    closes = fill(texts["closes"], day=frame.closes) if frame.closes else ""
    values = {"organisation": frame.organisation, "contact": frame.contact, "closes": closes, "link": link}
    text = fill(texts[kind], **values)
    headers = {}
    if stop:
        text += f"\n\n-- \n{fill(texts['stop'], stop=stop)}\n"
        headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return Letter(to, fill(texts["subject"], **values), text, headers)


def _end_pass(session: Session, mailing: Mailing) -> None:
    """Finish a round, or let those wait whom the server told to come back."""
    waiting = select(func.count()).where(
        Message.mailing_id == mailing.id, Message.state == MessageState.WAITING
    )
    if session.scalar(waiting):
        mailing.passes += 1
        pause(mailing)
    else:
        mailing.done_at = utc_now()


def _move(session: Session, invitee_id: str, number: int, old: MessageState, new: MessageState) -> bool:
    changed = session.execute(
        update(Message)
        .where(Message.invitee_id == invitee_id, Message.round == number, Message.state == old)
        .values(state=new)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(changed, CursorResult)  # noqa: S101 - tells the type checker
    return changed.rowcount == 1


def _wants_none(session: Session, keys: KeyStore, invitee: Invitee) -> bool:
    if not _anybody_stopped(session):
        return False
    key = keys.address_key(made=False)
    return session.get(MailStop, address_hash(key, invitee.email)) is not None


def _anybody_stopped(session: Session) -> bool:
    return session.scalar(select(MailStop.address_hash).limit(1)) is not None
