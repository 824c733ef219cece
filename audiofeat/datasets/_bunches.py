"""What the Bunches of several loaders have in common."""

from collections.abc import Mapping

import numpy as np

__all__ = ["counted", "cut_by_split", "underlined"]


def counted(labels: np.ndarray) -> str:
    """Each label with how often it occurs, as in ``cat (164), dog (113)``, in sorted order."""
    names, counts = np.unique(labels, return_counts=True)
    return ", ".join(f"{name} ({count})" for name, count in zip(names, counts, strict=True))


def underlined(heading: str) -> str:
    """Return a heading with the line below it that reStructuredText wants."""
    return f"{heading}\n{'=' * len(heading)}\n"


def cut_by_split(split: np.ndarray, fields: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Cut each field by split, into fields named ``<field>_<split>``."""
    return {f"{field}_{name}": values[split == name] for name in np.unique(split) for field, values in fields.items()}
