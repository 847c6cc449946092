"""Bulk scoring: the same bytes in one process, in several and on a cluster, whatever the chunks."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

import distributed
import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

from analysis.scoring import LeadScore, Scorer, scoring_block
from analysis.static_encoder import StaticEncoder
from survey import lead_scoring, score_tables
from survey.exceptions import InvalidInputError, ScoringStoppedError
from survey.files import StderrProgress, score, score_files
from survey.lead_files import LeadRecord
from survey.tables import table_line
from tests.analysis.corpora import KINDS, planted

N_LEADS = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a report for the static encoder and some leads."""
    folder = tmp_path_factory.mktemp("bulk")
    corpus = planted(60)
    membership = {one.id: (one.id.split("-")[0], 1.0) for one in corpus.responses}
    block = scoring_block(corpus, membership, StaticEncoder(), seed=0)
    personas = [{"key": one["key"]} for one in block["personas"]]
    report = {"schema_version": 1, "personas": personas, "scoring": {}, "scoring_static": block}
    (folder / "report.json").write_text(json.dumps(report))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "summary", "skills", "interest"])
    kinds = list(KINDS.values())
    for number in range(N_LEADS):
        said = {item: kinds[number % 3][item][number // 3 % 3] for item in ("self", "skills", "stay")}
        writer.writerow([f"l{number}", said["self"], said["skills"], "" if number % 5 else said["stay"]])
    (folder / "leads.csv").write_text(text.getvalue())
    return folder


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lead_scoring, "_LEADS_PER_STATIC_CHUNK", 3)


def scored(folder: Path, to: Path, **options: object) -> tuple[bytes, bytes]:
    """What the static encoder gives for the leads: scores and explanations."""
    n_leads = score_files(
        folder / "leads.csv",
        folder / "report.json",
        to / "scores.csv",
        explain=to / "explain.jsonl",
        static=True,
        **options,  # type: ignore[arg-type]  # a test passes on what it is given
    )
    assert n_leads == N_LEADS
    return (to / "scores.csv").read_bytes(), (to / "explain.jsonl").read_bytes()


@pytest.fixture(scope="module")
def expected(folder: Path) -> tuple[bytes, bytes]:
    """All leads in one chunk, which is scored here."""
    return scored(folder, folder)


def test_the_encoder_is_named_in_every_row(expected: tuple[bytes, bytes]) -> None:
    rows = list(csv.DictReader(io.StringIO(expected[0].decode())))

    assert len(rows) == N_LEADS * len(KINDS)
    assert list(rows[0]) == [*lead_scoring.SCORE_COLUMNS, "encoder"]
    assert {row["encoder"] for row in rows} == {"static"}
    assert {row["persona"] for row in rows if row["best"] == "1"} == set(KINDS)


@pytest.mark.usefixtures("small_chunks")
def test_several_processes_give_the_same_bytes(
    folder: Path, expected: tuple[bytes, bytes], tmp_path: Path
) -> None:
    assert scored(folder, tmp_path) == expected


def test_scores_in_parquet_are_those_of_the_csv(
    folder: Path, expected: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(rows_per_group: int, chunk: int) -> bytes:
        monkeypatch.setattr(score_tables, "_GROUP_ROWS", rows_per_group)
        monkeypatch.setattr(lead_scoring, "_in_processes", _here)
        monkeypatch.setattr(lead_scoring, "_LEADS_PER_STATIC_CHUNK", chunk)
        out = tmp_path / "scores.parquet"
        score_files(folder / "leads.csv", folder / "report.json", out, static=True)
        return out.read_bytes()

    assert written(50, 7) == written(50, 40)
    assert pyarrow.parquet.ParquetFile(tmp_path / "scores.parquet").num_row_groups == 3
    found = pyarrow.parquet.read_table(tmp_path / "scores.parquet").to_pylist()
    rows = list(csv.DictReader(io.StringIO(expected[0].decode())))
    as_text = [
        {
            name: "" if value is None else str(int(value) if isinstance(value, bool) else value)
            for name, value in row.items()
        }
        for row in found
    ]
    assert as_text == rows
    assert {type(row["fit"]) for row in found} == {int, type(None)}


@contextmanager
def _here(work: Callable[..., object], scorer: Scorer) -> Iterator[tuple[Callable[[object], object], int]]:
    """Chunks scored one after the other, in a thread."""
    with ThreadPoolExecutor(1) as pool:
        yield partial(pool.submit, work, scorer), 2


def test_a_name_that_looks_like_a_formula_is_itself_in_parquet(tmp_path: Path) -> None:
    with (
        (tmp_path / "scores.parquet").open("wb") as file,
        score_tables.score_table(file, tmp_path / "scores.parquet", lead_scoring.SCORE_COLUMNS) as write,
    ):
        write(table_line(("=1+1\n2", "p1", "", "", "E0", "", "", "", "0", "")))

    (row,) = pyarrow.parquet.read_table(tmp_path / "scores.parquet").to_pylist()
    assert (row["id"], row["fit"], row["band"], row["best"]) == ("=1+1\n2", None, "", False)


def test_rows_of_a_lead_are_those_of_the_csv_module() -> None:
    known = LeadScore('The "p"', 7, 7.25, "C", "E1", {"who": None, "skills": 3, "why": 12}, ())
    unknown = LeadScore("p2", None, None, None, "E0", {"who": None, "skills": None, "why": None}, ())

    for name in ("l1", "=1+1", 'a,"b"\n'):
        lead = LeadRecord(name, 1, {})
        assert lead_scoring._score_lines(lead, [known, unknown], known.persona, ",static") == (
            table_line((name, known.persona, "7", "C", "E1", "", "3", "12", "1", "7.25", "static"))
            + table_line((name, "p2", "", "", "E0", "", "", "", "0", "", "static"))
        )


def test_a_report_that_was_not_made_for_it_is_named(folder: Path, tmp_path: Path) -> None:
    report = json.loads((folder / "report.json").read_text()) | {"scoring_static": {}}
    (tmp_path / "report.json").write_text(json.dumps(report))

    with pytest.raises(InvalidInputError) as caught:
        score_files(folder / "leads.csv", tmp_path / "report.json", tmp_path / "scores.csv", static=True)

    assert str(caught.value) == (
        "report.json: the report was not made for the static encoder. Write it anew with kindred discover "
        "--static, or leave --static out."
    )
    assert not (tmp_path / "scores.csv").exists()


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.LocalCluster]:
    """A scheduler and two workers, each a process of its own."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster


@pytest.mark.usefixtures("small_chunks")
def test_a_cluster_gives_the_same_bytes_although_a_worker_dies(
    cluster: distributed.LocalCluster, folder: Path, expected: tuple[bytes, bytes], tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill_one(done: int, total: int, _label: str) -> None:
        if not killed:
            assert done < total
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    found = scored(folder, tmp_path, engine="dask", scheduler=cluster.scheduler_address, progress=kill_one)

    assert found == expected
    assert killed


def test_without_a_scheduler_a_cluster_is_started_here(
    cluster: distributed.LocalCluster,
    folder: Path,
    expected: tuple[bytes, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(distributed, "LocalCluster", lambda **_: nullcontext(cluster.scheduler_address))

    assert scored(folder, tmp_path, engine="dask") == expected


def test_a_scheduler_without_workers_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lead_scoring, "_CONNECT_SECONDS", 0.5)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as idle,
        pytest.raises(InvalidInputError) as caught,
    ):
        scored(folder, tmp_path, engine="dask", scheduler=idle.scheduler_address)

    assert str(caught.value) == (
        "--scheduler: the scheduler has no workers. Start at least one (dask worker ADDRESS)."
    )
    assert list(tmp_path.iterdir()) == []


def run(folder: Path, to: Path, *options: str) -> Result:
    """What the command says; nothing must be there afterwards."""
    arguments = [folder / "leads.csv", "--personas", folder / "report.json", "--out", to / "scores.csv"]
    result = CliRunner().invoke(score, [*map(str, arguments), "--static", *options])
    assert (result.exit_code, result.stdout) == (1, ""), result.exception
    assert isinstance(result.exception, SystemExit)
    assert list(to.iterdir()) == []
    return result


class _BrokenPool(ThreadPoolExecutor):
    """A pool whose processes are gone when their work is fetched."""

    def __init__(self, *_: object) -> None:
        super().__init__(1)

    def submit(self, *_: object) -> Future[object]:
        future: Future[object] = Future()
        future.set_exception(BrokenProcessPool("A child process terminated abruptly."))
        return future


@pytest.mark.usefixtures("small_chunks")
def test_a_process_that_is_ended_from_outside_is_told_and_leaves_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lead_scoring, "ProcessPoolExecutor", _BrokenPool)

    assert run(folder, tmp_path).stderr == (
        "A process that scored was ended from outside, perhaps for want of memory. Run it again.\n"
    )


@pytest.mark.usefixtures("small_chunks")
def test_what_stops_a_cluster_in_the_middle_is_one_sentence(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lead_scoring, "_CONNECT_SECONDS", 2)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"
    ) as here:
        options = ("--engine", "dask", "--scheduler", here.scheduler_address)
        with monkeypatch.context() as patch:
            patch.setattr(lead_scoring, "_score_chunk", _missing_part)
            unable = run(folder, tmp_path, *options)

        def closing(*_: object) -> None:
            here.loop.add_callback(here.close)

        monkeypatch.setattr(StderrProgress, "__call__", closing)
        lost = run(folder, tmp_path, *options)

    assert unable.stderr.splitlines()[-1] == (
        "A worker of the cluster cannot score (ModuleNotFoundError). Install the same version of Kindred there as "
        "here, then run this again."
    )
    assert lost.stderr.splitlines()[-1] == (
        "The connection to the scheduler was lost. See that it runs, then run this again."
    )
    assert "Traceback" not in unable.stderr + lost.stderr


def _missing_part(*_: object, **__: object) -> None:
    raise ModuleNotFoundError("No module named 'analysis'")


def test_workers_that_die_again_and_again_are_told() -> None:
    future = Future[object]()
    future.set_exception(distributed.KilledWorker("task", None, 3))

    with pytest.raises(ScoringStoppedError, match="for want of memory"):
        lead_scoring._OnCluster(future).result()
