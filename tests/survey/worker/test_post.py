"""Invitations and reminders through a real mail server: to whom, once at most, whatever breaks."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern
from pathlib import Path
from smtplib import SMTPException
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from survey import config, mail
from survey.database import transaction
from survey.domain import jobs, mailings
from survey.domain.keys import KeyStore
from survey.domain.links import read_stop_token
from survey.domain.queries.waves import list_bounced, list_mailings
from survey.domain.responses import submit
from survey.domain.waves import start_closing
from survey.enums import MessageState, WaveState
from survey.exceptions import InvalidInputError, StateError
from survey.mail import Letter, Outbox
from survey.models import Invitee, Mailing, Message, Wave
from survey.models.base import utc_now
from survey.worker import post
from tests.survey.domain.factories import make_wave


@dataclass
class Server:
    """A mail server that keeps what it takes, and says what it is told to say to an address."""

    replies: dict[str, list[str]] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    port: int = 0
    data_reply: str = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        replies = self.replies.get(address, [])
        reply = replies.pop(0) if replies else "250 OK"
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(BytesParser(policy=modern).parsebytes(envelope.content))
        return self.data_reply

    def take(self) -> list[str]:
        """Return to whom mail has gone since the last look, sorted."""
        taken, self.mails = self.mails, []
        return sorted(str(message["To"]) for message in taken)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    server = Server()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"kindred", b"sesame")
        return AuthResult(success=good, handled=False)

    controller = Controller(
        server, "127.0.0.1", server.port, authenticator=authenticate, auth_require_tls=False
    )
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def server(running: Server) -> Server:
    running.replies, running.mails, running.data_reply = {}, [], "250 OK"
    return running


@pytest.fixture
def worker(sessions: sessionmaker[Session], keys: KeyStore, server: Server) -> Any:
    settings = config.read(
        {
            "KINDRED_SMTP_SERVER": "127.0.0.1",
            "KINDRED_SMTP_PORT": str(server.port),
            "KINDRED_SMTP_SECURITY": "NONE",
            "KINDRED_SMTP_SENDER": "survey@example.org",
            "KINDRED_ORGANISATION": "Fjordline",
            "KINDRED_PUBLIC_ADDRESS": "https://kindred.example.org/",
            "KINDRED_MAILS_PER_MINUTE": "6000",
        }
    )
    return SimpleNamespace(sessions=sessions, keys=keys, settings=settings)


@pytest.fixture
def wave_id(sessions: sessionmaker[Session], keys: KeyStore) -> int:
    return make_wave(sessions, keys, n_people=12)[0]


def start(worker: Any, wave_id: int, *, reminder: bool = False, audience: Any = None) -> None:
    with worker.sessions() as session, transaction(session):
        wave = session.get_one(Wave, wave_id)
        mailings.start_mailing(session, wave, is_reminder=reminder, audience=audience)


def run(worker: Any, wave_id: int, **options: Any) -> None:
    start(worker, wave_id, **options)
    for _round in range(2):  # the last message, and then that nothing is left
        post.send_due_mail(worker)


def states(worker: Any, number: int = 0) -> set[MessageState]:
    with worker.sessions() as session:
        return set(session.scalars(select(Message.state).where(Message.round == number)))


def answer(worker: Any, message: EmailMessage) -> str:
    """Answer with the link in a mail; return who did."""
    link = next(line for line in message.get_content().splitlines() if "/a/" in line and "/stop/" not in line)
    assert link.startswith("https://kindred.example.org/a/")
    with worker.sessions() as session, transaction(session):
        submit(
            session,
            worker.keys,
            token=link.rpartition("/")[2],
            answers={"self": "Calm."},
            channels=[],
            attributes={},
            quote=False,
        )
    return str(message["To"])


#: The two databases differ in how a message is claimed and settled; the rest need not be seen twice.
once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ALL = sorted(f"person{n}@example.org" for n in range(12))


def test_everybody_is_invited_once_and_only_those_who_have_not_answered_are_reminded_twice(
    worker: Any, server: Server, wave_id: int
) -> None:
    run(worker, wave_id)
    answered = {answer(worker, message) for message in server.mails[:5]}
    assert server.take() == ALL

    for _reminder in range(2):
        run(worker, wave_id, reminder=True)
        assert server.take() == sorted(set(ALL) - answered)
    with pytest.raises(StateError, match="reminded twice"):
        start(worker, wave_id, reminder=True)
    with pytest.raises(StateError, match="have been sent"):
        start(worker, wave_id)
    post.send_due_mail(worker)
    assert server.take() == []


def test_rows_of_a_reminder_do_not_tell_who_has_answered(worker: Any, server: Server, wave_id: int) -> None:
    run(worker, wave_id)
    answer(worker, server.mails[0])
    run(worker, wave_id, reminder=True)

    with worker.sessions() as session:
        rows = session.execute(
            select(Message.round, Message.mailing_id, Message.state, Message.tries).where(Message.round == 1)
        ).all()
        assert len(rows) == 12
        assert len(set(rows)) == 1
        shown = list_mailings(session, wave_id)[1]
        assert (shown.n_people, shown.n_waiting, shown.n_refused, shown.done) == (12, None, None, True)


@once
def test_mail_says_who_what_and_how_to_stop(worker: Any, server: Server, wave_id: int) -> None:
    with worker.sessions() as session, transaction(session):
        person = session.scalars(select(Invitee).order_by(Invitee.email)).first()
        assert person is not None
        person.language = "sv"
        address, invitee_id = person.email, person.id

    run(worker, wave_id)

    message = next(m for m in server.mails if m["To"] == address)
    assert message["From"] == "Fjordline <survey@example.org>"
    assert message["Subject"] == "Fjordline: vad tycker du om med att arbeta här?"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = message["List-Unsubscribe"].strip("<>")
    assert dict(message.raw_items())["List-Unsubscribe"] == f"<{stop}>"  # unencoded, as mail programs read it
    assert stop in message.get_content()
    assert read_stop_token(worker.keys, stop.rpartition("/")[2]) == (wave_id, invitee_id)
    assert len({m["Message-ID"] for m in server.mails}) == 12


@once
def test_refused_address_is_noted_and_gets_nothing_more(worker: Any, server: Server, wave_id: int) -> None:
    server.replies = {ALL[0]: ["550 no such user"] * 9}

    run(worker, wave_id)
    run(worker, wave_id, reminder=True)

    assert server.take() == sorted(ALL[1:] * 2)
    with worker.sessions() as session:
        assert list_bounced(session, wave_id) == [ALL[0]]
        assert list_mailings(session, wave_id)[0].n_refused == 1


@once
def test_refusal_of_a_reminder_is_not_kept(worker: Any, server: Server, wave_id: int) -> None:
    run(worker, wave_id)
    server.replies = {ALL[0]: ["550 gone"] * 9}

    run(worker, wave_id, reminder=True)

    assert states(worker, 1) == {MessageState.SENT}
    with worker.sessions() as session:
        assert list_bounced(session, wave_id) == []


@once
def test_address_that_hr_marks_gets_nothing_until_it_works_again(
    worker: Any, server: Server, wave_id: int
) -> None:
    def mark(email: str, *, bounced: bool) -> None:
        with worker.sessions() as session, transaction(session):
            mailings.mark_bounced(session, session.get_one(Wave, wave_id), email, bounced=bounced)

    mark(" PERSON0@example.org", bounced=True)
    run(worker, wave_id)
    assert server.take() == ALL[1:]
    mark(ALL[0], bounced=False)
    run(worker, wave_id, reminder=True)
    assert server.take() == ALL
    with pytest.raises(InvalidInputError, match="Nobody on the roster"):
        mark("nobody@example.org", bounced=True)


@once
def test_who_wants_no_mail_gets_none_in_later_waves_either(worker: Any, server: Server, wave_id: int) -> None:
    with worker.sessions() as session, transaction(session):
        person = session.scalars(select(Invitee).where(Invitee.email == ALL[3])).one()
        for _twice in range(2):
            mailings.stop_mail(session, worker.keys, wave_id, person.id)
    later, _tokens = make_wave(worker.sessions, worker.keys, n_people=12, name="Later")

    for each in (wave_id, later):
        run(worker, each)
        assert server.take() == sorted(set(ALL) - {ALL[3]})


@once
def test_without_the_key_of_those_who_want_no_mail_nobody_gets_any(
    worker: Any, server: Server, wave_id: int
) -> None:
    with worker.sessions() as session, transaction(session):
        first, second = session.scalars(select(Invitee.id).order_by(Invitee.email)).all()[:2]
        mailings.stop_mail(session, worker.keys, wave_id, first)
    key = worker.keys.folder / "addresses.key"
    key.rename(key.with_suffix(".elsewhere"))

    start(worker, wave_id)
    with pytest.raises(StateError, match="KINDRED_KEY_DIR"):
        post.send_due_mail(worker)
    with worker.sessions() as session, pytest.raises(StateError), transaction(session):
        mailings.stop_mail(session, worker.keys, wave_id, second)
    assert (server.take(), states(worker), key.exists()) == ([], {MessageState.WAITING}, False)

    key.with_suffix(".elsewhere").rename(key)
    post.send_due_mail(worker)
    assert server.take() == ALL[1:]


def test_temporary_refusal_is_tried_again_and_then_given_up(
    worker: Any, server: Server, wave_id: int
) -> None:
    server.replies = {ALL[0]: ["451 later"], ALL[1]: ["451 later"] * 9}
    start(worker, wave_id)

    for _pass in range(6):
        post.send_due_mail(worker)
        with worker.sessions() as session, transaction(session):
            session.execute(update(Mailing).values(due_at=utc_now()))

    assert server.take() == sorted(set(ALL) - {ALL[1]})
    with worker.sessions() as session:
        assert list_bounced(session, wave_id) == [ALL[1]]
        assert list_mailings(session, wave_id)[0].done


def test_message_that_a_crash_left_in_sending_is_uncertain_and_not_sent_again(
    worker: Any, server: Server, wave_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(worker, wave_id)
    settle = mailings.settle_message

    def killed(session: Session, handled: mailings.Handled, outcome: MessageState) -> None:
        if handled.letter is not None and handled.letter.to == ALL[4]:
            raise SystemExit
        settle(session, handled, outcome)

    monkeypatch.setattr(mailings, "settle_message", killed)
    with pytest.raises(SystemExit):
        post.send_due_mail(worker)
    monkeypatch.undo()
    for _round in range(2):
        post.send_due_mail(worker)

    assert server.take() == ALL
    with worker.sessions() as session:
        row = list_mailings(session, wave_id)[0]
        assert (row.done, row.n_uncertain, row.n_waiting) == (True, 1, 0)
    with worker.sessions() as session, transaction(session):
        assert mailings.send_uncertain_again(session, session.get_one(Wave, wave_id)) == 1
    for _round in range(2):
        post.send_due_mail(worker)
    assert server.take() == [ALL[4]]  # because a person decided so


@once
def test_server_that_hangs_up_leaves_one_message_uncertain(
    worker: Any, wave_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Outbox, "send", lambda *_: (_ for _ in ()).throw(ConnectionResetError()))
    start(worker, wave_id)

    post.send_due_mail(worker)

    with worker.sessions() as session:
        row = list_mailings(session, wave_id)[0]
        assert (row.n_uncertain, row.n_waiting, row.due_at > utc_now()) == (1, 11, True)


@once
def test_server_that_takes_no_mail_from_us_is_no_fault_of_those_it_was_for(
    worker: Any, server: Server, wave_id: int
) -> None:
    start(worker, wave_id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Outbox, "send", lambda *_: (_ for _ in ()).throw(mail.MailServerError()))
        for _pass in range(mailings.MAX_TRIES + 1):
            post.send_due_mail(worker)
            with worker.sessions() as session, transaction(session):
                session.execute(update(Mailing).values(due_at=utc_now()))
    waiting = states(worker)
    post.send_due_mail(worker)

    assert waiting == {MessageState.WAITING}
    assert server.take() == ALL


@once
def test_without_a_server_nothing_is_lost_and_it_is_tried_later(
    worker: Any, server: Server, wave_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        worker.settings = {**worker.settings, "SMTP_PORT": nobody.getsockname()[1]}
        start(worker, wave_id)
        post.send_due_mail(worker)

    assert states(worker) == {MessageState.WAITING}
    with worker.sessions() as session:
        assert list_mailings(session, wave_id)[0].due_at > utc_now()
    assert "example.org" not in caplog.text


@once
def test_mailing_waits_while_no_server_is_set(worker: Any, server: Server, wave_id: int) -> None:
    start(worker, wave_id)

    post.send_due_mail(SimpleNamespace(**vars(worker) | {"settings": {**worker.settings, "SMTP_SERVER": ""}}))
    begun = states(worker)
    post.send_due_mail(worker)

    assert begun == set()
    assert server.take() == ALL


@once
def test_rate_is_kept(worker: Any, server: Server, wave_id: int) -> None:
    worker.settings = {**worker.settings, "MAILS_PER_MINUTE": 30}
    start(worker, wave_id)

    counts = []
    for _round in range(3):
        post.send_due_mail(worker)
        counts.append(len(server.take()))

    assert counts == [5, 5, 2]  # a round comes every ten seconds


@once
def test_reminder_to_a_group_reaches_that_group(worker: Any, server: Server, wave_id: int) -> None:
    run(worker, wave_id)
    server.take()

    with worker.sessions() as session, transaction(session):  # what is planned for all stays planned
        later = utc_now() + dt.timedelta(days=4)
        session.add(Mailing(wave_id=wave_id, is_reminder=True, audience={}, due_at=later))

    run(worker, wave_id, reminder=True, audience={"site": ["Oslo"]})
    assert server.take() == sorted(f"person{n}@example.org" for n in range(0, 12, 2))
    with worker.sessions() as session:
        assert [row.begun for row in list_mailings(session, wave_id)] == [True, True, False]
    run(worker, wave_id, reminder=True)
    assert server.take() == ALL


@once
def test_closing_wave_sends_nothing_more(worker: Any, server: Server, wave_id: int) -> None:
    start(worker, wave_id)
    with worker.sessions() as session, transaction(session):
        start_closing(session, session.get_one(Wave, wave_id), None)

    post.send_due_mail(worker)

    assert server.take() == []
    with pytest.raises(StateError, match="while a wave is open"):
        start(worker, wave_id, reminder=True)
    with worker.sessions() as session:
        assert session.get_one(Wave, wave_id).state is WaveState.CLOSING
        assert jobs.is_waiting(session)


@pytest.mark.parametrize(("password", "works"), [("sesame", True), ("guess", False)])
def test_user_and_password_are_given_to_the_server(server: Server, password: str, works: bool) -> None:
    settings = config.read(
        {
            "KINDRED_SMTP_SERVER": "127.0.0.1",
            "KINDRED_SMTP_PORT": str(server.port),
            "KINDRED_SMTP_SECURITY": "NONE",
            "KINDRED_SMTP_USER": "kindred",
            "KINDRED_SMTP_PASSWORD": password,
        }
    )
    if works:
        with Outbox(settings) as outbox:
            outbox.send(Letter("ada@example.org", "Hej å", "Text ö"))
        assert server.mails[0].get_content().strip() == "Text ö"
    else:
        with pytest.raises(mail.MailServerError), Outbox(settings):
            pass


def test_server_without_encryption_is_refused_unless_it_is_wanted(server: Server) -> None:
    settings = config.read({"KINDRED_SMTP_SERVER": "127.0.0.1", "KINDRED_SMTP_PORT": str(server.port)})

    with pytest.raises(mail.MailServerError), Outbox(settings):
        pass


@pytest.mark.parametrize("sender", ["kindred", "@example.org", "a\nb@example.org"])
def test_sender_that_cannot_be_used_sends_nothing(server: Server, sender: str) -> None:
    settings = {**config.read({"KINDRED_SMTP_SERVER": "127.0.0.1"}), "SMTP_SENDER": sender}

    with pytest.raises(mail.MailServerError, match="sender address"), Outbox(settings):
        pass


@once
def test_mail_that_cannot_be_written_is_refused_and_the_next_one_goes_out(
    worker: Any, server: Server, wave_id: int
) -> None:
    with worker.sessions() as session, transaction(session):
        session.execute(update(Invitee).where(Invitee.email == ALL[0]).values(email="a\nb@example.org"))

    run(worker, wave_id)

    assert server.take() == ALL[1:]


@once
def test_account_is_invited_through_the_same_server_whose_words_stay_out_of_the_log(
    worker: Any,
    server: Server,
    database_url: str,
    tmp_path: Path,
    key_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from survey.app import create_app
    from survey.extensions import db
    from survey.web.security import send_now

    def refuse(_outbox: Outbox, letter: Letter) -> None:
        raise SMTPException(f"no such user: {letter.to}")

    app = create_app({**worker.settings, "DATABASE_URL": database_url, "KEY_DIR": str(key_dir)})
    letter = Letter("ada@example.org", "Your account", "Here you are.")
    with app.app_context():
        assert send_now(letter)
        monkeypatch.setattr(Outbox, "send", refuse)
        assert not send_now(letter)
        db.session.close()
        db.engine.dispose()

    assert server.take() == ["ada@example.org"]
    assert "a mail was not sent: SMTPException" in caplog.text
    assert "ada" not in caplog.text
