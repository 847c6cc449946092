"""Print persona cards for a reader to judge, and how well people in other languages are grouped.

    python -m benchmarks.cards [NAME ...] [--planted] [--personas K]

Names are demo, those of :mod:`benchmarks.grounds`, sv and de. With ``--planted`` the planted groups are described, so
that only the descriptions are judged; else those that are found. A reader counts, for each persona, which of the facts
listed in its organisation's PERSONAS.md can be read from the card, and which sentences are not true.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator

import numpy as np
from sklearn.metrics import adjusted_rand_score

from analysis import CachedEncoder, bundled_encoder, discover
from analysis.describe import Lexicon, heard_out
from analysis.discovery import in_order
from analysis.facets import cut
from analysis.meaning import read
from analysis.personas import describe_personas, neighbours
from analysis.report import Persona
from analysis.static_encoder import StaticEncoder
from analysis.views import build_views, prepare
from benchmarks.grounds import NONE, Ground, demo, held_out, in_other_languages, practice

LISTS = ("concerns", "reasons", "traits", "skills", "channels", "content", "leanings")


def main() -> None:
    """Print the cards of the organisations that are named, or of all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*")
    parser.add_argument("--planted", action="store_true", help="describe the planted groups")
    parser.add_argument("--personas", type=int, help="how many to look for; else it is chosen")
    arguments = parser.parse_args()
    encoder = CachedEncoder(bundled_encoder())
    for ground in (demo(), *practice(), *held_out(), *in_other_languages()):
        if arguments.names and ground.name not in arguments.names:
            continue
        made = planted(ground, encoder) if arguments.planted else found(ground, encoder, arguments.personas)
        print("\n".join(made))


def found(ground: Ground, encoder: CachedEncoder, n_personas: int | None) -> Iterator[str]:
    """Yield the cards of the personas that are found, and how they agree with the planted ones."""
    report = discover(ground.corpus, encoder=encoder, n_personas=n_personas)
    placed = {one.id: one.persona or NONE for one in report.assignments}
    score = adjusted_rand_score(
        [ground.truth[one] for one in ground.planted], [placed[one] for one in ground.planted]
    )
    yield f"# {ground.name}: language {report.language}, ARI {score:.3f}, exploratory: {report.exploratory}"
    yield from (f"  {note}" for note in (*report.notes, *filter(None, [report.refusal])))
    for persona in report.personas:
        members = Counter(ground.truth[one.id] for one in report.assignments if one.persona == persona.key)
        yield from card(persona, ", ".join(f"{name} {n}" for name, n in members.most_common(3)))


def planted(ground: Ground, encoder: CachedEncoder) -> Iterator[str]:
    """Yield the cards of the planted groups, in English."""
    everybody = prepare(in_order(ground.corpus), languages=encoder.languages)
    people = [person for person in everybody if person.set_aside is None]
    kinds = [ground.truth[person.response.id] for person in people]
    names = [name for name, _ in Counter(kind for kind in kinds if kind != NONE).most_common()]
    labels = np.array([names.index(kind) if kind != NONE else -1 for kind in kinds])
    pairs = neighbours(
        build_views(people, ground.corpus.items, encoder, words=StaticEncoder(), cut=cut), labels
    )
    lexicon = Lexicon([tuple(person.texts.values()) for person in people])
    reading = heard_out(read(people, encoder), labels)
    personas = describe_personas(
        people, pairs, labels, np.ones(len(names)), ground.corpus.items, lexicon, reading
    )
    yield f"# {ground.name}, planted groups"
    for persona, name in zip(personas, names, strict=True):
        yield from card(persona, name)


def card(persona: Persona, people: str) -> Iterator[str]:
    """Yield what a card says, line by line."""
    yield f"\n## {persona.name} ({persona.size} people: {people})"
    yield persona.summary
    for name in LISTS:
        for entry in getattr(persona, name):
            # To what a persona leans a tenth of the others come near by definition.
            beside = (
                "" if entry.kind == "leaning" and not entry.estimated else f" / {entry.share_elsewhere:.0%}"
            )
            yield f"  {name}: {entry.text} ({'about ' * entry.estimated}{entry.n}, {entry.share_here:.0%}{beside})"
    yield from (f"  {sentence}" for sentence in persona.who)
    yield from (f"  {part.text}" for part in (persona.card, persona.neighbour) if part and part.text)
    yield from (f"  “{quote.text}” ({quote.item}, {quote.n})" for quote in persona.quotes)


if __name__ == "__main__":
    main()
