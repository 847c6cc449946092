"""How well planted personas are found, beside what else could be done with the same answers, in the same run.

    python -m benchmarks.discovery [--sentences FILE.csv]... [--seeds 5] [--nulls 20] [--quick] [--write]

Prints, for the demo, the practice organisations, those held out, and people recombined from labelled sentences (columns
label and text): personas planted and found, the adjusted Rand index of Kindred (told nothing), of the prototype it
began as, of TF-IDF and of one vector per person with k-means (told the number), of BERTopic (the best of four settings,
if ``make bench-peers`` was run), and of a supervised model that is told the personas of seven eighths of the people.
Then how far seeds agree, how far the membership can be believed, what is found when answers are dealt anew, what 48
people are enough for, how often a persona of 7 % is found, and how long everything takes at each size. With ``--write``
the tables take their places in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from analysis import CachedEncoder, Corpus, bundled_encoder
from analysis.discovery import in_order
from analysis.encoder import Vectors
from analysis.facets import cut
from analysis.grouping import Grouping
from analysis.groups import NoGroupsError
from analysis.static_encoder import StaticEncoder
from analysis.views import Person, Views, build_views, prepare
from benchmarks import baselines, measures, speed
from benchmarks.baselines import AS_IT_COMES, ByTopic, Labels, Topics
from benchmarks.grounds import (
    HELD_OUT,
    NONE,
    PRACTICE,
    Ground,
    dealt_anew,
    demo,
    held_out,
    practice,
    recombined,
)
from benchmarks.seconds import Seconds, mean, timed
from benchmarks.tables import BENCHMARKS, Tables, decimal

#: Subsamples of four fifths of each practice organisation, for calibration.
N_SUBSAMPLES = 4
SMALL, N_SMALL = 48, 10
#: Shares in percent of personas of which one is seldom, and among how many people it is looked for.
SELDOM, SELDOM_AMONG, N_SELDOM = (30, 25, 20, 18, 7), (160, 300, 600, 1200), 4
#: People of whom seconds are measured beside the grounds: with answers, and with given vectors.
LARGE, LARGEST = 10_000, 100_000
#: Organisations written when the way of grouping stood already; those held out before helped to choose one thing.
LATER = HELD_OUT[6:]
ORGANISATIONS = ("demo", *PRACTICE, *HELD_OUT)

OTHERS = ("prototype", "TF-IDF", "person", "BERTopic, best", "BERTopic by itself", "supervised")
TIMED = ("Kindred", "TF-IDF", "person", "BERTopic")

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Found:
    """What a discovery says: the number of personas, and persona and membership of everybody who is in one."""

    k: int
    persona: dict[str, int]
    membership: dict[str, float]
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Prepared:
    """The people who are used, and their views, as the discovery has them, with what it took to get there."""

    people: tuple[Person, ...]
    views: Views
    seconds: Seconds

    def found(self, seed: int) -> Found:
        """Do what the discovery does between encoding and describing, with restarts drawn anew for each seed."""
        try:
            groups, seconds = timed(
                lambda: Grouping(self.views, seed, restarts=seed).groups(None, lambda _done, _label: None)
            )
        except NoGroupsError:
            return Found(0, {}, {}, Seconds(0.0, 0.0))
        placed = [
            (person.response.id, int(label), float(row[label]))
            for person, label, row in zip(self.people, groups.labels, groups.membership, strict=True)
            if label >= 0
        ]
        return Found(
            len(groups.stability),
            {one: label for one, label, _ in placed},
            {one: chance for one, _, chance in placed},
            seconds,
        )


def prepared(corpus: Corpus, encoder: CachedEncoder) -> Prepared:
    (people, views), seconds = timed(partial(_people_and_views, corpus, encoder))
    return Prepared(people, views, seconds)


def _people_and_views(corpus: Corpus, encoder: CachedEncoder) -> tuple[tuple[Person, ...], Views]:
    people = tuple(
        person
        for person in prepare(in_order(corpus), languages=encoder.languages)
        if person.set_aside is None
    )
    views = build_views(people, corpus.items, encoder, words=StaticEncoder(), cut=cut)
    return people, views.adjusted([person.response.attributes for person in people])


@dataclass(frozen=True, slots=True)
class Row:
    """What one draw of a ground gives: the agreement with the truth of Kindred and the others, and some seconds."""

    kind: str
    planted: int
    found: int
    kindred: float
    others: tuple[float, ...]
    seconds: tuple[Seconds, ...]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sentences", type=Path, action="append", default=[], metavar="FILE.csv")
    parser.add_argument("--seeds", type=int, default=5, help="of each organisation, and draws of sentences")
    parser.add_argument(
        "--nulls", type=int, default=20, help="draws of the demo dealt anew, seeds of the demo"
    )
    parser.add_argument("--quick", action="store_true", help="2 seeds and 3 draws; no peers, no large sizes")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--vectors", type=Path, help="keep the vectors of texts in this file (.npz)")
    what.add_argument("--write", action="store_true", help="write the tables into docs/benchmarks.md")
    arguments = parser.parse_args()
    if arguments.quick and arguments.write:
        parser.error("the documentation has the whole tables: leave out --quick or --write")
    if arguments.quick:
        arguments.seeds, arguments.nulls = 2, 3
    tables = Tables(BENCHMARKS if arguments.write else None)
    encoder = CachedEncoder(bundled_encoder(), _stored(arguments.vectors))
    encoder.encode(["The weights are loaded now."])
    seeds = range(arguments.seeds)
    # As the discovery does it; digits change with the number of threads.
    with threadpool_limits(limits=1, user_api="blas"):
        organisations, unseen = [demo(), *practice()], [*held_out()]
        draws = [recombined(path, seed) for path in arguments.sentences for seed in seeds]
        compared = [*organisations, *unseen, *draws]
        ready = {ground.name: prepared(ground.corpus, encoder) for ground in compared}
        _store(arguments.vectors, encoder)
        print(f"{len(encoder.vectors)} distinct answers", flush=True)
        runs = {
            ground.name: [ready[ground.name].found(seed) for seed in seeds]
            for ground in (*organisations, *unseen)
        }
        runs |= {ground.name: [ready[ground.name].found(0)] for ground in draws}
        rows = compare(compared, ready, runs, encoder, with_peers=not arguments.quick)
        show(rows, tables)
        seeds_agree([*organisations, *unseen], runs, tables)
        calibration(organisations, draws, runs, encoder, tables)
        nothing_or_little(organisations, ready, runs, encoder, arguments.nulls, tables)
        if arguments.sentences:
            seldom(arguments.sentences, encoder, tables)
        if not arguments.quick:
            sizes(rows, tables)


def compare(
    grounds: Sequence[Ground],
    ready: dict[str, Prepared],
    runs: dict[str, list[Found]],
    encoder: CachedEncoder,
    *,
    with_peers: bool,
) -> list[Row]:
    """Group the people of each ground and seed in every way, and print a line for each."""
    draws = [(ground, seed, run) for ground in grounds for seed, run in enumerate(runs[ground.name])]
    texts = {ground.name: _joined_texts(ground, ready[ground.name]) for ground in grounds}
    encoded = {name: timed(partial(encoder.encode, list(of.values()))) for name, of in texts.items()}
    stacked = {
        ground.name: build_views(ready[ground.name].people, ground.corpus.items, encoder).stacked
        for ground in grounds
    }
    supervised = {ground.name: _supervised(ground, ready[ground.name]) for ground in grounds}
    topics: list[dict[str, ByTopic]] = [{} for _ in draws]
    if with_peers:
        topics = baselines.bertopic(
            [
                Topics(list(texts[ground.name].values()), encoded[ground.name][0], ground.k, seed)
                for ground, seed, _ in draws
            ]
        )
    rows = []
    for (ground, seed, run), by_setting in zip(draws, topics, strict=True):
        name, k, said = ground.name, ground.k, texts[ground.name]
        vectors, of_encoding = encoded[name]
        by_words, of_words = timed(partial(baselines.tfidf, list(said.values()), k, seed))
        by_person, of_person = timed(partial(baselines.kmeans, vectors, k, seed))
        of_topics = {setting: _agreement(ground, said, one.labels) for setting, one in by_setting.items()}
        itself = by_setting.get(AS_IT_COMES)
        nobody = Seconds(np.nan, np.nan)
        rows.append(
            Row(
                ground.name.split(",")[0],
                k,
                run.k,
                measures.agreement(ground.truth, run.persona),
                (
                    _agreement(
                        ground,
                        (person.response.id for person in ready[name].people),
                        baselines.prototype(stacked[name], k, seed),
                    ),
                    _agreement(ground, said, by_words),
                    _agreement(ground, said, by_person),
                    max(of_topics.values(), default=np.nan),
                    of_topics.get(AS_IT_COMES, np.nan),
                    supervised[name],
                ),
                (
                    ready[name].seconds + run.seconds,
                    of_words,
                    of_encoding + of_person,
                    of_encoding + (itself.seconds if itself else nobody),
                ),
            )
        )
        figures = "".join(f"{figure:>8.3f}" for figure in (rows[-1].kindred, *rows[-1].others))
        print(f"{name:<32}{seed:>3}{k:>4} planted{run.k:>4} found{figures}", flush=True)
    return rows


def _agreement(ground: Ground, people: Iterable[str], labels: Labels) -> float:
    return measures.agreement(ground.truth, dict(zip(people, labels, strict=True)))


def _by_kind(rows: Sequence[Row]) -> dict[str, list[Row]]:
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row.kind, []).append(row)
    return kinds


def show(rows: Sequence[Row], tables: Tables) -> None:
    """Show a line for each ground, means over the draws, and one of all organisations."""
    kinds = _by_kind(rows)
    organisations = [
        (float(np.mean([row.kindred for row in of_kind])), of_kind[0].kindred, *_others(of_kind))
        for kind, of_kind in kinds.items()
        if kind in ORGANISATIONS
    ]
    mean_of_all, *others = map(float, np.mean(organisations, axis=0))
    tables.show(
        "grounds",
        ("ground", "planted", "found (times)", "**Kindred** (least–most)", "as the product draws", *OTHERS),
        [
            (
                _named(kind),
                of_kind[0].planted,
                ", ".join(f"{k} ({n})" for k, n in sorted(Counter(row.found for row in of_kind).items())),
                f"**{decimal(float(np.mean(scores)))}** ({decimal(min(scores))}–{decimal(max(scores))})",
                decimal(scores[0]),
                *map(decimal, _others(of_kind)),
            )
            for kind, of_kind in kinds.items()
            if (scores := [row.kindred for row in of_kind])
        ]
        + [
            (
                f"mean of {len(organisations)} organisations",
                "",
                "",
                f"**{decimal(mean_of_all)}**",
                *map(decimal, others),
            )
        ],
    )


def _others(rows: Sequence[Row]) -> list[float]:
    return [float(one) for one in np.mean([row.others for row in rows], axis=0)]


def _named(kind: str) -> str:
    return f"{kind}, later" if kind in LATER else f"{kind}, held out" if kind in HELD_OUT else kind


def seeds_agree(organisations: Sequence[Ground], runs: dict[str, list[Found]], tables: Tables) -> None:
    """Show how far runs with other seeds agree with each other, and how far their agreement with the truth varies."""
    rows = []
    for ground in organisations:
        found = [run.persona for run in runs[ground.name]]
        to_truth = [measures.agreement(ground.truth, one) for one in found]
        between = measures.between(found, ground.planted)
        rows.append((ground.name, decimal(between), decimal(max(to_truth) - min(to_truth))))
    tables.show(
        "seeds",
        (
            "between draws of the restarts",
            "mean ARI of two runs",
            "largest difference of ARI to the truth",
        ),
        rows,
    )


def calibration(
    organisations: Sequence[Ground],
    draws: Sequence[Ground],
    runs: dict[str, list[Found]],
    encoder: CachedEncoder,
    tables: Tables,
) -> None:
    """Show how far the chance that somebody belongs lies from the share that do, for the demo apart."""
    fjordline, *unseen = organisations
    outcomes: dict[str, list[tuple[float, bool, bool]]] = {}
    for kind, grounds in (("practice", unseen), ("recombined", draws), ("demo", [fjordline])):
        found = [(ground, runs[ground.name][0]) for ground in grounds]
        if kind == "practice":
            parts = [
                ground.sample(len(ground.corpus) * 4 // 5, seed)
                for ground in grounds
                for seed in range(N_SUBSAMPLES)
            ]
            found += [(part, prepared(part.corpus, encoder).found(0)) for part in parts]
        outcomes[kind] = [
            (run.membership[one], right, ground.truth[one] != NONE)
            for ground, run in found
            for one, right in measures.right_or_wrong(ground.truth, run.persona).items()
        ]
    kinds = {
        f"practice organisations and {N_SUBSAMPLES * len(unseen)} subsamples of 80 %": outcomes["practice"],
        "recombined people": outcomes["recombined"],
        "both": outcomes["practice"] + outcomes["recombined"],
        "demo": outcomes["demo"],
    }
    rows = []
    for kind, pairs in kinds.items():
        if pairs:
            planted = [pair for pair in pairs if pair[2]]
            said, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            of_planted = measures.calibration_error([p[0] for p in planted], [p[1] for p in planted])
            figures = (np.mean(said), np.mean(right), measures.calibration_error(said, right), of_planted)
            rows.append((kind, f"{len(pairs):,}", *(decimal(float(figure)) for figure in figures)))
    tables.show(
        "calibration",
        (
            "calibration of membership",
            "placed people",
            "said",
            "right",
            "expected calibration error",
            "of those with a planted persona",
        ),
        rows,
    )


def nothing_or_little(
    organisations: Sequence[Ground],
    ready: dict[str, Prepared],
    runs: dict[str, list[Found]],
    encoder: CachedEncoder,
    n: int,
    tables: Tables,
) -> None:
    """Show how often nothing is found where there is nothing, something where there is, and what few people tell."""
    ground = organisations[0]
    refused = sum(not prepared(dealt_anew(ground.corpus, seed), encoder).found(seed).k for seed in range(n))
    known = runs[ground.name][:n]
    counts = [run.k for run in known] + [ready[ground.name].found(seed).k for seed in range(len(known), n)]
    rows = [
        (f"{ground.name}, each item dealt anew among the people", f"refused {refused} of {n}", ""),
        (
            f"{ground.name} as it is",
            f"personas on {sum(k > 0 for k in counts)} of {n} seeds: {_counted(counts)}",
            "",
        ),
    ]
    for ground in organisations:
        parts = [ground.sample(SMALL, seed) for seed in range(N_SMALL)]
        found = [prepared(part.corpus, encoder).found(0) for part in parts]
        scores = [
            measures.agreement(_among(part), run.persona)
            for part, run in zip(parts, found, strict=True)
            if run.k
        ]
        rows.append(
            (
                f"{SMALL} people of {ground.name}",
                f"found in {len(scores)} of {N_SMALL} draws: {_counted(run.k for run in found)}",
                decimal(float(np.mean(scores))) if scores else "",
            )
        )
    tables.show("nothing", ("nothing, or little", "found", "mean ARI"), rows)


def seldom(files: Sequence[Path], encoder: CachedEncoder, tables: Tables) -> None:
    """Show how often a persona of 7 % is found: by a group that shares half of all who are in the one or the other."""
    rows = []
    for n in SELDOM_AMONG:
        found = []
        for path in files:
            for seed in range(N_SELDOM):
                ground = recombined(path, seed, n, SELDOM)
                ready = prepared(ground.corpus, encoder)
                run = ready.found(0)
                rare = {one for one, persona in ground.truth.items() if persona == str(len(SELDOM) - 1)}
                groups = [{one for one in run.persona if run.persona[one] == group} for group in range(run.k)]
                overlap = max((len(rare & group) / len(rare | group) for group in groups), default=0.0)
                found.append((overlap, measures.agreement(ground.truth, run.persona)))
        overlaps, agreement = zip(*found, strict=True)
        rows.append((f"of {n:,}", sum(one >= 0.5 for one in overlaps), decimal(float(np.mean(agreement)))))
    tables.show(
        "seldom",
        (
            f"a persona of {SELDOM[-1]} % among recombined people",
            f"found, of {len(files) * N_SELDOM} draws",
            "mean ARI",
        ),
        rows,
    )


def sizes(rows: Sequence[Row], tables: Tables) -> None:
    """Show how long Kindred and the others take, from texts to groups, and the whole of it at each size."""
    organisations = [row for row in rows if row.kind in ORGANISATIONS]
    sentences = [row for row in rows if row not in organisations]
    lines = [
        (what, *map(_seconds, map(mean, zip(*(row.seconds for row in of_them), strict=True))))
        for what, of_them in (
            ("a survey of 160 people, from the answers to groups", organisations),
            ("300 recombined people, likewise", sentences),
        )
        if of_them
    ]
    lines.append(("the whole command on the demo, from a cold start", str(speed.cold()), "", "", ""))
    large = in_a_process(speed.survey, LARGE)
    words, encoding, person, topics = in_a_process(_others_on_many, LARGE)
    lines += [
        (
            f"{LARGE:,} people × 5 answers, for the first time",
            *map(_seconds, (large.first, words, encoding + person, encoding + topics)),
        ),
        (
            f"{LARGE:,} people again, vectors stored",
            *map(_seconds, (large.again, words, person, topics)),
        ),
    ]
    core, person = in_a_process(speed.core, LARGEST, np.float32), in_a_process(_kmeans_of_many, LARGEST)
    lines.append(
        (
            f"{LARGEST:,} people, vectors given, groups",
            f"{core.seconds}, {core.megabytes:.0f} MB",
            "",
            str(person),
            "",
        )
    )
    tables.show("seconds", ("seconds (of the processor)", *TIMED), lines)


def _seconds(used: Seconds) -> str:
    return "" if np.isnan(used.wall) else str(used)


def _others_on_many(n: int) -> tuple[Seconds, Seconds, Seconds, Seconds]:
    """Time the others on a made survey: weighted words, encoding one text per person, k-means, BERTopic."""
    texts = [" ".join(response.answers.values()) for response in speed.made_survey(n).responses]
    vectors = speed.StandIn().encode(texts)
    _, of_words = timed(partial(baselines.tfidf, texts, speed.N_PERSONAS, 0))
    _, of_person = timed(partial(baselines.kmeans, vectors, speed.N_PERSONAS, 0))
    (by_topic,) = baselines.bertopic([Topics(texts, vectors, speed.N_PERSONAS, 0)], [AS_IT_COMES])
    topics = by_topic[AS_IT_COMES].seconds if by_topic else Seconds(np.nan, np.nan)
    return of_words, speed.encoding(set(texts)), of_person, topics


def _kmeans_of_many(n: int) -> Seconds:
    vectors = next(iter(speed.made(n, np.float32).blocks.values()))
    return timed(partial(baselines.kmeans, vectors, speed.N_PERSONAS, 0))[1]


def in_a_process(work: Callable[..., Result], *arguments: object) -> Result:
    """Do something in a process of its own, so that it has a peak of memory of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(work, *arguments).result()


