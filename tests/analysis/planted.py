"""Identifiers and sensitive matters planted into natural sentences of five languages, and a search for them.

Used wherever something leaves the analysis (report, pages, logs, columns): plant, run, and let :func:`leaks` look
for what should be gone. All people, numbers and places are invented or set aside for examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plant:
    """A sentence, and the strings in it that nobody may see again."""

    language: str
    kind: str
    text: str
    secrets: tuple[str, ...]


def leaks(output: str, plants: Iterable[Plant]) -> list[tuple[Plant, str]]:
    """Find secrets in an output, whatever the letter case or the spacing of numbers."""
    folded = output.casefold()
    squeezed = re.sub(r"[\s().\-–/‑]", "", folded)
    return [
        (plant, secret) for plant in plants for secret in plant.secrets if _is_in(secret, folded, squeezed)
    ]


def _is_in(secret: str, folded: str, squeezed: str) -> bool:
    secret = secret.casefold()
    if any(character.isdigit() for character in secret) and not re.search(r"[^\W\d_]{4}", secret):
        return re.sub(r"[\s().\-–/‑]", "", secret) in squeezed
    # Most are nowhere; the plain search takes a hundredth of the time.
    return secret in folded and re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", folded) is not None


#: Where an identifier stands, by language and kind; "{}" is its place.
FRAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "e-mail": ("Write to {} if you want to know more.", "My address is {}, I answer at night."),
        "phone": ("You can call me on {} after lunch.", "Ring {} and ask for the stores."),
        "link": ("It is all on {} since last year.", "See {} for what I do."),
        "number": ("My number is {}, they ask for it at the gate.", "Payroll has me as {} since the merger."),
        "address": ("I live at {} and cycle in.", "The old office at {} had better light."),
        "postcode": ("We moved to {} last spring.", "I come in from {} every day."),
        "name": ("I learned it all from {} in the yard.", "{} taught me how to listen."),
        "role": ("{} listens when I am stuck.", "I stay because {} trusts us."),
    },
    "sv": {
        "e-mail": ("Skriv till {} om du vill veta mer.", "Min adress är {} och jag svarar på kvällen."),
        "phone": ("Ring mig på {} efter lunch.", "Numret är {} om något händer."),
        "link": ("Allt ligger på {} sedan i fjol.", "Titta på {} så ser du."),
        "number": ("Mitt nummer är {} och de frågar efter det i grinden.", "Jag står som {} i systemet."),
        "address": ("Jag bor på {} och cyklar hit.", "Det gamla kontoret på {} var ljusare."),
        "postcode": ("Vi flyttade till {} i våras.", "Jag pendlar från {} varje dag."),
        "name": ("Jag lärde mig allt av {} på lagret.", "{} visade mig hur man lyssnar."),
        "role": ("{} lyssnar när det kör ihop sig.", "Jag stannar för att {} litar på oss."),
    },
    "de": {
        "e-mail": (
            "Schreib an {}, wenn du mehr wissen willst.",
            "Meine Adresse ist {} und ich antworte abends.",
        ),
        "phone": ("Ruf mich unter {} an, gern nach dem Essen.", "Die Nummer ist {}, falls etwas ist."),
        "link": ("Alles steht seit letztem Jahr auf {} bereit.", "Schau auf {} nach."),
        "number": (
            "Meine Nummer ist {}, danach fragen sie am Tor.",
            "Im System stehe ich als {} seit der Fusion.",
        ),
        "address": ("Ich wohne {} und komme mit dem Rad.", "Das alte Büro {} war heller."),
        "postcode": ("Wir sind im Frühling nach {} gezogen.", "Ich pendle aus {} hierher."),
        "name": ("Das habe ich alles von {} im Lager gelernt.", "{} hat mir gezeigt, wie man zuhört."),
        "role": ("{} hört zu, wenn es klemmt.", "Ich bleibe, weil {} uns vertraut."),
    },
    "es": {
        "e-mail": ("Escribe a {} si quieres saber más.", "Mi dirección es {} y contesto de noche."),
        "phone": ("Llámame al {} después de comer.", "El número es {} por si pasa algo."),
        "link": ("Todo está en {} desde el año pasado.", "Mira {} y lo verás."),
        "number": ("Mi número es {} y lo piden en la puerta.", "En nóminas consto como {} desde la fusión."),
        "address": ("Vivo en {} y vengo en bici.", "La oficina vieja de {} tenía más luz."),
        "postcode": ("Nos mudamos a {} en primavera.", "Vengo de {} todos los días."),
        "name": ("Todo lo aprendí de {} en el almacén.", "{} me enseñó a escuchar."),
        "role": ("{} escucha cuando algo se atasca.", "Me quedo porque {} confía en nosotros."),
    },
    "pl": {
        "e-mail": ("Pisz na {} po więcej.", "Mój adres to {} i odpisuję wieczorem."),
        "phone": ("Dzwoń pod {} po obiedzie.", "Numer to {} gdyby coś się działo."),
        "link": ("Wszystko jest na {} od zeszłego roku.", "Zobacz {} i już."),
        "number": ("Mój numer to {} i pytają o niego na bramie.", "W kadrach mam {} od fuzji."),
        "address": ("Mieszkam przy {} i jeżdżę rowerem.", "Stare biuro przy {} było jaśniejsze."),
        "postcode": ("Przeprowadziliśmy się do {} na wiosnę.", "Dojeżdżam z {} codziennie."),
        "name": (
            "Wszystkiego nauczyłam się na magazynie, a pokazała mi to {} na początku.",
            "{} słucha i pomaga.",
        ),
        "role": ("{} słucha, kiedy coś nie idzie.", "Zostaję, bo {} nam ufa."),
    },
}

EMAILS = {
    "en": (
        "ann.lee@example.org",
        "tom_w+work@mail.example.co.uk",
        "ann.lee (at) example (dot) org",
        "J.OKAFOR@EXAMPLE.COM",
        "pat at example dot org",
    ),
    "sv": (
        "karin.lund@example.se",
        "k.lund [at] example.se",
        "asa-oberg@post.example.se",
        "kalle(at)example.se",
        "erik snabel-a example punkt se",
    ),
    "de": (
        "j.krueger@firma.example.de",
        "juergen (ät) example.de",
        "info.weiss@example-werk.de",
        "anke [at] example [punkt] de",
        "udo@bahn.example.com",
    ),
    "es": (
        "lucia.ortega@ejemplo.es",
        "paco arroba ejemplo punto es",
        "m.g.ruiz@correo.ejemplo.es",
        "nuria_87@example.com",
        "pilar (arroba) ejemplo.es",
    ),
    "pl": (
        "a.nowak@poczta.example.pl",
        "kasia małpa example kropka pl",
        "piotr.zielinski@example.com.pl",
        "ewa [at] example.pl",
        "biuro-gdynia@example.pl",
    ),
}

#: Twelve national formats, each in the ways people write them.
PHONES = {
    "GB": (
        "+44 113 496 0417",
        "0113 496 0417",
        "(0113) 496-0417",
        "07700 900461",
        "+44 (0)7700 900 461",
        "07700900461",
    ),
    "US": ("(202) 555-0143", "+1 202-555-0143", "202.555.0143", "1-202-555-0143", "202 555 0143"),
    "SE": (
        "070-174 06 31",
        "+46 70 174 06 31",
        "+46 (0)31-390 06 22",
        "031-390 06 22",
        "0701740631",
        "08-465 004 12",
    ),
    "DE": (
        "030 23125 014",
        "+49 30 23125014",
        "0171/3920012",
        "(0221) 4710 112",
        "0049 171 3920012",
        "0171-39 200 12",
    ),
    "AT": ("+43 1 234567890", "0660 1234567", "01/234 56 78"),
    "CH": ("+41 44 668 18 00", "044 668 18 00", "079/123.45.67"),
    "ES": (
        "600 123 456",
        "+34 600 12 34 56",
        "91 123 45 67",
        "912-345-678",
        "(+34) 600.123.456",
        "600123456",
    ),
    "MX": ("+52 55 1234 5678", "55 1234 5678", "(55) 1234-5678"),
    "PL": (
        "601 234 567",
        "+48 601 234 567",
        "22 123 45 67",
        "(22) 123-45-67",
        "601-234-567",
        "0048 601234567",
    ),
    "DK": ("+45 32 12 34 56", "32 12 34 56", "32123456"),
    "NO": ("+47 22 12 34 56", "22 12 34 56", "406 12 345"),
    "FI": ("+358 40 1234567", "040 123 4567", "(09) 1234 5678"),
}
PHONE_LANGUAGE = {
    "GB": "en",
    "US": "en",
    "SE": "sv",
    "DE": "de",
    "AT": "de",
    "CH": "de",
    "ES": "es",
    "MX": "es",
    "PL": "pl",
    "DK": "en",
    "NO": "sv",
    "FI": "sv",
}

LINKS = {
    "en": (
        "https://example.org/people/17",
        "www.example.co.uk",
        "linkedin.com/in/annlee77",
        "@harbourcat",
        "github.com/zebcodes",
    ),
    "sv": (
        "https://blogg.example.se/karin",
        "www.example.se/om",
        "minsida.example.se",
        "@lundkarin",
        "instagram.com/karin.lund",
    ),
    "de": (
        "http://www.example.de/~krueger",
        "example-werk.de",
        "xing.com/profile/Juergen_K",
        "@juergen_k",
        "wiki.example.de/Team",
    ),
    "es": (
        "https://ejemplo.es/equipo?id=4",
        "www.ejemplo.es",
        "blog.ejemplo.es",
        "@luciaortega",
        "t.me/paco_gijon",
    ),
    "pl": (
        "https://example.pl/zespol",
        "www.example.pl",
        "blog.example.com.pl",
        "@aga_nowak",
        "facebook.com/agnieszka.n",
    ),
}

NUMBERS = {
    "en": (
        "QQ123456C",
        "QQ 12 34 56 C",
        "078-05-1120",
        "943 476 5919",
        "GB29 NWBK 6016 1331 9268 19",
        "20-00-00 55779911",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "EMP-00417",
        "employee number 4471",
    ),
    "sv": (
        "19850712-1234",
        "850712-1234",
        "8507121234",
        "850712+1234",
        "SE45 5000 0000 0583 9825 7466",
        "bankgiro 123-4567",
        "5805-6201",
        "anställningsnummer 4471",
        "131052-308T",
        "120785-1234",
    ),
    "de": (
        "12 345 678 901",
        "12345678901",
        "65 180778 K 012",
        "DE89 3704 0044 0532 0130 00",
        "DE89370400440532013000",
        "L01X00T47",
        "Personalnummer 88213",
        "Kontonummer 532013",
        "T220001293",
        "81/815/08151 0",
    ),
    "es": (
        "12345678Z",
        "12.345.678-Z",
        "12345678-Z",
        "X1234567L",
        "Y-1234567-X",
        "ES91 2100 0418 4502 0005 1332",
        "28/12345678/90",
        "número de empleado 4471",
        "5500 0000 0000 0004",
        "AAA123456",
    ),
    "pl": (
        "85071212345",
        "123-456-78-19",
        "1234567819",
        "ABA300000",
        "ABS 123456",
        "PL61 1090 1014 0000 0712 1981 2874",
        "61 1090 1014 0000 0712 1981 2874",
        "numer pracownika 4471",
        "legitymacja nr 0012345",
        "NIP 5260001246",
    ),
}

ADDRESSES = {
    "en": (
        "12 Harbour View Road",
        "221B Baker Street",
        "Flat 3, 12 Mill Lane",
        "14 St Mary's Close",
        "1420 Oak Street, Apt 4",
        "9 The Old Brewery Yard Court",
        "350 Fifth Avenue",
        "7 Wharf Terrace",
    ),
    "sv": (
        "Storgatan 14",
        "Kungsgatan 3 B",
        "Södra vägen 22",
        "Nya Allén 4",
        "Östra Hamngatan 12",
        "Västra Trädgårdsgatan 4A",
        "Olof Palmes gata 5",
        "Björkbacken 7",
    ),
    "de": (
        "Hauptstraße 12",
        "Lindenstr. 5a",
        "Berliner Platz 3",
        "Rosenweg 8",
        "Mühlenallee 17",
        "Karl-Marx-Straße 101",
        "Am Alten Markt 7,",
        "Jungfernstieg 30",
    ),
    "es": (
        "Calle Mayor 12",
        "C/ Alcalá, 45",
        "Avda. de la Constitución 7",
        "Paseo de Gracia 92",
        "calle de la Luna, 3",
        "Plaza España 3",
        "Av. Diagonal 440",
        "Gran Vía 28",
    ),
    "pl": (
        "ul. Marszałkowska 12/34",
        "ul. Długiej 5",
        "al. Jerozolimskich 100",
        "os. Słonecznym 8/12",
        "ul. 3 Maja 7",
        "ul. Jana Pawła II 22",
        "pl. Wolności 3",
        "ulicy Piotrkowskiej 40 m. 7",
    ),
}

POSTCODES = {
    "en": ("LS1 4DY", "SW1A 1AA", "sw1a1aa", "M1 1AE", "Springfield, IL 62704"),
    "sv": ("413 27 Göteborg", "SE-413 27 Göteborg", "SE-41327"),
    "de": ("50667 Köln", "D-50667 Köln", "01097 Dresden"),
    "es": ("28013 Madrid", "41001 Sevilla", "CP 08002"),
    "pl": ("00-950 Warszawa", "80-831 Gdańsk", "kod 31-007"),
}

NAMES = {
    "en": (
        "Anna Whitfield",
        "Derek Ogilvie-Shaw",
        "Maureen",
        "Dr. Okonkwo",
        "Ms Lindqvist",
        "Mr Pemberton",
        "Mrs Achterberg",
        "Priya Raghunathan",
        "Callum MacAllister",
        "Oluwaseun Adebayo",
        "Thandiwe Mokoena",
        "Siobhan O'Rourke",
        "Jean-Luc Moreau",
        "J. Featherstone",
        "Prof. Helga Thistlewood",
    ),
    "sv": (
        "Karin Lund",
        "Ulrika Svensson",
        "Per-Olof Hägglund",
        "Åsa Öberg",
        "herr Lindqvist",
        "fru Strandberg",
        "Bosse",
        "Gun-Britt Ekström",
        "doktor Wallander",
        "Örjan Sjöstrand",
        "Lars-Göran af Klintberg",
        "Elin Ståhlbrand",
        "Zlatan Petrović",
        "Nisse Hult",
        "Ann-Charlotte Ehrenkrona",
    ),
    "de": (
        "Jürgen Krüger",
        "Frau Müller-Lüdenscheidt",
        "Herr Dr. Weiß",
        "Annegret Vollmer",
        "Brunhilde",
        "Karl-Heinz Osterkamp",
        "Herr Yıldırım",
        "Ayşe Demir",
        "Uwe von der Heyde",
        "Professor Sauerbruch",
        "Sieglinde Hauck",
        "Frau Kowalczyk",
        "Detlef Zöllner",
        "Mehmet Özkan",
        "Ute Brandstätter",
    ),
    "es": (
        "Lucía Ortega",
        "José Luis García Márquez",
        "María del Mar Pozuelo",
        "señora Etxeberria",
        "don Anselmo",
        "doña Encarna",
        "Sr. Valdivieso",
        "Íñigo Urrutia",
        "Begoña de la Peña",
        "Paco Montoya",
        "Iker Zubizarreta",
        "la Dra. Quiroga",
        "Conchita",
        "Nuria Puig i Serra",
        "Álvaro Villaseñor",
    ),
    "pl": (
        "Agnieszka Nowak",
        "pani Kowalska",
        "pan Wiśniewski",
        "Małgorzata Zielińska-Duda",
        "Zbyszek",
        "Kasia",
        "dr Przybyszewska",
        "Łukasz Brzęczyszczykiewicz",
        "Żaneta Wąsowicz",
        "Krzysztof Gołąb",
        "Grażyna",
        "mgr inż. Stachurski",
        "Bożena Ćwiklińska",
        "Oksana Melnyk",
        "Stanisław Dąb-Rozwadowski",
    ),
}

ROLES = {
    "en": (
        "my manager Anna",
        "our team lead Zebulonia",
        "my boss, Quentin Farrow,",
        "my colleague Ifeanyi",
        "our receptionist Maureen",
        "Zebulonia, my mentor,",
        "my wife Ottilie",
        "our foreman Big Dave",
        "my manager anna",
    ),
    "sv": (
        "min chef Karin Lund",
        "vår gruppchef Zebulonia",
        "min kollega Göran",
        "min handledare Torkel",
        "chefen heter Zebulonia och",
        "min man Sixten",
        "min chef karin",
    ),
    "de": (
        "mein Kollege Jürgen",
        "meine Chefin Zebulonia",
        "unser Meister Öztürk",
        "unsere Teamleiterin Frau Brandl",
        "mein Chef heißt Sönke und",
        "meine Frau Liesl",
        "mein Mentor Thorben Eichinger",
    ),
    "es": (
        "mi jefa Lucía Ortega",
        "nuestro encargado Zebulonio",
        "mi compañera Maribel",
        "mi jefe se llama Eneko y",
        "mi marido Anxo",
        "el compañero Paco",
        "mi tutora Xiomara",
    ),
    "pl": (
        "moja szefowa Agnieszka Nowak",
        "nasz kierownik Zebulon",
        "mój kolega Krzysiek",
        "moja koleżanka Zyta",
        "szef nazywa się Kowalczyk i",
        "mój mąż Bolek",
        "nasza kadrowa pani Halinka",
    ),
}

#: Polish names as they stand after a preposition; the ending changes, the person does not.
INFLECTED = (
    ("Pracuję z Agnieszką Nowak od lat.", ("Agnieszką", "Nowak")),
    ("Uczyłem się od Krzysztofa Wiśniewskiego.", ("Krzysztofa", "Wiśniewskiego")),
    ("Pomagam Tomkowi i Kasi.", ("Tomkowi", "Kasi")),
    ("Bez Magdy nic by nie było.", ("Magdy",)),
    ("Rozmawiałam z panem Kowalskim.", ("Kowalskim",)),
    ("Dzięki Piotrowi zostałem.", ("Piotrowi",)),
    ("Kawa z Marcinem to podstawa.", ("Marcinem",)),
    ("Pytam panią Zielińską o wszystko.", ("Zielińską",)),
)

_SHORT = frozenset(
    """
    my our the mr mrs ms dr prof herr frau fru pan pani don doña sr dra señora doktor professor mgr inż la el af von
    der de del i och und y se llama heter heisst nazywa się min vår mein meine unser unsere mi nuestro moja mój nasz
    nasza manager team lead boss colleague receptionist mentor wife foreman big chef gruppchef kollega handledare
    chefen man kollege chefin meister teamleiterin frau jefa jefe encargado compañera compañero marido tutora szefowa
    kierownik kolega koleżanka szef mąż kadrowa mar
    """.split()  # noqa: SIM905 - a list of quoted words would be harder to read and to edit
)


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in re.findall(r"[^\W\d_][\w'’-]+", name) if part.casefold() not in _SHORT)


def _secret(kind: str, value: str) -> tuple[str, ...]:
    if kind in {"name", "role"}:
        return _parts(value)
    digits = re.search(r"[\dA-Za-z]*\d[\d\s().\-–/A-Za-z]*$", value)
    if kind == "number" and digits and re.search(r"[^\W\d_]{3,} ", value):
        return (digits.group().strip(),)
    return (value.strip(","),)


def plants() -> Iterator[Plant]:
    """Every identifier in every frame of its language: more than 500 sentences."""
    by_kind = {
        "e-mail": EMAILS,
        "link": LINKS,
        "number": NUMBERS,
        "address": ADDRESSES,
        "postcode": POSTCODES,
        "name": NAMES,
        "role": ROLES,
    }
    for kind, values in by_kind.items():
        for language, listed in values.items():
            for value in listed:
                for frame in FRAMES[language][kind]:
                    yield _planted(language, kind, frame, value)
    for country, spellings in PHONES.items():
        language = PHONE_LANGUAGE[country]
        for value in spellings:
            for frame in FRAMES[language]["phone"]:
                yield _planted(language, "phone", frame, value)
    for text, secrets in INFLECTED:
        yield Plant("pl", "name", text, secrets)


def _planted(language: str, kind: str, frame: str, value: str) -> Plant:
    text = frame.replace("{}", value)
    if kind == "role" and frame.startswith("{}"):
        text = text[0].upper() + text[1:]
    return Plant(language, kind, text, _secret(kind, value))


#: Sentences about what stays private, by language and matter, with the word by which it would be known.
SENSITIVE: tuple[Plant, ...] = tuple(
    Plant(language, matter, text, (secret,))
    for language, matter, text, secret in (
        ("en", "health", "After my burnout they gave me half days.", "burnout"),
        ("en", "health", "My diabetes is no problem on this shift.", "diabetes"),
        ("en", "health", "They waited for me through chemotherapy.", "chemotherapy"),
        ("en", "religion", "On Sundays I sing in church.", "church"),
        ("en", "union", "I am the shop steward of the night shift.", "steward"),
        ("en", "ethnicity", "As immigrants we were welcome here.", "immigrants"),
        ("en", "orientation", "As a gay man I feel safe here.", "gay"),
        ("en", "politics", "I was voted for as a socialist candidate.", "socialist"),
        ("en", "pregnancy", "I was pregnant when they hired me.", "pregnant"),
        ("sv", "health", "Efter min utmattningsdepression fick jag halvtid.", "utmattningsdepression"),
        ("sv", "health", "Min epilepsi är inget problem på dagskiftet.", "epilepsi"),
        ("sv", "religion", "På söndagar sjunger jag i kyrkan.", "kyrkan"),
        ("sv", "union", "Jag är fackombud på natten.", "fackombud"),
        ("sv", "ethnicity", "Som flyktingar blev vi väl mottagna.", "flyktingar"),
        ("sv", "orientation", "Som lesbisk känner jag mig trygg.", "lesbisk"),
        ("sv", "politics", "Jag är aktiv i Miljöpartiet hemma.", "miljöpartiet"),
        ("sv", "pregnancy", "Jag var gravid när jag började.", "gravid"),
        ("de", "health", "Nach meinem Schlaganfall durfte ich langsam anfangen.", "schlaganfall"),
        ("de", "health", "Trotz meiner Schwerbehinderung habe ich hier Arbeit.", "schwerbehinderung"),
        ("de", "religion", "Sonntags gehe ich in die Moschee.", "moschee"),
        ("de", "union", "Ich bin in der Gewerkschaft aktiv.", "gewerkschaft"),
        ("de", "ethnicity", "Mein Migrationshintergrund spielt keine Rolle.", "migrationshintergrund"),
        ("de", "orientation", "Ich lebe offen schwul.", "schwul"),
        ("de", "politics", "Ich bin seit Jahren in der SPD.", "spd"),
        ("de", "pregnancy", "Ich war schwanger, als ich anfing.", "schwanger"),
        ("es", "health", "Después del cáncer me esperaron.", "cáncer"),
        ("es", "health", "Tengo ansiedad y aquí me cuidan.", "ansiedad"),
        ("es", "religion", "Los domingos voy a la iglesia.", "iglesia"),
        ("es", "union", "Soy sindicalista del turno de noche.", "sindicalista"),
        ("es", "ethnicity", "Soy gitana y nadie me mira mal.", "gitana"),
        ("es", "orientation", "Como lesbiana me siento segura.", "lesbiana"),
        ("es", "politics", "Soy militante de un partido político.", "militante"),
        ("es", "pregnancy", "Estaba embarazada cuando entré.", "embarazada"),
        ("pl", "health", "Po depresji wróciłam na pół etatu.", "depresji"),
        ("pl", "health", "Mam cukrzycę i to nie problem.", "cukrzycę"),
        ("pl", "religion", "W niedzielę śpiewam w kościele.", "kościele"),
        ("pl", "union", "Działam w związku zawodowym na nocnej zmianie.", "zawodowym"),
        ("pl", "ethnicity", "Przyjechałem tu jako uchodźca.", "uchodźca"),
        ("pl", "orientation", "Jestem gejem i czuję się bezpiecznie.", "gejem"),
        ("pl", "politics", "Mam swoje poglądy polityczne.", "polityczne"),
        ("pl", "pregnancy", "Byłam w ciąży, kiedy zaczęłam.", "ciąży"),
    )
)

#: Written after the lists were finished; at first sight 21 of 60 were missed, and two of those still are:
#: who lives with whom, told by "my husband and I, two men", has no word to be known by.
MORE_SENSITIVE = (
    "I have MS and the desk is adjusted.",
    "I am a socialist and nobody minds.",
    "I am half-Jewish and proud of it.",
    "The post-cancer phase is over.",
    "My hearing loss does not bother anybody.",
    "They let me go to my AA meetings.",
    "I am bipolar and open about it.",
    "I keep kosher and the canteen helps.",
    "I am a Quaker.",
    "Unite rep for nine years.",
    "My parents came from Somalia as asylum seekers.",
    "I am non-binary.",
    "I canvass for the Greens.",
    "We are expecting our second child.",
    "My chemo was in spring.",
    "I had a breakdown and came back.",
    "Jag har haft en stroke.",
    "Jag är politiskt engagerad.",
    "Jag sitter i byggnadsnämnden på kvällarna.",
    "Efter cellgifterna kom jag tillbaka.",
    "Jag är transman.",
    "Jag är muslim och ber på rasten.",
    "Jag sitter i fackklubben.",
    "Jag kandiderar för Centerpartiet.",
    "Vi väntar barn i maj.",
    "Jag har adhd.",
    "Jag har ms.",
    "Jag är adopterad från Korea.",
    "Jag är same.",
    "Ich hatte eine Krebserkrankung.",
    "Ich bin depressiv gewesen.",
    "Ich sitze im Rollstuhl.",
    "Ich bin Muslimin.",
    "Ich bin bei der IG Metall.",
    "Ich bin in der CDU.",
    "Wir erwarten unser zweites Kind.",
    "Ich habe ADHS.",
    "Ich bin trans.",
    "Ich bin Sinto.",
    "Tuve una depresión.",
    "Soy bollera y nadie pregunta.",
    "Soy comunista de toda la vida.",
    "Voy en silla de ruedas.",
    "Soy musulmana practicante.",
    "Soy delegado sindical.",
    "Soy gay.",
    "Milito en el PSOE.",
    "Espero un bebé para mayo.",
    "Tengo TDAH.",
    "Soy celíaca.",
    "Soy testigo de Jehová.",
    "Soy trans.",
    "Estoy de baja por ansiedad.",
    "Choruję na padaczkę.",
    "Miałem zawał.",
    "Jestem katolikiem.",
    "Należę do Solidarności.",
    "Jestem lesbijką.",
    "Głosuję na lewicę.",
    "Spodziewamy się dziecka.",
    "Mam ADHD.",
    "Leczę się psychiatrycznie.",
    "Jestem Romem.",
    "Poruszam się na wózku inwalidzkim.",
    "Jestem osobą niebinarną.",
)

#: Terms of work, care and time with the family: none of it is sensitive.
NOT_SENSITIVE = (
    "We have a collective agreement and sick pay.",
    "The union agreement sets the hours.",
    "I pick up the kids and look after my father.",
    "Time with my family matters.",
    "There is psychological safety in this team.",
    "Vi har kollektivavtal och friskvård.",
    "Jag hämtar barnen på förskolan varje dag.",
    "Der Tarifvertrag regelt die Stunden.",
    "Ich pflege meine Mutter und hole die Kinder ab.",
    "Hay convenio colectivo y horario de verano.",
    "El acuerdo sindical es bueno.",
    "Recojo a los niños y cuido de mi padre.",
    "Mamy układ zbiorowy i stały grafik.",
    "Diagnostyka usterek to moja praca.",
    "Odbieram dzieci i opiekuję się ojcem.",
)


def dealt(plants_: Iterable[Plant], n_people: int, *, each: int = 1) -> list[str]:
    """Deal every planted sentence to so many people in turn; return what each of them has to add."""
    told: list[list[str]] = [[] for _ in range(n_people)]
    turn = 0
    for plant in plants_:
        for _ in range(each):
            told[turn % n_people].append(plant.text)
            turn += 1
    return [" ".join(texts) for texts in told]


def shown(value: object) -> Iterator[str]:
    """Yield every text of a report, or of anything made of dicts and lists: values and keys, but no vectors."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield str(key)
            if key != "vector":
                yield from shown(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from shown(one)


#: Written after the rules of the redaction were finished, to see what they do with what they were not made for:
#: at first sight 27 of the 175 sentences of the second set kept something, and 3 of the 50 of the third.
SECOND: tuple[Plant, ...] = tuple(
    Plant(language, kind, text, tuple(secrets))
    for language, kind, text, *secrets in (
        # English
        (
            "en",
            "name",
            "Honestly it was Bronagh in the post room who got me through the first winter.",
            "Bronagh",
        ),
        (
            "en",
            "name",
            "Gethin Parry-Wynne set up the rota and it has not failed since.",
            "Gethin",
            "Parry-Wynne",
        ),
        ("en", "name", "When Tallulah left, Ezekiel took the late desk.", "Tallulah", "Ezekiel"),
        ("en", "name", "I shadowed Mwangi Kariuki for a month.", "Mwangi", "Kariuki"),
        ("en", "name", "Thanks to Siân and big Kev, nobody eats lunch alone.", "Siân", "Kev"),
        ("en", "name", "Ask anyone, Mrs. Abernathy-Jones runs this place.", "Abernathy-Jones"),
        ("en", "name", "Mr. D. Cholmondeley signs the forms.", "Cholmondeley"),
        ("en", "name", "The MD, Sir Peregrine Tolliver, knows our names.", "Peregrine", "Tolliver"),
        ("en", "name", "Everyone calls him Smudge but his name is Dwayne Appleyard.", "Dwayne", "Appleyard"),
        (
            "en",
            "name",
            "Xiaoling Zhou and Parveen Akhtar trained me on the lathe.",
            "Xiaoling",
            "Zhou",
            "Parveen",
            "Akhtar",
        ),
        ("en", "role", "My line manager, Philippa, reads every report.", "Philippa"),
        ("en", "role", "my supervisor Dave H. covers for us.", "Dave"),
        ("en", "role", "Our shift lead Oyelaran brings plantain on Fridays.", "Oyelaran"),
        ("en", "role", "I report to Wilhelmina Drax, our head of quality.", "Wilhelmina", "Drax"),
        ("en", "role", "My daughter Clementine loves the open day.", "Clementine"),
        ("en", "role", "His deputy is Fenwick and he is patient.", "Fenwick"),
        ("en", "name", "Spent the day with O'Shaughnessy from maintenance.", "O'Shaughnessy"),
        ("en", "name", "Regards, Barnaby Quill", "Barnaby", "Quill"),
        ("en", "name", "PRIYA SHARMA FROM TESTING IS THE BEST", "PRIYA", "SHARMA"),
        ("en", "name", "priya sharma from testing is the best", "priya", "sharma"),
        ("en", "phone", "Text me: 07911 123 456 (evenings).", "07911 123 456"),
        ("en", "phone", "Desk phone is 020 7946 0018 x4417.", "020 7946 0018", "4417"),
        ("en", "phone", "Call 1 (415) 555-0199 any time.", "1 (415) 555-0199"),
        ("en", "phone", "Whatsapp +353 86 123 4567 works.", "+353 86 123 4567"),
        ("en", "phone", "My mobile:07700-900-123.", "07700-900-123"),
        ("en", "phone", "Out of hours it is 0044 7700 900 461.", "7700 900 461"),
        ("en", "phone", "tel.0113 496 0000 is the desk", "0113 496 0000"),
        ("en", "e-mail", "mail: f.quill@mail.example.net", "f.quill@mail.example.net"),
        ("en", "e-mail", "Reach me at barnaby.quill AT example DOT org please.", "barnaby.quill"),
        ("en", "e-mail", "bquill_99@EXAMPLE.co", "bquill_99"),
        ("en", "link", "My blog quillwrites.example.com/posts?id=9 is about trains.", "quillwrites"),
        (
            "en",
            "link",
            "I am u/harbourmouse on the forum, https://forum.example.org/u/harbourmouse",
            "https://forum.example.org/u/harbourmouse",
        ),
        ("en", "link", "Insta: barnaby.quill_22 if you like boats.", "barnaby.quill_22"),
        ("en", "number", "NI number AB 98 76 54 D, since you ask.", "AB 98 76 54 D"),
        ("en", "number", "My passport 502135326 expired.", "502135326"),
        ("en", "number", "Staff no. 88102 has been me since 2004.", "88102"),
        ("en", "number", "SSN 219-09-9999 is on the old form.", "219-09-9999"),
        ("en", "number", "Pay goes to sort code 60-83-71, account 12345678.", "60-83-71", "12345678"),
        ("en", "number", "I keep my amex 3782 822463 10005 in the drawer.", "3782 822463 10005"),
        ("en", "number", "Ticket INC0048213 was mine.", "INC0048213"),
        ("en", "number", "Born on 12/07/1985 and still here.", "12/07/1985"),
        ("en", "address", "I walk from 3 Saltmarsh Lane every morning.", "3 Saltmarsh Lane"),
        ("en", "address", "Drop it at Unit 7, 45-47 Copper Mill Road.", "Copper Mill Road"),
        ("en", "address", "Flat 12B, 9 Cathedral Mews is home.", "9 Cathedral Mews"),
        ("en", "address", "She lives at 1600 Amphitheatre Pkwy now.", "1600 Amphitheatre Pkwy"),
        ("en", "postcode", "HU13 0RD is a nice place to wake up.", "HU13 0RD"),
        ("en", "postcode", "I grew up in EH8 8DX.", "EH8 8DX"),
        # Swedish
        ("sv", "name", "Det var Torgny på godset som lärde mig trucken.", "Torgny"),
        ("sv", "name", "Lunch med Yusra och Bengt-Åke är veckans höjdpunkt.", "Yusra", "Bengt-Åke"),
        ("sv", "name", "Jag jobbar bredvid Ingalill Sjökvist.", "Ingalill", "Sjökvist"),
        ("sv", "name", "Tack Björn Ulvaeus-Lind för allt kaffe!", "Björn", "Ulvaeus-Lind"),
        ("sv", "name", "Fredrika af Ugglas tog emot mig första dagen.", "Fredrika", "Ugglas"),
        ("sv", "name", "Amina Warsame på ekonomi vet allt.", "Amina", "Warsame"),
        ("sv", "name", "Fru Hammarskjöld-Ek bakar på fredagar.", "Hammarskjöld-Ek"),
        ("sv", "name", "Mvh Tobbe", "Tobbe"),
        ("sv", "name", "Alla vet att Kerstins bullar håller ihop avdelningen.", "Kerstins"),
        ("sv", "role", "Min närmaste chef Pontus Ahl lyssnar.", "Pontus", "Ahl"),
        ("sv", "role", "Min arbetskamrat Dragana skrattar högt.", "Dragana"),
        ("sv", "role", "Vår platschef är Gudmund och han är rättvis.", "Gudmund"),
        ("sv", "role", "Min sambo Tindra jobbar också här.", "Tindra"),
        ("sv", "role", "Dragana, min handledare, har tålamod.", "Dragana"),
        ("sv", "phone", "Mobil 073 512 34 56, ring gärna.", "073 512 34 56"),
        ("sv", "phone", "Nås på 0920-123 45.", "0920-123 45"),
        ("sv", "phone", "Växeln är 08 123 456 78, anknytning 4417.", "08 123 456 78", "4417"),
        ("sv", "phone", "Ring 0046-70-123 45 67!", "70-123 45 67"),
        (
            "sv",
            "e-mail",
            "Mejla fredrika.ugglas@post.example.se eller kom förbi.",
            "fredrika.ugglas@post.example.se",
        ),
        ("sv", "link", "Läs på tindraodlar.example.se när du har tid.", "tindraodlar"),
        ("sv", "number", "Mitt personnummer 640823-3234 står på skåpet.", "640823-3234"),
        ("sv", "number", "Personnr 196408233234 på kortet.", "196408233234"),
        ("sv", "number", "Bg 5050-1055 går till klubben.", "5050-1055"),
        ("sv", "number", "Plusgiro 12 34 56-7 också.", "12 34 56-7"),
        ("sv", "number", "Kontot är 8327-9 123 456 789-0 i Swedbank.", "123 456 789-0"),
        ("sv", "number", "Jag har anst.nr 30718.", "30718"),
        ("sv", "address", "Vi bor på Linnégatan 44 B sedan i höstas.", "Linnégatan 44"),
        ("sv", "address", "Huset på Gamla Varbergsvägen 127 läcker.", "Varbergsvägen 127"),
        ("sv", "address", "Kom till Skeppsbron 8, tredje våningen.", "Skeppsbron 8"),
        ("sv", "address", "Jag växte upp på S:t Pauligatan 12.", "Pauligatan 12"),
        ("sv", "postcode", "Nu bor jag i 903 25 Umeå.", "903 25"),
        # German
        ("de", "name", "Am meisten geholfen hat mir Friedlinde aus der Montage.", "Friedlinde"),
        (
            "de",
            "name",
            "Der Kollege Bogenschütz und Frau Dr. Öztürk-Hahn halten zusammen.",
            "Bogenschütz",
            "Öztürk-Hahn",
        ),
        ("de", "name", "Gundula Steinhäuser sitzt mir gegenüber.", "Gundula", "Steinhäuser"),
        ("de", "name", "Mit Tarek und Mareike macht die Frühschicht Spaß.", "Tarek", "Mareike"),
        ("de", "name", "Herrn Schlüters Geduld ist unendlich.", "Schlüters"),
        (
            "de",
            "name",
            "Hans-Christian Freiherr von Boddenberg führt das Werk.",
            "Hans-Christian",
            "Boddenberg",
        ),
        ("de", "name", "Ohne Yasemin Aksoy läuft hier nichts.", "Yasemin", "Aksoy"),
        ("de", "name", "Viele Grüße Waldtraut Ihde", "Waldtraut", "Ihde"),
        ("de", "name", "Annikas Kuchen ist legendär.", "Annikas"),
        ("de", "role", "Mein Vorgesetzter Thies Petersen hört zu.", "Thies", "Petersen"),
        ("de", "role", "Unsere Azubine Leonore ist flink.", "Leonore"),
        ("de", "role", "Mein Schichtleiter ist Radovan und er ist fair.", "Radovan"),
        ("de", "role", "Meine Kollegin (Swetlana) übersetzt für uns.", "Swetlana"),
        ("de", "role", "Radovan, mein Schichtleiter, ist fair.", "Radovan"),
        ("de", "phone", "Handy: 0151 23456789.", "0151 23456789"),
        ("de", "phone", "Tel. 089/12 34 56-78 im Büro.", "089/12 34 56-78"),
        ("de", "phone", "Ich bin unter +49 (0) 40 / 123 456 0 erreichbar.", "40 / 123 456 0"),
        ("de", "phone", "Durchwahl -417, sonst 069 1234-0.", "417", "069 1234-0"),
        ("de", "phone", "Meine Nummer in Wien: 0664/123 45 67.", "0664/123 45 67"),
        (
            "de",
            "e-mail",
            "Mail an gundula(at)steinhaeuser-example.de genügt.",
            "gundula(at)steinhaeuser-example.de",
        ),
        ("de", "e-mail", "t.petersen@werk2.example.de", "t.petersen@werk2.example.de"),
        ("de", "link", "Mein Profil: www.xing.com/profile/Thies_P4", "Thies_P4"),
        ("de", "number", "Steuer-ID 86 095 742 719 steht auf dem Zettel.", "86 095 742 719"),
        ("de", "number", "IdNr. 86095742719", "86095742719"),
        ("de", "number", "Überweisung an DE02 1203 0000 0000 2020 51 bitte.", "DE02 1203 0000 0000 2020 51"),
        ("de", "number", "Perso-Nr. LZ6311T475 ist abgelaufen.", "LZ6311T475"),
        ("de", "number", "Meine Personalnr. lautet 40711.", "40711"),
        ("de", "number", "SV-Nummer 15070649C103.", "15070649C103"),
        ("de", "number", "Geboren am 23.08.1964 in einem Dorf.", "23.08.1964"),
        ("de", "address", "Ich wohne in der Gartenstraße 23c und laufe.", "Gartenstraße 23c"),
        ("de", "address", "Das Lager in der Alte Poststr. 9 war kalt.", "Poststr. 9"),
        ("de", "address", "Mein Rad steht am Kaiser-Wilhelm-Ring 14.", "Kaiser-Wilhelm-Ring 14"),
        ("de", "address", "Früher saßen wir An der Schleuse 3.", "An der Schleuse 3"),
        ("de", "postcode", "Ich komme aus 24937 Flensburg.", "24937"),
        # Spanish
        ("es", "name", "Sin Remedios en administración esto no anda.", "Remedios"),
        ("es", "name", "Aprendí de Eustaquio Barrenechea.", "Eustaquio", "Barrenechea"),
        ("es", "name", "Con Yoel y Macarena el turno de noche pasa rápido.", "Yoel", "Macarena"),
        (
            "es",
            "name",
            "Doña Perpetua y don Hermenegildo llevan aquí toda la vida.",
            "Perpetua",
            "Hermenegildo",
        ),
        ("es", "name", "Ana Belén Olmedilla Sanchís me contrató.", "Ana", "Belén", "Olmedilla", "Sanchís"),
        ("es", "name", "El señor Goicoechea saluda a todos.", "Goicoechea"),
        ("es", "name", "Mª Ángeles Ferrándiz coordina el almacén.", "Ángeles", "Ferrándiz"),
        ("es", "name", "Gracias, Wilmer.", "Wilmer"),
        ("es", "name", "La Sra. de Villalobos firma.", "Villalobos"),
        ("es", "role", "Mi jefa directa, Ainara Lekue, escucha.", "Ainara", "Lekue"),
        ("es", "role", "Mi compañero de turno Nicasio canta.", "Nicasio"),
        ("es", "role", "Nuestra coordinadora es Leonor y confía.", "Leonor"),
        ("es", "role", "Nicasio, mi encargado, es justo.", "Nicasio"),
        ("es", "role", "mi jefa lucía me entiende", "lucía"),
        ("es", "phone", "Mi móvil es 655 98 76 54.", "655 98 76 54"),
        ("es", "phone", "Tel: 93.123.45.67 (tardes).", "93.123.45.67"),
        ("es", "phone", "Desde fuera +34-655-987-654.", "655-987-654"),
        ("es", "phone", "Extensión 4417 del taller.", "4417"),
        ("es", "e-mail", "Correo: ainara.lekue@correo.example.es.", "ainara.lekue@correo.example.es"),
        ("es", "link", "Sígueme en twitter.com/nicasio_canta si quieres.", "nicasio_canta"),
        ("es", "number", "DNI 87654321X, para servirle.", "87654321X"),
        ("es", "number", "Mi NIE es Z7654321R.", "Z7654321R"),
        ("es", "number", "Cuenta ES7921000813610123456789 para la nómina.", "ES7921000813610123456789"),
        ("es", "number", "N.º SS 08 12345678 90.", "12345678 90"),
        ("es", "number", "Soy el empleado nº 30718.", "30718"),
        ("es", "number", "Nací el 23-08-1964 en un pueblo.", "23-08-1964"),
        ("es", "address", "Vivo en la calle San Bernardo, nº 15, 2º izquierda.", "San Bernardo"),
        ("es", "address", "El taller de Camino Viejo de Leganés, 201 cerró.", "Camino Viejo de Leganés, 201"),
        ("es", "address", "Nos vemos en Pza. del Pilar 6.", "Pilar 6"),
        ("es", "address", "Tengo el piso en C/Serrano 41.", "Serrano 41"),
        ("es", "postcode", "Vengo de 50009 Zaragoza.", "50009"),
        # Polish
        ("pl", "name", "Najwięcej dała mi Wiesia z księgowości.", "Wiesia"),
        ("pl", "name", "Bronisław Ostaszewski pokazał mi suwnicę.", "Bronisław", "Ostaszewski"),
        ("pl", "name", "Lubię pracować z Ryśkiem i Danusią.", "Ryśkiem", "Danusią"),
        ("pl", "name", "Dziękuję panu Góreckiemu za cierpliwość.", "Góreckiemu"),
        ("pl", "name", "Pani Hanna Żelazna-Kruk parzy kawę.", "Hanna", "Żelazna-Kruk"),
        ("pl", "name", "Bez Eweliny Pawłowskiej byłby chaos.", "Eweliny", "Pawłowskiej"),
        ("pl", "name", "Siedzę obok Jędrzeja.", "Jędrzeja"),
        ("pl", "name", "Inż. Cichocki zna każdą śrubę.", "Cichocki"),
        ("pl", "name", "Pozdrawiam, Tośka", "Tośka"),
        ("pl", "name", "Serhij i Nataliia uczą mnie ukraińskiego.", "Serhij", "Nataliia"),
        ("pl", "role", "Mój przełożony Zdzichu słucha.", "Zdzichu"),
        ("pl", "role", "Moja kierowniczka to Felicja i jest super.", "Felicja"),
        ("pl", "role", "Nasz brygadzista, Ziemowit Stec, pilnuje grafiku.", "Ziemowit", "Stec"),
        ("pl", "role", "Ufam mojej szefowej Kornelii.", "Kornelii"),
        ("pl", "role", "Ziemowit, nasz brygadzista, pilnuje grafiku.", "Ziemowit"),
        ("pl", "phone", "Komórka: 512 345 678.", "512 345 678"),
        ("pl", "phone", "tel. 58 345 67 89 wewn. 417", "58 345 67 89", "417"),
        ("pl", "phone", "Dzwoń: +48-512-345-678.", "512-345-678"),
        ("pl", "phone", "Stacjonarny (0-22) 345 67 89.", "345 67 89"),
        ("pl", "e-mail", "Adres: ziemowit.stec@poczta.example.pl", "ziemowit.stec@poczta.example.pl"),
        ("pl", "link", "Mój kanał: youtube.com/@ziemowit_wedkuje", "ziemowit_wedkuje"),
        ("pl", "number", "PESEL 64082312345 mam w umowie.", "64082312345"),
        ("pl", "number", "NIP: 526-10-40-828", "526-10-40-828"),
        ("pl", "number", "Dowód CBA 987654 zgubiłem.", "CBA 987654"),
        ("pl", "number", "Konto 11 1140 2004 0000 3002 0135 5387.", "1140 2004 0000 3002"),
        ("pl", "number", "Mam nr ewidencyjny 30718.", "30718"),
        ("pl", "address", "Mieszkam na ulicy Kwiatowej 17 m. 3.", "Kwiatowej 17"),
        ("pl", "address", "Biuro: al. Niepodległości 162, piętro 4.", "Niepodległości 162"),
        ("pl", "address", "Dojeżdżam z osiedla Bohaterów Września 12.", "Bohaterów Września 12"),
        ("pl", "address", "Wynajmuję na Puławskiej 14/8.", "Puławskiej 14"),
        ("pl", "postcode", "Kod to 61-131 Poznań.", "61-131"),
        ("pl", "postcode", "Mieszkam w 40-001 Katowice.", "40-001"),
        # A third set, written after the second had been mended.
        ("en", "name", "Nobody explains torque like Cormac does.", "Cormac"),
        ("en", "name", "Lunch with Hyacinth and the two Daves.", "Hyacinth"),
        (
            "en",
            "name",
            "Mr Vandersteen and Ms. Ferreira-Lopes run the desk.",
            "Vandersteen",
            "Ferreira-Lopes",
        ),
        ("en", "role", "My team leader Saoirse remembers birthdays.", "Saoirse"),
        ("en", "role", "our planner, Gwendolen, never panics", "Gwendolen"),
        ("en", "name", "Kwabena Asante-Boadu fixed my screen.", "Kwabena", "Asante-Boadu"),
        ("en", "phone", "On +1 (617) 555 0123 until six.", "617) 555 0123"),
        ("en", "phone", "01632 960 983 is the yard.", "01632 960 983"),
        ("en", "address", "We meet at 27 Old Foundry Street.", "27 Old Foundry Street"),
        ("en", "number", "Account number 31926819 at the credit union.", "31926819"),
        ("en", "postcode", "Moved from CF10 3AT.", "CF10 3AT"),
        ("en", "e-mail", "Try hyacinth_b@post.example.edu", "hyacinth_b"),
        ("sv", "name", "Jag fikar med Rolf-Göran och Zaynab.", "Rolf-Göran", "Zaynab"),
        ("sv", "name", "Utan Sigvard Nordenskiöld hade jag slutat.", "Sigvard", "Nordenskiöld"),
        ("sv", "role", "Min teamledare Hillevi backar oss.", "Hillevi"),
        ("sv", "role", "Min förra chef hette Ragnvald.", "Ragnvald"),
        ("sv", "phone", "Mitt nummer: 0761 23 45 67", "0761 23 45 67"),
        ("sv", "address", "Adressen är Fiskargränd 3.", "Fiskargränd 3"),
        ("sv", "number", "Clearing 6112, konto 123 456 789.", "123 456 789"),
        ("sv", "postcode", "Postadress 211 20 Malmö.", "211 20"),
        ("sv", "name", "Doktor Sandelin på företagshälsan.", "Sandelin"),
        ("de", "name", "Mit Hannelore aus dem Einkauf kann man reden.", "Hannelore"),
        ("de", "name", "Frau Wischnewski-Bär plant die Schichten.", "Wischnewski-Bär"),
        ("de", "name", "Ohne Thorsten Kleinschmidt geht nichts.", "Thorsten", "Kleinschmidt"),
        ("de", "role", "Mein Teamleiter Ansgar Vogelsang fragt nach.", "Ansgar", "Vogelsang"),
        ("de", "role", "Unser Lehrling Emre lernt schnell.", "Emre"),
        ("de", "phone", "Mobil 0176-987 654 32.", "0176-987 654 32"),
        ("de", "address", "Ich wohne Am Mühlenbach 11.", "Mühlenbach 11"),
        ("de", "address", "Treffpunkt Schillerplatz 2a.", "Schillerplatz 2a"),
        ("de", "number", "Bankverbindung DE44 5001 0517 5407 3249 31", "5407 3249 31"),
        ("de", "postcode", "Umzug nach 04109 Leipzig.", "04109"),
        ("es", "name", "Con Saturnino del almacén me río.", "Saturnino"),
        ("es", "name", "Gema Arrizabalaga lleva las nóminas.", "Gema", "Arrizabalaga"),
        ("es", "role", "Mi responsable, Yaiza Betancor, es justa.", "Yaiza", "Betancor"),
        ("es", "role", "Mi suegra Casilda trabajó aquí.", "Casilda"),
        ("es", "phone", "Móvil 722 334 455.", "722 334 455"),
        ("es", "address", "Estoy en Avenida de los Toreros 18.", "Toreros 18"),
        ("es", "number", "Mi NIF: 11223344B.", "11223344B"),
        ("es", "postcode", "Vivo en 46021 Valencia.", "46021"),
        ("es", "name", "El doctor Alcántara me atendió.", "Alcántara"),
        ("pl", "name", "Zawsze pomaga mi Jolanta Wierzbicka.", "Jolanta", "Wierzbicka"),
        ("pl", "name", "Byłem na urlopie z Wojtkiem.", "Wojtkiem"),
        ("pl", "name", "Pan Skrzypczak zna magazyn.", "Skrzypczak"),
        ("pl", "role", "Moja liderka Dagmara pyta o zdanie.", "Dagmara"),
        ("pl", "role", "Mój szef Bogumił Cieśla dba o nas.", "Bogumił", "Cieśla"),
        ("pl", "phone", "Numer 793 111 222.", "793 111 222"),
        ("pl", "address", "Adres: ul. Świętego Marcina 80/82.", "Marcina 80"),
        ("pl", "number", "Rachunek 27 1140 2004 0000 3002 0135 5387", "0135 5387"),
        ("pl", "postcode", "Mieszkam: 50-075 Wrocław.", "50-075"),
        ("pl", "name", "Ewelinie i Pawłowi ufam.", "Ewelinie", "Pawłowi"),
    )
)
