"""What the mails of a wave say unless HR writes something else, by language; and how the places are filled."""

from __future__ import annotations

from collections.abc import Mapping

#: Places in a text, in braces, and nothing else is filled: a text is no program.
PLACES = ("link", "organisation", "closes", "contact")

DEFAULT_TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "subject": "{organisation}: what do you like about working here?",
        "invitation": (
            "Hello,\n\nwe are looking for colleagues who will love it here as much as you do, and nobody can "
            "describe them better than you. Please take about eight minutes:\n\n{link}\n\n"
            "The link is yours and works once. Your answers are sealed, kept apart from your name and opened "
            "only in a crowd of at least ten; how, the first page says. Taking part is up to you.{closes}\n\n"
            "Thank you!\n{contact}"
        ),
        "reminder": (
            "Hello,\n\nif you meant to answer and have not got round to it: your link still works.\n\n{link}\n\n"
            "It takes about eight minutes, and nobody can see that or what you answer.{closes}\n\n"
            "Thank you!\n{contact}"
        ),
        "closes": " The survey closes on {day}.",
        "stop": "No more mail about surveys: {stop}",
    },
    "sv": {
        "subject": "{organisation}: vad tycker du om med att arbeta här?",
        "invitation": (
            "Hej!\n\nVi söker kollegor som kommer att trivas här lika bra som du, och ingen kan beskriva dem "
            "bättre än du. Ta gärna ungefär åtta minuter:\n\n{link}\n\n"
            "Länken är din och fungerar en gång. Dina svar förseglas, hålls skilda från ditt namn och öppnas "
            "bara tillsammans med minst nio andras; hur det går till står på första sidan. Det är frivilligt "
            "att vara med.{closes}\n\nTack!\n{contact}"
        ),
        "reminder": (
            "Hej!\n\nOm du tänkte svara men inte har hunnit: din länk fungerar fortfarande.\n\n{link}\n\n"
            "Det tar ungefär åtta minuter, och ingen kan se om eller vad du svarar.{closes}\n\nTack!\n{contact}"
        ),
        "closes": " Enkäten stänger {day}.",
        "stop": "Inga fler mejl om enkäter: {stop}",
    },
    "de": {
        "subject": "{organisation}: Was gefällt Ihnen an der Arbeit hier?",
        "invitation": (
            "Guten Tag,\n\nwir suchen Kolleginnen und Kollegen, die hier so gern arbeiten werden wie Sie, und "
            "niemand kann sie besser beschreiben. Bitte nehmen Sie sich etwa acht Minuten:\n\n{link}\n\n"
            "Der Link gehört Ihnen und gilt einmal. Ihre Antworten werden versiegelt, von Ihrem Namen getrennt "
            "und nur gemeinsam mit mindestens neun anderen geöffnet; wie, steht auf der ersten Seite. Die "
            "Teilnahme ist freiwillig.{closes}\n\nVielen Dank!\n{contact}"
        ),
        "reminder": (
            "Guten Tag,\n\nfalls Sie antworten wollten und noch nicht dazu gekommen sind: Ihr Link gilt noch.\n\n"
            "{link}\n\nEs dauert etwa acht Minuten, und niemand sieht, ob oder was Sie antworten.{closes}\n\n"
            "Vielen Dank!\n{contact}"
        ),
        "closes": " Die Befragung endet am {day}.",
        "stop": "Keine weiteren Mails zu Befragungen: {stop}",
    },
    "es": {
        "subject": "{organisation}: ¿qué le gusta de trabajar aquí?",
        "invitation": (
            "Hola:\n\nBuscamos colegas que disfruten de trabajar aquí tanto como usted, y nadie puede "
            "describirlos mejor. Le llevará unos ocho minutos:\n\n{link}\n\n"
            "El enlace es suyo y sirve una vez. Sus respuestas se sellan, se guardan aparte de su nombre y solo "
            "se abren junto con las de al menos otras nueve personas; la primera página explica cómo. "
            "Participar es voluntario.{closes}\n\n¡Gracias!\n{contact}"
        ),
        "reminder": (
            "Hola:\n\nSi quería responder y aún no ha podido: su enlace sigue funcionando.\n\n{link}\n\n"
            "Lleva unos ocho minutos, y nadie puede ver si responde ni qué responde.{closes}\n\n"
            "¡Gracias!\n{contact}"
        ),
        "closes": " La encuesta se cierra el {day}.",
        "stop": "No recibir más correos sobre encuestas: {stop}",
    },
    "ar": {
        "subject": "{organisation}: ما الذي يعجبك في العمل هنا؟",
        "invitation": (
            "مرحبًا،\n\nنبحث عن زملاء سيحبون العمل هنا كما تحبه أنت، ولا أحد يستطيع أن يصفهم أفضل منك. نرجو أن "
            "تمنحنا نحو ثماني دقائق:\n\n{link}\n\n"
            "هذا الرابط لك وحدك ويعمل مرة واحدة. تُختم إجاباتك وتُحفظ بعيدًا عن اسمك ولا تُفتح إلا مع إجابات تسعة "
            "آخرين على الأقل؛ والصفحة الأولى تشرح كيف. المشاركة اختيارية.{closes}\n\nشكرًا لك!\n{contact}"
        ),
        "reminder": (
            "مرحبًا،\n\nإن كنت تنوي الإجابة ولم تجد الوقت بعد، فما زال رابطك يعمل.\n\n{link}\n\n"
            "يستغرق الأمر نحو ثماني دقائق، ولا يرى أحد هل أجبت ولا بماذا أجبت.{closes}\n\nشكرًا لك!\n{contact}"
        ),
        "closes": " يُغلق الاستطلاع في {day}.",
        "stop": "لإيقاف رسائل الاستطلاعات: {stop}",
    },
}


def texts_in(own: Mapping[str, Mapping[str, str]], language: str) -> dict[str, str]:
    """Return the texts of a wave in a language: HR's own, else the default ones, else the English ones."""
    known = [code for code in (language, language.split("-")[0], language.split("_")[0]) if code]
    default = next((DEFAULT_TEXTS[code] for code in known if code in DEFAULT_TEXTS), DEFAULT_TEXTS["en"])
    mine = next((own[code] for code in known if code in own), {})
    return {**default, **mine}


def fill(text: str, **values: str) -> str:
    """Put values into the places of a text; braces that name no place stay as they are."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text.rstrip()
