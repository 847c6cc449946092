"""What a trade explains is taken out; what it does not explain stays to the last bit."""

from __future__ import annotations

import tracemalloc

import numpy as np

from analysis.adjustment import attribute_levels, trade, without_level_means
from analysis.grouping import Grouping
from analysis.views import Views

EVERYBODY = np.ones(120, dtype=bool)


def test_an_attribute_that_explains_nothing_changes_nothing() -> None:
    random = np.random.default_rng(1)
    block = random.normal(size=(120, 50)).astype(np.float32)
    block -= block.mean(axis=0)
    levels = np.array(["a", "b", "c"])[np.arange(120) % 3]
    # Take away the little that chance explains, and no more than chance is left.
    for level in "abc":
        block[levels == level] -= 0.9 * block[levels == level].mean(axis=0)

    assert without_level_means((block, EVERYBODY), levels) is block


def test_level_means_shrink_and_unknown_levels_stay() -> None:
    random = np.random.default_rng(0)
    trades = random.normal(size=(3, 50))
    level = np.arange(120) % 4
    block = (np.vstack([trades, np.zeros((1, 50))])[level] + 0.5 * random.normal(size=(120, 50))).astype(
        np.float32
    )
    levels = np.array(["a", "b", "c", ""])[level]

    adjusted = without_level_means((block, EVERYBODY), levels)

    known = levels != ""
    assert np.array_equal(adjusted[~known], block[~known])
    means = [
        np.linalg.norm(adjusted[levels == one].mean(axis=0) - adjusted[known].mean(axis=0)) for one in "abc"
    ]
    assert max(means) < 0.2 * np.linalg.norm(trades, axis=1).min()


def test_levels_of_one_person_each_take_no_memory() -> None:
    """An array for each would be some hundred megabytes of a large survey."""
    n = 6_000
    levels = np.array([f"level {person}" for person in range(n)])
    block = np.zeros((n, 2), np.float32)

    tracemalloc.start()
    adjusted = without_level_means((block, np.ones(n, dtype=bool)), levels)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert adjusted is block
    assert most < 10e6


def test_only_what_explains_most_is_the_trade() -> None:
    random = np.random.default_rng(0)
    trades, site = np.arange(120) % 3, np.arange(120) % 2
    blocks = {
        item: (random.normal(size=(3, 20))[trades] + 0.5 * random.normal(size=(2, 20))[site]).astype(
            np.float32
        )
        for item in "ab"
    }
    people = [{"site": f"site {a}", "trade": f"trade {b}"} for a, b in zip(site, trades, strict=True)]
    views = Views(blocks, dict.fromkeys(blocks, EVERYBODY), np.zeros((120, 0), np.float32))

    chosen = trade(((block, EVERYBODY) for block in blocks.values()), attribute_levels(people))

    assert chosen is not None
    assert chosen.tolist() == [one["trade"] for one in people]
    both, alone = (views.adjusted(one) for one in (people, [{"trade": one["trade"]} for one in people]))
    assert all(np.array_equal(both.blocks[item], alone.blocks[item]) for item in blocks)
    assert trade((), ()) is None


def test_many_columns_may_be_questions_and_are_left_alone() -> None:
    people = [{f"column {number}": "x" for number in range(6)}] * 4

    assert attribute_levels(people) == ()
    assert len(attribute_levels([{"site": "Leeds"}, {}])) == 1


def test_personas_that_cut_across_trades_are_found_in_spite_of_them() -> None:
    random = np.random.default_rng(0)
    persona, trade = np.arange(240) % 2, np.arange(240) // 2 % 3
    blocks = {}
    for item in "abcd":
        said = 0.8 * random.normal(size=(2, 30))[persona] + 1.6 * random.normal(size=(3, 30))[trade]
        block = said + random.normal(size=(240, 30))
        block -= block.mean(axis=0)
        blocks[item] = (block / np.linalg.norm(block, axis=1, keepdims=True)).astype(np.float32)
    views = Views(blocks, {item: np.ones(240, dtype=bool) for item in blocks}, np.zeros((240, 0), np.float32))

    blind = Grouping(views, seed=0).cluster(2)
    adjusted = Grouping(views.adjusted([{"trade": str(one)} for one in trade]), seed=0).cluster(2)

    assert abs(np.corrcoef(adjusted, persona)[0, 1]) > 0.9
    assert abs(np.corrcoef(blind, persona)[0, 1]) < 0.5
