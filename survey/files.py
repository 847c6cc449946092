"""The file commands, from ``discover`` to ``suggest-aliases``: without database and network (contracts: docs/files.md).

One asks for the database: ``suggest-aliases`` without a file of leads.

Options, progress, exit codes, and outputs that are written whole or not at all. Files are read in
:mod:`survey.response_files`, :mod:`survey.lead_files` and :mod:`survey.score_audit`; nothing is computed here. The
analysis is imported when a command runs, so that no web process which shares the command line loads it.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import click

from survey.exceptions import InvalidInputError, ScoringStoppedError
from survey.lead_files import LeadRecord, check_leads, read_leads
from survey.logs import place_of
from survey.processes import load_ahead
from survey.score_tables import score_table
from survey.tables import write_table
from survey.texts import one_line

if TYPE_CHECKING:
    from analysis.corpus import Progress
    from analysis.edits import Edit
    from analysis.encoder import Encoder
    from analysis.evidence import EvidenceDocument
    from analysis.report import Report

ASSIGNMENT_COLUMNS = ("id", "persona", "membership", "reason")
SUGGESTION_COLUMNS = ("skill", "aliases", "likeness", "leads")
ENGINES = ("local", "dask")

_BAD_SEED = "--seed: take 0 or a larger whole number."
#: What a disk says that takes no more.
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_CLEARED_LINE = "\r\x1b[K"


def discover_files(
    responses: Path,
    out: Path,
    *,
    assignments: Path | None = None,
    html: Path | None = None,
    seed: int = 0,
    n_personas: int | None = None,
    mapping: Sequence[str] = (),
    edits: Path | None = None,
    static: bool = False,
    encoder: Encoder | Path | None = None,
    aliases: Path | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> Report:
    """Write the report on a file of responses and, if asked, who belongs to which persona and a page to read.

    ``say`` is told, line by line, how a survey made elsewhere is read, and if by aliases of one's own.
    Raises InvalidInputError; then no file is written.
    """
    if n_personas is not None and n_personas < 2:
        raise InvalidInputError("--personas: ask for two or more, or leave the number to the answers.")
    if seed < 0:
        raise InvalidInputError(_BAD_SEED)
    _distinct(responses, edits, aliases, out, assignments, html)
    from analysis.encoder import CachedEncoder, MiniLMEncoder

    made = _encoder(encoder)
    if isinstance(made, MiniLMEncoder):
        # It takes a third of a second, while the rest is imported and the file is read and cleaned.
        made.load_ahead()

    from analysis import discovery
    from analysis.static_encoder import StaticEncoder
    from survey.response_files import read_corpus

    _use_aliases(aliases, say)
    corpus = read_corpus(responses, mapping, say=say)
    to_replay = _read_edits(edits) if edits else ()
    with _outputs(out, assignments, html) as (report_file, assignments_file, html_file):
        report = discovery.discover(
            corpus,
            encoder=CachedEncoder(made),
            static=StaticEncoder() if static else None,
            seed=seed,
            n_personas=n_personas,
            edits=to_replay,
            progress=progress,
        )
        report_file.write(report.to_json().encode())
        rows = {
            assigned.id: (
                assigned.id,
                assigned.persona or "",
                f"{assigned.membership:.6g}",
                assigned.reason or "",
            )
            for assigned in report.assignments
        }
        assignments_file.write(
            write_table(ASSIGNMENT_COLUMNS, [rows[response.id] for response in corpus.responses])
        )
        if html is not None:
            # Charts and templates take a second to load.
            from survey.html_report import render_report

            html_file.write(render_report(report.to_dict()).encode())
    return report


def score_files(
    leads: Path,
    personas: Path,
    out: Path,
    *,
    explain: Path | None = None,
    static: bool = False,
    engine: str = "local",
    scheduler: str | None = None,
    encoder: Encoder | Path | None = None,
    aliases: Path | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> int:
    """Write the scores of a file of leads, by a report alone, and return how many leads there were.

    ``say`` is told if leads are read by aliases of one's own, or by others than the answers were.
    Raises InvalidInputError; then no file is written.
    """
    if static and engine == "local":
        load_ahead("survey.lead_scoring")
    from survey import lead_scoring

    if engine not in ENGINES:
        raise InvalidInputError(f"--engine: there is no engine “{engine}”. Take local or dask.")
    if scheduler is not None and engine != "dask":
        raise InvalidInputError("--scheduler is for --engine dask. Add that, or leave the scheduler out.")
    _distinct(leads, personas, aliases, out, explain)
    _use_aliases(aliases, say)
    if static and isinstance(encoder, Path):
        raise InvalidInputError("--static has an encoder of its own. Leave --encoder out.")
    scorer = lead_scoring.read_scorer(personas, _encoder(encoder), static=static)
    if not scorer.same_aliases:
        say(
            f"{personas.name}: its personas were learnt from answers that were read by another table of aliases than "
            "leads are now. Give the same --aliases, or run kindred discover with this one."
        )
    columns = (*lead_scoring.SCORE_COLUMNS, "encoder") if static else lead_scoring.SCORE_COLUMNS
    with lead_scoring.score_leads(
        scorer,
        read_leads(leads),
        explained=explain is not None,
        static=static,
        on_cluster=engine == "dask",
        scheduler=scheduler,
    ) as scored:
        n_leads = check_leads(leads)
        with (
            _outputs(out, explain) as (scores_file, explain_file),
            score_table(scores_file, out, columns) as write_scores,
        ):
            n_done = 0
            for n_scored, scores, explanations in scored:
                write_scores(scores)
                explain_file.write(explanations)
                n_done += n_scored
                if progress is not None:
                    progress(n_done, n_leads, "scoring leads")
    return n_leads


def suggest(
    leads: Path | None, *, personas: Path | None = None, out: Path | None = None, aliases: Path | None = None
) -> bytes:
    """Return a table of aliases that leads suggest, for a person to cut down, and write it if asked.

    Without a file of leads these are those of the configured database. Raises InvalidInputError; then no file is
    written.
    """
    from analysis.suggestions import listed_skills, suggest_aliases

    _distinct(leads, personas, aliases, out)
    _use_aliases(aliases)
    colleagues = _skills_in(personas) if personas else []
    if leads is None:
        from survey import config
        from survey.database import single_session
        from survey.domain.aliases import read_by_own
        from survey.domain.listed_skills import skills_on_cards, stored_lists

        with single_session(config.read()["DATABASE_URL"]) as session:
            if aliases is None:
                read_by_own(session)
            listed = listed_skills(stored_lists(session))
            colleagues += skills_on_cards(session)
    else:
        check_leads(leads)
        listed = listed_skills(map(_masked, read_leads(leads)))
    found = suggest_aliases(listed, colleagues)
    rows = [(one.skill, one.alias, str(one.likeness), str(one.n_leads)) for one in found]
    table = write_table(SUGGESTION_COLUMNS, rows)
    with _outputs(out) as (file,):
        file.write(table)
    return table


def _masked(lead: LeadRecord) -> EvidenceDocument:
    from analysis.evidence import evidence_document

    return evidence_document(lead.fields, identity=(lead.fields["name"], lead.fields["email"]))


def _skills_in(personas: Path) -> list[str]:
    """Return the skills on the cards of a report. Raises InvalidInputError."""
    from survey.lead_scoring import read_report

    try:
        return [str(entry["text"]) for one in read_report(personas)["personas"] for entry in one["skills"]]
    except (LookupError, TypeError) as error:
        raise InvalidInputError(
            f"{personas.name}: the part “personas” is damaged. Write the report anew with kindred discover."
        ) from error


def _use_aliases(path: Path | None, say: Callable[[str], None] = lambda _line: None) -> None:
    """Read texts by a table of one's own too, or by the bundled one alone. Raises InvalidInputError."""
    from analysis.aliases import own_hash, use
    from survey.alias_tables import read_aliases

    use(read_aliases(path) if path else {})
    if path and own_hash():
        say(f"Skills are read by the aliases of {path.name} too ({own_hash()[:12]}).")


