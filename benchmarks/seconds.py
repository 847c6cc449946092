"""How long something takes: seconds that pass, and those of the processor, which other work changes less."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seconds:
    """Seconds that passed, and those of the processor in all threads and in processes that have ended."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> Seconds:
        """Read the clocks; only differences mean something."""
        others = resource.getrusage(resource.RUSAGE_CHILDREN)
        return cls(time.perf_counter(), time.process_time() + others.ru_utime + others.ru_stime)

    def __add__(self, other: Seconds) -> Seconds:
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: Seconds) -> Seconds:
        return Seconds(self.wall - other.wall, self.cpu - other.cpu)

    def __mul__(self, times: float) -> Seconds:
        return Seconds(self.wall * times, self.cpu * times)

    def __str__(self) -> str:
        return f"{self.wall:.1f} ({self.cpu:.1f})"


def mean(several: Iterable[Seconds]) -> Seconds:
    """Return the mean of one or more."""
    listed = list(several)
    return sum(listed, Seconds(0.0, 0.0)) * (1 / len(listed))


def timed(work: Callable[[], T]) -> tuple[T, Seconds]:
    """Do something, and return what it returns and how long it took."""
    started = Seconds.now()
    done = work()
    return done, Seconds.now() - started
