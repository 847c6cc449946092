"""The ``kindred`` command. Heavy imports wait until their command runs."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any

import click

from survey import __version__, config, logs
from survey.exceptions import InvalidInputError, SurveyError


class _Group(click.Group):
    """Turns our errors into one line and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SurveyError as error:
            click.echo(f"kindred: {error}", err=True)
            sys.exit(2)
        except Exception as error:
            # Imported when something went wrong: the file commands do without.
            from sqlalchemy.exc import OperationalError, ProgrammingError

            if not isinstance(error, OperationalError | ProgrammingError):
                raise
            click.echo(
                "kindred: The database does not answer or has no tables yet. "
                "Check KINDRED_DATABASE_URL, then run kindred migrate.",
                err=True,
            )
            sys.exit(2)


class _LazyGroup(_Group):
    """Adds the file commands without importing the analysis before one of them is asked for."""

    FILE_COMMANDS = ("audit", "discover", "score", "suggest-aliases")

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self.FILE_COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.FILE_COMMANDS:
            # They end when they are done; looking for cycles among all they import and make took a tenth of the time.
            gc.set_threshold(200_000, 20, 100)
            from survey import files

            command: click.Command = getattr(files, cmd_name.replace("-", "_"))
            return command
        return super().get_command(ctx, cmd_name)


@click.group(cls=_LazyGroup)
@click.version_option(__version__, prog_name="kindred")
def main() -> None:
    """Candidate personas from what your own people say, and leads scored by how well they fit."""


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from survey.database import open_engine, upgrade

    upgrade(open_engine(config.read()["DATABASE_URL"]))
    click.echo("The database is up to date.")


@main.command("create-admin")
@click.option("--email", prompt="E-mail address")
@click.password_option(help="At least ten characters; asked for if not given.")
def create_admin(email: str, password: str) -> None:
    """Make the first administrator. No default password exists."""
    from flask_security import hash_password

    from survey.app import create_app
    from survey.database import single_session, transaction
    from survey.domain.accounts import invite
    from survey.enums import RoleName

    if len(password) < 10:
        raise InvalidInputError("The password must have at least ten characters.")
    settings = config.read()
    with create_app(settings).app_context():
        password_hash = hash_password(password)
    with single_session(settings["DATABASE_URL"]) as session, transaction(session):
        invite(session, email=email, role=RoleName.ADMINISTRATOR, password_hash=password_hash)
    click.echo("The administrator can sign in now.")


@main.command("open-wave", short_help="Open a wave for a roster and write everyone's link.")
@click.argument("name")
@click.argument("roster", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("links", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--address", default="", help="Public address of this Kindred, such as https://kindred.example.org"
)
def open_wave(name: str, roster: Path, links: Path, address: str) -> None:
    """Open a wave for the people of ROSTER (CSV: email, up to three attributes) and write their LINKS."""
    from survey import rosters
    from survey.database import single_session, transaction
    from survey.domain import waves
    from survey.domain.keys import KeyStore
    from survey.domain.queries.waves import list_invitees
    from survey.domain.questionnaires import default_questionnaire

    settings = config.read()
    keys = KeyStore.from_settings(settings)
    people, attributes = rosters.read_roster(roster)
    base = address.rstrip("/") or f"http://{settings['HOST']}:{settings['PORT']}"
    with single_session(settings["DATABASE_URL"]) as session, transaction(session):
        wave = waves.create_wave(
            session,
            name=name,
            questionnaire=default_questionnaire(session),
            roster=people,
            attributes=attributes,
        )
        waves.open_wave(session, wave, keys)
        # Written before the commit: without its links an open wave would be lost to everybody.
        tokens = [(i.email, waves.survey_token(keys, wave.id, i.id)) for i in list_invitees(session, wave.id)]
        rosters.write_links(links, ((email, f"{base}/a/{wave.id}/{token}") for email, token in tokens))
    click.echo(f"The wave is open; {len(tokens)} personal links are in {links}. Guard it like passwords.")


@main.command("export-wave", short_help="Write a closed wave, encrypted, to an archive.")
@click.argument("name")
@click.argument("archive", type=click.Path(dir_okay=False, path_type=Path))
@click.password_option(
    help="At least twelve characters; asked for if not given. Without it nobody reads the archive."
)
def export_wave(name: str, archive: Path, password: str) -> None:
    """Write the closed wave NAME, encrypted, to ARCHIVE, which another Kindred can read."""
    from sqlalchemy import select

    from survey.database import single_session, transaction
    from survey.domain.archives import write_archive
    from survey.domain.keys import KeyStore
    from survey.models import Wave
    from survey.rosters import write_private

    settings = config.read()
    with single_session(settings["DATABASE_URL"]) as session, transaction(session):
        wave = session.scalar(select(Wave).where(Wave.name == name))
        if wave is None:
            raise InvalidInputError(f"There is no wave called {name}.")
        content = write_archive(session, wave, password, KeyStore.from_settings(settings))
        write_private(archive, content)
    click.echo(f"The wave is in {archive}. Keep the password elsewhere; it cannot be recovered.")


@main.command("import-wave")
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default="", help="Another name for the wave; else the one it had.")
@click.option(
    "--password", prompt=True, hide_input=True, help="The one it was exported with; asked for if not given."
)
def import_wave(archive: Path, name: str, password: str) -> None:
    """Add the wave of an ARCHIVE that export-wave wrote."""
    from survey.database import single_session, transaction
    from survey.domain.archives import read_archive
    from survey.domain.keys import KeyStore

    settings = config.read()
    with single_session(settings["DATABASE_URL"]) as session, transaction(session):
        keys = KeyStore.from_settings(settings)
        wave = read_archive(session, archive.read_bytes(), password, keys, name=name)
        said = f"The wave {wave.name} is here with {wave.n_answered} answers."
    click.echo(said)


