"""How many leads a second are scored, with how much memory and how well, beside simpler ways.

    python -m benchmarks.scoring [--leads 20000] [--full 300] [--format csv]

Personas are the demo's planted ones. Leads are recombined from those of the demo and the practice organisations, field
by field, with three words in ten exchanged, so that sentences do not repeat and nothing is gained by remembering them.
``kindred score`` runs as a command on ``--leads`` of them with the static encoder, on a quarter of them (memory must be
the same), and on ``--full`` with the full one. The simpler ways know words alone: TF-IDF and cosine in
scikit-learn, and the same centroids as a list of weighted words in a pandas loop, in DuckDB and in Polars, without
redaction, negation, points or calibration; the last three run in the environment of ``make bench-peers``. Quality is
measured on the demo's leads.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score, roc_auc_score

from analysis import Corpus, Encoder, Response, Scorer, bundled_encoder, evidence_document
from analysis.encoder import CachedEncoder
from analysis.scoring import scoring_block
from analysis.static_encoder import StaticEncoder
from benchmarks import peers
from survey.lead_files import EVIDENCE_COLUMNS, LEAD_COLUMNS

ROOT = Path(__file__).resolve().parent.parent
DEMO, TRUTH = ROOT / "survey" / "demo", ROOT / "tests" / "data"
PRACTICE = ROOT / "benchmarks" / "practice"
ITEMS = ("self", "skills", "stay", "good_day")
EXCHANGED = 0.3
ROWS_PER_GROUP = 10_000

Floats = NDArray[np.float64]
Row = Mapping[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--full", type=int, default=300, help="leads for the full encoder")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    arguments = parser.parse_args()
    responses, leads = rows(DEMO / "responses.csv"), rows(DEMO / "leads.csv")
    persona = {row["id"]: row["persona"] for row in rows(TRUTH / "responses_truth.csv")}
    names = sorted(set(persona.values()) - {"none"})
    wanted = {row["id"]: row["persona"] for row in rows(TRUTH / "leads_truth.csv") if int(row["fit"]) >= 1}
    relevant = np.array([[wanted.get(lead["id"]) == name for name in names] for lead in leads])
    encoders: dict[str, Encoder] = {"full": CachedEncoder(bundled_encoder()), "static": StaticEncoder()}
    blocks = {name: learnt(responses, persona, encoder) for name, encoder in encoders.items()}
    print(f"{'':34}{'leads/s':>9}{'CPU ms':>8}{'peak MB':>9}{'AUC':>7}{'AP':>7}{'fit/no':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report = {
            "schema_version": 1,
            "personas": [{}],
            "scoring": blocks["full"],
            "scoring_static": blocks["static"],
        }
        (folder / "report.json").write_text(json.dumps(report), "utf-8")
        for encoder, n_leads in (
            ("full", arguments.full),
            ("static", arguments.leads // 4),
            ("static", arguments.leads),
        ):
            path = folder / f"leads.{arguments.format}"
            write(path, recombined(n_leads))
            quality = measured(fits(blocks[encoder], encoders[encoder], leads, names), relevant)
            line(
                f"kindred score, {encoder}, {n_leads:,}", *commanded(path, folder, encoder, n_leads), quality
            )
        table, vectorizer = centroids(responses, persona, names)
        write(folder / "leads.parquet", recombined(arguments.leads))
        with ProcessPoolExecutor(1, get_context("spawn")) as alone:
            wall, cpu, peak = alone.submit(compared, folder / "leads.parquet", vectorizer, table).result()
        speed = arguments.leads / wall, 1000 * cpu / arguments.leads
        quality = measured(vectorizer.transform([joined(lead) for lead in leads]) @ table.T, relevant)
        line("TF-IDF + cosine, scikit-learn", *speed, peak, quality)
        if not peers.PYTHON.exists():
            print("pandas, DuckDB, Polars: not installed; make bench-peers")
            return
        weights = {word: table[:, j] for word, j in vectorizer.vocabulary_.items()}
        job = {
            "weights": [
                [word, *(float(x * vectorizer.idf_[vectorizer.vocabulary_[word]]) for x in of_word)]
                for word, of_word in weights.items()
            ],
            "columns": EVIDENCE_COLUMNS,
            "leads": [joined(lead) for lead in leads],
        }
        (folder / "job.json").write_text(json.dumps(job), "utf-8")
        subprocess.run([peers.PYTHON, "-m", "benchmarks.peers", "words", folder], cwd=ROOT, check=True)
        for one in json.loads((folder / "words.json").read_text("utf-8")):
            speed = arguments.leads / one["wall"], 1000 * one["cpu"] / arguments.leads
            line(one["name"], *speed, one["peak"], measured(np.array(one["scores"]), relevant))


def rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV file whole."""
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def learnt(responses: Sequence[Row], persona: Mapping[str, str], encoder: Encoder) -> dict[str, object]:
    """Learn a scoring block from the planted personas."""
    corpus = Corpus.of(
        Response(row["id"], {item: row[item] for item in ITEMS if row[item]}) for row in responses
    )
    return scoring_block(
        corpus, {key: (name, 1.0) for key, name in persona.items() if name != "none"}, encoder, seed=0
    )