def _encoder(given: Encoder | Path | None) -> Encoder:
    """Return the encoder that was given, the one in a folder, or the bundled one. Raises InvalidInputError."""
    from analysis.encoder import bundled_encoder
    from analysis.exceptions import EncoderError
    from analysis.local_encoder import LocalEncoder

    if not isinstance(given, Path):
        return given or bundled_encoder()
    try:
        return LocalEncoder(given)
    except EncoderError as error:
        raise InvalidInputError(f"--encoder: {error}") from error


_encoder_option = click.option(
    "--encoder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="A sentence-transformers model on this machine, for other languages; else the bundled English one.",
)

_aliases_option = click.option(
    "--aliases",
    type=click.Path(path_type=Path),
    envvar="KINDRED_ALIASES",
    metavar="FILE",
    help="Your own table of skills and their aliases (CSV); it extends the bundled one.",
)


@click.command()
@click.argument("responses", type=click.Path(path_type=Path), metavar="RESPONSES.csv")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The report to write (JSON).")
@click.option("--assignments", type=click.Path(path_type=Path), help="Who belongs to which persona (CSV).")
@click.option(
    "--html", type=click.Path(path_type=Path), help="The report as one page to read, print and mail."
)
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same report.")
@click.option("--personas", "n_personas", type=int, metavar="K", help="How many personas; else it is chosen.")
@click.option("--static", is_flag=True, help="Also prepare scoring with the static encoder.")
@click.option("--edits", type=click.Path(path_type=Path), help="Edits to make again on what is found (JSON).")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="COLUMN=ITEM",
    help="Take a column (its header, or #N counted from 0) as an item. May be repeated.",
)
@_encoder_option
@_aliases_option
def discover(
    responses: Path,
    out: Path,
    assignments: Path | None,
    html: Path | None,
    seed: int,
    n_personas: int | None,
    static: bool,
    edits: Path | None,
    mapping: tuple[str, ...],
    encoder: Path | None,
    aliases: Path | None,
) -> None:
    """Find the personas in the answers of a survey."""
    with _exit_codes(), StderrProgress() as progress:
        report = discover_files(
            responses,
            out,
            assignments=assignments,
            html=html,
            seed=seed,
            n_personas=n_personas,
            mapping=mapping,
            edits=edits,
            static=static,
            encoder=encoder,
            aliases=aliases,
            progress=progress,
            say=_told,
        )
    for note in report.notes:
        click.echo(one_line(note), err=True)
    for one in report.unreplayed:
        click.echo(f"Edit {one.event} ({one.kind}) could not be made: {one.reason}", err=True)
    if report.refusal:
        click.echo(one_line(report.refusal), err=True)
        raise click.exceptions.Exit(3)


