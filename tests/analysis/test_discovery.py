"""The whole way from a corpus to a report, on made-up people."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from multiprocessing import active_children
from threading import Event
from time import sleep
from typing import Any
from unittest.mock import Mock, patch

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis import Corpus, Report, Response, bundled_encoder, discover
from analysis.codebook import codebook
from analysis.cores import apart
from analysis.corpus import Progress
from analysis.describe import MIN_PEOPLE
from analysis.discovery import _beside, in_order
from analysis.encoder import CachedEncoder
from analysis.facets import cut
from analysis.groups import NoGroupsError
from analysis.meaning import told_by
from analysis.views import build_views, texts_of
from tests.analysis.corpora import ITEMS, planted, shuffled
from tests.fakes import FakeEncoder

pytestmark = pytest.mark.usefixtures("reduced_analysis")


ENCODER = FakeEncoder()


@lru_cache(maxsize=1)
def planted_report() -> Report:
    """The report of 120 people of three kinds; read only."""
    with patch("analysis.discovery.cut", CUT):
        return discover(planted(), encoder=ENCODER)


#: Cuts the answers of :func:`planted_report`.
CUT = Mock(wraps=cut)


def kinds_per_persona(report: Report) -> dict[str, Counter[str]]:
    """Persona key to how many of which kind were put there."""
    found: dict[str, Counter[str]] = {}
    for one in report.assignments:
        if one.persona is not None:
            found.setdefault(one.persona, Counter())[one.id.split("-")[0]] += 1
    return found


def all_texts(value: Any) -> Iterator[str]:
    """Every text of the readable part of a report."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from all_texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from all_texts(one)


def readable(report: Report) -> dict[str, Any]:
    return {key: value for key, value in report.to_dict().items() if key != "scoring"}


def test_planted_kinds_come_out_as_personas() -> None:
    report = planted_report()

    assert report.refusal is None
    assert len(report.personas) == 3
    assert all(len(kinds) == 1 for kinds in kinds_per_persona(report).values())


def test_personas_are_described_by_what_their_people_say() -> None:
    report = planted_report()
    key = next(key for key, kinds in kinds_per_persona(report).items() if "maker" in kinds)
    maker = next(persona for persona in report.personas if persona.key == key)

    assert "deciding without asking for permission" in {entry.text for entry in maker.reasons}
    assert "automation and quick solutions" in {entry.text for entry in maker.skills}
    assert {entry.text for entry in maker.channels} == {"GitHub", "podcasts"}
    assert maker.quotes


def test_few_of_another_persona_are_not_counted_among_those_who_say_a_theme() -> None:
    """With 19 of all and 17 on a card, two would stand alone."""
    corpus = planted()
    two = {f"maker-{number}" for number in (1, 4)}
    told = tuple(
        replace(one, answers={**one.answers, "stay": one.answers["stay"] + " A permanent contract."})
        if one.id in two
        else one
        for one in corpus.responses
    )

    themes = {theme.text: theme.n for theme in discover(Corpus(told, ITEMS), encoder=FakeEncoder()).themes}

    assert themes["a permanent contract and a job that is safe"] == 17


@pytest.mark.parametrize(("n_personas", "seed"), [(1, 0), (0, 0), (-2, 0), (None, -1)])
def test_no_persona_to_look_for_and_no_seed_are_refused(n_personas: int | None, seed: int) -> None:
    with pytest.raises(ValueError, match=r"n_personas is|seed is"):
        discover(planted(n=40), encoder=FakeEncoder(), n_personas=n_personas, seed=seed)


def test_names_are_unique_and_no_first_names() -> None:
    names = [persona.name for persona in planted_report().personas]

    assert len(set(names)) == len(names)
    assert all(len(name.split()) >= 2 for name in names)


def test_every_number_of_an_entry_follows_from_the_assignments() -> None:
    report = planted_report()

    for persona in report.personas:
        for listed in (persona.traits, persona.reasons, persona.skills, persona.channels, persona.content):
            for entry in listed:
                assert entry.n >= MIN_PEOPLE
                assert entry.share_here == pytest.approx(entry.n / persona.size)
                assert entry.interval[0] <= entry.share_here <= entry.interval[1]
                n_elsewhere = entry.share_elsewhere * (report.n_used - persona.size)
                assert n_elsewhere == 0 or n_elsewhere > MIN_PEOPLE - 0.01


