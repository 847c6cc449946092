"""Parts of a computation side by side on two cores.

Threads are enough: numpy lets go of Python's lock while it computes. A part must depend on no other, so that what comes
out is the same to the byte however many run at a time.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import local
from typing import TypeVar

#: As many parts at a time; the encoder uses as many threads.
THREADS = 2

#: Whether this thread works on a part.
_here = local()

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
def without_collecting() -> Iterator[None]:
    """Do not search objects for garbage that holds itself, of which a computation makes next to none.

    Of many people it took a thirtieth of all time, and every thread waits for it. Holds for the whole process.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
