"""How many filters of a bank are empty.

Conventions: a bank is ``(n_filters, n_bins)``; a filter is empty if it lies between two frequencies of the spectrum.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

__all__ = ["FilterCounts", "count_filters"]


class FilterCounts(NamedTuple):
    """How many filters a bank has, and how many of them hold no frequency of the spectrum."""

    n_filters: int
    n_empty: int


# To make a bank takes longer than the features of a second, and `fit` asks for it in every fold of a search.
@lru_cache(maxsize=256)
def count_filters(bank: Callable[..., np.ndarray], *args, **kwargs) -> FilterCounts:
    """Count the filters of a bank, and the empty ones among them.

    Parameters
    ----------
    bank : callable
        Makes the filter bank, (n_filters, n_bins).
    *args, **kwargs
        What it takes.

    Returns
    -------
    FilterCounts
        ``n_filters`` and ``n_empty``.
    """
    weights = bank(*args, **kwargs)
    return FilterCounts(len(weights), len(weights) - int(weights.any(axis=1).sum()))
