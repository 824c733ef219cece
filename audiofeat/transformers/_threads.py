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
from time import perf_counter
from typing import TypeVar

from joblib import cpu_count, effective_n_jobs
from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread", "share_out"]

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
