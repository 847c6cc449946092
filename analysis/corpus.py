"""What goes into the analysis: responses of a questionnaire. Checked once, here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from analysis.exceptions import InvalidCorpusError

#: The open-ended items that the analysis knows by name.
KNOWN_ITEMS = ("self", "skills", "stay", "good_day", "content")

#: Progress of a long computation: steps done, steps in all, what is being done now.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Response:
    """One person's answers.

    Parameters
    ----------
    id : str
        Unique within the corpus; never shown.
    answers : mapping of str to str
        Open-ended item name to the text as written. An item that was not answered is absent or empty.
    channels : tuple of str
        The options chosen in the closed item ``channels``; a weak view.
    quote : bool
        Whether the person agreed to be quoted word for word.
    attributes : mapping of str to str
        Banded attributes. Never a view: they are only reported.
    """

    id: str
    answers: Mapping[str, str]
    channels: tuple[str, ...] = ()
    quote: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Corpus:
    """All responses to one questionnaire, with the names of its open-ended items.

    Parameters
    ----------
    responses : tuple of Response
        Any number, also none; their order means nothing.
    items : tuple of str
        The open-ended items, those that nobody answered included.

    Raises
    ------
    InvalidCorpusError
        If two responses share an id or an answer names an unknown item.
    """

    responses: tuple[Response, ...]
    items: tuple[str, ...]

    def __post_init__(self) -> None:
        ids = [response.id for response in self.responses]
        if len(set(ids)) != len(ids):
            raise InvalidCorpusError("Two responses share an id; every response needs its own.")
        known = set(self.items)
        for response in self.responses:
            if not known.issuperset(response.answers):
                raise InvalidCorpusError("A response answers an item that the corpus does not name.")

    @classmethod
    def of(cls, responses: Iterable[Response]) -> Corpus:
        """Build a corpus whose items are those answered, in order of first appearance."""
        responses = tuple(responses)
        return cls(responses, tuple(dict.fromkeys(item for r in responses for item in r.answers)))

    def __len__(self) -> int:
        return len(self.responses)
