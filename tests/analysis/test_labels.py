"""What a trait is called: words of the language that five people use."""

from __future__ import annotations

from analysis.labels import Labels
from analysis.lexicon import Lexicon
from tests.fakes import FakeEncoder


def test_a_theme_is_called_by_words_that_five_people_use() -> None:
    said = [frozenset({"harbour", "river"}), frozenset({"garden"})]
    lexicon = Lexicon.of([*([said[0]] for _ in range(5)), *([said[1]] for _ in range(4))])
    labels = Labels(FakeEncoder(), lexicon, {word: word for words in said for word in words})

    strength = {"garden": 3.0, "harbour": 2.0, "river": 1.0}

    assert lexicon.n_users("garden") == 4
    assert labels.of_theme("why", strength) == "harbour and river"