def fits(block: Mapping[str, object], encoder: Encoder, leads: Sequence[Row], names: Sequence[str]) -> Floats:
    """Return fits of leads, -1 where there is no number, shape (n_leads, n_personas)."""
    documents = [evidence_document(lead, identity=(lead["name"], lead["email"])) for lead in leads]
    scorer = Scorer(block, encoder)
    found = scorer.score_all(documents, explained=False)
    order = [scorer.personas.index(name) for name in names]
    return np.array(
        [[-1 if (fit := scores[j].fit) is None else fit for j in order] for scores in found], float
    )


def measured(scores: Floats, relevant: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return area under the curve and average precision per persona, and fit against no fit."""
    pairs = list(zip(relevant.T, scores.T, strict=True))
    return (
        float(np.mean([roc_auc_score(*pair) for pair in pairs])),
        float(np.mean([average_precision_score(*pair) for pair in pairs])),
        float(roc_auc_score(relevant.any(axis=1), scores.max(axis=1))),
    )


def recombined(n_leads: int) -> Iterator[dict[str, str]]:
    """Yield leads that nobody wrote, each field from another lead, with some words exchanged."""
    dice = random.Random(0)
    sources = [DEMO / "leads.csv", *sorted(PRACTICE.glob("*/leads.csv"))]
    pool = [row for source in sources for row in rows(source)]
    words = sorted({word for row in pool for word in row["summary"].split() if word.isalpha()})

    def exchanged(text: str) -> str:
        parts = text.split(" ")
        return " ".join(dice.choice(words) if x.isalpha() and dice.random() < EXCHANGED else x for x in parts)

    for number in range(n_leads):
        lead = {column: dice.choice(pool).get(column) or "" for column in LEAD_COLUMNS}
        lead.update({column: exchanged(lead[column]) for column in EVIDENCE_COLUMNS if column != "skills"})
        yield {**lead, "id": f"l{number}"}


def write(path: Path, leads: Iterator[dict[str, str]]) -> None:
    """Write leads as the ending says, without holding them all."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, LEAD_COLUMNS)
            writer.writeheader()
            writer.writerows(leads)
        return
    schema = pyarrow.schema([(column, pyarrow.string()) for column in LEAD_COLUMNS])
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        held: list[dict[str, str]] = []
        for lead in leads:
            held.append(lead)
            if len(held) == ROWS_PER_GROUP:
                writer.write_table(pyarrow.Table.from_pylist(held, schema))
                held = []
        writer.write_table(pyarrow.Table.from_pylist(held, schema))


def commanded(path: Path, folder: Path, encoder: str, n_leads: int) -> tuple[float, float, float]:
    """Run the command; return leads a second, CPU milliseconds a lead and the peak of all its processes in MB."""
    command = [
        sys.executable,
        "-m",
        "survey.cli",
        "score",
        path,
        *(["--static"] if encoder == "static" else []),
    ]
    command += ["--personas", folder / "report.json", "--out", folder / "scores.csv"]
    # Linux hands us what outlives the command: PR_SET_CHILD_SUBREAPER.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    before, started, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0.0
    with subprocess.Popen([*map(str, command)], stderr=subprocess.DEVNULL, cwd=ROOT) as process:
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(0.1)
    if process.returncode:
        sys.exit(f"kindred score ended with {process.returncode}")
    seconds = time.perf_counter() - started
    # The process that the others are copies of ends a moment later; it is ours now, with what they used.
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return n_leads / seconds, 1000 * used / n_leads, peak


def resident(pid: int) -> float:
    """Return the memory of a process and of those it started, in MB (Linux); 0 if it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / (1 << 20) + sum(resident(int(child)) for child in children)


def joined(lead: Row) -> str:
    """All that may be scored of a lead, as one text."""
    return " ".join(lead[column] or "" for column in EVIDENCE_COLUMNS)


def centroids(
    responses: Sequence[Row], persona: Mapping[str, str], names: Sequence[str]
) -> tuple[Floats, TfidfVectorizer]:
    """Return the mean tf-idf of each persona's people, less that of all, as rows of length 1."""
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    X = vectorizer.fit_transform([" ".join(row[item] for item in ITEMS) for row in responses]).toarray()
    kinds = np.array([persona[row["id"]] for row in responses])
    table = np.array([X[kinds == name].mean(axis=0) for name in names]) - X.mean(axis=0)
    return table / np.linalg.norm(table, axis=1, keepdims=True), vectorizer


def compared(path: Path, vectorizer: TfidfVectorizer, table: Floats) -> tuple[float, float, float]:
    """Compare leads with centroids; return the seconds, those of the processor, and the peak of this process in MB."""
    started, cpu = time.perf_counter(), time.process_time()
    for batch in pyarrow.parquet.ParquetFile(path).iter_batches(ROWS_PER_GROUP):
        vectorizer.transform([joined(row) for row in batch.to_pylist()]) @ table.T
    used = time.perf_counter() - started, time.process_time() - cpu
    return (*used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def line(title: str, speed: float, cpu: float, peak: float, quality: tuple[float, float, float]) -> None:
    """Print one row of the table."""
    auc, precision, fit = quality
    print(f"{title:34}{speed:9,.0f}{cpu:8.2f}{peak:9,.0f}{auc:7.3f}{precision:7.3f}{fit:8.3f}", flush=True)


if __name__ == "__main__":
    main()
