"""Runs at the start of every process of a demo under test: reduced counts, and the two demos encode each text once.

Both load the same answers and leads, and encoding them is most of what they do. A text is encoded by the real encoder
in the process that comes to it first; the other one takes the vector from a file. Whether vectors are what they should
be is the subject of ``tests/analysis/test_encoder.py``. With full counts this folder is not on the path.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any


def share_vectors(encoder: Any) -> None:
    """Let the encoder read what the other demo has encoded already."""
    import numpy as np

    folder = Path(os.environ["KINDRED_TEST_VECTORS"])
    encode = encoder.MiniLMEncoder.encode

    def shared(self: Any, texts: Sequence[str], progress: Any = None) -> Any:
        files = {text: folder / encoder.content_hash(text) for text in texts}
        with (folder / "lock").open("w") as lock:
            # Whoever comes second waits. The lock goes with the process, should that be killed.
            fcntl.flock(lock, fcntl.LOCK_EX)
            new = [text for text, file in files.items() if not file.exists()]
            for text, vector in zip(new, encode(self, new, progress), strict=True):
                unfinished = files[text].with_suffix(".part")
                unfinished.write_bytes(vector.tobytes())
                unfinished.rename(files[text])
        vectors = [np.frombuffer(files[text].read_bytes(), np.float32) for text in texts]
        return np.array(vectors, np.float32).reshape(len(vectors), self.dim)

    encoder.MiniLMEncoder.encode = shared


def repeat_less(grouping: Any) -> None:
    """Draw people anew a few times only."""
    grouping.N_REDRAWN = 5


#: What is changed in a module when it is imported: most processes never do, and it would cost them two seconds.
CHANGES = {"analysis.encoder": share_vectors, "analysis.grouping": repeat_less}


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
