"""The store of features at its limits: eviction, memory, removal, a full disk, a fork, several processes."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from audiofeat import AudioLoader, FeatureCache
from audiofeat.audio import store as store_module
from audiofeat.audio.recent import RECENT, Recent
from audiofeat.audio.store import store_in

VALUE = 20_000


def key(number):
    return number.to_bytes(16, "big")


def values(*numbers):
    return {key(i): np.full(VALUE // 8, i) for i in numbers}


def held(cache, numbers):
    """Those of the numbers whose values are in the file."""
    cache.close()
    connection = store_in(cache.folder)._made()
    rows = connection.execute("SELECT key FROM features").fetchall()
    return {int.from_bytes(row[0], "big") for row in rows} & set(numbers)


@pytest.fixture
def hours(monkeypatch):
    """A clock: a list whose last entry is the hour."""
    hours = [500_000]
    monkeypatch.setattr(store_module, "_this_hour", lambda: hours[-1])
    return hours


@pytest.fixture
def make(tmp_path):
    caches = []

    def make(**options):
        caches.append(FeatureCache(tmp_path / "store", **options))
        return caches[-1]

    yield make
    for cache in caches:
        cache.close()


def test_the_file_stays_within_its_limit(make):
    cache = make(max_bytes=1_000_000)
    for i in range(0, 400, 8):
        cache.put(values(*range(i, i + 8)))
        assert cache.info().n_bytes <= 1_000_000
    kept = held(cache, range(400))
    assert kept == set(range(400 - len(kept), 400)), "the ones stored last"
    assert len(kept) > 30
    assert cache.file.stat().st_size < 1_300_000


def test_what_was_used_longest_ago_goes(make, hours):
    cache = make(max_bytes=1_000_000)
    cache.put(values(*range(40)))
    hours.append(500_001)
    assert len(cache.get(map(key, range(10)))) == 10
    cache.put(values(*range(100, 125)))
    kept = held(cache, range(200))
    assert kept >= {*range(10), *range(100, 125)}
    assert not kept & set(range(10, 20))


def test_a_value_that_is_answered_from_memory_counts_as_used(make, hours):
    cache = make(max_bytes=1_000_000)
    cache.put(values(*range(40)))
    cache.get(map(key, range(40)))
    hours.append(500_001)
    cache.get(map(key, range(5)))
    cache.put(values(*range(100, 130)))
    assert held(cache, range(200)) >= {*range(5), *range(100, 130)}


def test_a_hit_within_the_hour_writes_nothing(make, hours):
    cache = make()
    cache.put(values(1, 2))
    connection = store_in(cache.folder)._made()
    before = connection.total_changes
    for _ in range(3):
        RECENT.forget(store_in(cache.folder)._owner)
        cache.get([key(1), key(2)])
    assert connection.total_changes == before
    hours.append(500_002)
    for _ in range(3):
        cache.get([key(1)])
    assert connection.total_changes == before + 1
    assert cache.info()[2:] == (500_000 * 3600, 500_002 * 3600)


def test_a_batch_larger_than_the_limit_is_no_error(make):
    cache = make(max_bytes=50_000)
    cache.put(values(*range(10)))
    assert cache.info().n_bytes <= 50_000


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_bytes": 0}, ValueError, r"FeatureCache got max_bytes=0; expected a positive number, or None"),
        ({"max_bytes": np.inf}, ValueError, "got max_bytes=inf; expected a positive"),
        ({"max_bytes": "1 GB"}, TypeError, "got max_bytes='1 GB'; expected a number of bytes, or None"),
        ({"folder": 3}, TypeError, "FeatureCache got folder=3; expected the path of a folder"),
    ],
)
def test_refusals(options, error, message):
    with pytest.raises(error, match=message):
        FeatureCache(**{"folder": "x", **options})


def test_a_loader_with_a_limited_cache_can_be_cloned_and_shown(make, rng):
    from sklearn.base import clone

    cache = make(max_bytes=5e6)
    assert repr(cache) == f"FeatureCache({str(cache.folder)!r}, max_bytes=5000000)"
    loader = clone(AudioLoader(memory=cache))
    assert (loader.memory.folder, loader.memory.max_bytes) == (cache.folder, 5_000_000)
    assert loader.fit_transform([rng.standard_normal(3000)]).cache is loader.memory
    assert "max_bytes=5000000" in repr(loader)


def test_recent_values_are_bounded_in_bytes():
    recent = Recent(max_bytes=100_000)
    for i in range(100):
        recent.keep(i % 2, key(i), np.zeros(1000), stamp=0)
        assert recent.n_bytes <= 100_000
    recent.keep(1, key(99), np.zeros(10), stamp=1)
    assert recent.find(1, key(99))[1] == 1
    recent.keep(1, key(200), np.zeros(100_000), stamp=0)
    assert recent.find(1, key(200)) is None, "larger than the room"
    recent.forget(0)
    recent.forget(1)
    assert recent.n_bytes == 0


def test_a_caller_cannot_change_what_others_get(make):
    cache = make()
    array = np.zeros(3)
    cache.put({key(1): array})
    array[:] = 1
    for _ in range(2):
        found = cache.get([key(1)])[key(1)]
        assert found.tolist() == [0, 0, 0]
        with pytest.raises(ValueError, match="read-only"):
            found[0] = 5


def test_a_removed_file_takes_its_recent_values_along(make):
    cache = make()
    cache.put(values(1))
    assert cache.get([key(1)])
    for file in list(cache.folder.iterdir()):
        file.unlink()
    assert cache.get([key(1)]) == {}
    assert cache.info() == (0, 0, None, None)
    assert cache.clear() == 0
    cache.put(values(2))
    assert list(cache.get([key(1), key(2)])) == [key(2)]


def test_a_full_disk_ends_nothing(make):
    cache = make()
    cache.put(values(1))
    connection = store_in(cache.folder)._made()
    connection.execute(f"PRAGMA max_page_count={connection.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.warns(RuntimeWarning, match=r"could not store 3 values in .*full.*Make room on the disk"):
        cache.put(values(2, 3, 4))
    assert list(cache.get(map(key, range(5)))) == [key(1)]


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    cache = FeatureCache(tmp_path / "file")
    assert cache.get([key(1)]) == {}
    with pytest.raises(FileExistsError):
        cache.put(values(1))


def test_a_damaged_file_is_named(make):
    cache = make()
    cache.folder.mkdir()
    cache.file.write_bytes(b"no database" * 1000)
    with pytest.raises(OSError, match=r"FeatureCache cannot use .* \(file is not a database\)\. Choose a folder"):
        cache.get([key(1)])


def test_many_stores_close_the_one_used_longest_ago(tmp_path):
    caches = [FeatureCache(tmp_path / str(i)) for i in range(20)]
    for i, cache in enumerate(caches):
        cache.put(values(i))
    own = [name for name in store_module._stores if name[0] == os.getpid()]
    assert len(own) == store_module._MOST_OPEN
    for i, cache in enumerate(caches):
        assert list(cache.get([key(i)])) == [key(i)]
        cache.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_opens_its_own_connection(make):
    code = """
