"""How long the discovery takes and how much memory it needs, at every size.

    python -m benchmarks.speed cold                     the command on the demo's 160 people, from a cold start
    python -m benchmarks.speed survey [--people 10000]  five answers each; a re-run, then the speed of encoding
    python -m benchmarks.speed core [--people 25000,50000,100000] [--half]   the groups of people with given vectors

``survey`` makes people of the practice organisations' answers, slightly changed. It runs twice on stand-in vectors that
are near each other where the texts are, because only the time is measured; a sample of what was to be encoded goes
through the real encoder, and its speed tells how long all of it takes. CPU seconds stand beside wall seconds: on a
machine with other work the first say more.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits

from analysis import CachedEncoder, Corpus, bundled_encoder, discover
from analysis.encoder import DIM, Vectors
from analysis.grouping import Grouping
from analysis.views import Views, texts_of
from benchmarks.encoder import DEMO
from benchmarks.grounds import multiplied, practice
from benchmarks.seconds import Seconds, timed

N_COLD = 3
N_SAMPLE = 2_000
N_VIEWS = 5
N_PERSONAS = 5
MEGABYTE = 1 << 20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("cold", "survey", "core"))
    parser.add_argument("--people", default="")
    parser.add_argument(
        "--half", action="store_true", help="core: vectors given with 16 bits a number, not 32"
    )
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.people.split(",") if size]
    if arguments.what == "cold":
        cold()
    elif arguments.what == "survey":
        survey(*sizes or [10_000])
    elif len(sizes) == 1:
        core(sizes[0], np.float16 if arguments.half else np.float32)
    else:
        # One process for each, so that each has a peak of its own.
        for size in sizes or (25_000, 50_000, 100_000):
            subprocess.run(
                [sys.executable, "-m", "benchmarks.speed", "core", "--people", str(size)]
                + ["--half"] * arguments.half,
                check=True,
            )


def cold() -> Seconds:
    """Run the command as a process of its own, a few times, and return the median."""
    runs, peaks = [], []
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "survey.cli",
            "discover",
            str(DEMO),
            "--out",
            f"{folder}/report.json",
        ]
        for _ in range(N_COLD):
            started = time.perf_counter()
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                sys.exit(f"kindred discover ended with {process.returncode}")
            runs.append(Seconds(time.perf_counter() - started, used.ru_utime + used.ru_stime))
            peaks.append(used.ru_maxrss / 1024)
    walls, cpus = [run.wall for run in runs], [run.cpu for run in runs]
    print(
        f"kindred discover on {DEMO.name}: median of {N_COLD} {median(walls):.1f} s ({median(cpus):.1f} CPU s), "
        f"best {min(walls):.1f} s ({min(cpus):.1f} CPU s), peak {max(peaks):.0f} MB"
    )
    return Seconds(median(walls), median(cpus))


class StandIn:
    """Vectors that cost nothing: the mean of a fixed direction for each word, so near where texts share words."""

    hash = "stand-in"
    dim = DIM
    languages = frozenset({"en"})

    def __init__(self) -> None:
        self._words: dict[str, Vectors] = {}
        self.texts: set[str] = set()

    def encode(self, texts: Sequence[str], progress: object = None) -> Vectors:  # noqa: ARG002 - the protocol's
        self.texts.update(texts)
        vectors = np.stack(
            [sum(map(self._word, text.casefold().split()), np.full(DIM, 1e-3)) for text in texts]
        )
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def _word(self, word: str) -> Vectors:
        if word not in self._words:
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
            self._words[word] = np.random.default_rng(seed).standard_normal(DIM, np.float32)
        return self._words[word]


class Clock:
    """Prints the seconds of each step when a run announces the next one.

    CPU seconds of another process are counted in the step in which it ends.
    """

    def __init__(self, label: str = "starting") -> None:
        self._start = self._last = Seconds.now()
        self._label = label

    def __call__(self, _done: int, _total: int, label: str) -> None:
        if label != self._label:
            now = Seconds.now()
            self._line(self._label, now - self._last)
            self._label, self._last = label, now

    def stop(self) -> Seconds:
        self(0, 0, "end")
        self._line(f"in all, peak {_peak():.0f} MB", self._last - self._start)
        return self._last - self._start

    @staticmethod
    def _line(label: str, used: Seconds) -> None:
        print(f"  {label:<40}{used.wall:>8.1f} s{used.cpu:>8.1f} CPU s", flush=True)


def made_survey(n_people: int) -> Corpus:
    """Return people of the practice organisations, five answers each, hardly one of them twice."""
    return multiplied(list(practice()), n_people, seed=0)


def encoding(texts: Collection[str]) -> Seconds:
    """Encode a sample of texts with the real encoder, and reckon from it how long all of them take."""
    sample = np.random.default_rng(0).choice(sorted(texts), min(N_SAMPLE, len(texts)), replace=False).tolist()
    real = bundled_encoder()
    real.encode(sample[:20])
    _, used = timed(lambda: real.encode(sample))
    needed = used * (len(texts) / len(sample))
    print(
        f"encoding {len(sample)} texts: {used.wall:.1f} s ({used.cpu:.1f} CPU s), {len(sample) / used.wall:.0f} a "
        f"second; all {len(texts)} would take {needed.wall:.0f} s",
        flush=True,
    )
    return needed


@dataclass(frozen=True, slots=True)
class Survey:
    """How long a survey takes: all of it for the first time, and again on stored vectors and cleaned answers."""

    first: Seconds
    again: Seconds


def survey(n_people: int) -> Survey:
    """Time encoding on a sample, and all other steps as they are when the vectors are there already."""
    corpus = made_survey(n_people)
    print(f"{n_people} people")
    clock = Clock("cleaning")
    cleaned = {response.id: texts_of(response) for response in corpus.responses}
    of_cleaning = clock.stop()
    stand_in = StandIn()
    encoder = CachedEncoder(stand_in)
    discover(corpus, encoder=encoder, cleaned=cleaned)
    print("again, with what is stored: vectors, and what may be used of the answers")
    clock = Clock()
    report = discover(corpus, encoder=encoder, cleaned=cleaned, progress=clock)
    again = clock.stop()
    print(f"{len(report.personas)} personas; answers and their parts are encoded:")
    return Survey(encoding(stand_in.texts) + of_cleaning + again, again)


@dataclass(frozen=True, slots=True)
class Core:
    """How long the groups of people with given vectors take, and how much memory beside those."""

    seconds: Seconds
    megabytes: float


def core(n_people: int, kind: type[np.floating]) -> Core:
    """Time the groups of people with given vectors, and what they need beside those."""
    views = made(n_people, kind)
    before = _peak()
    size = sum(block.nbytes for block in views.blocks.values()) / MEGABYTE
    clock = Clock()
    with threadpool_limits(limits=1, user_api="blas"):
        groups = Grouping(views, 0).groups(None, lambda done, label: clock(done, 1000, label))
    more = _peak() - before
    print(
        f"core, {n_people} people: {len(groups.stability)} groups; vectors {size:.0f} MB, peak before "
        f"{before:.0f} MB, so {more:.0f} MB more"
    )
    return Core(clock.stop(), more)


def made(n_people: int, kind: type[np.floating]) -> Views:
    """People around a few directions in each of five views, a quarter of the answers missing."""
    dice = np.random.default_rng(0)
    persona = dice.integers(0, N_PERSONAS, n_people)
    blocks, present = {}, {}
    for number in range(N_VIEWS):
        item, answered = f"item {number}", dice.random(n_people) < 0.75
        centres = 4 * DIM**-0.5 * dice.standard_normal((N_PERSONAS, DIM), np.float32)
        blocks[item], present[item] = np.zeros((n_people, DIM), kind), answered
        # In small steps, so that what is needed to make the vectors does not hide what is needed to group them.
        for rows in np.array_split(np.flatnonzero(answered), max(1, n_people // 1000)):
            vectors = dice.standard_normal((len(rows), DIM), np.float32) + centres[persona[rows]]
            blocks[item][rows] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return Views(blocks, present, np.zeros((n_people, 0), np.float32))


def _peak() -> float:
    """Largest resident memory of this process so far, in megabytes (ru_maxrss is in kilobytes on Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
