"""A store of features per clip, that several processes read and write at once.

Conventions: a key is 16 bytes, the digest of everything the value depends on; a value is one array.
"""

import os
import sqlite3
import time
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from numbers import Real
from pathlib import Path
from threading import local

import numpy as np

__all__ = ["FeatureCache", "fingerprint"]

# How long to wait for another process to finish writing [s].
_PATIENCE = 60.0


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
    """Arrays by key in one SQLite file.

    SQLite in WAL mode lets readers go on while one process writes, and a process killed at any moment leaves the file as
    it was before its last transaction.

    Parameters
    ----------
    folder : path-like
        Folder of the store, made when it is first written to.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from audiofeat.audio import FeatureCache
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = FeatureCache(folder)
    ...     cache.put({b"0123456789abcdef": np.arange(3)})
    ...     values = cache.get([b"0123456789abcdef", b"................"])
    ...     cache.close()
    >>> values
    {b'0123456789abcdef': array([0, 1, 2])}
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        self._local = local()

    @property
    def file(self) -> Path:
        """The store's file."""
        return self.folder / "features.sqlite"

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
        if not self.file.exists():
            # Whoever removed it wants what follows to be stored anew, not in a file without a name.
            self.close()
            return {}
        connection = self._connection()
        found = {}
        for key in keys:
            row = connection.execute("SELECT dtype, shape, data FROM features WHERE key = ?", (key,)).fetchone()
            if row is not None:
                dtype, shape, data = row
                found[key] = np.frombuffer(data, dtype=dtype).reshape([int(n) for n in shape.split()])
        return found

    def put(self, values: Mapping[bytes, np.ndarray]) -> None:
        """Store values in one transaction.

        Parameters
        ----------
        values : mapping of bytes to ndarray
            Values by key; a key that is known keeps its value.
        """
        rows = [
            (key, value.dtype.str, " ".join(map(str, value.shape)), np.ascontiguousarray(value).data)
            for key, value in values.items()
        ]
        connection = self._connection()
        with connection:
            connection.executemany("INSERT OR IGNORE INTO features VALUES (?, ?, ?, ?)", rows)

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None and self._local.pid == os.getpid():
            connection.close()
        self._local.connection = None

    def _connection(self) -> sqlite3.Connection:
        # A connection belongs to one thread of one process: after a fork the child opens its own.
        connection = getattr(self._local, "connection", None)
        if connection is None or self._local.pid != os.getpid():
            self.folder.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.file, timeout=_PATIENCE)
            _use_wal(connection)
            # In WAL mode NORMAL can lose the last transactions at a power failure, never the file's integrity.
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS features (key BLOB PRIMARY KEY, dtype TEXT, shape TEXT, data BLOB)"
            )
            self._local.connection = connection
            self._local.pid = os.getpid()
        return connection

    def __getstate__(self):
        return {"folder": self.folder}

    def __setstate__(self, state):
        self.folder = state["folder"]
        self._local = local()

    def __repr__(self) -> str:
        return f"FeatureCache({str(self.folder)!r})"


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL mode, which a new file is not in yet."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as exc:
            # Of processes that switch at once, SQLite tells all but one that the file is busy, without the wait that
            # every other statement gets.
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
