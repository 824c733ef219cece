"""A store of features per clip, that several processes read and write at once.

Conventions: a key is 16 bytes, the digest of everything the value depends on; a value is one array.
"""

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from numbers import Real
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from audiofeat.audio.store import StoreInfo, store_in

__all__ = ["CacheCounts", "CacheInfo", "FeatureCache", "fingerprint"]


def fingerprint(value) -> str:
    """Spell settings out, the same for equal ones.

    Parameters
    ----------
    value : dataclass, tuple, number, str or None
        The settings.

    Returns
    -------
    str
        Like the ``repr``, but a grid's ``np.int64(13)`` and ``13``, or ``0`` and ``0.0``, read alike.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.audio.cache import fingerprint
    >>> fingerprint((np.int64(13), "hann", None))
    "(13.0, 'hann', None)"
    """
    if is_dataclass(value):
        parts = [f"{field.name}={fingerprint(getattr(value, field.name))}" for field in fields(value)]
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(fingerprint, value))})"
    if isinstance(value, (Real, np.bool_)):
        return repr(float(value))
    return repr(str(value)) if isinstance(value, str) else repr(value)


class FeatureCache:
    """Features by key in one folder, for several processes at once.

    Give its folder to ``AudioLoader(memory=...)``, or a `FeatureCache` to limit its size.

    Parameters
    ----------
    folder : path-like
        Folder of the store, made when it is first written to; on a local disk, not on a network share.
    max_bytes : int or None, default=None
        How large the store may grow [bytes]. Beyond it, the values used longest ago are removed. None sets no limit. While
        it is open, SQLite's log of up to 64 MB comes on top.

    See Also
    --------
    AudioLoader : Gives clips a cache.

    Notes
    -----
    The store is one SQLite file in WAL mode: readers go on while one process writes, and a process killed at any moment
    leaves whole values only. Up to 64 MB of the values used last are also kept in memory. When a value was used is noted
    to the hour, so that finding it again is a read.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from audiofeat import FeatureCache
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = FeatureCache(folder, max_bytes=10e9)
    ...     cache.put({b"0123456789abcdef": np.arange(3)})
    ...     values = cache.get([b"0123456789abcdef", b"................"])
    ...     cache.close()
    >>> values
    {b'0123456789abcdef': array([0, 1, 2])}
    """

    def __init__(self, folder: str | os.PathLike, max_bytes: float | None = None):
        if not isinstance(folder, (str, os.PathLike)):
            raise TypeError(f"FeatureCache got folder={folder!r}; expected the path of a folder.")
        if max_bytes is not None:
            if not isinstance(max_bytes, Real):
                raise TypeError(f"FeatureCache got max_bytes={max_bytes!r}; expected a number of bytes, or None.")
            if not 0 < max_bytes < math.inf:
                raise ValueError(f"FeatureCache got max_bytes={max_bytes!r}; expected a positive number, or None.")
            max_bytes = int(max_bytes)
        self.folder = Path(folder)
        self.max_bytes = max_bytes

    @property
    def file(self) -> Path:
        """The store's file."""
        return store_in(self.folder).file

    def get(self, keys: Iterable[bytes]) -> dict[bytes, np.ndarray]:
        """Look values up.

        Parameters
        ----------
        keys : iterable of bytes
            The keys.

        Returns
        -------
        dict of bytes to ndarray
            What is known, read-only arrays.
        """
        return store_in(self.folder).get(keys)

    def put(self, values: Mapping[bytes, np.ndarray]) -> None:
        """Store values in one transaction.

        Parameters
        ----------
        values : mapping of bytes to ndarray
            Values by key; a key that is known keeps its value.

        Warns
        -----
        CacheWarning
            If the disk is full: the values are not stored.
        """
        store_in(self.folder).put(values, self.max_bytes)

    def info(self) -> StoreInfo:
        """Say what the store holds.

        Returns
        -------
        StoreInfo
            ``n_values``, ``n_bytes``, and when the ``oldest`` and ``newest`` were used [s since 1970], to the hour.
        """
        return store_in(self.folder).info()

    def clear(self) -> int:
        """Remove all values.

        Returns
        -------
        int
            How many there were.
        """
        return store_in(self.folder).clear()

    def close(self) -> None:
        """Close the file in this process; the next use opens it again."""
        store_in(self.folder).close()

    def __repr__(self) -> str:
        limit = "" if self.max_bytes is None else f", max_bytes={self.max_bytes}"
        return f"FeatureCache({str(self.folder)!r}{limit})"


class CacheInfo(NamedTuple):
    """How often features of a batch were found and computed.

    Parameters
    ----------
    hits : int
        Features of clips that were found.
    misses : int
        Features of clips that had to be computed.
    decoded : int
        Clips that were decoded.
    """

    hits: int
    misses: int
    decoded: int


class CacheCounts:
    """Counts that threads add to.

    Examples
    --------
    >>> from audiofeat.audio.cache import CacheCounts
    >>> counts = CacheCounts()
    >>> counts.add(hits=3)
    >>> counts.info()
    CacheInfo(hits=3, misses=0, decoded=0)
    """

    def __init__(self) -> None:
        self._info = CacheInfo(0, 0, 0)
        self._lock = Lock()

    def add(self, *, hits: int = 0, misses: int = 0, decoded: int = 0) -> None:
        """Count.

        Parameters
        ----------
        hits, misses, decoded : int, default=0
            How many more.
        """
        with self._lock:
            info = self._info
            self._info = CacheInfo(info.hits + hits, info.misses + misses, info.decoded + decoded)

    def info(self) -> CacheInfo:
        """Read the counts.

        Returns
        -------
        CacheInfo
            The counts so far.
        """
        return self._info

    def __reduce__(self):
        # Another process counts for itself.
        return CacheCounts, ()
