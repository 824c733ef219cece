"""Turns that threads take at work in which Python's interpreter, which serves one of them at a time, is most of it.

Conventions: a step is what is done to one clip, such as reading it; times are in seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import perf_counter, thread_time

__all__ = ["Turns"]

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
    >>> from audiofeat.transformers._turns import Turns
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
