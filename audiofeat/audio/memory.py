"""What the parameter `memory` of an estimator names: a store that learning needs, and predicting can do without."""

import os
import warnings
from collections.abc import Iterable, Mapping
from threading import Lock

import numpy as np

from audiofeat._errors import CacheWarning
from audiofeat.audio.cache import FeatureCache

__all__ = ["cache_of"]


def cache_of(memory, *, fitting: bool, by: str, step: str) -> FeatureCache | None:
    """Find the store that an estimator was given.

    Parameters
    ----------
    memory : str, path-like, FeatureCache or None
        The parameter.
    fitting : bool
        Whether something is learned, where a store that cannot be used is an error. Elsewhere it is a warning: a model
        goes where its store does not.
    by : str
        Who asks, for messages.
    step : str
        What that step of a pipeline is likely to be called, for messages.

    Returns
    -------
    FeatureCache or None
        The store.
    """
    if memory is None:
        return None
    cache = memory if isinstance(memory, FeatureCache) else FeatureCache(memory)
    return cache if fitting else _DispensableCache(cache, by, step)


class _DispensableCache(FeatureCache):
    """A store that says once that it cannot be used, and is empty from then on."""

    def __init__(self, cache: FeatureCache, by: str, step: str):
        super().__init__(cache.folder, cache.max_bytes)
        self._made_of = cache, by, step
        self._usable = True
        self._lock = Lock()

    def get(self, keys: Iterable[bytes]) -> dict[bytes, np.ndarray]:
        """Look values up; nothing is known where the store cannot be used."""
        if self._usable:
            try:
                return super().get(keys)
            except OSError as exc:
                self._give_up(exc)
        return {}

    def put(self, values: Mapping[bytes, np.ndarray]) -> None:
        """Store values, where the store can be used."""
        if self._usable:
            try:
                super().put(values)
            except OSError as exc:
                self._give_up(exc)

    def _give_up(self, exc: OSError) -> None:
        with self._lock:
            first, self._usable = self._usable, False
        if first:
            _, by, step = self._made_of
            warnings.warn(
                f"{by} cannot use its memory={os.fspath(self.folder)!r} ({exc.__cause__ or exc}), so features are computed "
                f"without it. Make it a folder that can be written to, or do without: set_params({step}__memory=None) of a "
                f"pipeline in which the step is called {step!r}.",
                CacheWarning,
                stacklevel=2,
            )

    def __reduce__(self):
        # A lock stays in its process.
        return _DispensableCache, self._made_of
