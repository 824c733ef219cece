"""Progress of long work, on a terminal, as a bar that appears only when there is something to wait for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer

__all__ = ["Progress", "progress"]

# Work that ends before this needs no bar [s].
_PATIENCE = 2.0


class Progress:
    """Progress that nobody watches; the base of those that are shown."""

    def say(self, text: str, total: int | None = None) -> None:
        """Begin the next part of the work.

        Parameters
        ----------
        text : str
            What is done now.
        total : int or None, default=None
            In how many steps; None where nobody can tell.
        """

    def advance(self, steps: int = 1) -> None:
        """Count steps that are done.

        Parameters
        ----------
        steps : int, default=1
            How many.
        """

    def line(self, text: str) -> None:
        """Leave a line that stays, for those who asked for more than a bar.

        Parameters
        ----------
        text : str
            The line.
        """


class _Lines(Progress):
    """Lines on stderr, where no bar can be drawn."""

    def line(self, text: str) -> None:
        print(f"  {text}", file=sys.stderr, flush=True)  # noqa: T201


class _Bar(Progress):
    """A bar on stderr, so that what is on stdout can be piped."""

    def __init__(self, bar, *, lines: bool):
        self._bar = bar
        self._lines = lines
        self._task = bar.add_task("", total=None)
        self._lock = Lock()
        self._over = False
        self._timer = Timer(_PATIENCE, self._appear)
        self._timer.daemon = True
        self._timer.start()

    def say(self, text: str, total: int | None = None) -> None:
        self._bar.reset(self._task, description=text, total=total)

    def advance(self, steps: int = 1) -> None:
        self._bar.advance(self._task, steps)

    def line(self, text: str) -> None:
        if self._lines:
            self._bar.console.print(f"  {text}", markup=False)

    def close(self) -> None:
        """Take the bar away."""
        self._timer.cancel()
        with self._lock:
            self._over = True
            self._bar.stop()

    def _appear(self) -> None:
        from rich.errors import LiveError

        with self._lock:
            if not self._over:
                try:
                    self._bar.start()
                except LiveError:
                    # Another bar is on this terminal, and tells of the whole of which this is a part.
                    self._over = True


@contextmanager
def progress(verbose: bool | str = "auto") -> Iterator[Progress]:
    """Show progress while a block of work runs.

    Parameters
    ----------
    verbose : {"auto"} or bool, default="auto"
        "auto" shows a bar, once the work has taken two seconds, if stderr is a terminal, and nothing otherwise. True
        leaves lines as well, also where stderr is no terminal. False shows nothing.

    Yields
    ------
    Progress
        Whom to tell.

    Raises
    ------
    ValueError
        If `verbose` is something else.

    Examples
    --------
    >>> from audiofeat._progress import progress
    >>> with progress(verbose=False) as report:
    ...     report.say("Counting", total=3)
    ...     for _ in range(3):
    ...         report.advance()
    """
    if verbose not in ("auto", True, False):
        raise ValueError(f"Got verbose={verbose!r}; expected 'auto', True or False.")
    if not verbose or (verbose == "auto" and not sys.stderr.isatty()):
        yield Progress()
        return
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = _Bar(
        RichProgress(*columns, console=Console(stderr=True, highlight=False), transient=True),
        lines=verbose is True,
    )
    try:
        yield bar
    finally:
        bar.close()