def test_the_summary_names_only_figures_of_the_card() -> None:
    report = planted_report()

    for persona in report.personas:
        shares = [
            value
            for listed in (persona.traits, persona.reasons, persona.skills)
            for entry in listed
            for value in (entry.share_here, entry.share_elsewhere)
        ]
        allowed = {f"{100 * share:.0f} %" for share in [*shares, persona.share]}
        assert set(re.findall(r"\d+ %", persona.summary)) <= allowed


def test_sizes_are_those_of_the_assignments_and_at_least_ten() -> None:
    report = planted_report()
    counted = {key: sum(kinds.values()) for key, kinds in kinds_per_persona(report).items()}

    assert {persona.key: persona.size for persona in report.personas} == counted
    assert min(counted.values()) >= 10
    assert all(0 <= one.membership <= 1 for one in report.assignments)


def test_the_same_seed_gives_the_same_bytes() -> None:
    again = discover(planted(), encoder=FakeEncoder())

    assert again.to_json() == planted_report().to_json()


def test_a_process_of_its_own_changes_nothing_and_encodes_nothing() -> None:
    encoder = FakeEncoder()
    with patch("analysis.discovery.MANY_PEOPLE", 0), patch("analysis.discovery.apart", wraps=apart) as begun:
        report = discover(planted(), encoder=encoder)

    assert begun.called
    assert report.to_json() == planted_report().to_json()
    assert set(encoder.encoded) == set(ENCODER.encoded)


def test_themes_are_told_from_a_process_of_its_own_where_there_are_no_personas() -> None:
    people, encoder = shuffled(planted(), 0), CachedEncoder(FakeEncoder())
    here = discover(people, encoder=encoder)
    with patch("analysis.discovery.MANY_PEOPLE", 0):
        assert discover(people, encoder=encoder).to_json() == here.to_json()


def test_a_process_of_its_own_ends_when_the_analysis_is_stopped() -> None:
    stopped = KeyboardInterrupt()  # kept, and with it what the analysis knew

    def stop(_done: int, _total: int, label: str) -> None:
        if label == "counting personas":
            assert active_children()
            raise stopped

    with patch("analysis.discovery.MANY_PEOPLE", 0), pytest.raises(KeyboardInterrupt):
        discover(planted(n=60), encoder=FakeEncoder(), progress=stop)

    assert active_children() == []


@pytest.mark.parametrize("people", [planted(n=60), shuffled(planted(n=60), 0)], ids=["groups", "no groups"])
def test_a_stop_is_heard_while_a_process_of_its_own_is_waited_for(people: Corpus) -> None:
    told: list[tuple[int, int, str]] = []
    waiting = Event()

    @contextmanager
    def endless(*_: object) -> Iterator[Callable[[Progress], None]]:
        def wait(watch: Progress) -> None:
            waiting.set()
            watch(0, 1, "waiting")
            raise AssertionError("the stop was not heard")

        yield wait

    def stop(*step: Any) -> None:
        told.append(step)
        if waiting.is_set():
            raise KeyboardInterrupt

    with (
        patch("analysis.discovery.MANY_PEOPLE", 0),
        patch("analysis.discovery.apart", endless),
        patch("analysis.discovery.block_of_people"),
        pytest.raises(KeyboardInterrupt),
    ):
        discover(people, encoder=FakeEncoder(), progress=stop)

    assert told[-1] == told[-2]


@pytest.mark.parametrize(
    "around",
    ["<p>{}</p>", "&lt;link rel=a href=b&gt;{}", "&amp;lt;p&amp;gt;{}", "[{}](https://pages.example)"],
)
def test_markup_around_every_answer_changes_nothing(around: str) -> None:
    corpus = planted()
    marked = [
        replace(one, answers={item: around.format(text) for item, text in one.answers.items()})
        for one in corpus.responses
    ]

    cleaned = {one.id: texts_of(one) for one in marked}
    for kept in (None, cleaned):
        report = discover(replace(corpus, responses=tuple(marked)), encoder=FakeEncoder(), cleaned=kept)

        assert report.to_json() == planted_report().to_json()


def test_the_order_of_the_rows_changes_nothing() -> None:
    corpus = planted()
    responses = list(corpus.responses)
    random.Random(7).shuffle(responses)

    again = discover(replace(corpus, responses=tuple(responses)), encoder=FakeEncoder())

    assert again.to_json() == planted_report().to_json()
    assert {one.id: one for one in again.assignments} == {one.id: one for one in planted_report().assignments}