@click.command(short_help="Score leads against the personas of a report.")
@click.argument("leads", type=click.Path(path_type=Path), metavar="LEADS")
@click.option(
    "--personas", required=True, type=click.Path(path_type=Path), help="A report written by discover."
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The scores to write (CSV or Parquet)."
)
@click.option("--explain", type=click.Path(path_type=Path), help="Where each point comes from (JSON lines).")
@click.option("--static", is_flag=True, help="For millions of leads: other numbers, named in a column.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="local",
    show_default=True,
    help="Where to compute: on this machine, or on a Dask cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler; without it, one on this machine.")
@_encoder_option
@_aliases_option
def score(
    leads: Path,
    personas: Path,
    out: Path,
    explain: Path | None,
    static: bool,
    engine: str,
    scheduler: str | None,
    encoder: Path | None,
    aliases: Path | None,
) -> None:
    """Score leads (CSV, Parquet, a JSON résumé or a folder of them) against the personas of a report."""
    with _exit_codes(), StderrProgress() as progress:
        score_files(
            leads,
            personas,
            out,
            explain=explain,
            static=static,
            engine=engine,
            scheduler=scheduler,
            encoder=encoder,
            aliases=aliases,
            progress=progress,
            say=_told,
        )


@click.command("suggest-aliases", short_help="Propose aliases of skills, from how leads spell them.")
@click.argument("leads", required=False, type=click.Path(path_type=Path), metavar="[LEADS]")
@click.option(
    "--personas",
    type=click.Path(path_type=Path),
    help="A report written by discover: skills on its cards count as known.",
)
@click.option("--out", type=click.Path(path_type=Path), help="The table to write (CSV); else it is printed.")
@_aliases_option
def suggest_aliases(
    leads: Path | None, personas: Path | None, out: Path | None, aliases: Path | None
) -> None:
    """Propose aliases of skills, from how leads spell them, for a person to choose from; nothing is applied."""
    with _exit_codes():
        table = suggest(leads, personas=personas, out=out, aliases=aliases)
    if out is None:
        click.echo(table, nl=False)
    if table.count(b"\n") == 1:
        click.echo("Nothing that two leads list is spelled nearly like a known skill.", err=True)


@click.command(short_help="Check scores for bias, group by group.")
@click.argument("scores", type=click.Path(path_type=Path), metavar="SCORES.csv")
@click.argument("groups", type=click.Path(path_type=Path), metavar="GROUPS.csv")
@click.option("--out", type=click.Path(path_type=Path), help="The figures to write (JSON).")
@click.option("--csv", "csv_out", type=click.Path(path_type=Path), help="The same as a table (CSV).")
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    metavar="COLUMN",
    help="A column of GROUPS that says yes or no, such as contacted: one more gate. May be repeated.",
)
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same intervals.")
def audit(
    scores: Path, groups: Path, out: Path | None, csv_out: Path | None, outcomes: tuple[str, ...], seed: int
) -> None:
    """Check scores for bias: compare groups at every gate (a self-check, not the independent audit)."""
    with _exit_codes():
        from survey import score_audit

        if seed < 0:
            raise InvalidInputError(_BAD_SEED)
        _distinct(scores, groups, out, csv_out)
        found = score_audit.audit(scores, groups, outcomes=outcomes, seed=seed)
        with _outputs(out, csv_out) as (json_file, csv_file):
            json_file.write(found.to_json())
            csv_file.write(found.to_csv())
    click.echo(found.to_text())


