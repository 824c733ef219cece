"""Spreading work over threads: every item once, one BLAS thread in each of them, and the limits as before afterwards."""

import threading
from contextlib import contextmanager

import numpy as np
import pytest
from joblib import cpu_count, parallel_config
from threadpoolctl import ThreadpoolController, threadpool_limits

from audiofeat import MFCC, AudioLoader, FeatureBank, MelSpectrogram, RandomConvolutions
from audiofeat.transformers import _extraction, _threads, random_convolutions
from audiofeat.transformers._threads import Turns, one_blas_thread, share_out

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


class Clock:
    """Time that goes by as it is told to."""

    def __init__(self, monkeypatch):
        self.own = self.by_the_clock = 100.0
        monkeypatch.setattr(_threads, "thread_time", lambda: self.own)
        monkeypatch.setattr(_threads, "perf_counter", lambda: self.by_the_clock)

    def goes_by(self, seconds, own=None):
        self.by_the_clock += seconds
        self.own += seconds if own is None else own


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


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


def take_turn(turns, clock, n_steps, own, by_the_clock):
    """Go through steps that take so long each [s], and say whether the lock was held."""
    with turns.turn() as turn:
        turn.n_steps = n_steps
        clock.goes_by(n_steps * by_the_clock, n_steps * own)
        return turns._lock.locked()


def short_steps(turns, clock):
    return take_turn(turns, clock, 16, 100e-6, 100e-6)


def long_steps(turns, clock):
    return take_turn(turns, clock, 16, 1e-3, 1e-3)


class WatchedLock:
    """A lock that says when somebody asks for it."""

    def __init__(self):
        self.lock, self.asked = threading.Lock(), threading.Event()
        self.locked, self.release = self.lock.locked, self.lock.release

    def acquire(self, timeout):
        self.asked.set()
        return self.lock.acquire(timeout=timeout)


@pytest.mark.parametrize(
    ("own", "by_the_clock", "are_short"),
    [
        (100e-6, 500e-6, True),
        (1e-3, 1e-3, False),
        # They wait for a disk, and may do so together.
        (100e-6, 10e-3, False),
        # A clock that advances in long steps.
        (0.0, 10e-3, False),
    ],
)
def test_short_steps_are_taken_in_turns(own, by_the_clock, are_short, clock):
    turns = Turns(threading.Lock())
    assert take_turn(turns, clock, 16, own, by_the_clock)
    assert take_turn(turns, clock, 16, own, by_the_clock) is are_short
    assert short_steps(turns, clock) is are_short
    assert not turns._lock.locked()


def test_long_steps_are_timed_less_and_less(clock):
    turns = Turns(threading.Lock())
    timed = [number for number in range(1200) if long_steps(turns, clock)]
    assert timed == [0, 9, 26, 59, 124, 253, 510, 767, 1024]
    # Those that were short in between begin anew.
    while not short_steps(turns, clock):
        pass
    assert [number for number in range(30) if long_steps(turns, clock)] == [0, 9, 26]


def test_no_steps_tell_nothing(clock):
    turns = Turns(threading.Lock())
    short_steps(turns, clock)
    with turns.turn():
        clock.goes_by(1.0)
    assert short_steps(turns, clock)


def test_steps_that_others_delayed_are_tried_in_turns(clock):
    turns = Turns(threading.Lock())
    assert take_turn(turns, clock, 16, 400e-6, 400e-6)
    tried = [take_turn(turns, clock, 16, 400e-6, 400e-6) for _ in range(12)]
    # Timed once, they may be short; timed with nobody in the way, they are not.
    assert tried == 8 * [False] + [True, True] + 2 * [False]


@pytest.mark.parametrize(
    ("n_steps", "own", "by_the_clock", "known"),
    [(1, 1e-3, 1e-3, False), (1, 3e-3, 1.9e-3, True), (1, 1e-3, 5e-3, True), (2, 4e-4, 4e-4, True)],
)
def test_the_first_step_tells_little(n_steps, own, by_the_clock, known, clock):
    turns = Turns(threading.Lock())
    assert take_turn(turns, clock, n_steps, own, by_the_clock)
    assert short_steps(turns, clock) is not known


def test_nobody_waits_long_for_what_may_be_long(clock, monkeypatch):
    monkeypatch.setattr(_threads, "_PATIENCE", 1e-3)
    monkeypatch.setattr(_threads, "_MOST_PATIENCE", 1e-3)
    lock = threading.Lock()
    short, untried = Turns(lock), Turns(lock)
    short_steps(short, clock)
    with lock:
        for turns in (short, untried):
            # It does not wait for ever, and does not let go what another holds.
            assert long_steps(turns, clock)
            assert lock.locked()


def test_nobody_takes_a_turn_while_another_has_it(clock):
    turns, entered = Turns(WatchedLock()), []
    short_steps(turns, clock)

    def second():
        with turns.turn():
            entered.append(True)

    thread = threading.Thread(target=second)
    with turns.turn() as turn:
        turn.n_steps = 10**9
        turns._lock.asked.clear()
        thread.start()
        assert turns._lock.asked.wait(60)
        assert not entered
    thread.join(60)
    assert entered


def test_a_turn_at_one_kind_of_work_is_none_at_the_other(clock):
    lock = threading.Lock()
    short, long = Turns(lock), Turns(lock)
    short_steps(short, clock)
    long_steps(long, clock)
    with short.turn():
        assert lock.locked()
        assert long_steps(long, clock)


def test_a_turn_ends_with_an_error(clock):
    turns = Turns(threading.Lock())
    short_steps(turns, clock)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), turns.turn():
            1 / 0  # noqa: B018
    assert not turns._lock.locked()


def test_extraction_says_how_many_steps_it_took(monkeypatch, rng):
    taken = []

    class Told(Turns):
        @contextmanager
        def turn(self):
            with super().turn() as turn:
                yield turn
            taken.append((self, turn.n_steps))

    monkeypatch.setattr(_extraction, "Turns", Told)
    MFCC().fit_transform(list(rng.standard_normal((20, 3000)).astype(np.float32)))
    reading, computing = dict.fromkeys(turns for turns, _ in taken)
    assert [n for turns, n in taken if turns is reading] == [16, 4]
    assert [n for turns, n in taken if turns is computing] == [16, 4]
    assert reading._lock is computing._lock


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
