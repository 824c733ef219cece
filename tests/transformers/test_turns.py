"""Turns: short steps are taken by one thread at a time, long ones by all."""

import threading
from contextlib import contextmanager

import numpy as np
import pytest

from audiofeat import MFCC
from audiofeat.transformers import _extraction, _turns
from audiofeat.transformers._turns import Turns


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
    monkeypatch.setattr(_turns, "_PATIENCE", 1e-3)
    monkeypatch.setattr(_turns, "_MOST_PATIENCE", 1e-3)
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