def _among(part: Ground) -> dict[str, str]:
    return {response.id: part.truth[response.id] for response in part.corpus.responses}


def _counted(numbers: Iterable[int]) -> str:
    return ", ".join(f"{k} in {n}" for k, n in sorted(Counter(numbers).items()))


def _joined_texts(ground: Ground, ready: Prepared) -> dict[str, str]:
    """All that each person with a planted persona says, as one text."""
    texts = {person.response.id: " ".join(person.texts.values()) for person in ready.people}
    return {one: texts[one] for one in ground.planted if one in texts}


def _supervised(ground: Ground, ready: Prepared) -> float:
    rows = [i for i, person in enumerate(ready.people) if ground.truth[person.response.id] != NONE]
    ids = [ready.people[row].response.id for row in rows]
    said = baselines.supervised(ready.views.stacked[rows], [ground.truth[one] for one in ids])
    return measures.agreement(ground.truth, dict(zip(ids, said, strict=True)))


def _stored(path: Path | None) -> dict[str, Vectors]:
    if path is None or not path.exists():
        return {}
    with np.load(path) as file:
        if str(file["encoder"]) != bundled_encoder().hash:
            return {}
        return dict(zip(file["keys"].tolist(), file["vectors"], strict=True))


def _store(path: Path | None, encoder: CachedEncoder) -> None:
    if path is not None:
        np.savez(
            path,
            encoder=np.array(encoder.hash),
            keys=np.array(list(encoder.vectors)),
            vectors=np.stack(list(encoder.vectors.values())),
        )


if __name__ == "__main__":
    main()
