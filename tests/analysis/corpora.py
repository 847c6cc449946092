"""Small made-up corpora with a known structure."""

from __future__ import annotations

import random

from analysis import Corpus, Response

#: Three kinds of people; every list is what such a person may write to an item.
KINDS = {
    "keeper": {
        "self": [
            "Careful and reliable, I check things twice.",
            "A steady pair of hands, calm on the busy days.",
            "Reliable and thorough, I keep the lists tidy.",
        ],
        "stay": [
            "The rota is planned weeks ahead and my family knows when I am home.",
            "A permanent contract with a pension and regular hours for my family.",
            "Regular hours, a secure contract and weekends with my family.",
        ],
        "skills": [
            "payroll, reconciliation, checklists",
            "backups, payroll, archives",
            "reconciliation, audits and checklists",
        ],
        "channels": ("local_press", "friends"),
    },
    "maker": {
        "self": [
            "Independent and self-taught, I build tools alone.",
            "An independent builder who likes an empty folder.",
            "Self-taught tinkerer, independent and stubborn.",
        ],
        "stay": [
            "Freedom to choose the problem and build it my own way.",
            "Nobody asks for approval, I own the product and the decisions.",
            "I decide myself how to build it, with freedom and no approval chain.",
        ],
        "skills": [
            "python, automation, prototypes",
            "automation, linux and python scripts",
            "prototypes, linux, python",
        ],
        "channels": ("github", "podcasts"),
    },
    "helper": {
        "self": [
            "Warm and friendly, a listener with a good ear.",
            "Friendly people person, helpful on the phone.",
            "A helpful listener, warm with upset customers.",
        ],
        "stay": [
            "Helping customers who were stuck and hearing them say thank you.",
            "A customer who was stuck is grateful when I have helped.",
            "Seeing that grateful customers are helped the same day.",
        ],
        "skills": [
            "listening, complaints, phone manner",
            "customer training and listening",
            "complaints, training, phone manner",
        ],
        "channels": ("linkedin", "conferences"),
    },
}

ITEMS = ("self", "stay", "skills")


def planted(n: int = 120, seed: int = 0, kinds: tuple[str, ...] = tuple(KINDS)) -> Corpus:
    """People of the given kinds in turn; the kind is the part of the id before the dash."""
    dice = random.Random(seed)
    responses = []
    for number in range(n):
        kind = kinds[number % len(kinds)]
        made = KINDS[kind]
        answers = {item: _varied(dice, made[item]) for item in ITEMS}
        channels = tuple(option for option in made["channels"] if dice.random() < 0.8)
        responses.append(Response(f"{kind}-{number}", answers, channels, quote=number % 4 != 3))
    return Corpus(tuple(responses), ITEMS)


def shuffled(corpus: Corpus, seed: int = 0) -> Corpus:
    """The same answers dealt anew among the people, item by item."""
    dice = random.Random(seed)
    columns = {item: [response.answers[item] for response in corpus.responses] for item in corpus.items}
    for answers in columns.values():
        dice.shuffle(answers)
    channels = [response.channels for response in corpus.responses]
    dice.shuffle(channels)
    return Corpus(
        tuple(
            Response(
                f"x-{row}", {item: columns[item][row] for item in corpus.items}, channels[row], quote=True
            )
            for row in range(len(corpus))
        ),
        corpus.items,
    )


def _varied(dice: random.Random, texts: list[str]) -> str:
    """One or two of the texts, with a remark that anybody might make."""
    remarks = [
        "",
        " The canteen is fine.",
        " It rains a lot here.",
        " Parking could be better.",
        " Good coffee too.",
    ]
    return " ".join(dice.sample(texts, dice.choice([1, 2]))) + dice.choice(remarks)
