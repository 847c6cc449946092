"""What several tests and processes of a run compute alike is computed once, unless full counts are asked for.

A text is encoded, equal answers are analysed, and a report is drawn for real in the process that comes to it first; the
others take the vector, the report or the charts from a file. Whether these are what they should be is the subject of
``tests/analysis`` and of the test of the charts, which share nothing; elsewhere it is what becomes of them. Loaded at
the start of every process of a demo under test, so it imports little.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

#: The setting that names the folder of what is shared in this run.
FOLDER = "KINDRED_TEST_SHARED"

#: How often a grouping starts and draws people anew, unless full counts are asked for.
FEWER = {"N_RESTARTS": (30, 30), "N_REDRAWN": (5, 5), "QUICKER": 1}


def encode_once(encode: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method ``encode`` of an encoder, which takes the vectors that are there from their files."""

    def shared(self: Any, texts: Sequence[str], progress: Any = None) -> Any:
        import numpy as np

        files = {text: _file(self.hash, text) for text in texts}
        with _alone("vectors"):
            new = [text for text, file in files.items() if not file.exists()]
            for text, vector in zip(new, encode(self, new, progress), strict=True):
                _keep(files[text], vector.tobytes())
        vectors = [np.frombuffer(files[text].read_bytes(), np.float32) for text in texts]
        return np.array(vectors, np.float32).reshape(len(vectors), self.dim)

    return shared


def discover_once(discover: Callable[..., Any]) -> Callable[..., Any]:
    """Return a discovery that knows the reports on answers that were analysed before.

    A report does not depend on the order of the responses, nor on their ids unless edits name people by them.
    """

    def shared(corpus: Any, *, encoder: Any, progress: Any = None, cleaned: Any = None, **asked: Any) -> Any:
        said = {one.id: repr(one if asked.get("edits") else replace(one, id="")) for one in corpus.responses}
        file = _file(encoder.hash, sorted(said.values()), corpus.items, sorted(asked.items()))
        with _alone(file.name):
            if not file.exists():
                known = set(encoder.vectors)
                report = discover(corpus, encoder=encoder, progress=progress, cleaned=cleaned, **asked)
                places = {said[one.id]: one for one in report.assignments}
                new = {key: vector for key, vector in encoder.vectors.items() if key not in known}
                _keep(file, pickle.dumps((replace(report, assignments=()), places, new)))
                return report
        if progress is not None:
            progress(1000, 1000, "preparing scores")
        report, places, new = pickle.loads(file.read_bytes())
        encoder.vectors.update(new)
        return replace(
            report, assignments=tuple(replace(places[said[one.id]], id=one.id) for one in corpus.responses)
        )

    return shared


def draw_once(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Return a drawing of charts that knows those of the reports that were drawn before."""

    def shared(report: Any) -> Any:
        file = _file("charts", report)
        with _alone(file.name):
            if not file.exists():
                _keep(file, pickle.dumps(draw(report)))
        return pickle.loads(file.read_bytes())

    return shared


def _file(*of: Any) -> Path:
    return Path(os.environ[FOLDER], hashlib.sha256(repr(of).encode("utf-8", "surrogatepass")).hexdigest())


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """Let whoever comes second wait. The lock goes with the process, should that be killed."""
    with Path(os.environ[FOLDER], f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep(file: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    unfinished = file.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.rename(file)
