"""What runs side by side comes out as if it had run alone, and a cold start loads what it needs and no more."""

import gc
import subprocess
import sys
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing import Pipe, active_children, get_context
from os import getpid, kill
from signal import SIG_IGN, SIGKILL, SIGTERM, signal
from threading import get_ident
from time import sleep
from unittest.mock import patch

import numpy as np
import pytest

from analysis import crosscheck, kmeans
from analysis.cores import apart, in_halves, side_by_side, without_collecting
from analysis.corpus import Progress


def test_parts_come_back_in_their_order() -> None:
    assert side_by_side(lambda n: n * n, range(50)) == [n * n for n in range(50)]


def test_parts_of_a_part_follow_each_other_in_its_thread() -> None:
    def threads_of(_part: int) -> set[int]:
        return set(side_by_side(lambda _: get_ident(), range(8)))

    assert [len(threads) for threads in side_by_side(threads_of, range(2))] == [1, 1]


def test_garbage_is_collected_again_afterwards() -> None:
    with suppress(ZeroDivisionError), without_collecting():
        collects = gc.isenabled()
        raise ZeroDivisionError

    assert not collects
    assert gc.isenabled()


def test_an_error_in_a_part_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda n: 1 // n, [1, 0, 1])


@pytest.fixture(scope="module")
def places() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((90, 12))


def test_restarts_are_the_same_however_many_are_looked_at_in_a_step(
    places: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = kmeans.kmeans(places, 4, n_restarts=20, seed=1)
    monkeypatch.setattr(kmeans, "DISTANCES_PER_STEP", 1)
    alone = kmeans.kmeans(places, 4, n_restarts=20, seed=1)
    for one, other in zip((together.labels, together.centres), (alone.labels, alone.centres), strict=True):
        assert one.tobytes() == other.tobytes()
    assert together.inertia == pytest.approx(alone.inertia)


def test_groupings_are_checked_the_same_however_many_are_looked_at_in_a_step(
    places: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = np.split(places, 3, axis=1)
    labels = kmeans.kmeans(places, 4, n_restarts=20, seed=1).labels
    together = crosscheck.improved(labels, views, 4), crosscheck.foretold(labels, views, 4)
    monkeypatch.setattr(crosscheck, "INDICATORS_PER_STEP", 1)
    monkeypatch.setattr(crosscheck, "LEAST_GROUPINGS", 1)
    assert np.array_equal(together[0], crosscheck.improved(labels, views, 4))
    assert together[1] == pytest.approx(crosscheck.foretold(labels, views, 4), rel=1e-5)


def test_a_cold_start_loads_no_learning_but_all_that_multiplies_on_threads() -> None:
    script = """if True:
        import sys, analysis.discovery
        from threadpoolctl import threadpool_info
        assert not {"sklearn", "scipy.stats", "onnxruntime"} & set(sys.modules), "loaded before answers are read"
        multiplies = lambda: {one["filepath"] for one in threadpool_info() if one["user_api"] == "blas"}
        before = multiplies()
        import analysis.grouping
        assert multiplies() == before, "loaded after the threads were limited"
    """
    subprocess.run([sys.executable, "-c", script], check=True)


def test_what_is_made_apart_comes_back_from_another_process() -> None:
    with apart(lambda _: getpid(), Future()) as wait:
        assert wait(nobody) != getpid()


def test_what_is_given_later_reaches_the_other_process() -> None:
    given: Future[str] = Future()
    with apart(lambda _: (given.result(), getpid()), given) as wait:
        given.set_result("given")
        found, process = wait(nobody)

    assert (found, process != getpid()) == ("given", True)


def test_an_error_apart_reaches_who_waits_and_tells_where_it_happened() -> None:
    def fail(_watch: Progress) -> None:
        raise ZeroDivisionError

    with apart(fail, Future()) as wait, pytest.raises(ZeroDivisionError) as raised:
        wait(nobody)

    assert raised.traceback[-1].name == "fail"


def test_where_no_process_can_be_made_the_work_is_done_by_who_waits() -> None:
    with patch("os.fork", side_effect=BlockingIOError), apart(lambda _: getpid(), Future()) as wait:
        assert wait(nobody) == getpid()
        assert active_children() == []


def test_what_was_given_before_is_not_taken_for_the_end() -> None:
    given: Future[str] = Future()
    given.set_result("given")
    with apart(lambda _: (sleep(0.1), given.result(), getpid())[1:], given) as wait:
        found, process = wait(nobody)

    assert (found, process != getpid()) == ("given", True)


def test_what_was_ended_apart_is_done_by_who_waits() -> None:
    here = getpid()

    def work(_watch: Progress) -> str:
        if getpid() != here:
            kill(getpid(), SIGKILL)
        return "done"

    with apart(work, Future()) as wait:
        assert wait(nobody) == "done"


def test_work_apart_ends_with_who_waits() -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), apart(lambda _: sleep(60), Future()) as wait:
        wait(stop)

    assert active_children() == []


def test_work_apart_ends_if_nobody_waits_for_it() -> None:
    with apart(lambda _: sleep(60), Future()):
        (process,) = active_children()

    assert process.exitcode == -SIGKILL


def test_work_apart_ends_when_it_is_told_to_whatever_the_program_does_then() -> None:
    usual = signal(SIGTERM, SIG_IGN)
    try:
        with apart(lambda _: sleep(kill(getpid(), SIGTERM) or 60), Future()):
            (process,) = active_children()
            process.join(5)
            assert process.exitcode == -SIGTERM
    finally:
        signal(SIGTERM, usual)


@pytest.mark.parametrize("is_given", [False, True])
def test_work_apart_ends_with_the_program(is_given: bool) -> None:
    told, telling = Pipe(duplex=False)

    def work(given: Future[str]) -> None:
        telling.send("begun")
        given.result()
        telling.send("given")
        sleep(15)

    def program() -> None:
        given: Future[str] = Future()
        with apart(lambda _: work(given), given) as wait:
            if is_given:
                given.set_result("given")
            wait(nobody)

    process = get_context("fork").Process(target=program)
    process.start()
    telling.close()
    assert told.recv() == "begun"
    assert not is_given or told.recv() == "given"
    process.kill()
    process.join()

    assert told.poll(5)
    with pytest.raises(EOFError):
        told.recv()


def test_half_of_the_parts_are_made_in_another_process_and_all_are_in_their_order() -> None:
    made = in_halves(lambda n: (n, getpid()), range(5))

    assert [n for n, _ in made] == [0, 1, 2, 3, 4]
    assert [process == getpid() for _, process in made] == [True, False, True, False, True]


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_in_either_half_is_raised(failing: int) -> None:
    with pytest.raises(ZeroDivisionError):
        in_halves(lambda n: 1 // (n - failing), range(4))

    assert side_by_side(lambda _: get_ident(), range(2)) != [get_ident()] * 2


def nobody(_done: int, _total: int, _label: str) -> None:
    """A progress that tells nobody."""
