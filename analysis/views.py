"""From responses to numbers: one view per open-ended item, one vector per answer.

What is encoded is what :func:`texts_of` returns, in its parts and, where it is short, whole: redacted, without
sensitive sentences, without junk. The channels are one more, weak view. Attributes (job family, tenure, site) are none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.adjustment import attribute_levels, trade, without_level_means
from analysis.cores import side_by_side
from analysis.corpus import Corpus, Progress, Response
from analysis.encoder import Encoder
from analysis.facets import Cutter, segments_of
from analysis.junk import copied_responses, copied_texts, junk_reason, repeated_items
from analysis.markup import without_markup
from analysis.redaction import redact, without_sensitive
from analysis.text import language_of, normalise

#: Length of a person's channel vector beside the unit length of an open answer's: a weak view. The channels of
#: one group overlap with those of the next, so at full weight they blur what people wrote.
CHANNEL_WEIGHT = 0.4

#: Length of the vector that an answer's words have by themselves beside the one of the whole answer: what was meant is
#: told by the whole, but which words were chosen is told less blurred by the words.
WORDS_WEIGHT = 0.5

#: Words of the longest answer that is encoded whole beside its parts. The whole of a longer one takes as long to encode
#: as all its parts, and tells no more than they do.
MAX_WHOLE = 16

#: Somebody who left fewer usable answers is counted, but too little is known to place them.
MIN_ANSWERS = 2


@dataclass(frozen=True, slots=True)
class Person:
    """A response as the analysis sees it.

    Parameters
    ----------
    texts : mapping of str to str
        Item to usable text; junk and missing answers are absent.
    set_aside : str or None
        Why the response is not used; None if it is.
    """

    response: Response
    texts: Mapping[str, str]
    set_aside: str | None = None


@dataclass(frozen=True, slots=True)
class Views:
    """One matrix per open-ended item, and one for the channels.

    Parameters
    ----------
    blocks : mapping of str to ndarray of shape (n_people, dim)
        Centred on the item's mean and of unit length per row; zeros where there is no answer.
    present : mapping of str to bool ndarray of shape (n_people,)
        Who answered.
    channels : ndarray of shape (n_people, n_channels)
        Chosen options, centred, rows of length :data:`CHANNEL_WEIGHT`; zeros where none was chosen.
    """

    blocks: Mapping[str, NDArray[np.float32]]
    present: Mapping[str, NDArray[np.bool_]]
    channels: NDArray[np.float32]

    @property
    def stacked(self) -> NDArray[np.float32]:
        """All views side by side, shape (n_people, n_items * dim + n_channels)."""
        return np.hstack([*self.blocks.values(), self.channels])

    @property
    def widths(self) -> tuple[int, ...]:
        """Columns of each view in :attr:`stacked`, the channels last."""
        return (*(block.shape[1] for block in self.blocks.values()), self.channels.shape[1])

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Who answered what, shape (n_people, n_views), in the order of :attr:`widths`; the channels only if any."""
        told = [*self.present.values()]
        return np.stack([*told, self.channels.any(axis=1)] if self.channels.shape[1] else told, axis=1)

    def adjusted(self, attributes: Sequence[Mapping[str, str]]) -> Views:
        """Return the views without what the trade explains (:mod:`analysis.adjustment`)."""
        blocks, channels = dict(self.blocks), self.channels
        levels = trade(
            ((block, self.present[item]) for item, block in blocks.items()), attribute_levels(attributes)
        )
        if levels is not None:
            blocks = {
                item: without_level_means((block, self.present[item]), levels)
                for item, block in blocks.items()
            }
            channels = without_level_means((channels, np.asarray(channels.any(axis=1))), levels)
        return Views(
            {item: _unit(block) for item, block in blocks.items()},
            self.present,
            np.float32(CHANNEL_WEIGHT) * _unit(channels),
        )

    def take(self, rows: NDArray[np.int64]) -> Views:
        """Return the views of some of the people."""
        return Views(
            {item: block[rows] for item, block in self.blocks.items()},
            {item: answered[rows] for item, answered in self.present.items()},
            self.channels[rows],
        )

    def __len__(self) -> int:
        return len(self.channels)


