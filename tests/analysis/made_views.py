"""Views in numbers with a known structure."""

from __future__ import annotations

import numpy as np

from analysis.views import Views


def planted_views(
    n: int = 90, noise: float = 0.5, seed: int = 0, n_groups: int = 3, sizes: tuple[float, ...] = ()
) -> tuple[Views, np.ndarray]:
    """Groups that differ in three items of 20 dimensions; the truth beside them."""
    random = np.random.default_rng(seed)
    truth = random.choice(n_groups, size=n, p=sizes) if sizes else np.arange(n) % n_groups
    blocks, present = {}, {}
    for item in ("a", "b", "c"):
        block = random.normal(size=(n_groups, 20))[truth] + noise * random.normal(size=(n, 20))
        block -= block.mean(axis=0)
        blocks[item] = (block / np.linalg.norm(block, axis=1, keepdims=True)).astype(np.float32)
        present[item] = np.ones(n, dtype=bool)
    return Views(blocks, present, np.zeros((n, 0), dtype=np.float32)), truth


def dealt(views: Views, seed: int) -> Views:
    """The same views dealt anew among the people: nothing is shared but by chance."""
    random = np.random.default_rng(seed)
    blocks = {item: block[random.permutation(len(block))] for item, block in views.blocks.items()}
    return Views(blocks, views.present, views.channels)
