"""Parts of a computation side by side on two cores.

Threads are enough: numpy lets go of Python's lock while it computes. A part must depend on no other, so that what comes
out is the same to the byte however many run at a time.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock, local
from typing import TypeVar

#: As many parts at a time; the encoder uses as many threads.
THREADS = 2
#: Seconds that one thread may hold Python's lock while another one waits for it.
TURN = 0.001

#: Whether this thread works on a part.
_here = local()
#: How Python was when each computation under way began; the first entry is how it was before any.
_found: list[tuple[bool, float]] = []
_lock = Lock()

Part = TypeVar("Part")
Made = TypeVar("Made")


def side_by_side(work: Callable[[Part], Made], parts: Iterable[Part]) -> list[Made]:
    """Return what becomes of each part, in their order; the first error ends the rest.

    What a part cuts into parts itself follows one after the other: the cores are busy.

    Examples
    --------
    >>> side_by_side(abs, [-2, 3])
    [2, 3]
    """
    waiting = list(parts)
    if len(waiting) < 2 or hasattr(_here, "part"):
        return [*map(work, waiting)]
    with ThreadPoolExecutor(THREADS, initializer=lambda: setattr(_here, "part", True)) as pool:
        return [*pool.map(work, waiting)]


@contextmanager
def computing() -> Iterator[None]:
    """Let threads that compute and threads that read words work beside each other; holds for the whole process.

    Who waits for Python's lock gets it after a millisecond: what computes asks for it between any two of its short
    steps, and by default would stand still for five each time while words are read. And objects are not searched for
    garbage that holds itself, of which a computation makes next to none: of many people it took a thirtieth of all
    time, and every thread waits for it.
    """
    with _lock:
        _found.append((gc.isenabled(), sys.getswitchinterval()))
        gc.disable()
        sys.setswitchinterval(TURN)
    try:
        yield
    finally:
        with _lock:
            # Whoever ends last leaves Python as the first one found it.
            collects, turn = _found.pop()
            if not _found:
                sys.setswitchinterval(turn)
                if collects:
                    gc.enable()