def test_the_order_of_two_who_handed_in_the_same_changes_nothing() -> None:
    """One of them is set aside as a copy; without a column of ids they are known by their rows."""
    first, *others = planted(n=40).responses
    said = {item: f"{text} Written once more." * 4 for item, text in first.answers.items()}
    twins = [replace(first, answers=said, attributes={"site": site}) for site in ("Leeds", "Lisbon")]

    def in_rows(*responses: Response) -> Corpus:
        return Corpus(tuple(replace(one, id=str(row)) for row, one in enumerate(responses, 1)), ITEMS)

    here, there = in_order(in_rows(*twins, *others)), in_order(in_rows(*reversed(twins), *others))

    assert [one.attributes for one in here.responses] == [one.attributes for one in there.responses]


def test_the_order_of_the_items_changes_nothing() -> None:
    corpus = planted()
    responses = [replace(one, answers=dict(reversed(one.answers.items()))) for one in corpus.responses]

    again = discover(Corpus(tuple(responses), corpus.items[::-1]), encoder=FakeEncoder())

    assert again.to_json() == planted_report().to_json()


def test_the_order_of_own_items_and_of_what_was_ticked_changes_nothing() -> None:
    ticked = [
        Response(str(row), {"self": f"Calm {row}."}, tuple(f"{way}{row}" for way in "abc"))
        for row in range(9)
    ]
    reversed_ = [replace(one, channels=one.channels[::-1]) for one in ticked]

    here = in_order(Corpus(tuple(ticked), ("stay", "motto", "self", "dream")))
    there = in_order(Corpus(tuple(reversed_), ("dream", "self", "motto", "stay")))

    assert here.items == there.items == ("self", "stay", "dream", "motto")
    assert [one.id for one in here.responses] == [one.id for one in there.responses]


def test_each_answer_is_cut_once_and_not_remembered() -> None:
    planted_report()

    assert CUT.call_args_list
    assert max(Counter(call.args for call in CUT.call_args_list).values()) == 1
    assert cut("stay", "I like my team.") is not cut("stay", "I like my team.")


def test_a_report_survives_being_written_and_read() -> None:
    report = planted_report()

    again = Report.from_dict(report.to_dict())

    assert again.to_json() == report.to_json()


def test_no_id_is_in_the_report() -> None:
    written = planted_report().to_json()

    assert not any(response.id in written for response in planted().responses)


@pytest.mark.parametrize("seed", range(2))
def test_shuffled_answers_are_refused(seed: int) -> None:
    report = discover(shuffled(planted(seed=seed), seed), encoder=FakeEncoder(), seed=seed)

    assert report.personas == ()
    assert report.refusal is not None
    assert "themes but no personas" in report.refusal
    assert report.themes
    assert {one.persona for one in report.assignments} == {None}


def test_too_few_responses_are_refused_with_the_missing_number() -> None:
    report = discover(planted(n=27), encoder=FakeEncoder())

    assert report.personas == ()
    assert report.refusal == (
        "Only 27 responses can be used and personas need at least 30: collect 3 more or, if the survey is closed, "
        "ask again in a new one."
    )


@pytest.mark.parametrize(("n_junk", "told"), [(4, ""), (5, " Set aside as “random keys”: 5.")])
def test_one_response_too_few_is_refused_and_only_five_that_were_set_aside_are_told(
    n_junk: int, told: str
) -> None:
    people = planted(n=29)
    junk = (Response(f"x{number}", dict.fromkeys(ITEMS, "asdfgh")) for number in range(n_junk))

    report = discover(Corpus((*people.responses, *junk), ITEMS), encoder=FakeEncoder())

    assert report.refusal == (
        "Only 29 responses can be used and personas need at least 30: collect 1 more or, if the survey is closed, "
        "ask again in a new one." + told
    )
    assert [one.n for one in report.set_aside] == [5 if told else None]


def test_too_few_responses_still_have_themes_of_motives_and_of_skills() -> None:
    report = discover(planted(n=27), encoder=FakeEncoder())

    kinds = {code.label: code.kind for code in codebook()}
    assert {kinds[theme.text] for theme in report.themes} == {"motive", "skill"}
    assert min(theme.n for theme in report.themes) >= 5


def test_shares_of_themes_are_estimated_where_there_are_no_personas_too() -> None:
    report = discover(planted(n=27), encoder=bundled_encoder())

    kinds = {code.label: code.kind for code in codebook()}
    assert {kinds[theme.text]: theme.estimated for theme in report.themes} == {"motive": True, "skill": False}


