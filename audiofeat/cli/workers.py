"""Worker processes that leave Ctrl-C to the process that started them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["started"]


@contextmanager
def started(jobs: int) -> Iterator[None]:
    """Start joblib's workers before the work begins, deaf to Ctrl-C.

    A terminal sends Ctrl-C to every process of a command. A worker that is still importing modules answers with a
    traceback; one that does not hear it is ended by its parent, which says "Interrupted." once.

    Parameters
    ----------
    jobs : int
        How many there will be.

    Yields
    ------
    None
        With the workers running, where there are several and the system has signal masks.
    """
    if jobs != 1 and hasattr(signal, "pthread_sigmask"):
        from multiprocessing.resource_tracker import ensure_running

        from joblib import Parallel, delayed

        # Python's own helper process first: its start would lift the mask.
        ensure_running()
        # A process inherits the mask of the thread that starts it. What arrives meanwhile is delivered after.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            Parallel(n_jobs=jobs)(delayed(abs)(number) for number in range(abs(jobs)))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    yield
