"""Runs at the start of every process of a demo under test: the two demos encode each text once between them.

Both load the same answers and leads, and encoding them is most of what they do. Texts are encoded by the real encoder
in the process that comes to them first; the other one takes the vectors from a file. Whether vectors are what they
should be is the subject of ``tests/analysis/test_encoder.py``.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from collections.abc import Sequence
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
    """Let the encoder read what the other demo has encoded already."""
    import numpy as np

    encode = encoder.MiniLMEncoder.encode

    def shared(self: Any, texts: Sequence[str], progress: Any = None) -> Any:
        row = {text: number for number, text in enumerate(sorted(set(texts)))}
        name = hashlib.sha256("\0".join(row).encode("utf-8", "replace")).hexdigest()
        with (vectors / name).open("a+b") as file:
            # Whoever comes second waits. The lock goes with the process, should that be killed.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            stored = np.frombuffer(file.read(), np.float32)
            if stored.size != len(row) * self.dim:
                stored = encode(self, list(row), progress)
                file.truncate(0)
                file.write(stored.tobytes())
        return stored.reshape(-1, self.dim)[[row[text] for text in texts]]

    encoder.MiniLMEncoder.encode = shared


sys.meta_path.insert(0, WhenImported())