def texts_of(response: Response, *, names: Collection[str] = frozenset()) -> dict[str, str]:
    """Return, per item, the text that is encoded and described: redacted, nothing sensitive, no junk."""
    written = {item: without_markup(text) for item, text in response.answers.items()}
    usable = {item: text for item, text in written.items() if junk_reason(text) is None}
    repeated = repeated_items(usable)
    cleaned = {}
    for item in usable:
        if item in repeated:
            continue
        text = normalise(usable[item])
        kept = without_sensitive(redact(text, names=names))
        if kept == text or junk_reason(kept) is None:
            cleaned[item] = kept
    return cleaned


def prepare(
    corpus: Corpus,
    *,
    languages: Collection[str],
    names: Collection[str] = frozenset(),
    cleaned: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[Person, ...]:
    """Clean every response and decide who is set aside, and why.

    Parameters
    ----------
    corpus : Corpus
    languages : collection of str
        Languages the encoder knows; responses in another one are set aside. Pass an empty collection to keep
        all of them.
    names : collection of str
        Known names of people, masked wherever they stand.
    cleaned : mapping of str to (mapping of str to str), optional
        Response id to what :func:`texts_of` returns for it and the names, if that is known already.

    Returns
    -------
    tuple of Person
        In the order of the corpus.
    """
    copied = copied_texts([text for response in corpus.responses for text in response.answers.values()])
    copies = copied_responses((response.id, response.answers) for response in corpus.responses)
    # A column that everybody left empty was no question.
    answered = {item for response in corpus.responses for item, text in response.answers.items() if text}
    needed = max(1, min(MIN_ANSWERS, len(answered)))
    return tuple(
        _person(
            response,
            texts_of(response, names=names) if cleaned is None else cleaned[response.id],
            copied,
            copies,
            needed,
            languages,
        )
        for response in corpus.responses
    )


class Heard(NamedTuple):
    """What is encoded of an answer: its parts, and the whole if that is short or has no parts."""

    parts: tuple[str, ...]
    whole: str | None


def heard_of(people: Iterable[Person], cut: Cutter | None) -> dict[tuple[str, str], Heard]:
    """Return what is encoded of each answer, an (item, text); only wholes if there is no ``cut``."""
    heard: dict[tuple[str, str], Heard] = {}
    for person in people:
        for item, text in person.texts.items():
            if (item, text) not in heard:
                segments = segments_of(item, text, affirmed=False, cut=cut) if cut else ()
                is_short = not segments or len(text.split()) <= MAX_WHOLE
                heard[item, text] = Heard(tuple(one.text for one in segments), text if is_short else None)
    return heard


def texts_heard(heard: Iterable[Heard]) -> list[str]:
    """Return what is encoded of all answers, the parts of each and then its whole."""
    return [text for parts, whole in heard for text in ((*parts, whole) if whole is not None else parts)]


def build_views(
    people: Sequence[Person],
    items: Sequence[str],
    encoder: Encoder,
    words: Encoder | None = None,
    cut: Cutter | None = None,
    progress: Progress | None = None,
) -> Views:
    """Encode every answer and stack the views of the people, in their order.

    What a language adds to the vectors of all who write in it is taken away, or who writes in another one would be a
    persona.

    Parameters
    ----------
    people : sequence of Person
    items : sequence of str
        Items to build; those that nobody answered are left out.
    encoder : Encoder
    words : Encoder, optional
        An encoder that adds up words, whose vectors stand beside the others at length :data:`WORDS_WEIGHT`.
    cut : callable, optional
        Cuts answers as :func:`analysis.facets.cut` does. Then the mean of an answer's parts, each heard alike however
        long it is, counts as much as the whole; of an answer of more than :data:`MAX_WHOLE` words the mean of the parts
        by their length stands for the whole.
    progress : Progress, optional
        Called while texts are encoded.
    """
    heard = heard_of(people, cut)
    rows = {answer: row for row, answer in enumerate(heard)}
    vectors = _answer_vectors(heard.values(), encoder, progress)
    if words is not None:
        beside = words.encode([text for _, text in heard])
        vectors = np.hstack([vectors, np.float32(WORDS_WEIGHT) * beside])
    # Whose answer is too short to tell writes it in the language of the others.
    languages = {text: language_of(text) for _, text in heard}
    spoken = [language_of("\n".join(person.texts.values())) or "" for person in people]
    present = {item: np.array([item in person.texts for person in people], dtype=bool) for item in items}
    present = {item: answered for item, answered in present.items() if answered.any()}

    def block_of(item: str) -> NDArray[np.float32]:
        written = [
            (languages.get(person.texts.get(item, "")) or usual)
            for person, usual in zip(people, spoken, strict=True)
        ]
        block = np.zeros((len(people), vectors.shape[1]), dtype=np.float32)
        block[present[item]] = vectors[
            [rows[item, person.texts[item]] for person in people if item in person.texts]
        ]
        return _centred(without_level_means((block, present[item]), np.array(written)), present[item])

    blocks = dict(zip(present, side_by_side(block_of, present), strict=True))
    channels = _channel_block([person.response.channels for person in people])
    alike = without_level_means((channels, np.asarray(channels.any(axis=1))), np.array(spoken))
    return Views(
        blocks, present, channels if alike is channels else np.float32(CHANNEL_WEIGHT) * _unit(alike)
    )


def _answer_vectors(
    heard: Collection[Heard], encoder: Encoder, progress: Progress | None
) -> NDArray[np.float32]:
    """Return a vector of length 1 for each answer of which :func:`heard_of` says what is encoded.

    It is the sum of two that count the same: the mean of the parts, and the whole or, in place of a long one, the mean
    of the parts by their number of words, which comes near it.
    """
    encoded = encoder.encode(texts_heard(heard), progress)
    if len(encoded) == len(heard):
        return encoded
    weights = np.zeros((len(encoded), 2), np.float32)
    starts, row = [], 0
    for parts, whole in heard:
        starts.append(row)
        end = row + len(parts)
        weights[row:end, 0] = 1
        if whole is None:
            weights[row:end, 1] = [len(part.split()) for part in parts]
        else:
            weights[end, 1] = 1
            end += 1
        row = end
    alike, at_length = (np.add.reduceat(weight[:, None] * encoded, starts, axis=0) for weight in weights.T)
    return _unit(_unit(alike) + _unit(at_length))


def _person(
    response: Response,
    texts: Mapping[str, str],
    copied: frozenset[str],
    copied_whole: frozenset[str],
    needed: int,
    languages: Collection[str],
) -> Person:
    if languages and language_of("\n".join(texts.values())) not in {None, *languages}:
        return Person(response, texts, "other language")
    # As handed in: what redaction takes out of a copy does not make it an answer.
    whole = response.id in copied_whole
    copies = {item for item, text in response.answers.items() if whole or text in copied}
    texts = {item: text for item, text in texts.items() if item not in copies}
    if len(texts) >= needed:
        return Person(response, texts)
    written = {item: without_markup(text) for item, text in response.answers.items()}
    reasons = [junk_reason(text) for item, text in written.items() if item not in copies]
    if copies or (not any(reasons) and repeated_items(written)):
        reasons.append("copied text")
    junk = sorted({reason for reason in reasons if reason not in {None, "empty"}} - {None})
    if not texts and junk:
        return Person(response, texts, str(junk[0]))
    empty = all(reason == "empty" for reason in reasons)
    return Person(response, texts, "no answers" if empty else "too little said")


def _centred(block: NDArray[np.float32], answered: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Take away what all answers to an item share, so that only what sets a person apart is left."""
    block = block.copy()
    block[answered] -= block[answered].mean(axis=0)
    return _unit(block)


def _unit(block: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(block, axis=1, keepdims=True)
    return np.asarray(np.divide(block, lengths, out=np.zeros_like(block), where=lengths > 1e-6))


def _channel_block(chosen: Sequence[tuple[str, ...]]) -> NDArray[np.float32]:
    options = sorted({option for channels in chosen for option in channels})
    block = np.array(
        [[float(option in channels) for option in options] for channels in chosen], dtype=np.float32
    ).reshape(len(chosen), len(options))
    answered = np.array([bool(channels) for channels in chosen], dtype=bool)
    if not answered.any():
        return block
    return np.float32(CHANNEL_WEIGHT) * _centred(block, answered)
