"""One paragraph about a persona, built by rule from its entries, so that every number in it is one of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.report import Entry, Persona

_SHARES = (
    (0.47, 0.53, "About half"),
    (0.31, 0.36, "About a third"),
    (0.235, 0.265, "About a quarter"),
    (0.19, 0.21, "About a fifth"),
)


def summarise(persona: Persona, n_used: int) -> Persona:
    """Return the persona with its summary written."""
    sentences = [
        _who(persona, n_used),
        _traits(persona.traits),
        _reasons(persona.reasons),
        _skills(persona.skills),
        _reach(persona.channels, persona.content),
        _caution(persona),
    ]
    return replace(persona, summary=" ".join(sentence for sentence in sentences if sentence))


def joined(parts: Sequence[str]) -> str:
    """Join with commas and a final "and".

    Examples
    --------
    >>> joined(["pay", "hours", "pension"])
    'pay, hours and pension'
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _who(persona: Persona, n_used: int) -> str:
    share = next((words for low, high, words in _SHARES if low <= persona.share <= high), None)
    count = f"{persona.size} of the {n_used} people"
    if share:
        return f"{share} of those who answered ({count}) belong here."
    return f"{count} who answered ({_percent(persona.share)}) belong here."


def _traits(entries: Sequence[Entry]) -> str:
    themes, words = _split(entries)
    if themes:
        tail = f", and speak of {_quoted(words[:3])}" if words else ""
        return f"More often than others they describe themselves as {_with_figures(themes[:2])}{tail}."
    return f"When they describe themselves, they speak of {_first_with_figures(words[:3])}." if words else ""


def _reasons(entries: Sequence[Entry]) -> str:
    themes, words = _split(entries)
    if themes:
        tail = f"; {_come_up(words)}" if words else ""
        return f"What keeps them, more than others, is {_with_figures(themes[:2])}{tail}."
    return f"Asked what keeps them, they speak of {_first_with_figures(words[:3])}." if words else ""


def _skills(entries: Sequence[Entry]) -> str:
    themes, words = _split(entries)
    if themes:
        tail = f", and {_come_up(words)}" if words else ""
        verb = "stand out" if len(themes) > 1 else "stands out"
        return f"Among their skills, {_with_figures(themes[:2])} {verb}{tail}."
    return f"Among their skills they name {_quoted(words[:4])}." if words else ""


def _reach(channels: Sequence[Entry], content: Sequence[Entry]) -> str:
    themes, words = _split(content)
    topic = joined([entry.text for entry in themes[:2]]) or (_quoted(words[:3]) if words else "")
    if channels:
        about = f", with content about {topic}" if topic else ""
        return f"They are reached through {joined([entry.text for entry in channels[:3]])}{about}."
    return f"What makes them stop and read is {topic}." if topic else ""


def _caution(persona: Persona) -> str:
    if persona.stability >= 0.6:
        return ""
    return "The edges of this group are blurred: drawn again, the same survey would move some of its people elsewhere."


def _come_up(words: Sequence[Entry]) -> str:
    if len(words) == 1:
        return f"the word that comes up is {_quoted(words)}"
    return f"the words that come up are {_quoted(words[:3])}"


def _split(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    themes = [entry for entry in entries if entry.kind == "theme"]
    return themes, [entry for entry in entries if entry.kind != "theme"]


def _quoted(entries: Sequence[Entry]) -> str:
    return joined([f"“{entry.text}”" for entry in entries])


def _with_figures(entries: Sequence[Entry]) -> str:
    return joined([f"{entry.text}{_figures(entry)}" for entry in entries])


def _first_with_figures(entries: Sequence[Entry]) -> str:
    first = f"“{entries[0].text}”{_figures(entries[0])}"
    return joined([first, *(f"“{entry.text}”" for entry in entries[1:])])


def _figures(entry: Entry) -> str:
    elsewhere = (
        f"{_percent(entry.share_elsewhere)} elsewhere"
        if entry.share_elsewhere
        else "hardly anybody elsewhere"
    )
    return f" ({_percent(entry.share_here)} here, {elsewhere})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