def _told(line: str) -> None:
    click.echo(one_line(line), err=True)


class StderrProgress:
    """Progress on stderr: one line that changes and then goes on a terminal, a line a quarter elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown: tuple[str, int] = ("", -1)

    def __enter__(self) -> StderrProgress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            click.echo(_CLEARED_LINE, err=True, nl=False)

    def __call__(self, done: int, total: int, label: str) -> None:
        percent = 100 * done // total if total else 100
        step = percent if self._terminal else percent // 25
        if (label, step) == self._shown:
            return
        self._shown = (label, step)
        text = f"{label}: {percent} %"
        click.echo(_CLEARED_LINE + text if self._terminal else text, err=True, nl=not self._terminal)


def _read_edits(path: Path) -> tuple[Edit, ...]:
    from analysis.edits import edits_from
    from analysis.exceptions import InvalidEditError

    try:
        return edits_from(json.loads(path.read_bytes()))
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            f"{path.name}, line {error.lineno}, column {error.colno}: this is no JSON. Correct it there."
        ) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError(f"{path.name} is no JSON text in UTF-8. Save it so.") from error
    except InvalidEditError as error:
        raise InvalidInputError(f"{path.name}: {error}") from error


def _distinct(*paths: Path | None) -> None:
    seen: set[Path] = set()
    for path in filter(None, paths):
        target = _target(path)
        if target in seen:
            raise InvalidInputError(f"{path.name} is named twice. Write to a file of its own.")
        seen.add(target)


def _target(path: Path) -> Path:
    # Path.resolve has an error of its own for a link to itself; here it is a file that cannot be opened.
    return Path(os.path.realpath(path))


@contextmanager
def _outputs(*paths: Path | None) -> Iterator[list[BinaryIO]]:
    """Files that appear under their names together when the block ends well, and not at all otherwise."""
    written: list[tuple[Path, Path]] = []
    with ExitStack() as stack:
        files: list[BinaryIO] = []
        for path in paths:
            if path is None:
                files.append(stack.enter_context(open(os.devnull, "wb")))
                continue
            target = _target(path)
            if target.exists() and not target.is_file():
                raise InvalidInputError(
                    f"{path.name or path} is not a file that can be replaced. Name another."
                )
            temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
            try:
                files.append(stack.enter_context(temporary.open("xb")))
            except OSError as error:
                raise InvalidInputError(
                    f"{path.name} cannot be written there: {error.strerror}. Check the folder, or name another."
                ) from error
            stack.callback(temporary.unlink, missing_ok=True)
            written.append((temporary, target))
        yield files
        for file in files:
            file.close()
        for temporary, target in written:
            temporary.replace(target)


@contextmanager
def _exit_codes() -> Iterator[None]:
    """Turn bad input into one line and exit code 2, a broken installation and our own faults into exit code 1."""
    from analysis.exceptions import AnalysisError, EncoderError

    try:
        with _ended_like_an_error():
            yield
    except EncoderError as error:
        _fail(str(error), 1)
    except ScoringStoppedError as error:
        _fail(str(error), 1)
    except (InvalidInputError, AnalysisError) as error:
        _fail(str(error), 2)
    except OSError as error:
        if error.errno in _FULL:
            _fail(
                f"{error.strerror}: no output was written or changed. Make room, or name another folder.", 2
            )
        if error.filename is None or error.strerror is None:
            _fail(_our_fault(error), 1)  # not about a file that somebody named
        _fail(f"{Path(error.filename).name}: {error.strerror}. Check the name and the folder.", 2)
    except Exception as error:  # noqa: BLE001 - a traceback ends with a text that may quote an answer
        _fail(_our_fault(error), 1)


def _our_fault(error: Exception) -> str:
    return (
        f"That was our fault: {place_of(error)}. No output was written or changed; please tell us this line."
    )


@contextmanager
def _ended_like_an_error() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the block as Ctrl-C does, so that no half-written file stays behind."""

    def stop(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # What is ignored, as nohup ignores the closed terminal, stays so; Windows has no signal for that.
    named = (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP"))
    before = {one: signal.getsignal(one) for one in named if one and signal.getsignal(one) != signal.SIG_IGN}
    for one in before:
        signal.signal(one, stop)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(one_line(message), err=True)
    raise click.exceptions.Exit(code)
