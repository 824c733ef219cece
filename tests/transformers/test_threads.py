"""Spreading work over threads: every item once, one BLAS thread in each of them, and the limits as before afterwards."""

import threading
from collections import deque
from contextlib import contextmanager

import numpy as np
import pytest
from joblib import cpu_count, parallel_config
from threadpoolctl import ThreadpoolController, threadpool_limits

from audiofeat import MFCC, FeatureBank
from audiofeat.transformers import _extraction, _threads
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


def test_few_items_are_taken_one_by_one():
    # So that no thread has many left when the others have none.
    waiting, sizes = deque(range(300)), []
    while taken := _threads._take(waiting, all_at_once=False):
        sizes.append(len(taken))
    assert sizes[0] == 16
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-15:] == [1] * 15


def test_a_thread_alone_takes_many():
    taken = []
    share_out(range(40), taken.append, n_jobs=1)
    assert [len(items) for items in taken] == [16, 16, 8]


def test_a_thread_takes_few_where_other_processes_do_the_same_work():
    taken = []
    share_out(range(40), taken.append, n_jobs=1, alone=False)
    assert [len(items) for items in taken[:5]] == [3, 3, 3, 2, 2]
    assert [len(items) for items in taken[-15:]] == [1] * 15


def test_two_threads_share_a_short_list():
    # Each waits for the other: with all items in one thread this would not end.
    both = threading.Barrier(2, timeout=60)
    names = []

    def work(items):
        both.wait()
        names.append(threading.get_ident())

    share_out(range(4), work, n_jobs=2)
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


def steps(turns, n_steps, own, clock, monkeypatch):
    """Go through steps that take so much of the thread's time, and so long by the clock [s]."""
    monkeypatch.setattr(_threads, "thread_time", iter([10.0, 10.0 + n_steps * own]).__next__)
    monkeypatch.setattr(_threads, "perf_counter", iter([20.0, 20.0 + n_steps * clock]).__next__)
    with turns.turn() as turn:
        turn.n_steps = n_steps


def short_steps(turns):
    with pytest.MonkeyPatch.context() as patch:
        steps(turns, 16, 100e-6, 100e-6, patch)


class WatchedLock:
    """A lock that says when somebody asks for it."""

    def __init__(self):
        self.lock, self.asked = threading.Lock(), threading.Event()

    def __enter__(self):
        self.asked.set()
        self.lock.acquire()

    def __exit__(self, *exc):
        self.lock.release()


@pytest.mark.parametrize(
    ("own", "clock", "in_turns"),
    [
        (100e-6, 500e-6, True),
        (1e-3, 1e-3, False),
        # They wait for a disk, and may do so together.
        (100e-6, 10e-3, False),
        # A clock that advances in long steps.
        (0.0, 10e-3, False),
    ],
)
def test_short_steps_are_taken_in_turns(own, clock, in_turns, monkeypatch):
    turns = Turns(threading.Lock())
    for before in (short_steps, lambda turns: None):
        before(turns)
        with monkeypatch.context() as patch:
            steps(turns, 16, own, clock, patch)
        with turns.turn():
            assert turns._lock.locked() is in_turns


def test_the_first_turn_waits_for_nobody():
    turns = Turns(threading.Lock())
    with turns.turn(), turns.turn():
        pass


def test_nobody_takes_a_turn_while_another_has_it():
    turns, entered = Turns(WatchedLock()), []
    short_steps(turns)

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


def test_a_turn_at_one_kind_of_work_is_none_at_the_other():
    lock = threading.Lock()
    short, untried = Turns(lock), Turns(lock)
    short_steps(short)
    with short.turn():
        assert lock.locked()
        # Whether its steps are short is not known, so it does not wait.
        with untried.turn():
            pass


def test_a_turn_ends_with_an_error():
    turns = Turns(threading.Lock())
    short_steps(turns)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), turns.turn():
            1 / 0  # noqa: B018


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