import os, sys, numpy as np
from audiofeat import FeatureCache
cache = FeatureCache(sys.argv[1])
cache.put({bytes(16): np.arange(3)})
cache.get([bytes(16)])
child = os.fork()
if not child:
    good = cache.get([bytes(16)])[bytes(16)].tolist() == [0, 1, 2]
    cache.put({bytes(15) + b"1": np.arange(4)})
    os._exit(0 if good else 1)
assert os.waitpid(child, 0)[1] == 0
cache.put({bytes(15) + b"2": np.arange(5)})
assert len(cache.get([bytes(16), bytes(15) + b"1", bytes(15) + b"2"])) == 3
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code, str(make().folder)], check=True)


EVICTING = """
import sys, numpy as np
from audiofeat import FeatureCache
cache = FeatureCache(sys.argv[1], max_bytes=1e6)
for i in range(10**9):
    numbers = [10 * (i % 40) + j for j in range(10)]
    for name, value in cache.get([n.to_bytes(16, "big") for n in numbers]).items():
        assert (value == int.from_bytes(name, "big")).all()
    cache.put({n.to_bytes(16, "big"): np.full(2500, n) for n in numbers})
    print(i, flush=True)
"""


def test_writers_that_evict_and_are_killed_leave_whole_values(make):
    cache = make()
    for count in (3, 30, 60):
        writers = [
            subprocess.Popen([sys.executable, "-c", EVICTING, cache.folder], stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        for writer in writers:
            with writer:
                for line in writer.stdout:
                    if int(line) == count:
                        writer.kill()
                        break
                else:
                    pytest.fail("a writer ended by itself")
        found = cache.get(map(key, range(400)))
        assert len(found) >= 20
        for name, value in found.items():
            assert (value == int.from_bytes(name, "big")).all()
    assert cache.info().n_bytes <= 1_000_000
    assert store_in(cache.folder)._made().execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_clearing_while_others_read_and_write(make):
    cache = make()

    def work(worker):
        for i in range(30):
            cache.put(values(i))
            for name, value in cache.get(map(key, range(30))).items():
                assert (value == int.from_bytes(name, "big")).all()
            if worker == 0 and i % 10 == 9:
                cache.clear()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    cache.clear()
    assert cache.info() == (0, cache.info().n_bytes, None, None)


@pytest.mark.parametrize(("shape", "limit"), [((40,), 0.1e-3), ((128, 216), 0.5e-3)])
def test_a_hit_is_cheap(make, rng, shape, limit):
    cache = make()
    keys = [key(i) for i in range(64)]
    cache.put({k: rng.standard_normal(shape).astype(np.float32) for k in keys})
    costs = []
    for _ in range(5):
        cache.close()
        cache.get(keys[:1])
        start = time.perf_counter()
        assert len(cache.get(keys)) == 64
        costs.append((time.perf_counter() - start) / 64)
    assert min(costs) < limit
