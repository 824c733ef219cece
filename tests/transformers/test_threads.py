"""Spreading work over threads: every item once, one BLAS thread in each of them, and the limits as before afterwards."""

import threading

import numpy as np
import pytest
from joblib import cpu_count, parallel_config
from threadpoolctl import ThreadpoolController, threadpool_limits

from audiofeat import MFCC, AudioLoader, FeatureBank, MelSpectrogram, RandomConvolutions
from audiofeat.transformers import _extraction, _threads, random_convolutions
from audiofeat.transformers._threads import one_blas_thread, share_out

with_blas_threads = pytest.mark.skipif(
    not ThreadpoolController().select(user_api="blas").info(), reason="NumPy's BLAS has no threads to limit"
)


def blas_threads():
    return {library["num_threads"] for library in _threads._controller().select(user_api="blas").info()}


@pytest.mark.parametrize("n_jobs", [None, 1, 2, 5, -1])
@pytest.mark.parametrize("n_items", [0, 1, 2, 15, 16, 17, 100, 1000])
def test_every_item_is_worked_on_once(n_items, n_jobs):
    taken = []
    share_out(range(n_items), taken.append, n_jobs=n_jobs)
    assert sorted(item for items in taken for item in items) == list(range(n_items))
    assert all(1 <= len(items) <= 16 for items in taken)


def sizes_taken(clock, n_items, seconds, **options):
    """How many items are taken at a time if each takes so long."""
    sizes = []

    def work(items):
        sizes.append(len(items))
        clock.goes_by(seconds * len(items))

    share_out(range(n_items), work, n_jobs=1, **options)
    return sizes


def test_fewer_items_are_taken_where_fewer_are_left(clock):
    # So that no thread has many left when the others have none, and other processes find what is done.
    sizes = sizes_taken(clock, 300, 0.1, alone=False)
    assert sizes[:2] == [1, 16]
    assert sizes[1:] == sorted(sizes[1:], reverse=True)
    assert sizes[-15:] == [1] * 15


@pytest.mark.parametrize(("seconds", "n_at_once"), [(0.0, 15), (1e-4, 15), (0.9e-3, 5), (2e-3, 2), (6e-3, 1)])
def test_what_is_taken_is_worth_it(clock, seconds, n_at_once):
    sizes = sizes_taken(clock, 16, seconds, alone=False)
    assert sizes[:2] == [1, n_at_once]
    assert max(sizes[2:], default=0) <= n_at_once


def test_a_thread_alone_takes_many():
    taken = []
    share_out(range(40), taken.append, n_jobs=1)
    assert [len(items) for items in taken] == [16, 16, 8]


def test_two_threads_share_a_short_list():
    # Each waits for the other: with all items in one thread this would not end.
    both = threading.Barrier(2, timeout=60)
    names = []

    def work(items):
        both.wait()
        names.append(threading.get_ident())

    share_out(range(2), work, n_jobs=2)
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("n_jobs", "config", "expected"),
    [
        (None, {}, 1),
        (None, {"n_jobs": 3}, 3),
        (None, {"backend": "threading", "n_jobs": 3}, 3),
        (2, {"n_jobs": 3}, 2),
        (1, {"n_jobs": 3}, 1),
        (-1, {}, cpu_count()),
        (-1000, {}, 1),
    ],
)
def test_number_of_threads_is_joblibs(n_jobs, config, expected):
    with parallel_config(**{"backend": "loky", **config}):
        assert _threads._n_threads(n_jobs) == expected


def test_one_thread_is_the_callers():
    idents = set()
    share_out(range(5), lambda items: idents.add(threading.get_ident()), n_jobs=None)
    assert idents == {threading.get_ident()}


def test_no_thread_is_an_error():
    with pytest.raises(ValueError, match="n_jobs == 0"):
        MFCC(n_jobs=0).fit_transform(np.ones((2, 3000)))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_ends_the_work_of_all(n_jobs):
    worked = []

    def work(items):
        worked.extend(items)
        if 3 in items:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        share_out(range(100_000), work, n_jobs=n_jobs)
    assert len(worked) < 100_000


@with_blas_threads
def test_limits_are_one_inside_and_as_before_afterwards():
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        with one_blas_thread():
            assert blas_threads() == {1}
            with one_blas_thread():
                assert blas_threads() == {1}
            assert blas_threads() == {1}
        assert blas_threads() == before


@with_blas_threads
@pytest.mark.parametrize("first_leaves_first", [True, False])
def test_threads_at_once_leave_the_limit_as_it_was(first_leaves_first):
    inside, leave = [threading.Event(), threading.Event()], [threading.Event(), threading.Event()]
    seen = []

    def extraction(i):
        with one_blas_thread():
            seen.append(blas_threads())
            inside[i].set()
            leave[i].wait(60)

    before = blas_threads()
    threads = [threading.Thread(target=extraction, args=[i]) for i in range(2)]
    for thread, entered in zip(threads, inside, strict=True):
        thread.start()
        entered.wait(60)
    for i in (0, 1) if first_leaves_first else (1, 0):
        leave[i].set()
        threads[i].join()
    assert seen == [{1}, {1}]
    assert blas_threads() == before
    # And whoever comes next may limit again.
    with one_blas_thread():
        assert blas_threads() == {1}


@with_blas_threads
def test_an_error_inside_lifts_the_limit():
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            1 / 0  # noqa: B018
        assert blas_threads() == before


@with_blas_threads
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_extraction_computes_with_one_blas_thread(n_jobs, monkeypatch, rng):
    seen = []
    extract = _extraction.extract

    def watched(*arguments):
        seen.append(blas_threads())
        return extract(*arguments)

    monkeypatch.setattr(_extraction, "extract", watched)
    bank = FeatureBank([("mfcc", MFCC())], n_jobs=n_jobs)
    with threadpool_limits(limits=2, user_api="blas"):
        bank.fit_transform(list(rng.standard_normal((6, 3000)).astype(np.float32)))
    assert seen == [{1}] * 6


def test_only_who_shares_a_store_works_in_an_order_of_its_own(clock, monkeypatch):
    orders = []
    for process in (1, 1, 2):
        monkeypatch.setattr(_threads.os, "getpid", lambda process=process: process)
        orders.append([])
        share_out(range(50), orders[-1].extend, n_jobs=1, alone=False)
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2]) == list(range(50))
    share_out(range(50), (in_order := []).extend, n_jobs=1)
    assert in_order == list(range(50))


@pytest.mark.parametrize("memory", [True, False])
def test_extraction_says_whether_it_shares_a_store(memory, tmp_path, monkeypatch, rng):
    said = []

    def watched(*args, alone, **options):
        said.append(alone)
        share_out(*args, alone=alone, **options)

    clips = list(rng.standard_normal((3, 3000)).astype(np.float32))
    for module in (_extraction, random_convolutions):
        monkeypatch.setattr(module, "share_out", watched)
    store = tmp_path if memory else None
    batch = AudioLoader(8000, memory=store).fit_transform([(8000, clip) for clip in clips])
    maps = MelSpectrogram(pooling=None, n_mels=20, n_fft=256).fit_transform(batch)
    RandomConvolutions(n_kernels=10, memory=store, random_state=0).fit_transform(maps)
    assert said == [not memory] * 2
