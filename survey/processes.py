"""Other processes of this program: where the system allows it, copies of one that has loaded what they need.

A leaf. That one has done nothing else: a copy of this process, with its threads, could hang.
"""

from __future__ import annotations

from multiprocessing import forkserver, get_all_start_methods, get_context
from multiprocessing.context import BaseContext

_CAN_COPY = "forkserver" in get_all_start_methods()


def load_ahead(module: str) -> None:
    """Let the process that others will be copies of load a module, while this one goes on."""
    if _CAN_COPY:
        forkserver.set_forkserver_preload([module])
        forkserver.ensure_running()


def processes() -> BaseContext:
    """Return how others are started."""
    return get_context("forkserver" if _CAN_COPY else "spawn")
