"""What an extraction has done so far, in a file that survives being killed at any moment.

Conventions: a *unit* is one row of what is asked for: a recording or a part of one, which gives one row of features, or
several with windows. It is stored whole, with size and time of its file, or not at all.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

__all__ = ["Part", "Unfinished", "Unit", "signature"]

_TABLES = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS units (id INTEGER PRIMARY KEY, name TEXT UNIQUE, signature TEXT, problem TEXT);
CREATE TABLE IF NOT EXISTS parts (unit INTEGER, part INTEGER, start REAL, stop REAL, features BLOB, UNIQUE (unit, part));
"""


class Unit(NamedTuple):
    """A recording, or the part of it between two times.

    Parameters
    ----------
    path : str
        The file.
    start, end : float or None
        Where in it [s]; None means its beginning and its end.
    """

    path: str
    start: float | None = None
    end: float | None = None

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return json.dumps(self)


class Part(NamedTuple):
    """A row of features.

    Parameters
    ----------
    start, end : float or None
        Where in the recording [s].
    features : ndarray of shape (n_columns,)
        The features, float32.
    """

    start: float | None
    end: float | None
    features: np.ndarray


def signature(path: str) -> str | None:
    """Say by what a file can be recognised without reading it.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    str or None
        Size and time of the last change; None if there is no such file.
    """
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return f"{status.st_size} {status.st_mtime_ns}"


class Unfinished:
    """The file of one extraction, for one process at a time.

    Parameters
    ----------
    file : Path
        Where it is, or is made.
    settings : mapping of str to str
        What the features depend on. A file that was begun with others is refused.
    """

    def __init__(self, file: Path, settings: Mapping[str, str]):
        self.file = file
        self._connection = sqlite3.connect(file, timeout=1.0, isolation_level=None)
        try:
            # The lock stays until the file is closed or the process ends, however it ends.
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("BEGIN IMMEDIATE")
            for statement in filter(str.strip, _TABLES.split(";")):
                self._connection.execute(statement)
            begun = dict(self._connection.execute("SELECT name, value FROM settings"))
            if not begun:
                self._connection.executemany("INSERT INTO settings VALUES (?, ?)", settings.items())
            self._connection.execute("COMMIT")
        except sqlite3.DatabaseError as exc:
            self._connection.close()
            raise click.ClickException(_why_not(file, exc)) from exc
        if begun and begun != dict(settings):
            self.close()
            raise click.ClickException(_other_settings(file, begun, settings))

    def done(self) -> dict[str, tuple[str | None, str | None]]:
        """Say what has been done.

        Returns
        -------
        dict of str to (str or None, str or None)
            Signature of the file and problem of each unit, by its name.
        """
        rows = self._connection.execute("SELECT name, signature, problem FROM units")
        return {name: (found, problem) for name, found, problem in rows}

    def add(self, done: Sequence[tuple[Unit, str | None, Sequence[Part] | str]]) -> None:
        """Store units, all of them or, if the process is killed, none.

        Parameters
        ----------
        done : sequence of (Unit, str or None, sequence of Part or str)
            Each with the signature of its file, and its rows or what is wrong with it.
        """
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            for unit, found, result in done:
                self._forget(unit)
                problem = result if isinstance(result, str) else None
                values = (unit.name, found, problem)
                number = execute("INSERT INTO units (name, signature, problem) VALUES (?, ?, ?)", values).lastrowid
                if not isinstance(result, str):
                    self._connection.executemany(
                        "INSERT INTO parts VALUES (?, ?, ?, ?, ?)",
                        (
                            (number, i, part.start, part.end, np.asarray(part.features, np.float32).tobytes())
                            for i, part in enumerate(result)
                        ),
                    )
        except BaseException:
            execute("ROLLBACK")
            raise
        execute("COMMIT")

    def parts(self, unit: Unit) -> Iterator[Part]:
        """Give back the rows of a unit.

        Parameters
        ----------
        unit : Unit
            Which.

        Yields
        ------
        Part
            Its rows, in order.
        """
        rows = self._connection.execute(
            "SELECT start, stop, features FROM parts JOIN units ON unit = id WHERE name = ? ORDER BY part", (unit.name,)
        )
        for start, end, features in rows:
            yield Part(start, end, np.frombuffer(features, np.float32))

    def close(self) -> None:
        """Close the file; what is in it stays."""
        self._connection.close()

    def remove(self) -> None:
        """Close the file and delete it."""
        self.close()
        forget(self.file)

    def _forget(self, unit: Unit) -> None:
        self._connection.execute("DELETE FROM parts WHERE unit IN (SELECT id FROM units WHERE name = ?)", (unit.name,))
        self._connection.execute("DELETE FROM units WHERE name = ?", (unit.name,))


def forget(file: Path) -> None:
    """Delete what an extraction has done so far.

    Parameters
    ----------
    file : Path
        Its file.
    """
    # The journal last: a database without it would be what it was some time ago, a journal without one is nothing.
    for suffix in ("", "-wal", "-shm"):
        Path(f"{os.fspath(file)}{suffix}").unlink(missing_ok=True)


def _why_not(file: Path, exc: sqlite3.DatabaseError) -> str:
    if "locked" in str(exc):
        return f"Another audiofeat extract is at work on {file}. Wait for it, or choose another --output."
    return f"{file} cannot be used ({exc}). Pass --restart to begin anew."


def _other_settings(file: Path, begun: Mapping[str, str], settings: Mapping[str, str]) -> str:
    names = [name for name in {**begun, **settings} if begun.get(name) != settings.get(name)]
    differences = "\n".join(f"  {name}: {begun.get(name)} then, {settings.get(name)} now" for name in names)
    return (
        f"{file} was begun with other settings:\n{differences}\n"
        "Use those again to go on, pass --restart to begin anew, or choose another --output."
    )
