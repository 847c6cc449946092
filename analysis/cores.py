"""Parts of a computation side by side on two cores.

Threads are enough where numpy computes: it lets go of Python's lock meanwhile. Of what Python does itself they do one
step at a time, so seconds of that are worth a process of their own. A part must depend on no other, so that what comes
out is the same to the byte however many run at a time.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread, local
from typing import Any, TypeVar, cast

from analysis.corpus import Progress

#: As many parts at a time; the encoder uses as many threads.
THREADS = 2
#: Elsewhere a copy of a process that has loaded what computes may hang, or cannot be made.
CAN_COPY = sys.platform == "linux"
#: Of so many people something is worth a process of its own.
MANY_PEOPLE = 1000
#: Seconds between two looks whether somebody still waits.
WAITING_S = 0.02

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
def apart(work: Callable[[Progress], Made], given: Future[Any]) -> Iterator[Callable[[Progress], Made]]:
    """Do some work in a copy of this process beside the body of the ``with``; it ends with the body.

    The copy is made in some 20 ms and shares all that is there; what comes out is sent back, and what the work
    remembers besides is lost. No other thread may compute when it is made, or the copy could wait for a lock that is
    never let go. Where a process cannot be copied, or not safely, the work is done by whoever waits for it.

    Parameters
    ----------
    work : callable
        Is given a progress that tells nobody. What it returns must be something that can be pickled. If it fails,
        whoever waits does it again, so that the error tells where it happened.
    given : Future
        What the work may wait for. Its result is sent to the copy when somebody waits for the work.

    Yields
    ------
    callable
        Waits for the work and returns what comes out. Calls the progress it is given again and again, and waits no
        longer if that raises.
    """
    if not CAN_COPY:
        yield work
        return
    copies = get_context("fork")
    mine, theirs = copies.Pipe()
    process = copies.Process(target=_tell, args=(work, given, mine, theirs), daemon=True)

    with mine:
        # There may be no memory or no process left; then nobody sends anything.
        with suppress(OSError), theirs, warnings.catch_warnings():
            # That there are other threads. None of them computes, and the copy uses nothing else of theirs.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        try:
            yield lambda watch: _outcome(mine, work, given, watch)
        finally:
            # Also when nobody has waited: it holds what people say.
            if process.pid is not None:
                process.kill()
                process.join()


def in_halves(work: Callable[[Part], Made], parts: Iterable[Part]) -> list[Made]:
    """Do what :func:`side_by_side` does with half of the parts in a copy of this process, see :func:`apart`.

    That pays for parts of a tenth of a second and more that are made of small steps. What they remember is lost in one
    half of them.

    Examples
    --------
    >>> in_halves(abs, [-2, 3, -4])
    [2, 3, 4]
    """
    waiting = list(parts)
    if len(waiting) < 2 or hasattr(_here, "part") or not CAN_COPY:
        return side_by_side(work, waiting)
    with apart(lambda _: [*map(work, waiting[1::2])], Future()) as theirs:
        _here.part = True
        try:
            mine = [*map(work, waiting[::2])]
        finally:
            del _here.part
        made = dict(zip(range(1, len(waiting), 2), theirs(lambda *_: None), strict=True))
    made |= zip(range(0, len(waiting), 2), mine, strict=True)
    return [made[place] for place in range(len(waiting))]


def _outcome(
    other: Connection, work: Callable[[Progress], Made], given: Future[Any], watch: Progress
) -> Made:
    """What a process sends; what is made here if it ends without, for an error or perhaps for want of memory."""
    with suppress(EOFError, ConnectionError):
        is_sent = False
        while not other.poll(WAITING_S):
            if given.done() and not is_sent:
                other.send(given.result())
                is_sent = True
            watch(0, 1, "waiting")
        return cast(Made, other.recv())
    return work(watch)


def _tell(
    work: Callable[[Progress], object], given: Future[Any], mine: Connection, theirs: Connection
) -> None:
    """Do some work and send what comes of it, in the process made for that."""
    mine.close()
    # Who interrupts the program ends what waits, and that ends this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The program may have its own way to end, and this would go on.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # The other core is busy.
    _here.part = True

    def receive() -> None:
        try:
            while True:
                sent = theirs.recv()
                if not given.done():
                    given.set_result(sent)
        finally:
            os._exit(1)  # nobody waits any more

    Thread(target=receive, daemon=True).start()
    # Nobody waits any more; or it fails or cannot be sent, and who waits does it and tells where it failed.
    with suppress(Exception):
        theirs.send(work(lambda *_: None))


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
