"""One SQLite file of arrays by key, open once per process however many ask for it.

Conventions: a key is 16 bytes; times of use are whole hours since 1970, so that a value that was used a moment ago is
read without a write.
"""

import itertools
import os
import sqlite3
import time
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock
from typing import NamedTuple

import numpy as np

from audiofeat._errors import CacheWarning
from audiofeat.audio.recent import RECENT

__all__ = ["Store", "StoreInfo", "store_in"]

# The file carries the version of its tables: another version makes another file beside it.
_FILE = "features-1.sqlite"
# How long to wait for another process to finish writing [s].
_PATIENCE = 60.0
# Pages of 16 kB, and 32 MB between checkpoints: a spectrogram is written in 60 % of the time that SQLite's defaults (4 kB,
# 4 MB) take; a pooled feature costs the same with both.
_PAGE = 16_384
_LOG = 32 * 2**20
# Keys per question: what a question costs in Python is shared by them.
_TOGETHER = 64
# What is left after eviction, as a share of the limit: room for the next values without evicting at each of them.
_LEFT = 0.95
# Stores held open by a process; a folder more than these closes the one used longest ago.
_MOST_OPEN = 8

_TABLES = """
CREATE TABLE IF NOT EXISTS features (
    id INTEGER PRIMARY KEY,
    hour INTEGER NOT NULL,
    key BLOB NOT NULL UNIQUE,
    dtype TEXT NOT NULL,
    shape TEXT NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS features_by_use ON features (hour, id);
"""
_owners = itertools.count()


class StoreInfo(NamedTuple):
    """What a store holds.

    Parameters
    ----------
    n_values : int
        Number of values.
    n_bytes : int
        What they take in the file [bytes].
    oldest, newest : int or None
        When the value used longest ago, and the one used last, were used [s since 1970], to the hour; None without any.
    """

    n_values: int
    n_bytes: int
    oldest: int | None
    newest: int | None


class Store:
    """The store in a folder, as this process has it open.

    SQLite in WAL mode lets readers go on while one process writes, and a process killed at any moment leaves the file as
    it was before its last transaction. One connection serves all threads in turn: a question takes microseconds.

    Parameters
    ----------
    folder : Path
        Its folder, made when it is first written to.
    """

    def __init__(self, folder: Path):
        self.file = folder / _FILE
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._owner = 0

    def get(self, keys: Iterable[bytes]) -> dict[bytes, np.ndarray]:
        """Look values up, in memory first.

        Parameters
        ----------
        keys : iterable of bytes
            The keys.

        Returns
        -------
        dict of bytes to ndarray
            What is known, read-only arrays.
        """
        with self._lock, _in_words(self.file):
            connection = self._opened()
            if connection is None:
                return {}
            hour = _this_hour()
            found: dict[bytes, np.ndarray] = {}
            elsewhere, aged = [], []
            for key in keys:
                entry = RECENT.find(self._owner, key)
                if entry is None:
                    elsewhere.append(key)
                    continue
                found[key], used = entry
                if used < hour:
                    aged.append(key)
                    RECENT.keep(self._owner, key, found[key], hour)
            for key, used, dtype, shape, data in _select(connection, elsewhere):
                found[key] = _array(dtype, shape, data)
                RECENT.keep(self._owner, key, found[key], hour)
                if used < hour:
                    aged.append(key)
            if aged:
                _note_use(connection, aged, hour)
            return found

    def put(self, values: Mapping[bytes, np.ndarray], max_bytes: int | None) -> None:
        """Store values in one transaction, and evict what was used longest ago if there is a limit.

        Parameters
        ----------
        values : mapping of bytes to ndarray
            Values by key; a key that is known keeps its value.
        max_bytes : int or None
            What the values may take in the file [bytes].
        """
        hour = _this_hour()
        rows = [
            (hour, key, value.dtype.str, " ".join(map(str, value.shape)), value.tobytes())
            for key, value in values.items()
        ]
        with self._lock, _in_words(self.file):
            connection = self._made()
            try:
                with _transaction(connection):
                    connection.executemany(
                        "INSERT OR IGNORE INTO features (hour, key, dtype, shape, data) VALUES (?, ?, ?, ?, ?)", rows
                    )
                    if max_bytes is not None:
                        _evict(connection, max_bytes)
            except sqlite3.OperationalError as exc:
                if exc.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR):
                    raise
                # A search that has run for hours goes on without its store.
                warnings.warn(
                    f"FeatureCache could not store {len(rows)} values in {self.file} ({exc}); they will be computed "
                    "again. Make room on the disk, or set FeatureCache(max_bytes=...).",
                    CacheWarning,
                    stacklevel=2,
                )

    def info(self) -> StoreInfo:
        """Say what the store holds.

        Returns
        -------
        StoreInfo
            Numbers and times.
        """
        with self._lock, _in_words(self.file):
            connection = self._opened()
            if connection is None:
                return StoreInfo(0, 0, None, None)
            count, oldest, newest = connection.execute("SELECT COUNT(*), MIN(hour), MAX(hour) FROM features").fetchone()
            n_bytes = _used_bytes(connection) if count else 0
            return StoreInfo(count, n_bytes, oldest and 3600 * oldest, newest and 3600 * newest)

    def clear(self) -> int:
        """Remove all values, and give their room back to the disk.

        Returns
        -------
        int
            How many there were.

        Notes
        -----
        The file itself stays: other processes may have it open.
        """
        with self._lock, _in_words(self.file):
            connection = self._opened()
            if connection is None:
                return 0
            RECENT.forget(self._owner)
            with _transaction(connection):
                removed = connection.execute("DELETE FROM features").rowcount
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return removed

    def close(self) -> None:
        """Close the file and forget what is in memory; the next question opens it again."""
        with self._lock:
            RECENT.forget(self._owner)
            if self._connection is not None:
                self._connection.close()
            self._connection = self._identity = None

    def _opened(self) -> sqlite3.Connection | None:
        """The connection, or None if there is no file."""
        identity = _identity(self.file)
        if self._connection is not None and identity == self._identity:
            return self._connection
        # Whoever removed the file wants what follows to be stored anew, not in a file without a name.
        self.close()
        return None if identity is None else self._made()

    def _made(self) -> sqlite3.Connection:
        """The connection to a file that is made if there is none."""
        if self._connection is not None and _identity(self.file) == self._identity:
            return self._connection
        self.close()
        self.file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.file, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA page_size={_PAGE}")
            _use_wal(connection)
            # In WAL mode NORMAL can lose the last transactions at a power failure, never the file's integrity.
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(f"PRAGMA wal_autocheckpoint={_LOG // _PAGE}")
            connection.execute(f"PRAGMA journal_size_limit={2 * _LOG}")
            connection.executescript(_TABLES)
        except BaseException:
            connection.close()
            raise
        self._connection, self._identity = connection, _identity(self.file)
        self._owner = next(_owners)
        return connection


