"""Runs at the start of every process of a demo under test: the two demos encode each text once between them.

Both load the same answers and leads, and encoding them is most of what they do. A text is encoded by the real encoder
in the process that comes to it first; the other one takes the vector from a file. Whether vectors are what they should
be is the subject of ``tests/analysis/test_encoder.py``.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any


class WhenImported(MetaPathFinder):
    """Changes the encoder when it is imported: most processes never do, and it would cost them two seconds."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """Find the encoder's module as ever, and let it share its vectors once it is loaded."""
        if fullname != "analysis.encoder":
            return None
        sys.meta_path.remove(self)
        spec: Any = PathFinder.find_spec(fullname, path)
        load_module = spec.loader.exec_module

        def load_and_share(module: ModuleType) -> None:
            load_module(module)
            share_vectors(module, Path(os.environ["KINDRED_TEST_VECTORS"]))

        spec.loader.exec_module = load_and_share
        return spec


def share_vectors(encoder: Any, vectors: Path) -> None:
    """Let the encoder make only the vectors that are not in the folder."""
    import numpy as np

    load = encoder._load
    n_bytes = encoder.DIM * np.dtype(np.float32).itemsize

    @lru_cache(maxsize=1)
    def load_shared(folder: Path) -> Callable[[str], Any]:
        vector_of = load(folder)

        def shared(text: str) -> Any:
            with (vectors / encoder.content_hash(text)).open("a+b") as file:
                # Whoever comes second waits. The lock goes with the process, should that be killed.
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                stored = file.read()
                if len(stored) == n_bytes:
                    return np.frombuffer(stored, np.float32)
                file.truncate(0)
                vector = vector_of(text)
                file.write(vector.tobytes())
                return vector

        return shared

    encoder._load = load_shared


sys.meta_path.insert(0, WhenImported())
