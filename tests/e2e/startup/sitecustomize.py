"""Runs at the start of every process of a demo under test: the two demos read each text once between them.

Both load the same answers and leads, and encoding them is most of what they do. Each text is encoded by the real
encoder in the process that comes to it first; the other one takes the vector from a file. Whether vectors are what
they should be is the subject of ``tests/analysis/test_encoder.py``.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from analysis import encoder

VECTORS = Path(os.environ["KINDRED_TEST_VECTORS"])
LENGTH = encoder.DIM * np.dtype(np.float32).itemsize
load = encoder._load


@lru_cache(maxsize=1)
def load_shared(folder: Path) -> Callable[[str], encoder.Vectors]:
    """Load the encoder as ever; let it make only the vectors that the other demo has not made."""
    vector_of = load(folder)

    def shared(text: str) -> encoder.Vectors:
        with (VECTORS / encoder.content_hash(text)).open("a+b") as file:
            # Whoever comes second waits for the vector. The lock goes with the process, if that should be killed.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            stored = file.read()
            if len(stored) == LENGTH:
                return np.frombuffer(stored, np.float32)
            file.truncate(0)
            vector = vector_of(text)
            file.write(vector.tobytes())
            return vector

    return shared


encoder._load = load_shared
