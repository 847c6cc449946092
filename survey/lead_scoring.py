"""Scoring of the leads in a file: chunk by chunk, by one function, in this process, in several or on a Dask cluster.

A chunk gives the same bytes wherever it is scored, and chunks are handed back in their order; so the engine
cannot be seen in the output. At no time are more chunks held than a few for each worker.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

from threadpoolctl import ThreadpoolController

from analysis.encoder import Encoder
from analysis.evidence import evidence_document
from analysis.exceptions import EncoderError, InvalidReportError
from analysis.facets import FACETS
from analysis.report import SCHEMA_VERSION
from analysis.scoring import LeadScore, Scorer
from analysis.static_encoder import StaticEncoder
from survey.exceptions import InvalidInputError, ScoringStoppedError
from survey.lead_files import LeadRecord
from survey.processes import processes
from survey.tables import table_line

SCORE_COLUMNS = ("id", "persona", "fit", "band", "evidence", *FACETS, "best", "exact")

#: Leads scored, rows of scores.csv, lines of explain.jsonl.
ScoredChunk = tuple[int, bytes, bytes]

_LEADS_PER_CHUNK, _LEADS_PER_STATIC_CHUNK = 64, 1024
_CONNECT_SECONDS = 5


class _Future(Protocol):
    """What a pool of processes and a cluster hand out for a chunk that is being scored."""

    def result(self) -> Any: ...


_Submit = Callable[[list[LeadRecord]], _Future]


def read_report(path: Path) -> dict[str, Any]:
    """Read what discover wrote. Raises InvalidInputError if the file is no report that this program reads."""
    try:
        report = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"{path.name}: this is not a report. Write one with kindred discover."
        ) from error
    if not isinstance(report, dict) or "schema_version" not in report:
        raise InvalidInputError(f"{path.name}: this is not a report. Write one with kindred discover.")
    if type(report["schema_version"]) is not int or report["schema_version"] != SCHEMA_VERSION:
        raise InvalidInputError(
            f"{path.name}: the report has another schema version than {SCHEMA_VERSION}, the one that this "
            "program reads. Write it anew with kindred discover."
        )
    return report


def read_scorer(personas: Path, encoder: Encoder, *, static: bool = False) -> Scorer:
    """Make the scorer that a report holds, for an encoder or, ``static``, for the static one.

    Raises InvalidInputError if the file is no report, or one without personas.
    """
    report = read_report(personas)
    block = report.get("scoring_static" if static else "scoring") or {}
    if report.get("personas") and not isinstance(report.get("scoring"), dict):
        raise InvalidInputError(
            f"{personas.name}: the report has no part “scoring”, so there is nothing to score by. Write it anew with "
            "kindred discover."
        )
    if not report.get("personas"):
        raise InvalidInputError(
            f"{personas.name}: the report holds no persona, so there is nothing to score by. "
            "Its “refusal” says why."
        )
    if static and not block:
        raise InvalidInputError(
            f"{personas.name}: the report was not made for the static encoder. Write it anew with "
            "kindred discover --static, or leave --static out."
        )
    try:
        scorer = Scorer(block, StaticEncoder() if static else encoder)
        if not {persona["key"] for persona in report["personas"]}.issuperset(scorer.personas):
            raise ValueError("a persona is scored that the report does not know")
        if not scorer.personas:
            raise ValueError("of the personas of the report none is scored")
        return scorer
    except (InvalidReportError, EncoderError) as error:
        raise InvalidInputError(f"{personas.name}: {error}") from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(
            f"{personas.name}: the part “scoring” is damaged. Write the report anew with kindred discover."
        ) from error


@contextmanager
def score_leads(
    scorer: Scorer,
    leads: Iterator[LeadRecord],
    *,
    explained: bool,
    static: bool = False,
    on_cluster: bool = False,
    scheduler: str | None = None,
) -> Iterator[Iterator[ScoredChunk]]:
    """Give the scores of all leads in chunks, in the order of the leads.

    Other processes or a cluster are at work as soon as the block begins, so that they start while the file is checked.

    Raises InvalidInputError if there is no cluster to be reached, ScoringStoppedError if processes, workers or their
    scheduler stop in the middle.
    """
    work = partial(_score_chunk, explained=explained, named=static)
    chunks = _chunks(leads, _LEADS_PER_STATIC_CHUNK if static else _LEADS_PER_CHUNK)
    first = list(islice(chunks, 2))
    # The full encoder uses all cores by itself, and a few leads are scored before other processes have started.
    if not on_cluster and not (static and len(first) == 2):
        yield (work(scorer, chunk) for chunk in chain(first, chunks))
        return
    with (
        _on_cluster(work, scorer, scheduler) if on_cluster else _in_processes(work, scorer) as (submit, ahead)
    ):
        yield _in_order(submit, deque(map(submit, first)), chunks, ahead)


def _score_chunk(scorer: Scorer, leads: Sequence[LeadRecord], *, explained: bool, named: bool) -> ScoredChunk:
    scores: list[bytes] = []
    explanations: list[bytes] = []
    documents = [
        evidence_document(lead.fields, identity=(lead.fields["name"], lead.fields["email"])) for lead in leads
    ]
    with _threads().limit(limits=1, user_api="blas"):
        found = scorer.score_all(documents, explained=explained)
    for lead, results in zip(leads, found, strict=True):
        scores.append(_score_lines(lead, results, scorer.best(results), ",static" if named else ""))
        if explained:
            explanations += [_explanation(lead, result) for result in results]
    return len(leads), b"".join(scores), b"".join(explanations)


@lru_cache(maxsize=1)
def _threads() -> ThreadpoolController:
    # To look for the libraries anew would take milliseconds for each chunk.
    return ThreadpoolController()


def _score_lines(lead: LeadRecord, scores: Sequence[LeadScore], best: str | None, last: str) -> bytes:
    """Write a lead's rows; all but the names in them are plain, and those are written once."""
    named = _opened(lead.id)
    lines = [
        f"{named}{_opened_persona(score.persona)}{_CELLS[score.fit]},{score.band or ''},{score.evidence},"
        f"{','.join([_CELLS[score.facets[facet]] for facet in FACETS])},{score.persona == best:d},"
        f"{'' if score.exact is None else score.exact}{last}\n"
        for score in scores
    ]
    return "".join(lines).encode()


