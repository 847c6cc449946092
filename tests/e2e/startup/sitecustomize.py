"""Runs at the start of every process of a demo under test: reduced counts, and what two demos compute is computed once.

Both load the same answers and leads; encoding and analysing them is most of what they do. With full counts this folder
is not on the path.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

from tests.shared_results import FEWER, discover_once, draw_once, encode_once


def share_vectors(encoder: Any) -> None:
    """Let the encoder read what was encoded already."""
    encoder.MiniLMEncoder.encode = encode_once(encoder.MiniLMEncoder.encode)


def share_reports(discovery: Any) -> None:
    """Let a wave whose answers were analysed already get the same report."""
    discovery.discover = discover_once(discovery.discover)


def share_charts(charts: Any) -> None:
    """Let a report that was drawn already get the same charts."""
    charts.draw = draw_once(charts.draw)


def repeat_less(grouping: Any) -> None:
    """Start and draw people anew a few times only."""
    for name, fewer in FEWER.items():
        setattr(grouping, name, fewer)


#: What is changed in a module when it is imported: most processes never do, and it would cost them two seconds.
CHANGES = {
    "analysis.encoder": share_vectors,
    "analysis.discovery": share_reports,
    "analysis.grouping": repeat_less,
    "survey.worker.charts": share_charts,
}

#: Only what the tests need brings it along. Where it is there scikit-learn loads it, and that takes half a second.
ABSENT = "pandas"


class WhenImported(MetaPathFinder):
    """Changes modules when they are imported."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """Find a module as ever, and let it be changed once it is loaded."""
        if fullname == ABSENT:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
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
