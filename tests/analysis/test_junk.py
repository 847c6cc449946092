"""Answers that say nothing are recognised by their form alone; odd people are people."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from analysis.junk import copied_texts, junk_reason, repeated_items

JUNK = [
    ("", "empty"),
    ("  \n ", "empty"),
    *(
        (text, "no answer")
        for text in (
            *(
                "n/a",
                "N/A.",
                "No comment.",
                "nothing",
                "Nothing!",
                "nothing to say really",
                "idk",
                "I don't know sorry",
            ),
            *(
                "no comment, is this really anonymous?",
                "see my CV, HR has it",
                "prefer not to say",
                "no idea...",
                "test test",
                "no thx",
                "idk man",
                "skip this one",
                "xx",
            ),
            *(
                "vet ej",
                "Vet inte",
                "inget särskilt",
                "ingen kommentar",
                "vill ej svara",
                "jag vet faktiskt inte",
                "orkar inte svara",
            ),
            *(
                "keine Angabe",
                "k.A.",
                "weiß nicht",
                "nichts",
                "Dazu kein Kommentar",
                "mir fällt gerade nichts ein",
                "kein Bock",
            ),
            *(
                "nada",
                "no sé",
                "ns/nc",
                "nada en particular",
                "sin comentarios",
                "Prefiero no contestar.",
                "no contesto",
            ),
            *(
                "brak",
                "nie wiem",
                "nie dotyczy",
                "nic szczególnego",
                "bez komentarza",
                "nie mam zdania raczej",
                "nic mi nie przychodzi do głowy",
            ),
        )
    ),
    *(
        (text, "no words")
        for text in (
            "???",
            "12345",
            "4 8 15 16 23 42",
            "👍👍👍",
            "🙂",
            "[e-mail]",
            "[phone] / [e-mail]",
            "100 %",
        )
    ),
    *(
        (text, "random keys")
        for text in (
            *(
                "asdfgh",
                "sdfsdf",
                "aaaaaaaa",
                "xkcdqrst",
                "qwertyuiop",
                "lkjhgfdsa",
                "asdasdasd",
                "qazwsx",
                "1q2w3e4r",
            ),
            *(
                "jjjjjjjjjjjjjjjjjjjjjj",
                "asldkfjalskdf",
                "dfkjghdfkjgh",
                "qwe asd zxc",
                "blablabla",
                "bla bla bla",
                "hahahaha",
            ),
            *("fjdkei skdjfw", "asdf jkl", "zzzz zzz zzzz", "yxcvbnm yxcv"),
        )
    ),
    *(
        (text, "pasted text")
        for text in (
            "UNB+UNOC:3+7300010000001:14+7350000000002:14",
            "Hi, pls find attached the POD for the consignment.",
            "Dear customer, your parcel 4471-22 has been dispatched.",
            "Thank you for your order!\nOrder no. 4471-902\n2 x toner cartridge\nTotal: 89.90 EUR",
            "Orderbekräftelse\nOrdernr: 88123\nAntal: 2\nSumma: 1 299 kr",
            "Vielen Dank für Ihre Bestellung. Bestellnummer: 302-11 Gesamtbetrag: 49,90",
            "Gracias por su compra. Pedido nº 5512. Total: 35 euros",
            "Potwierdzenie zamówienia. Nr zamówienia: 99120. Razem: 120 zł",
            "Invoice no. 2231\nQty 4\nSubtotal 120\nVAT 30\nTotal 150",
            "Kind regards,\nSam Doe\nLogistics Coordinator | Example Ltd",
            "Mit freundlichen Grüßen\n\nErika Muster\nVertrieb",
            "Mvh\nKalle",
            "Z poważaniem,\nJan Przykład",
            "Sam Doe | Planner\nTel +44 113 496 0417\nsam@example.org\nwww.example.org",
            "From: a@example.org\nTo: b@example.org\nSubject: rota",
            "Von: Erika\nBetreff: Schichtplan\nHallo zusammen",
            "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor.",
            "This email and any attachments are confidential and for the intended recipient only.",
            'Traceback (most recent call last): File "x.py", line 1',
            '{"id": 4, "name": "x"}',
            "<div><p>Hi</p><br><span>there</span></div>",
            "id;name;qty\n1;bolt;20\n2;nut;30\n3;washer;40",
            "2024-01-02 10:11:12,123 ERROR worker failed",
            "SELECT name, first_name FROM people",
            "Anbei erhalten Sie die Rechnung für den Monat.",
            "Adjunto le envío la factura del mes.",
            "W załączeniu przesyłam fakturę za maj.",
        )
    ),
]

ODD_BUT_REAL = [
    *(
        "Passed my forklift test!",
        "haha no but the team is great",
        "N/A to me is a swear word, I always answer.",
        "Order 66 pallets before lunch and have the total right: that is me.",
        "none of the other places let me cook",
        "Paso las tardes con mis hijas.",
        "SQL",
        "Customers",
        "C++, C#, SQL",
        "SQL; Excel; Jira\nTeams; Word; Outlook\nGit; Docker; Linux",
        "no surprises",
        "Testing",
        "The people, obviously!",
        "我喜欢这里",
        "flask",
        "Pay.",
        "Cake",
    ),
    *(
        "my desk",
        "Hours",
        "Nights",
        "pension",
        "lön",
        "Ruhe",
        "el sueldo",
        "pieniądze",
        "Geld halt",
        "kollegorna",
        "R",
        "Go, Rust",
    ),
    *(
        "HTML CSS PHP",
        "PLC, HMI, SCADA",
        "GDPR & ISO 27001",
        "Excel!!!!!",
        "Money, money, money!",
        "kubectl, npm, grep",
    ),
    "Nothing beats a full yard at six in the morning.",
    "Nothing much, just the people",
    "No idea why, but I stay.",
    "No bullshit, no meetings, no ties.",
    "Not the coffee.",
    "Nobody shouts.",
    "None of your business. Fine: the pension.",
    "I DON'T DO SMALL TALK. I FIX PUMPS. LEAVE ME ALONE AND THE PUMPS WORK.",
    "WHY DO WE EVEN HAVE A PARKING LOT IF NOBODY CAN PARK",
    "lol good question. inertia? and tea",
    "free coffee and a boss who is on holiday a lot ;)",
    "Best thing about my job: I go home at four.",
    "i am work here since 3 year and is good people, boss no angry",
    "me like machine, machine no talk",
    "Es que aquí se está de lujo, chaval.",
    "Dat löppt. Mehr mutt ik nich seggen.",
    "Jo mei, passt scho.",
    "Ä de bra så ä de bra.",
    "Nich meckern is genug jelobt.",
    "Robota jak robota, ale szef w porzo.",
    "aye, it's champion, like, wouldn't gan anywhere else",
    "Meh. It pays.",
    "Coffee > people",
    "I ❤️❤️❤️❤️❤️❤️❤️❤️ my team",
    "40h/week, 0 drama, 100% remote",
    "C++ 11/14/17/20, C# 8-12, SQL 2012-2022",
    "I chase every invoice and order number till the total balances. Bliss.",
    "Say 'please find attached' to me once more and I leave. Otherwise content.",
    "I write the emails that end in kind regards. Somebody must.",
    "Kind regards from a grumpy dispatcher who likes quiet nights.",
    "Happy here and I tell everybody so. Best regards, the night shift",
    "From: burned-out consultant. Now: human again.",
    "I typeset lorem ipsum for a living and replace it with sense.",
    "SELECT happiness FROM coworkers WHERE coffee IS NOT NULL;",
    "To be honest: the dog. I may bring the dog.",
    "Subject: cake. Object: more cake.",
    "zzzzz at nine, champion by ten. Late shift suits me.",
    "Hmmmmmmm. Probably the canteen lady.",
    "same shift, same crew, same jokes since 2009",
    "Ok team, ok pay, great hours",
    "Yes to flexitime. Yes to the lake.",
    "test rigs, test plans, test everything",
    "Rechtschreibung",
    "Strengths: patience",
    "Jag bara trivs.",
    "Nichts als Ärger mit der Maschine, und ich liebe sie.",
    "Nada de gritos y viernes cortos.",
    "Nic tak nie cieszy jak pusta skrzynka.",
    "Inget fjäsk, inga slipsar.",
]

#: Written by somebody else when the rules were thought to be finished.
MORE_JUNK = """
azertyuiop qsdfghjklm | йцукен | фыва олдж | asdfg hjklö | qwertz uiopü | pyfgcrl aoeuidhtns
same as before | See my previous answer. | I do not know what to write here. | test test test | samma som ovan
gleiche antwort | lo mismo | jak wcześniej | Your answer | Ihre Antwort hier | Skriv ditt svar här | lol
As an AI language model, I do not have personal experiences. | I'm sorry, but I can't help with that request.
Als KI-Sprachmodell habe ich keine Erfahrungen. | Como modelo de lenguaje, no tengo experiencias personales.
Jako model językowy nie mam doświadczeń. | Som en AI-språkmodell har jag inga egna erfarenheter.
Certainly! Here's a response you could use: | Sed ut perspiciatis unde omnis iste natus
Never gonna give you up never gonna give you up never gonna give you up never gonna give you up
copy paste copy paste copy paste copy paste | work work work work work work work work
Your order #48213 has shipped. Subtotal 19.99 | Din bokning är bekräftad. Bokningsnummer ABC123.
Ihre Rechnung Nr. 2023-114 über 45,20 EUR finden Sie im Anhang. | Booking confirmation: booking reference XK3F9P
Gracias por tu pedido. Número de pedido 99213 | Dziękujemy za zamówienie! Numer zamówienia: 77213
This message is confidential and intended only for the addressee. | function foo() { return 1; }
<script>alert('x')</script> | onclick=alert(document.cookie)
"""
MORE_ANSWERS = """
Money. | Kids | the lads | Geld | Kasa. | Ay up, it's reet good here, tha knows | Dinnae fash, the crew's dead brilliant
I moag mei Arbeit | Robota jak robota, ale chłopaki git | Roses are red, forklifts are yellow | Because | Why not
None of my days are the same | The same as yesterday, and that is what I like | Same crew for ten years | Testing | R
Order picking, total productivity, delivery on time | My order book is full | AI tools and language models
I cannot sit still | I build AI language models for the call centre | I'm sorry, but I can't stand offices
I can't complain | Nichts ist besser
Nada de gritos | Nic na siłę
People people people | work work work then home | tbh the pay | !!! the people !!!
the people, the people, the people, always the people | As a language teacher I have personal experience
We sent 200 parcels and every order has shipped by 3, total 412
We get security alert(s) at night and someone always answers | people return value; I like that a lot.
People here return home; nobody is asked to stay late. | Customers expect delivery 24/7 and your reservation is kept.
"""


def _listed(text: str) -> list[str]:
    return [entry.strip() for entry in text.replace("\n", "|").split("|") if entry.strip()]


def test_junk_of_another_hand_has_a_reason_and_its_answers_are_kept() -> None:
    assert [text for text in _listed(MORE_JUNK) if junk_reason(text) is None] == []
    assert [text for text in _listed(MORE_ANSWERS) if junk_reason(text) is not None] == []


@pytest.mark.parametrize(
    "table",
    [
        "| Name | Hours |\n|---|---|\n| Anna | 12 |\n| Bo | 14 |",
        "Name | Hours\n:--- | ---:\nAnna | 12",
        "+------+-----+\n| a | b |\n+------+-----+\n| c | d |",
        "Name\tHours\tRate\nAnna\t12\t30\nBo\t14\t28",
        "Name\t\tRate\nAnna\t12\t30\nBo\t14\t28",
        "Week   Mon   Tue\n31     8.0   7.5\n32     8.0   6.0",
        "My hours:\nAnna\t12\t30\nBo\t14\t28\nCy\t9\t31",
    ],
)
def test_a_table_is_pasted(table: str) -> None:
    assert junk_reason(table) == "pasted text"


@pytest.mark.parametrize(
    "text",
    [
        "SQL\tExcel\tJira\nTeams\tWord\tOutlook\nGit\tDocker\tLinux",
        "SQL | Excel | Jira\nTeams | Word | Outlook\nGit | Docker | Linux",
        "Up at 5\tout at 6\thome at 3\nThat is it.",
        "5:00\tup\n6:00\tout\n15:00\thome, and the river",
        "I like the early shift.\n-----\nAnd the river.\n--- tea ---",
        "Up at 5.   Out at 6.   Home at 3.\nI sleep.\nI dream of 7 cranes.",
    ],
)
def test_lists_and_lines_are_no_table(text: str) -> None:
    assert junk_reason(text) is None


def test_languages_called_by_one_letter_are_a_list() -> None:
    assert junk_reason("C, C++, C#") is None
    assert junk_reason("c c c c c") == "random keys"


@pytest.mark.parametrize(("answer", "reason"), JUNK)
def test_junk_has_a_reason(answer: str, reason: str) -> None:
    assert junk_reason(answer) == reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        *(
            (text, "no answer")
            for text in (
                "-",
                "se mitt cv, personal har det",
                "ingen aning asså",
                "siehe lebenslauf, liegt vor",
                "keine ahnung ehrlich gesagt",
                "frag meinen chef",
                "ver mi cv, está en rrhh",
                "no sé sinceramente",
                "pregunta a mi jefe",
                "patrz cv, kadry mają",
                "nie wiem niestety",
                "zapytaj szefa",
            )
        ),
        *(
            (text, "random keys")
            for text in (
                "öööööö",
                "uiopui",
                "abcdef",
                "poiuy",
                "thrstng",
                "iopå",
                "jklñ",
                "wxcvb",
                "ячсмить",
                "nujm",
                "1qaz2wsx",
                "qwer1234",
            )
        ),
        *(
            (text, "pasted text")
            for text in (
                "k 1290/3=430*2+77-1+44/2",
                "BEGIN:VCARD VERSION:3.0 FN:Jo Bloggs",
                "BEGIN:VCALENDAR",
                "BEGIN:VEVENT",
                "public static void main(String[] args)",
                "def main():\n    return 0",
                "Your verification code is 449201.",
                "Din verifieringskod är 449201.",
                "Ihr Bestätigungscode lautet 449201.",
                "Tu código de verificación es 449201.",
                "Twój kod weryfikacyjny to 449201.",
                "UNB+UNOC+3",
                "<?xml version is here",
                "-----BEGIN PRIVATE KEY here",
                "SET-COOKIE: id is here",
                "QWxhZGRpbjpvcGVuIHNlc2FtZSBhbmQgc29tZSBtb3JlIHdvcmRzIHRvIHJlYWNo",
                "well return x; } and so on",
                "then at com.example.Main(Main.java:12) it broke",
                "so function go(a) { is what I wrote",
                "From: Ann\nSubject: rota\nsee you",
                "Från: Anna\nÄmne: schema\nses",
                "Bifogat finner du listan för i morgon.",
                "De: Ana\nAsunto: turnos\nhasta luego",
                "Un saludo, Paco",
                "Od: Anna\nTemat: grafik\nna razie",
            )
        ),
    ],
)
def test_each_rule_by_itself_gives_its_reason_in_every_language(answer: str, reason: str) -> None:
    assert junk_reason(answer) == reason


@pytest.mark.parametrize("answer", [*ODD_BUT_REAL, "No, not 9."])
def test_odd_answers_are_answers(answer: str) -> None:
    assert junk_reason(answer) is None


def test_the_tables_are_long_enough_to_mean_something() -> None:
    assert min(len(JUNK), len(ODD_BUT_REAL)) >= 60


def test_the_same_text_in_three_items_is_found() -> None:
    answers = {"self": "Whatever.", "stay": "whatever.", "skills": "Whatever.", "content": "Pictures"}

    assert repeated_items(answers) == {"self", "stay", "skills"}


def test_a_text_handed_in_by_three_people_is_a_copy_and_a_short_one_is_not() -> None:
    told = "This is what somebody in the corridor told all of us to write in here, word for word and with a smile"

    handed_in = [told, told.upper(), f" {told}"]

    assert copied_texts([*handed_in, "Pension", "Pension", "Pension"]) == set(handed_in)


def test_two_people_may_agree_on_a_sentence() -> None:
    told = "This is what somebody in the corridor told all of us to write in here, word for word and with a smile"

    assert copied_texts([told, told]) == frozenset()


@pytest.mark.parametrize(
    "piece", ["asdf", "self-made-", "SELECT a ", "SELECT a_b ", "a", "<a ", "order no. ", "function (" * 2]
)
def test_a_long_monotonous_answer_takes_no_time(piece: str) -> None:
    """What grows with the square of the length takes minutes here."""
    before = time.process_time()

    junk_reason(piece * 10_000)

    assert time.process_time() - before < 2


def test_fresh_junk_is_recognised_and_odd_answers_stay() -> None:
    lines = Path("tests/data/junk.txt").read_text(encoding="utf-8").splitlines()

    assert sum(line.startswith("! ") for line in lines) == 61
    assert [
        line for line in lines if (junk_reason(line.removeprefix("! ")) is None) == line.startswith("! ")
    ] == []