_CELLS: dict[int | None, str] = {None: "", **{number: str(number) for number in range(101)}}


def _opened(name: str) -> str:
    """A name as the first cell of a row, with the comma behind it."""
    return table_line((name, "")).decode().removesuffix("\n")


_opened_persona = lru_cache(maxsize=100)(_opened)


def _explanation(lead: LeadRecord, score: LeadScore) -> bytes:
    contributions = [
        {**part.to_dict(), "text": lead.fields[part.field][part.start : part.end]}
        for part in score.contributions
    ]
    line = {"id": lead.id, "persona": score.persona, "contributions": contributions}
    return json.dumps(line).encode() + b"\n"


def _chunks(leads: Iterator[LeadRecord], size: int) -> Iterator[list[LeadRecord]]:
    while chunk := list(islice(leads, size)):
        yield chunk


def _in_order(
    submit: _Submit, pending: deque[_Future], chunks: Iterable[list[LeadRecord]], ahead: int
) -> Iterator[ScoredChunk]:
    """Hand chunks out a little ahead of the workers, and their results back in order."""
    for chunk in chunks:
        pending.append(submit(chunk))
        if len(pending) > ahead:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


#: What a process of the pool does with a chunk; set when it starts.
_task: Callable[[Sequence[LeadRecord]], ScoredChunk]


def _start(work: Callable[..., ScoredChunk], scorer: Scorer) -> None:
    global _task
    # Nothing here refers to itself, and looking for what does took a seventh of the time.
    gc.disable()
    _task = partial(work, scorer)


def _run(chunk: Sequence[LeadRecord]) -> ScoredChunk:
    return _task(chunk)


@contextmanager
def _in_processes(work: Callable[..., ScoredChunk], scorer: Scorer) -> Iterator[tuple[_Submit, int]]:
    """Score chunks in as many processes as there are cores."""
    n_workers = os.cpu_count() or 1
    with ProcessPoolExecutor(n_workers, processes(), _start, (work, scorer)) as pool:
        try:
            yield lambda chunk: pool.submit(_run, chunk), 2 * n_workers
        except BrokenExecutor as error:
            raise ScoringStoppedError from error


@contextmanager
def _on_cluster(
    work: Callable[..., ScoredChunk], scorer: Scorer, scheduler: str | None
) -> Iterator[tuple[_Submit, int]]:
    """Score chunks on the workers of a cluster."""
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        raise InvalidInputError(
            "--engine dask needs Dask. Install it with: pip install 'kindred-personas[cluster]'"
        ) from error
    # What it logs of a lost connection is a page of its own code; one sentence of ours says what to do.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        if scheduler is None:
            address = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=os.cpu_count(), threads_per_worker=1, dashboard_address=":0"
                )
            )
        else:
            address = scheduler
        try:
            client = stack.enter_context(distributed.Client(address, timeout=_CONNECT_SECONDS))
        except (OSError, ValueError) as error:
            raise InvalidInputError("--scheduler: nothing answers at this address. Check it.") from error
        try:
            client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except TimeoutError as error:
            raise InvalidInputError(
                "--scheduler: the scheduler has no workers. Start at least one (dask worker ADDRESS)."
            ) from error
        # A task and no scattered value: if the workers that hold it die, it is made again.
        shared = client.submit(_itself, scorer, pure=False)
        n_workers = len(client.scheduler_info(n_workers=-1)["workers"])
        yield lambda chunk: _OnCluster(client.submit(work, shared, chunk, pure=False)), 2 * n_workers


class _OnCluster:
    """A chunk on a cluster, whose errors are sentences."""

    def __init__(self, future: Any) -> None:
        self._future = future

    def result(self) -> Any:
        """Return the scored chunk. Raises ScoringStoppedError."""
        error = self._future.exception()
        if error is None:
            try:
                return self._future.result()
            except CancelledError as lost:
                raise ScoringStoppedError(
                    "The connection to the scheduler was lost. See that it runs, then run this again."
                ) from lost
        kind = type(error).__name__
        if kind == "KilledWorker":
            raise ScoringStoppedError(
                "Workers of the cluster died again and again over the same leads, perhaps for want of memory. Give "
                "them more, then run this again."
            )
        raise ScoringStoppedError(
            f"A worker of the cluster cannot score ({kind}). Install the same version of Kindred there as here, then "
            "run this again."
        )


def _itself(scorer: Scorer) -> Scorer:
    return scorer
