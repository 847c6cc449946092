"""Planted identifiers are gone; everything else stays where it was."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.redaction import FILLER, identifiers, is_sensitive, mask, redact, without_sensitive
from analysis.text import normalise
from tests.analysis.planted import (
    MORE_SENSITIVE,
    NOT_SENSITIVE,
    PHONES,
    SECOND,
    SENSITIVE,
    Plant,
    leaks,
    plants,
)

IDENTIFIERS = [
    "ann.lee@example.org",
    "ann.lee (at) example (dot) org",
    "+46 31 390 06 22",
    "0113 496 0417",
    "(020) 7946-0958",
    "https://example.org/people/17",
    "www.example.org",
    "intranet.example.com/wiki",
    "SE45 5000 0000 0583 9825 7466",
    "19850712-1234",
    "078-05-1120",
    "QQ123456C",
    "12 Harbour View Road",
    "Storgatan 14",
    "Rua das Flores, 27",
    "LS1 4DY",
    "Dr. Okonkwo",
    "Ms Lindqvist",
    "Ulrika Svensson",
    "@harbourcat",
]

#: What people write about work, full of capitals and digits that identify nobody.
ORDINARY = [
    "Power BI and Excel 2019 and IFRS 16, CI/CD with node.js.",
    "Black Friday is my Olympics. GitHub, GitLab and Azure DevOps.",
    "I work 9 to 3, Monday to Thursday, 80 % hours since 2016.",
    "We saved 1 500 000 kr and €2,500,000 in 2019-2021.",
    "Open 8.00-16.30, or 07:00–15:30, 24/7 on call.",
    "ISO 27001, ISO27001, EN 10204, SOC 2, ISO 9001:2015, RFC 2616.",
    "Visual Studio Code, Google Cloud, Amazon Web Services, Microsoft Teams, SAP S/4HANA, Ruby on Rails.",
    "Python 3.11.4 and Node 18.2.0 with PostgreSQL 14.5.",
    "New York, San Francisco, Los Angeles, São Paulo, Gothenburg and Leeds.",
    "My manager trusts me. Our Director Finance left. Head of Sales.",
    "The team in Malmö and the depot at Brough, Goole.",
    "50-100 people, 10 000 containers, 250 000 rows, 1,200,000 rows",
    "My boss Monday to Friday is my cat.",
    "I will hope for a promotion in May. Will you? Mark my words. Grant applications.",
    "Six Sigma, Lean, Kanban, Scrum Master, Product Owner, UX Lead, Front End.",
    "Stack Overflow and Hacker News, The Economist, Financial Times.",
    "Forza Motorsport and Formula One on Sundays; Premier League.",
    "4 on 4 off, 12 hours, 37.5 hours, 2 x 20 minutes, grade 7.",
    "Bought at Black Friday 2021 for $1,299.99.",
    "Harbour Pilot Association, Port of Sines, Container Terminal 2.",
    "Data Science, Machine Learning, TensorFlow, PyTorch, Apache Kafka, Grafana Loki.",
    "asp.net, socket.io, vue.js, web3.py, e.g. this, i.e. that, etc.and more.",
    "see above.Nothing more. fine.It is good.No more",
    "Half past 4 down the road 2 minutes from home.",
    "HTTP 404, KB4012212, CVE-2021-44228, A4, B2B, Q3 2022, H2, 5S, 3D, S/4",
    "Power Platform, Crystal Reports, Jira Confluence, Visual Basic, Oracle Database 19c, Windows Server 2019",
    "Christmas Eve, Easter Monday, Bank Holiday, Good Friday",
    "Kvällar och helger är mina. Mina kollegor är bäst. Liv och lust. Vår och höst.",
    "Arbetstid 07.00-16.00, 38,75 timmar, 10 000 kr.",
    "Stig in, sa chefen. Björn i skogen. Kollektivavtal och friskvård.",
    "Im Ernst: die Arbeit ist anders. Meine Chefin hat Vertrauen, mein Chef Verständnis.",
    "Kenntnisse in SAP Finanzbuchhaltung, Excel und Qualitätsmanagement nach ISO 9001.",
    "Die Kollegen Einkauf und Vertrieb helfen. Der Leiter Produktion auch. Über 15000 Mitarbeiter, 12500 Kunden.",
    "Im Schnitt 8 Stunden, am Montag 3 Stunden, im Jahr 2019. Am Freitag 3, am Samstag 0.",
    "Wer lange bleibt, kennt die kurze Straße zum Erfolg. Weg 3 ist gut.",
    "El alma de la empresa. Norma ISO y marina mercante. Mar y sol. La calle es larga.",
    "Trabajo de 9 a 15, con Excel y Power BI; 25000 pedidos al año.",
    "Buenas Prácticas, Recursos Humanos, Atención al Cliente, Seguridad Social",
    "Na ulicy zimno. Znam Excela, SAP i Power BI. Praca zmianowa 6-14, 14-22. Od maja do marca.",
    "Zarządzanie projektami, Obsługa Klienta, Płatnik, Symfonia Handel, Kraków i Gdańsk.",
    "Excel, Word, Photoshop and Jira. Then Docker, Kubernetes and Terraform.",
    "Lego Serious Play, Toastmasters, Duolingo Spanish, Rosetta Stone",
    "I report to the CFO. The CEO knows my name. Manager SAP Basis.",
    "Danish butter cookies and Swedish fika at Ericsson and Electrolux.",
    "Jag kan Excel och Power BI. Lönearbete sedan 2009.",
    "Spotify, Netflix, Tesla Model 3, Volvo XC60 and a Ford Transit.",
    "The U.S. team, the U.K. office, H.R. and Q.A. meet, P.S. bring cake.",
    "Skicka, packa och klicka. Förpacka varor är kul. Tacka för det.",
    "I work in Plzeň and we fly till Klaipėda, near Čakovec.",
    "Kanban in production, Excel in the office, Forklifts in the warehouse, Trolleys on the loading bay.",
    "Truckarna på lagret och Stämningen i köket är bra. Kaffet i köket.",
    "El ambiente en el almacén. Formación en producción. Atmosfera w biurze. Szkolenia w produkcji.",
    "Der Berg in der Werkstatt. Der Schleifstein aus der Werkstatt ist alt.",
    "THE TEAM IS GREAT AND SAP WORKS. HELP THE CUSTOMER, HUNTER OF DEALS, DAWN SHIFT AND ROSE GARDEN",
    "Team A. B-level. A-B tests on production. Both (a) node.js and (b) asp.net.",
    "John Deere and Harley Davidson, Marks & Spencer, Ernst & Young, Christian Dior, Monte Carlo.",
    "Norms DIN 1986-100 and EN 50173-1, the AB 123 machine, a 1920 x 1080 screen.",
    "Audits by ISO 9001 2015, EN 10204 Werkstoff, a screen of 1920x1200 or 2560 x 1440.",
]

plain_words = st.lists(
    st.sampled_from(["we", "plan", "the", "rota", "and", "keep", "it", "tidy", "since", "nobody", "minds"]),
    max_size=8,
).map(" ".join)


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_redact_takes_out_what_identifies(identifier: str) -> None:
    text = f"Please write to {identifier} about it."

    redacted = redact(text)

    assert identifier not in redacted
    assert redacted.startswith("Please write to [")
    assert redacted.endswith(" about it.")


@given(before=plain_words, identifier=st.sampled_from(IDENTIFIERS), after=plain_words)
def test_mask_keeps_every_position_and_no_identifier(before: str, identifier: str, after: str) -> None:
    text = f"{before} {identifier} {after}"

    masked = mask(text)

    assert len(masked) == len(text)
    assert identifier not in masked
    assert all(a in {b, FILLER} for a, b in zip(masked, text, strict=True))
    assert masked.startswith(before)
    assert masked.endswith(after)


@pytest.mark.parametrize(
    "address",
    ["3 Castle Hill Road", "12 Park Lane Close", "14 Albion Court Windsor Road", "9 Mill Lane Gardens"],
)
def test_road_with_two_names_of_roads_is_one_address(address: str) -> None:
    assert redact(f"I live at {address} now.") == "I live at [address] now."


def test_address_ends_with_its_road_or_flat() -> None:
    assert redact("At 12 Harbour View Road plan") == "At [address] plan"
    assert redact("At 12 Harbour View Road minds") == "At [address] minds"
    assert redact("At 12 Harbour View Road, flat 3b, plan") == "At [address], plan"


@given(st.text(max_size=200))
def test_mask_keeps_the_length_of_anything(text: str) -> None:
    assert len(mask(text)) == len(text)


@given(st.text(max_size=200))
def test_redacting_twice_changes_nothing_more_of_the_masked_text(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "We moved from C++ to node.js and ASP.NET in 2016-2024.",
        "On call one week in seven, 4 on 4 off, paid at 1.5.",
        "Month close in four days, IFRS 16, 80 % hours.",
        "I will hope for a promotion in May.",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("mail j.berg (a) web.de now", "mail [e-mail] now"),
        ("call 0117 496 0233 x41 now", "call [phone] now"),
        ("ring (71) 334-05-92 wew. 14 dziś", "ring [phone] dziś"),
        ("I am u/quietforklift there", "I am [name] there"),
        ("at 4400 Juniper Ridge Dr, 94110 we", "at [address] we"),
        ("das Büro Am Alten Kornspeicher 5 hat", "das Büro [address] hat"),
        ("J. K. from accounts and K-G på lagret", "[name] from accounts and [name] på lagret"),
        ("SHOUT OUT TO FIONA ABERNATHY NOW", "SHOUT OUT TO [name] NOW"),
        ("HERR SCHIRRMEISTER IST LIEB", "[name] IST LIEB"),
        ("with Žydrė at noon", "with [name] at noon"),
        ("Die Stanze und Anna", "Die Stanze und [name]"),
        ("Quorra, el de compras, sabe", "[name], el de compras, sabe"),
        ("dla Nowakowej i z beatą", "dla [name] i z [name]"),
        ("ask deirdre mcallister why", "ask [name] why"),
        ("in Zebulonia's old locker", "in [name]'s old locker"),
        ("at intranet/people/jwhitfield now", "at [link] now"),
        ("code LC/3391 fails", "code [number] fails"),
        ("DOB 5/6/77, since", "DOB [date], since"),
        ("to Unit 9, Tanner's Yard, Mill Lane on", "to [address] on"),
        ("me lo enseñó Quorra ayer", "me lo enseñó [name] ayer"),
        # A Polish case is one in Polish alone.
        ("Die neue Linie ist gut", "Die neue Linie ist gut"),
    ],
)
def test_only_what_identifies_is_replaced(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ann@example dot org", "e-mail"),
        ("sftp://drop/jwhitfield", "link"),
        ("file://homes/jwhitfield", "link"),
        ("031–390 06 22", "phone"),
        ("031‑390‑06‑22", "phone"),
        ("471193", "number"),
        ("#4471", "number"),
        ("ab12345", "number"),
        ("AB 123000", "number"),
        ("AB#123456", "number"),
        ("K-1234567", "number"),
        ("850712-T123", "number"),
        ("131052-308T", "number"),
        ("12345678-Z", "number"),
        ("12.345.000-Z", "number"),
        ("x-1234567-l", "number"),
        ("X 1234567 L", "number"),
        ("ABC 12D", "number"),
        ("HH-XY 12", "number"),
        ("May 3rd, 1979", "date"),
        ("May 3, 1979", "date"),
        ("12, rue Victor Hugo", "address"),
        ("rue de Rivoli 14", "address"),
        ("piazza Navona 3", "address"),
        ("Vesterbrogade 14", "address"),
        ("Strandveien 14", "address"),
        ("Mannerheimintie 14", "address"),
        ("Keizersgracht 14", "address"),
        ("Lilla Backe 4", "address"),
        ("Gran Vía 28", "address"),
    ],
)
def test_whatever_shape_it_has_an_identifier_is_replaced_whole(text: str, kind: str) -> None:
    assert redact(f"It says {text} there.") == f"It says [{kind}] there."


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Jag är född 3.5.79 och nöjd", "Jag är född [date] och nöjd"),
        ("Jag är född 3/5 -79 och nöjd", "Jag är född [date] och nöjd"),
        ("Jag är född 3/5-1979 och nöjd", "Jag är född [date] och nöjd"),
        ("Född 3/5 1979, nöjd", "Född [date], nöjd"),
        ("Ich bin geboren 3.5.79 dort", "Ich bin geboren [date] dort"),
        ("Nací el 3/5/79 allí", "Nací el [date] allí"),
        ("urodzona 3.5.79 i tyle", "urodzona [date] i tyle"),
        ("ich wohne Berliner Tor 5 dort", "ich wohne [address] dort"),
        ("och K-G hjälper mig", "och [name] hjälper mig"),
        ("With Zebulonia, Quorra and Anna it works", "With [name], [name] and [name] it works"),
        ("with Anna and Zebulonia it works", "with [name] and [name] it works"),
        ("med Anna och Zebulonia går det", "med [name] och [name] går det"),
        ("mit Anna und Zebulonia geht es", "mit [name] und [name] geht es"),
        ("z Anna i Zebulonia jest dobrze", "z [name] i [name] jest dobrze"),
        ("we ask fru Table about it", "we ask [name] about it"),
        ("moja ksywa to zebek_7 i tyle", "moja ksywa to [name] i tyle"),
        ("jag är zeb_77 på discord", "jag är [name] på discord"),
        ("das ist von Quorra Müller im Lager", "das ist von [name] im Lager"),
        ("lo sabe mi compañero de turno Xurgo", "lo sabe mi compañero de turno [name]"),
        ("we like Quorra from night dispatch", "we like [name] from night dispatch"),
        ("ich mag Till aus dem Versand sehr", "ich mag [name] aus dem Versand sehr"),
        ("lubię, Quorra, ta z magazynu, wie", "lubię, [name], ta z magazynu, wie"),
        ("the shift with Zabersson is good", "the shift with [name] is good"),
        ("the shift with Zaberopoulos is good", "the shift with [name] is good"),
        ("skiftet med Zaberqvist är bra", "skiftet med [name] är bra"),
        ("the shift with Zaberović is good", "the shift with [name] is good"),
        ("the shift with Zaberevich is good", "the shift with [name] is good"),
        ("the shift with Zaberenko is good", "the shift with [name] is good"),
        ("the shift with Zabershvili is good", "the shift with [name] is good"),
        ("pytam Zabłockiewicza o to", "pytam [name] o to"),
        ("the shift with McZaber is good", "the shift with [name] is good"),
        ("the shift with O'Zaber is good", "the shift with [name] is good"),
        ("Wczoraj Nowakowi dali premię", "[name] dali premię"),
        ("gracias a asunción ortega por todo", "gracias a [name] por todo"),
        ("she is called linda by us", "she is called [name] by us"),
        ("jag talar med magister Lejon om det", "jag talar med [name] om det"),
        ("min gruppchef Zaber är snäll", "min gruppchef [name] är snäll"),
        ("mi jefa Xurga nos deja en paz", "mi jefa [name] nos deja en paz"),
        ("the new one named Zaber is good", "the new one named [name] is good"),
        ("der Neue heißt Zaber und ist nett", "der Neue heißt [name] und ist nett"),
        ("el nuevo se llama Xurgo y es bueno", "el nuevo se llama [name] y es bueno"),
        ("nowy imieniem Zaber jest dobry", "nowy imieniem [name] jest dobry"),
        ("mit freundlichen Grüßen Zaber", "mit freundlichen Grüßen [name]"),
        ("när Zaber skrattar är det bra", "när [name] skrattar är det bra"),
        ("desde que Xurgo confía en mí", "desde que [name] confía en mí"),
        ("kiedy Zaber pokazał to", "kiedy [name] pokazał to"),
        ("to 1012 AB Amsterdam", "to [postcode] Amsterdam"),
        ("min bil, KR 4F821, står där", "min bil, [number], står där"),
        ("na discord mam nick zebek, piszcie", "na discord mam nick [name], piszcie"),
    ],
)
def test_what_its_ending_or_the_words_around_it_tell_is_found_in_every_language(
    text: str, redacted: str
) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Soy el nº 4821 de la plantilla.", "Soy el [number] de la plantilla."),
        ("Vivo en la calle Mayor, 23, 3º B y vengo.", "Vivo en la [address] y vengo."),
        ("Nací el 1º de mayo de 1985.", "Nací el [date]."),
        ("Am Tor bin ich Nr. 4821.", "Am Tor bin ich [number]."),
        ("Am Tor bin ich Nummer 4821.", "Am Tor bin ich [number]."),
        ("Expediente № 4821.", "Expediente [number]."),
        ("Dial 0\u200b7700 9\u200b0\u200b0 4\u200b82 now.", "Dial [phone] now."),
        ("Pay GB29\u200bNWBK\u200b6016\u200b1331\u200b9268\u200b19.", "Pay [number]."),
        ("Mail mo\u00adni\u00adka.stahl@exa\u200bmple.com.", "Mail [e-mail]."),
    ],
)
def test_what_is_found_as_written_is_found_as_it_is_read(text: str, redacted: str) -> None:
    assert redact(normalise(text)) == redacted


def test_the_name_of_a_union_is_no_name_that_hides_what_is_sensitive() -> None:
    text = "Soy delegado de Comisiones Obreras. Me gusta el turno."

    assert without_sensitive(redact(text)) == "Me gusta el turno."
    assert redact("Lo hizo Carmen Obreras.") == "Lo hizo [name]."
    assert redact("Das zeigte mir Tempel.", names={"Anna Tempel"}) == "Das zeigte mir [name]."


def test_a_colleague_named_by_role_is_masked_even_with_a_rare_name() -> None:
    assert redact("My manager Zebulonia listens.") == "My manager [name] listens."


def test_names_that_are_handed_in_are_masked_in_any_case() -> None:
    assert redact("thanks to quorra and QUORRA", names={"Quorra Vex"}) == "thanks to [name] and [name]"


def test_identifiers_come_in_order_and_do_not_overlap() -> None:
    found = identifiers("Anna Berg, anna@example.org, tel 031-390 06 22")

    assert [one.kind for one in found] == ["name", "e-mail", "phone"]
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_no_planted_identifier_survives() -> None:
    planted = list(plants())

    assert len(planted) >= 500
    assert {plant.language for plant in planted} == {"en", "sv", "de", "es", "pl"}
    assert len(PHONES) >= 12
    assert [(plant.text, leaks(redact(plant.text), [plant])) for plant in planted if _survives(plant)] == []


def test_no_identifier_of_the_second_set_survives() -> None:
    assert [(plant.text, redact(plant.text)) for plant in SECOND if _survives(plant)] == []


def test_fresh_identifiers_are_covered_and_ordinary_sentences_stay() -> None:
    lines = Path("tests/data/identifiers.txt").read_text(encoding="utf-8").splitlines()
    assert sum(line.count("⟦") for line in lines) == 771

    assert [line for line in lines if "⟦" in line and _uncovered(line)] == []
    assert [line for line in lines if "⟦" not in line and redact(line) != line] == []


def _uncovered(line: str) -> list[str]:
    """Return the words between marks that are not covered."""
    text, marks = "", []
    for number, part in enumerate(re.split("[⟦⟧]", line)):
        if number % 2:
            marks.append((len(text), len(text) + len(part)))
        text += part
    left = mask(text)
    return [word for start, end in marks for word in re.findall(r"\w{2,}", left[start:end])]


def test_the_search_finds_every_identifier_that_is_not_redacted() -> None:
    assert [plant for plant in [*plants(), *SECOND, *SENSITIVE] if not leaks(plant.text, [plant])] == []


def _survives(plant: Plant) -> bool:
    """Say whether an identifier is still there, in the text as written or in its normal form ("nº" becomes "no")."""
    texts = (redact(plant.text), mask(plant.text), redact(normalise(plant.text)))
    return any(leaks(text, [plant]) for text in texts)


@pytest.mark.parametrize("region", PHONES)
def test_example_numbers_of_twelve_countries_are_masked_however_they_are_written(region: str) -> None:
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    numbers = [phonenumbers.example_number_for_type(region, kind) for kind in kinds]
    formats = (
        phonenumbers.PhoneNumberFormat.NATIONAL,
        phonenumbers.PhoneNumberFormat.INTERNATIONAL,
        phonenumbers.PhoneNumberFormat.E164,
    )
    written = [phonenumbers.format_number(number, format_) for number in numbers for format_ in formats]

    assert written
    assert [one for one in written if re.search(r"\d", redact(f"Call {one}, please."))] == []


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_of_five_languages_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("plant", SENSITIVE, ids=lambda plant: f"{plant.language} {plant.secrets[0]}")
def test_sensitive_matters_are_recognised_in_five_languages(plant: Plant) -> None:
    assert is_sensitive(plant.text)


def test_fresh_sensitive_sentences_are_recognised_and_their_look_alikes_are_not() -> None:
    lines = Path("tests/data/sensitive.txt").read_text(encoding="utf-8").splitlines()

    assert sum(line.startswith("! ") for line in lines) > 120
    assert [line for line in lines if is_sensitive(line) != line.startswith("! ")] == []


def test_entry_with_braces_stands_for_each_of_its_words() -> None:
    assert is_sensitive("Since my operation I sit.")
    assert is_sensitive("Since my crash I sit.")
    assert not is_sensitive("Since my promotion I sit.")


def test_numbers_in_digits_of_another_script_are_masked() -> None:
    assert redact("ring ٠٧٠ ١٢٣ ٤٥ ٦٧ any day") == "ring [phone] any day"


@pytest.mark.parametrize("text", MORE_SENSITIVE)
def test_sensitive_matters_are_recognised_in_other_words(text: str) -> None:
    assert is_sensitive(text)


@pytest.mark.parametrize("text", NOT_SENSITIVE)
def test_terms_of_work_and_care_are_not_sensitive_in_any_language(text: str) -> None:
    assert not is_sensitive(text)


@pytest.mark.parametrize(
    "text",
    [
        "After my burnout they gave me time.",
        "I go to church on Sundays.",
        "I am a union rep.",
        "As a gay man I feel safe here.",
        "I was pregnant when I started.",
        "My diabetes is no problem here.",
        "We are immigrants.",
        "I voted for the greens.",
        # However a phrase is joined, and whatever its ending.
        "The burned-out one of the team.",
        "Back from sick-leave.",
        "My knees, mostly.",
        "They know about my Tourettes.",
    ],
)
def test_sensitive_matters_are_recognised(text: str) -> None:
    assert is_sensitive(text)


@pytest.mark.parametrize(
    ("piece", "end"),
    [
        *((piece, "") for piece in ("a@", "a.", "a-", "Aa ", "Anna Berg, ", "1 ", "Aagatan ", "ab at ", "(")),
        *((piece, "") for piece in ("SE45 AAAA ", "A1", "1", "Self-Made-")),
        # With the sign of an address behind it.
        ("11", " (at) x"),
    ],
)
def test_a_long_monotonous_answer_takes_no_time(piece: str, end: str) -> None:
    """What grows with the square of the length takes minutes here."""
    before = time.process_time()

    redact(piece * 20_000 + end)

    assert time.process_time() - before < 3