def test_nothing_at_all_is_refused() -> None:
    report = discover(Corpus((), ()), encoder=FakeEncoder())

    assert report.n_used == 0
    assert report.refusal is not None


def test_a_single_item_is_refused() -> None:
    corpus = planted()
    only = tuple(
        replace(response, answers={"self": response.answers["self"]}) for response in corpus.responses
    )

    report = discover(Corpus(only, ("self",)), encoder=FakeEncoder())

    assert report.refusal is not None
    assert "two open-ended items" in report.refusal


def test_under_a_hundred_responses_are_exploratory_and_say_so() -> None:
    report = discover(planted(n=60), encoder=FakeEncoder())

    assert report.exploratory
    assert report.notes == (
        "These personas rest on 60 responses and are exploratory: 40 more would settle them.",
    )


def test_a_language_the_encoder_does_not_know_is_said() -> None:
    swedish = "Jag tycker att det är bra att arbetet är planerat och att chefen lyssnar på oss alla."
    corpus = Corpus(
        tuple(Response(f"s-{n}", {item: f"{swedish} {item} {n}" for item in ITEMS}) for n in range(100)),
        ITEMS,
    )

    report = discover(corpus, encoder=FakeEncoder())

    assert report.language == "sv"
    assert report.exploratory
    assert "som modellen inte kan" in report.notes[0]


def test_a_given_number_of_personas_is_kept() -> None:
    report = discover(planted(n=60), encoder=FakeEncoder(), n_personas=2)

    assert len(report.personas) == 2
    assert [one.k for one in report.n_personas_considered] == [2, 3]
    assert not any("put into" in note for note in report.notes)


def test_fewer_personas_than_were_asked_for_are_explained() -> None:
    report = discover(planted(n=60), encoder=FakeEncoder(), n_personas=6)

    assert 2 <= len(report.personas) < 6
    assert report.notes[-1] == (
        f"The people were put into 6 groups, and {len(report.personas)} of them are large enough to be shown: "
        "a persona needs 10 people."
    )
    assert not any("asked for" in note for note in report.notes)


def test_more_personas_than_the_people_can_make_are_not_looked_for() -> None:
    report = discover(planted(n=60), encoder=FakeEncoder(), n_personas=500)

    assert 2 <= len(report.personas) <= 6
    assert report.notes[1] == (
        "500 personas were asked for, and 60 people make 6 at most: a persona needs 10 people."
    )


def test_junk_is_set_aside_with_its_reason() -> None:
    corpus = planted()
    junk = (
        Response("keys", dict.fromkeys(ITEMS, "asdfgh")),
        Response("silent", {}),
        Response(
            "other", {"self": "Não percebo porque é que isto é só em inglês.", "stay": "Digo quando houver."}
        ),
        *(Response(f"none-{n}", {"self": "n/a", "stay": "none"}) for n in range(5)),
    )

    report = discover(replace(corpus, responses=(*corpus.responses, *junk)), encoder=FakeEncoder())

    reasons = {one.id: one.reason for one in report.assignments}
    assert reasons["keys"] == "random keys"
    assert reasons["silent"] == "no answers"
    assert reasons["other"] == "other language"
    assert {one.reason: one.n for one in report.set_aside} == {
        "no answer": 5,
        "no answers": None,
        "other language": None,
        "random keys": None,
    }
    assert report.n_used == 120


def test_what_identifies_or_is_rare_reaches_no_output_and_no_encoder() -> None:
    secrets = {
        "self": " Call me on 031-390 06 22.",
        "stay": " My manager Ulrika Svensson listens. Write to ann.lee@example.org. I had a burnout in spring.",
        "skills": ", zymurgy",
    }
    corpus = planted()
    told = tuple(
        replace(
            response,
            answers={item: text + secrets[item] for item, text in response.answers.items()},
            quote=True,
        )
        if row < 4
        else response
        for row, response in enumerate(corpus.responses)
    )
    encoder = FakeEncoder()

    report = discover(replace(corpus, responses=told), encoder=encoder)

    shown = " ".join(all_texts(readable(report))).casefold()
    forbidden = ["031-390", "ulrika", "svensson", "ann.lee", "burnout"]
    assert [word for word in [*forbidden, "zymurgy"] if word in shown] == []
    assert [word for word in forbidden if word in " ".join(encoder.encoded).casefold()] == []
    assert [word for word in forbidden if word in report.to_json().casefold()] == []


