"""By what a number was computed: the code and the word lists of this package, named by their content."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files


@cache
def code_hash() -> str:
    """Return a SHA-256 over every module and word list of the package.

    The encoder is not among them: it has a hash of its own. A comment counts as much as a formula, so another hash
    does not say that numbers differ, but the same hash says that they do not.
    """
    digest = hashlib.sha256()
    for path in sorted(files("analysis").iterdir(), key=lambda path: path.name):
        if path.name.endswith((".py", ".csv", ".json")):
            # Not the bytes of the file: git may give it other line ends on another machine.
            digest.update(f"{path.name}\n{path.read_text(encoding='utf-8')}".encode())
    return digest.hexdigest()
