"""The store of features: values come back as they went in, whoever writes and whoever is killed."""

import pickle
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from audiofeat.audio import FeatureCache, fingerprint


def key(number):
    return number.to_bytes(16, "big")


@pytest.fixture
def cache(tmp_path):
    cache = FeatureCache(tmp_path / "deep" / "store")
    yield cache
    cache.close()


@pytest.mark.parametrize(
    "value",
    [
        np.arange(3.0),
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.arange(6, dtype=np.float32).reshape(2, 3).T,
        np.zeros((4, 0), dtype=np.float32),
        np.array(1.5),
        np.array([np.nan, -0.0, np.inf]),
        np.arange(4, dtype=">i2"),
    ],
    ids=repr,
)
def test_values_come_back_bit_for_bit(cache, value):
    cache.put({key(1): value})
    found = cache.get([key(1)])[key(1)]
    assert (found.dtype, found.shape) == (value.dtype, value.shape)
    assert found.tobytes() == value.tobytes()
    assert not found.flags.writeable


def test_unknown_keys_are_left_out(cache):
    assert cache.get([key(1)]) == {}
    assert not cache.folder.exists()
    cache.put({key(1): np.ones(2)})
    assert list(cache.get([key(2), key(1), key(3)])) == [key(1)]


def test_the_first_value_stays(cache):
    cache.put({key(1): np.ones(2)})
    cache.put({key(1): np.zeros(2), key(2): np.zeros(2)})
    assert cache.get([key(1)])[key(1)].tolist() == [1.0, 1.0]
    assert key(2) in cache.get([key(2)])


def test_another_object_and_another_pickle_see_the_values(cache, tmp_path):
    cache.put({key(1): np.ones(2)})
    for other in (FeatureCache(str(cache.folder)), pickle.loads(pickle.dumps(cache))):
        assert key(1) in other.get([key(1)])
        other.close()
    assert repr(cache) == f"FeatureCache({str(tmp_path / 'deep' / 'store')!r})"


def test_closing_twice_and_going_on(cache):
    cache.close()
    cache.put({key(1): np.ones(2)})
    cache.close()
    cache.close()
    assert key(1) in cache.get([key(1)])


def test_many_threads(cache):
    def work(worker):
        for i in range(20):
            cache.put({key(i): np.full(50, i), key(1000 + 100 * worker + i): np.full(50, worker)})
            assert cache.get([key(i)])[key(i)][0] == i
        cache.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    found = cache.get([key(1000 + 100 * w + i) for w in range(4) for i in range(20)])
    assert len(found) == 80


def test_a_store_that_another_process_is_making(cache, monkeypatch):
    cache.folder.mkdir(parents=True)
    other = sqlite3.connect(cache.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waits = []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            other.rollback()

    monkeypatch.setattr("audiofeat.audio.store.time.sleep", wait)
    cache.put({key(1): np.ones(2)})
    other.close()
    assert len(waits) == 3
    assert key(1) in cache.get([key(1)])


WRITER = """
import sys, numpy as np
from audiofeat.audio import FeatureCache
cache = FeatureCache(sys.argv[1])
for i in range(10**9):
    cache.put({(10 * i + j).to_bytes(16, "big"): np.full(2000, 10 * i + j) for j in range(10)})
    print(i, flush=True)
"""


def test_a_killed_writer_leaves_whole_values(cache):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, cache.folder], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for writer in writers:
        with writer:
            for line in writer.stdout:
                if int(line) == 20:
                    writer.kill()
                    break
    found = cache.get(map(key, range(5000)))
    assert len(found) >= 210
    for name, value in found.items():
        assert (value == int.from_bytes(name, "big")).all()
    with sqlite3.connect(cache.file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


@dataclass(frozen=True)
class Settings:
    a: object
    b: object = None


def test_fingerprints_go_by_value():
    assert fingerprint(Settings(1, 2.0)) == fingerprint(Settings(np.int64(1), np.float32(2)))
    assert fingerprint(Settings("hann", (1, "x"))) == fingerprint(Settings(np.str_("hann"), (1.0, np.str_("x"))))
    assert fingerprint(True) == fingerprint(np.True_)


def test_fingerprints_tell_apart():
    values = [
        1,
        2,
        0.1,
        np.inf,
        None,
        "1.0",
        "None",
        (1,),
        (1, 2),
        ((1,), 2),
        (1, (2,)),
        Settings(1),
        Settings(None, 1),
    ]
    values += [Settings((1, None)), Settings(Settings(1)), "a', 'b", ("a", "b")]
    assert len({fingerprint(value) for value in values}) == len(values)


def test_close_numbers_stay_apart():
    assert fingerprint(0.1) != fingerprint(np.nextafter(0.1, 1))