@main.command("anonymity-check", short_help="Try to tie responses to people, print what was found.")
@click.option(
    "--simulate", "n_people", type=int, metavar="N", help="Attack a simulated wave with N people instead."
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def anonymity_check(n_people: int | None, as_json: bool) -> None:
    """Try to tie responses to people and print what was found; exit 1 if it is more than chance."""
    import json

    from survey.anonymity import statement
    from survey.anonymity.inspection import inspect
    from survey.anonymity.simulation import simulate

    settings = config.read()
    if n_people is not None:
        findings = simulate(n_people, database_url=settings["DATABASE_URL"])
        kind = settings["DATABASE_URL"].split(":")[0].split("+")[0]
        page = statement.simulated_page(findings, n_people=n_people, kind=kind)
    else:
        waves = inspect(settings)
        findings = [finding for wave in waves for finding in wave.findings]
        page = statement.inspected_page(waves)
    click.echo(json.dumps({"attacks": [f.to_dict() for f in findings]}, indent=2) if as_json else page)
    if any(finding.above_chance for finding in findings):
        sys.exit(1)


@main.command(short_help="Compute every stored score again and compare.")
def replay() -> None:
    """Compute every stored score again and print what came of it; exit 1 if a number is another one."""
    from survey.domain.replays import replay_scores
    from survey.worker import Worker

    worker = Worker(config.read())
    found = replay_scores(worker.sessions, encoder=worker.encoder)
    worker.sessions.kw["bind"].dispose()
    click.echo(found.to_text())
    if found.differing:
        sys.exit(1)


@main.command(short_help="Do the long work; as many as you like may run.")
@click.option("--supervised", is_flag=True, hidden=True, help="End when the process that started it is gone.")
def worker(supervised: bool) -> None:
    """Do the long work; any number of workers may run, on any machine that reaches the database."""
    from survey.worker import Worker

    settings = config.read()
    logs.configure(settings["LOG_LEVEL"])
    Worker(settings).run(supervised=supervised)


@main.command()
def serve() -> None:
    """Run the web server and its workers."""
    from survey.serve import serve as run

    settings = config.read()
    logs.configure(settings["LOG_LEVEL"])
    address = f"http://{settings['HOST']}:{settings['PORT']}"
    run(settings, announce=lambda: click.echo(f"Kindred answers on {address}"))


@main.command(short_help="Load the demo once, then serve it on this machine.")
@click.option(
    "--addresses", "only_addresses", is_flag=True, help="Print addresses and accounts; do not serve."
)
def demo(only_addresses: bool) -> None:
    """Load the Fjordline demo on the first start, then serve it on this machine only."""
    from survey.demo import addresses, ensure_loaded

    settings = config.read() | {"HOST": "127.0.0.1"}
    logs.configure("WARNING")
    loaded_now = ensure_loaded(settings, say=lambda text: click.echo(text, err=True))
    if only_addresses:
        click.echo("\n".join(addresses(settings)))
        return
    if loaded_now:
        # Serve in a fresh process: this one has loaded the analysis, which no web process needs.
        os.execv(sys.executable, [sys.executable, "-m", "survey.cli", "demo"])  # noqa: S606 - ourselves again
    from survey.serve import serve as run

    run(settings, announce=lambda: click.echo("\n".join(addresses(settings))))


if __name__ == "__main__":
    main()
