"""Time what could hold the features: SQLite, LMDB and one file a value.

    python benchmarks/stores.py [--rounds 9] [--rows 400]

LMDB is measured where it is installed (``pip install lmdb``); audiofeat does not need it. Each round asks every store in
turn, so that whatever else the machine does hits all of them alike; what is printed is the median over the rounds, with
the quarter and three-quarter points. ``audiofeat`` is `FeatureCache` itself, which answers the second reading from memory.
Everything is in the page cache of the system, as in a grid search.
"""

import argparse
import importlib.util
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

# A pooled MFCC, and a spectrogram of five seconds, both float32.
SHAPES = {"pooled (40,)": (40,), "spectrogram (128, 216)": (128, 216)}
BATCH = 16


class SQLite:
    """One ordinary table in WAL mode, a value a row."""

    def __init__(self, folder: Path):
        folder.mkdir(exist_ok=True)
        self.connection = sqlite3.connect(folder / "values.sqlite", isolation_level=None, timeout=60)
        for pragma in ("page_size=16384", "journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=2048"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.execute("CREATE TABLE IF NOT EXISTS v (id INTEGER PRIMARY KEY, key BLOB UNIQUE, data BLOB)")

    def put(self, values):
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany("INSERT OR IGNORE INTO v (key, data) VALUES (?, ?)", values.items())
        self.connection.execute("COMMIT")

    def get(self, keys):
        marks = ",".join("?" * len(keys))
        return dict(self.connection.execute(f"SELECT key, data FROM v WHERE key IN ({marks})", keys))


class LMDB:
    """A memory-mapped B+ tree. The size of the map has to be settled beforehand."""

    def __init__(self, folder: Path, *, sync: bool = True):
        import lmdb

        self.environment = lmdb.open(str(folder), map_size=4 * 2**30, sync=sync)

    def put(self, values):
        with self.environment.begin(write=True) as transaction:
            for key, data in values.items():
                transaction.put(key, data, overwrite=False)

    def get(self, keys):
        with self.environment.begin() as transaction:
            return {key: data for key in keys if (data := transaction.get(key)) is not None}


class Files:
    """A file a value in 256 folders, written under another name and renamed."""

    def __init__(self, folder: Path):
        self.folder = folder
        for i in range(256):
            (folder / f"{i:02x}").mkdir(parents=True, exist_ok=True)

    def put(self, values):
        for key, data in values.items():
            path = self._path(key)
            temporary = path.with_suffix(f".{os.getpid()}")
            temporary.write_bytes(data)
            temporary.replace(path)

    def get(self, keys):
        found = {}
        for key in keys:
            try:
                found[key] = self._path(key).read_bytes()
            except FileNotFoundError:
                continue
        return found

    def _path(self, key):
        name = key.hex()
        return self.folder / name[:2] / name[2:]


class Ours:
    """`FeatureCache`."""

    def __init__(self, folder: Path):
        from audiofeat.audio import FeatureCache

        self.cache = FeatureCache(folder, max_bytes=10e9)

    def put(self, values):
        self.cache.put({key: np.frombuffer(data, dtype=np.float32) for key, data in values.items()})

    def get(self, keys):
        return self.cache.get(keys)


STORES = {
    "SQLite": SQLite,
    "LMDB": LMDB,
    # What it writes may be torn by a power failure, though not by a killed process.
    "LMDB, unsynced": partial(LMDB, sync=False),
    "files": Files,
    "audiofeat": Ours,
}
# What a killed writer writes: each value says which it is.
KILLED = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path
import stores
store = stores.STORES[sys.argv[2]](Path(sys.argv[3]))
for i in range(10**9):
    store.put({(16 * i + j).to_bytes(16, "big"): (16 * i + j).to_bytes(4, "little") * 5000 for j in range(16)})
    print(i, flush=True)
"""


def measure(folder: Path, names, shape, rows: int, rounds: int) -> dict:
    """Milliseconds a value by what is done and in which store, one entry per round."""
    rng = np.random.default_rng(0)
    stores = {name: STORES[name](folder / name) for name in names}
    n_bytes = int(np.prod(shape)) * 4
    times: dict = {}

    def timed(what, function, *arguments):
        """Ask each store in turn, and check that all give the same."""
        results = set()
        for name, store in stores.items():
            start = time.perf_counter()
            results.add(function(store, *arguments))
            times.setdefault(what, {}).setdefault(name, []).append(1000 * (time.perf_counter() - start) / rows)
        if len(results) > 1:
            raise SystemExit("A store lost values.")

    for _ in range(rounds):
        keys = [rng.bytes(16) for _ in range(rows)]
        timed("write", _write, keys, rng.bytes(n_bytes))
        shuffled = [keys[i] for i in rng.permutation(rows)]
        timed("read", _read, shuffled)
        timed("read again", _read, shuffled)
        timed("miss", _read, [rng.bytes(16) for _ in range(rows)])
    return times


def _write(store, keys, data) -> None:
    for i in range(0, len(keys), BATCH):
        store.put(dict.fromkeys(keys[i : i + BATCH], data))


def _read(store, keys) -> int:
    """Number of bytes found."""
    return sum(
        memoryview(data).nbytes for i in range(0, len(keys), 64) for data in store.get(keys[i : i + 64]).values()
    )


def survives(folder: Path, name: str, times: int) -> str:
    """Kill two writers again and again; tell how many values are there, and how many are wrong."""
    place = folder / f"killed {name}"
    for attempt in range(times):
        command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), name, str(place)]
        writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for writer in writers:
            with writer:
                for line in writer.stdout:
                    if int(line) >= 5 + attempt:
                        writer.send_signal(signal.SIGKILL)
                        break
    store = STORES[name](place)
    keys = [i.to_bytes(16, "big") for i in range(5000)]
    found = {key: value for i in range(0, 5000, 64) for key, value in store.get(keys[i : i + 64]).items()}
    wrong = sum(bytes(v) != int.from_bytes(k, "big").to_bytes(4, "little") * 5000 for k, v in found.items())
    return f"{len(found)} values, {wrong} wrong"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--rows", type=int, default=400, help="values a round")
    parser.add_argument("--kills", type=int, default=5, help="times that two writers are killed in each store")
    arguments = parser.parse_args()
    names = list(STORES)
    if importlib.util.find_spec("lmdb") is None:
        print("LMDB: not installed")
        names = [name for name in names if not name.startswith("LMDB")]
    for title, shape in SHAPES.items():
        print(f"\n{title}, ms a value")
        with tempfile.TemporaryDirectory() as folder:
            times = measure(Path(folder), names, shape, arguments.rows, arguments.rounds)
        for what, by_store in times.items():
            for name, values in by_store.items():
                low, middle, high = statistics.quantiles(values, n=4)
                print(f"  {what:10} {name:14} {middle:.4f} ({low:.4f} to {high:.4f})")
    print(f"\nTwo writers, killed {arguments.kills} times")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            print(f"  {name:14} {survives(Path(folder), name, arguments.kills)}", flush=True)


if __name__ == "__main__":
    main()
