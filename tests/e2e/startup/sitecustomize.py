"""Runs at the start of every process of a demo under test: reduced counts, and what two demos compute is computed once.

Both load the same answers and leads; encoding and grouping them is most of what they do. A text is encoded, and a wave
analysed, for real in the process that comes to it first; the other one takes the vector or the report from a file.
Whether these are what they should be is the subject of ``tests/analysis``; here, what becomes of them in each database.
With full counts this folder is not on the path.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

SHARED = Path(os.environ["KINDRED_TEST_SHARED"])


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Let whoever comes second wait. The lock goes with the process, should that be killed."""
    with (SHARED / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def keep(file: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    unfinished = file.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.rename(file)


def share_vectors(encoder: Any) -> None:
    """Let the encoder read what the other demo has encoded already."""
    import numpy as np

    encode = encoder.MiniLMEncoder.encode

    def shared(self: Any, texts: Sequence[str], progress: Any = None) -> Any:
        files = {text: SHARED / encoder.content_hash(text) for text in texts}
        with alone("vectors"):
            new = [text for text, file in files.items() if not file.exists()]
            for text, vector in zip(new, encode(self, new, progress), strict=True):
                keep(files[text], vector.tobytes())
        vectors = [np.frombuffer(files[text].read_bytes(), np.float32) for text in texts]
        return np.array(vectors, np.float32).reshape(len(vectors), self.dim)

    encoder.MiniLMEncoder.encode = shared


def share_reports(discovery: Any) -> None:
    """Let a wave whose answers the other demo has analysed already get the same report, for its own responses.

    Reports do not depend on the order or the ids of responses (``tests/analysis/test_discovery.py``). Edits name
    people by their ids, so that an analysis with edits is always made.
    """
    discover = discovery.discover

    def shared(corpus: Any, *, encoder: Any, progress: Any = None, **asked: Any) -> Any:
        if asked.get("edits"):
            return discover(corpus, encoder=encoder, progress=progress, **asked)
        said = {response.id: repr(replace(response, id="")) for response in corpus.responses}
        key = repr((sorted(said.values()), corpus.items, encoder.hash, sorted(asked.items())))
        file = SHARED / f"{hashlib.sha256(key.encode()).hexdigest()}.report"
        with alone("reports"):
            if not file.exists():
                report = discover(corpus, encoder=encoder, progress=progress, **asked)
                places = {said[one.id]: one for one in report.assignments}
                keep(file, pickle.dumps((replace(report, assignments=()), places)))
                return report
        report, places = pickle.loads(file.read_bytes())
        return replace(
            report, assignments=tuple(replace(places[said[one.id]], id=one.id) for one in corpus.responses)
        )

    discovery.discover = shared


def repeat_less(grouping: Any) -> None:
    """Draw people anew a few times only."""
    grouping.N_REDRAWN = 5


#: What is changed in a module when it is imported: most processes never do, and it would cost them two seconds.
CHANGES = {
    "analysis.encoder": share_vectors,
    "analysis.discovery": share_reports,
    "analysis.grouping": repeat_less,
}


class WhenImported(MetaPathFinder):
    """Changes modules when they are imported."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """Find a module as ever, and let it be changed once it is loaded."""
        if fullname not in CHANGES:
            return None
        spec: Any = PathFinder.find_spec(fullname, path)
        load_module = spec.loader.exec_module

        def load_and_change(module: ModuleType) -> None:
            load_module(module)
            CHANGES[fullname](module)

        spec.loader.exec_module = load_and_change
        return spec


sys.meta_path.insert(0, WhenImported())