def test_names_that_are_handed_in_reach_no_encoder() -> None:
    told = (
        replace(one, answers={**one.answers, "stay": f"{one.answers['stay']} I like that quorra is near."})
        for one in planted(n=12).responses
    )
    encoder = FakeEncoder()

    discover(Corpus(tuple(told), ITEMS), encoder=encoder, names={"Quorra Vex"})

    assert "i like that is near" in encoder.encoded
    assert not any("quorra" in text for text in encoder.encoded)


def test_only_people_who_agreed_are_quoted() -> None:
    corpus = planted()
    marked = tuple(
        replace(
            response,
            quote=row % 2 == 0,
            answers={
                **response.answers,
                "stay": response.answers["stay"]
                + (" The family agrees." if row % 2 == 0 else " My family agrees too."),
            },
        )
        for row, response in enumerate(corpus.responses)
    )
    agreed = {text for response in marked if response.quote for text in response.answers.values()}

    report = discover(replace(corpus, responses=marked), encoder=FakeEncoder())

    quotes = [quote.text for persona in report.personas for quote in persona.quotes]
    assert quotes
    assert all(any(quote in text for text in agreed) for quote in quotes)


def test_without_consent_there_are_no_quotes() -> None:
    corpus = planted()
    silent = tuple(replace(response, quote=False) for response in corpus.responses)

    report = discover(replace(corpus, responses=silent), encoder=FakeEncoder())

    assert [persona.quotes for persona in report.personas] == [(), (), ()]


def test_nothing_is_encoded_twice() -> None:
    assert planted_report().personas

    assert [text for text, n in Counter(ENCODER.encoded).items() if n > 1] == []


@pytest.mark.parametrize(("n_read", "are_heard"), [(120, True), (119, False)])
def test_parts_are_heard_where_everybody_is_read(n_read: int, are_heard: bool) -> None:
    with (
        patch("analysis.meaning.MAX_READ", n_read),
        patch("analysis.discovery.build_views", wraps=build_views) as built,
    ):
        report = discover(planted(), encoder=FakeEncoder())

    assert report.personas
    assert (built.call_args.args[4] is not None) == are_heard


def test_encoding_beside_stops_when_nobody_waits_for_it() -> None:
    class Slow(FakeEncoder):
        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
            for done in range(200):
                sleep(0.005)
                assert progress is not None
                progress(done, 200, "encoding")
            return super().encode(texts)

    encoder = Slow()
    encoding = partial(CachedEncoder(encoder).encode, ["quiet mornings"])
    with pytest.raises(KeyboardInterrupt), _beside(encoding):
        raise KeyboardInterrupt

    assert encoder.encoded == []


def test_an_error_in_the_work_beside_reaches_the_caller() -> None:
    done = []

    def fail(_watch: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), _beside(fail):
        done.append("body")

    assert done == ["body"]


def test_an_error_in_the_work_beside_is_not_lost_where_there_are_no_groups() -> None:
    def fail(_watch: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), _beside(fail):
        raise NoGroupsError("no groups")


def test_an_encoder_that_fails_while_groups_are_formed_fails_the_discovery() -> None:
    class Failing(FakeEncoder):
        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
            if self.encoded:
                raise ZeroDivisionError
            return super().encode(texts, progress)

    with pytest.raises(ZeroDivisionError):
        discover(planted(n=60), encoder=Failing())


def test_a_stop_while_sentences_are_cut_is_honoured_before_they_are_read() -> None:
    asked, stopped = Event(), Event()

    class Silent(FakeEncoder):
        """Like an encoder that has all vectors, which reports nothing."""

        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
            return super().encode(texts)

    def slowly(*given: Any) -> Any:
        asked.set()
        stopped.wait(5)
        # Until the stop has left the body.
        sleep(0.1)
        return told_by(*given)

    def stop(_done: int, _total: int, label: str) -> None:
        if label == "counting personas":
            asked.wait(5)
            stopped.set()
            raise KeyboardInterrupt

    with (
        patch("analysis.discovery.told_by", slowly),
        patch("analysis.discovery.read") as read,
        pytest.raises(KeyboardInterrupt),
    ):
        discover(planted(n=60), encoder=Silent(), progress=stop)

    assert stopped.is_set()
    assert not read.called


def test_progress_only_goes_up() -> None:
    seen: list[tuple[int, int]] = []

    discover(planted(n=60), encoder=FakeEncoder(), progress=lambda done, total, _: seen.append((done, total)))

    assert seen == sorted(seen)
    assert all(0 <= done <= total for done, total in seen)