def store_in(folder: Path) -> Store:
    """Find this process's store in a folder.

    Parameters
    ----------
    folder : Path
        The folder; it need not exist.

    Returns
    -------
    Store
        The same for every caller in the process.
    """
    # A connection must not cross a fork: the child opens its own, and leaves the parent's as it is.
    name = os.getpid(), os.path.abspath(folder)  # noqa: PTH100 (a string, and much cheaper)
    with _stores_lock:
        store = _stores.get(name)
        if store is None:
            store = _stores[name] = Store(Path(name[1]))
            own = [other for other in _stores if other[0] == name[0]]
            closing = [_stores.pop(other) for other in own[:-_MOST_OPEN]]
        else:
            _stores.move_to_end(name)
            closing = []
    for other in closing:
        other.close()
    return store


_stores: OrderedDict[tuple[int, str], Store] = OrderedDict()
_stores_lock = Lock()


def _renew_locks() -> None:
    """Locks that other threads held at a fork would stay locked in the child."""
    global _stores_lock
    _stores_lock = Lock()
    RECENT.__init__(RECENT.max_bytes)  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


def _this_hour() -> int:
    return int(time.time() // 3600)


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(file)  # noqa: PTH116 (asked at every look-up; Path.stat takes twice as long)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def _select(connection: sqlite3.Connection, keys: Sequence[bytes]) -> Iterator[tuple]:
    for i in range(0, len(keys), _TOGETHER):
        part = keys[i : i + _TOGETHER]
        marks = ",".join("?" * len(part))
        yield from connection.execute(
            f"SELECT key, hour, dtype, shape, data FROM features WHERE key IN ({marks})", part
        )


def _array(dtype: str, shape: str, data: bytes) -> np.ndarray:
    return np.frombuffer(data, dtype=dtype).reshape([int(n) for n in shape.split()])


def _note_use(connection: sqlite3.Connection, keys: Sequence[bytes], hour: int) -> None:
    try:
        with _transaction(connection):
            connection.executemany("UPDATE features SET hour = ? WHERE key = ?", [(hour, key) for key in keys])
    except sqlite3.OperationalError as exc:
        # The values are at hand; that they were used is worth no error.
        if exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
            raise


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages, free = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
    return (pages - free) * connection.execute("PRAGMA page_size").fetchone()[0]


def _evict(connection: sqlite3.Connection, max_bytes: int) -> None:
    """Remove what was used longest ago; pages that become free are used again, so the file stops growing."""
    if _used_bytes(connection) <= max_bytes:
        return
    while (excess := _used_bytes(connection) - _LEFT * max_bytes) > 0:
        oldest = []
        for row, n_bytes in connection.execute("SELECT id, LENGTH(data) FROM features ORDER BY hour, id"):
            oldest.append((row,))
            excess -= n_bytes
            if excess <= 0:
                break
        if not oldest:
            return
        connection.executemany("DELETE FROM features WHERE id = ?", oldest)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    # IMMEDIATE waits for the other writer at the beginning; a transaction that starts by reading cannot wait later.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def _in_words(file: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as exc:
        kind = type(exc) if isinstance(exc, OSError) else OSError
        raise kind(
            f"FeatureCache cannot use {file} ({exc}). Choose a folder on a local disk that can be written to, or none "
            "(memory=None); if the file is damaged, delete its folder."
        ) from exc


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
