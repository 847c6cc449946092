"""Scoring of the leads in a file: chunk by chunk, by one function, on this machine or on a Dask cluster.

A chunk gives the same bytes wherever it is scored, and chunks are handed back in their order; so the engine
cannot be seen in the output.
"""

from __future__ import annotations

import importlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from analysis.encoder import Encoder
from analysis.evidence import evidence_document
from analysis.exceptions import EncoderError, InvalidReportError
from analysis.scoring import LeadScore, Scorer
from survey.exceptions import InvalidInputError
from survey.lead_files import LeadRecord
from survey.tables import table_line

SCORE_COLUMNS = ("id", "persona", "fit", "band", "evidence", "who", "skills", "why", "best")

#: Leads scored, rows of scores.csv, lines of explain.jsonl.
ScoredChunk = tuple[int, bytes, bytes]

_LEADS_PER_CHUNK = 64
_CONNECT_SECONDS = 10


def read_scorer(personas: Path, encoder: Encoder) -> Scorer:
    """Make the scorer that a report holds.

    Raises InvalidInputError if the file is no report, or one without personas.
    """
    try:
        report = json.loads(personas.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"{personas.name}: this is not a report. Write one with kindred discover."
        ) from error
    if not isinstance(report, dict) or report.get("schema_version") != 1:
        raise InvalidInputError(
            f"{personas.name}: this version does not read such a report. Write it anew with kindred discover."
        )
    block = report.get("scoring")
    if not report.get("personas") or not isinstance(block, dict):
        raise InvalidInputError(
            f"{personas.name}: the report holds no persona, so there is nothing to score by. "
            "Its “refusal” says why."
        )
    try:
        return Scorer(block, encoder)
    except (InvalidReportError, EncoderError) as error:
        raise InvalidInputError(f"{personas.name}: {error}") from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(
            f"{personas.name}: the part “scoring” is damaged. Write the report anew with kindred discover."
        ) from error


def score_leads(
    scorer: Scorer,
    leads: Iterator[LeadRecord],
    *,
    explained: bool,
    on_cluster: bool = False,
    scheduler: str | None = None,
) -> Iterator[ScoredChunk]:
    """Yield the scores of all leads in chunks, in the order of the leads.

    Raises InvalidInputError if there is no cluster to be reached.
    """
    work = partial(_score_chunk, explained=explained)
    chunks = _chunks(leads)
    if on_cluster:
        return _on_cluster(work, scorer, chunks, scheduler)
    return (work(scorer, chunk) for chunk in chunks)


def _score_chunk(scorer: Scorer, leads: Sequence[LeadRecord], *, explained: bool) -> ScoredChunk:
    scores: list[bytes] = []
    explanations: list[bytes] = []
    for lead in leads:
        document = evidence_document(lead.fields, identity=(lead.fields["name"], lead.fields["email"]))
        results = scorer.score(document)
        best = scorer.best(results)
        scores += [_score_line(lead, result, result.persona == best) for result in results]
        if explained:
            explanations += [_explanation(lead, result) for result in results]
    return len(leads), b"".join(scores), b"".join(explanations)


def _score_line(lead: LeadRecord, score: LeadScore, best: bool) -> bytes:
    facets = [_number(score.facets.get(facet)) for facet in ("who", "skills", "why")]
    number = _number(score.fit)
    return table_line(
        (lead.id, score.persona, number, score.band or "", score.evidence, *facets, str(int(best)))
    )


def _explanation(lead: LeadRecord, score: LeadScore) -> bytes:
    contributions = [
        {
            "facet": part.facet,
            "trait": part.trait,
            "points": part.points,
            "field": part.field,
            "start": part.start,
            "end": part.end,
            "text": lead.fields[part.field][part.start : part.end],
        }
        for part in score.contributions
    ]
    line = {"id": lead.id, "persona": score.persona, "contributions": contributions}
    return json.dumps(line).encode() + b"\n"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _chunks(leads: Iterator[LeadRecord]) -> Iterator[list[LeadRecord]]:
    while chunk := list(islice(leads, _LEADS_PER_CHUNK)):
        yield chunk


def _on_cluster(
    score_chunk: Callable[..., ScoredChunk],
    scorer: Scorer,
    chunks: Iterable[list[LeadRecord]],
    scheduler: str | None,
) -> Iterator[ScoredChunk]:
    """Score chunks on the workers of a cluster; the results come in the order of the chunks."""
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        raise InvalidInputError(
            "--engine dask needs Dask. Install it with: pip install 'kindred-personas[cluster]'"
        ) from error
    with ExitStack() as stack:
        if scheduler is None:
            address = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=os.cpu_count(), threads_per_worker=1, dashboard_address=None
                )
            )
        else:
            address = scheduler
        try:
            client = stack.enter_context(distributed.Client(address, timeout=_CONNECT_SECONDS))
        except (OSError, ValueError) as error:
            raise InvalidInputError("--scheduler: nothing answers at this address. Check it.") from error
        shared = client.scatter(scorer, broadcast=True)
        n_ahead = 2 * max(1, len(client.scheduler_info()["workers"]))
        pending: deque[Any] = deque()
        for chunk in chunks:
            pending.append(client.submit(score_chunk, shared, chunk, pure=False))
            if len(pending) > n_ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
