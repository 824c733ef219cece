"""How work on clips is spread over threads, and what they share of the machine.

Conventions: work is a list of items that take about as long as a clip, from a tenth of a millisecond to seconds.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from random import Random
from threading import Lock
from time import perf_counter, thread_time
from typing import TypeVar

from joblib import cpu_count, effective_n_jobs
from threadpoolctl import ThreadpoolController

__all__ = ["Turns", "one_blas_thread", "share_out"]

Item = TypeVar("Item")

# Items that a thread takes at once: enough for one transaction of many small values, and few when few are left, so that
# no thread waits long for another at the end.
_MOST_AT_ONCE = 16
# Less is not worth a look at the store, and handing over the interpreter to another thread [s].
_WORTH_TAKING = 5e-3


def share_out(
    items: Sequence[Item], work: Callable[[list[Item]], None], *, n_jobs: int | None, alone: bool = True
) -> None:
    """Do some work on every item, in threads that take items until there are none left.

    Parameters
    ----------
    items : sequence
        What is to be worked on.
    work : callable
        Takes a list of items, at least one. What it raises ends the others' work at their next step.
    n_jobs : int or None
        Threads, as in joblib.
    alone : bool, default=True
        Whether no other process does the same work and keeps what is done for all. One thread then takes as many as it
        can, in their order.
    """
    items = list(items)
    if not alone:
        # Processes that begin at once, as those of a grid search do, each take them in an order of their own, so that most
        # of what one comes to has been done by another.
        Random(os.getpid()).shuffle(items)
    waiting = deque(items)
    n_threads = min(_n_threads(n_jobs), len(items))

    def work_on_what_waits() -> None:
        by_itself = alone and n_threads == 1
        # The first one tells how long they take.
        n_at_once = _MOST_AT_ONCE if by_itself else 1
        try:
            while taken := _take(waiting, n_at_once):
                begin = perf_counter()
                work(taken)
                if not by_itself:
                    n_at_once = _how_many(len(waiting), (perf_counter() - begin) / len(taken))
        except BaseException:
            waiting.clear()
            raise

    if n_threads <= 1:
        work_on_what_waits()
        return
    # joblib's own loop over threads looks for results every 10 ms, as long as ten clips take.
    with ThreadPoolExecutor(n_threads) as pool:
        try:
            for future in [pool.submit(work_on_what_waits) for _ in range(n_threads)]:
                future.result()
        finally:
            # Interrupted from the keyboard, this thread has others to stop.
            waiting.clear()


def _n_threads(n_jobs: int | None) -> int:
    n_threads = effective_n_jobs(n_jobs)
    # Where joblib hands out work to a cluster, all of its cores are not those of this machine.
    return min(n_threads, cpu_count()) if n_jobs is not None and n_jobs < 0 else n_threads


def _how_many(n_waiting: int, seconds: float) -> int:
    """How many items to take at once, of those that wait and take so long each."""
    # Part of what remains, as in guided self-scheduling: Polychronopoulos & Kuck (1987),
    # https://doi.org/10.1109/TC.1987.5009495
    part = 1 + n_waiting // 16
    return min(_MOST_AT_ONCE, max(part, int(_WORTH_TAKING / max(seconds, 1e-6))))


def _take(waiting: deque[Item], n_at_once: int) -> list[Item]:
    taken: list[Item] = []
    try:
        for _ in range(n_at_once):
            taken.append(waiting.popleft())
    except IndexError:
        # There are no more, or another thread was faster.
        pass
    return taken


# Steps are short that take less than this of the thread's own time, and less than that by the clock [s].
_SHORT = 300e-6
_SHORT_BY_CLOCK = 2e-3
# What was not short may have been so with others in the way, by so much.
_IN_THE_WAY = 1.5
# A single step that takes less may have been long because it was the first [s of the thread's own time].
_FIRST = 2e-3
# Steps that are not short are timed again after so many turns, and twice as many each time that they are long again, since
# others wait meanwhile.
_UNTIMED, _MOST_UNTIMED = 8, 256
# How long to wait for a turn [s] that may not be needed, and for one that is: a slow clip among quick ones stops nobody.
_PATIENCE, _MOST_PATIENCE = 0.02, 0.1


class Turns:
    """Lets one thread at a time go through work that consists of short steps.

    Python's interpreter serves one thread at a time, and threads hand it to each other at every read of a file and every
    larger operation on arrays. Where these are short, handing over takes longer than they do: two threads that read words
    of half a second took twice as long as one. Whether steps are short is seen from those before.

    Parameters
    ----------
    lock : Lock
        Who holds it has a turn; work of another kind may share it.

    Examples
    --------
    >>> from threading import Lock
    >>> from audiofeat.transformers._threads import Turns
    >>> turns = Turns(Lock())
    >>> with turns.turn() as turn:
    ...     turn.n_steps = len([step for step in range(100)])
    """

    def __init__(self, lock: Lock):
        self._lock = lock
        self._are_short: bool | None = None
        self._n_untimed = 0
        self._pause = _UNTIMED

    @contextmanager
    def turn(self) -> Iterator["Turn"]:
        """Wait for a turn, unless steps are known to be long.

        Yields
        ------
        Turn
            Whose `n_steps` is to be set to how many steps were taken.
        """
        turn = Turn()
        if self._are_short is False and self._n_untimed:
            self._n_untimed -= 1
            yield turn
            return
        has_turn = self._lock.acquire(timeout=_MOST_PATIENCE if self._are_short else _PATIENCE)
        try:
            own, clock = thread_time(), perf_counter()
            yield turn
            self._judge(turn.n_steps, thread_time() - own, perf_counter() - clock)
        finally:
            if has_turn:
                self._lock.release()

    def _judge(self, n_steps: int, own: float, clock: float) -> None:
        if not n_steps:
            return
        # By the clock, steps are long where threads wait for each other; by their own time, they are short where they wait
        # for a disk, which they can do together, and where that time advances in steps of 16 ms, as on Windows.
        short = _SHORT * (_IN_THE_WAY if self._are_short is False else 1.0)
        if own < short * n_steps and clock < _SHORT_BY_CLOCK * n_steps:
            self._are_short, self._pause = True, _UNTIMED
        elif n_steps > 1 or own > _FIRST or clock > _SHORT_BY_CLOCK:
            self._are_short, self._n_untimed = False, self._pause
            self._pause = min(2 * self._pause, _MOST_UNTIMED)


class Turn:
    """One thread's turn, to which the thread says how many steps it took."""

    n_steps = 0


_limiting = Lock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread, since ours each have a clip of their own, and put its limit back at the end.

    Within it, and in other threads while one of them is within it, it does nothing: what one thread found and another put
    back would not be what was there.

    Yields
    ------
    None
        Nothing.
    """
    if not _limiting.acquire(blocking=False):
        yield
        return
    try:
        with _controller().limit(limits=1, user_api="blas"):
            yield
    finally:
        _limiting.release()


@cache
def _controller() -> ThreadpoolController:
    # To look for the libraries takes as long as a clip; NumPy's, which does our products, is there from the beginning.
    return ThreadpoolController()
